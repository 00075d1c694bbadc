/* What an application does first: connect to local AWS, whose place is in the environment, and
 * disconnect. */

#include <cognito_connect.h>

#include <stdio.h>
#include <stdlib.h>

int main(void) {
    cognito_config *config = NULL;
    cognito_client *client = NULL;
    const char *port = getenv("LOCAL_AWS_IOT_PORT");
    int ok =
        cognito_config_new(&config) == COGNITO_STATUS_OK &&
        cognito_config_set_endpoint(config, getenv("LOCAL_AWS_HOST")) == COGNITO_STATUS_OK &&
        cognito_config_set_port(config, (uint32_t)atoi(port != NULL ? port : "")) ==
            COGNITO_STATUS_OK &&
        cognito_config_set_signing_region(config, getenv("LOCAL_AWS_REGION")) ==
            COGNITO_STATUS_OK &&
        cognito_config_set_identity(config, getenv("LOCAL_AWS_IDENTITY")) == COGNITO_STATUS_OK &&
        cognito_config_set_cognito_endpoint(config, getenv("LOCAL_AWS_COGNITO_ENDPOINT")) ==
            COGNITO_STATUS_OK &&
        cognito_config_set_ca_file(config, getenv("LOCAL_AWS_CA_FILE")) == COGNITO_STATUS_OK &&
        cognito_config_set_client_id(config, "test-consumer") == COGNITO_STATUS_OK &&
        cognito_client_new(config, NULL, NULL, NULL, &client) == COGNITO_STATUS_OK &&
        cognito_client_connect(client, COGNITO_WAIT_FOREVER) == COGNITO_STATUS_OK &&
        cognito_client_disconnect(client, COGNITO_WAIT_FOREVER) == COGNITO_STATUS_OK;
    printf("cognito_connect %s: %s\n", cognito_version(),
           ok ? "connected and disconnected" : cognito_last_error());
    cognito_client_free(client);
    cognito_config_free(config);
    return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
