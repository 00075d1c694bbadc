/* Clients that share a provider share its credentials, and a client that connects again does not
 * ask Cognito again. */

#include "local_aws.h"

int main(void) {
    cognito_config *config = local_aws_config();
    cognito_provider *provider = NULL;
    cognito_client *clients[2] = {NULL, NULL};
    REQUIRE(cognito_provider_new(config, &provider) == COGNITO_STATUS_OK);
    for (int i = 0; i < 2; i++) {
        REQUIRE(cognito_config_set_client_id(config, i == 0 ? "test-first" : "test-second") ==
                COGNITO_STATUS_OK);
        REQUIRE(cognito_client_new(config, provider, NULL, NULL, &clients[i]) == COGNITO_STATUS_OK);
    }
    /* The clients keep what they need of both. */
    cognito_config_free(config);
    cognito_provider_free(provider);

    for (int i = 0; i < 2; i++) {
        CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_connect(clients[i], COGNITO_WAIT_FOREVER));
    }
    CHECK(cognito_client_is_connected(clients[0]) && cognito_client_is_connected(clients[1]));
    for (int round = 0; round < 2; round++) {
        CHECK_STATUS(COGNITO_STATUS_OK,
                     cognito_client_disconnect(clients[0], COGNITO_WAIT_FOREVER));
        CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_connect(clients[0], COGNITO_WAIT_FOREVER));
    }
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_process(clients[1], 0));

    CHECK_INT(1, local_aws_counter("cognito_get_credentials"));
    CHECK_INT(4, local_aws_counter("connects_v4"));
    CHECK_INT(0, local_aws_counter("takeovers"));
    for (int i = 0; i < 2; i++) {
        CHECK_STATUS(COGNITO_STATUS_OK,
                     cognito_client_disconnect(clients[i], COGNITO_WAIT_FOREVER));
        cognito_client_free(clients[i]);
    }
    return check_result();
}
