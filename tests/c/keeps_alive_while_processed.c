/* Keep-alive: a session that is processed sends PINGREQ when it has been silent and stays open; one
 * whose server no longer answers is found out. */

#include "local_aws.h"

static cognito_client *connected(cognito_config *config) {
    cognito_client *client = NULL;
    REQUIRE(cognito_config_set_keep_alive_s(config, 1) == COGNITO_STATUS_OK);
    REQUIRE(cognito_client_new(config, NULL, NULL, NULL, &client) == COGNITO_STATUS_OK);
    REQUIRE(cognito_client_connect(client, COGNITO_WAIT_FOREVER) == COGNITO_STATUS_OK);
    return client;
}

int main(void) {
    cognito_config *config = local_aws_config();
    cognito_client *client = connected(config);
    double began = now_ms();
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_process(client, 3500));
    CHECK(now_ms() - began >= 3499);
    /* CONNECT and a PINGREQ for each second of silence. */
    CHECK(local_aws_wait("mqtt_packets_received=4"));
    CHECK(cognito_client_is_connected(client));
    CHECK_INT(0, local_aws_counter("split_packets"));

    /* Nothing comes from the server any more, PINGRESP included. */
    local_aws_drop("service=iot&how=stall");
    CHECK_STATUS(COGNITO_STATUS_KEEP_ALIVE_TIMED_OUT,
                 cognito_client_process(client, COGNITO_WAIT_FOREVER));
    CHECK(!cognito_client_is_connected(client));
    CHECK_CONTAINS("PINGREQ", cognito_last_error());
    cognito_client_free(client);
    cognito_config_free(config);
    return check_result();
}
