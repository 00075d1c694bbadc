/* A child may free what its parent made, and use none of it; the parent does not notice. */

#define _POSIX_C_SOURCE 200809L

#include "local_aws.h"

#include <sys/wait.h>
#include <unistd.h>

static int in_the_child(cognito_config *config, cognito_provider *provider,
                        cognito_client *client) {
    cognito_client *another = NULL;
    CHECK_STATUS(COGNITO_STATUS_FORKED, cognito_client_connect(client, COGNITO_WAIT_FOREVER));
    CHECK_STATUS(COGNITO_STATUS_FORKED, cognito_client_process(client, 0));
    CHECK_STATUS(COGNITO_STATUS_FORKED, cognito_client_disconnect(client, 0));
    CHECK_CONTAINS("fork", cognito_last_error());
    CHECK_STATUS(COGNITO_STATUS_FORKED, cognito_client_new(config, provider, &another));
    CHECK(another == NULL);
    cognito_client_free(client);
    cognito_provider_free(provider);

    /* What the child makes is its own. */
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_config_set_client_id(config, "test-child"));
    CHECK_STATUS(COGNITO_STATUS_OK, attempt_connect(config).status);
    cognito_config_free(config);
    return check_result();
}

int main(void) {
    cognito_config *config = local_aws_config();
    cognito_provider *provider = NULL;
    cognito_client *client = NULL;
    REQUIRE(cognito_provider_new(config, &provider) == COGNITO_STATUS_OK);
    REQUIRE(cognito_client_new(config, provider, &client) == COGNITO_STATUS_OK);
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_connect(client, COGNITO_WAIT_FOREVER));

    int status = -1;
    pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        _exit(in_the_child(config, provider, client));
    }
    REQUIRE(waitpid(child, &status, 0) == child);
    CHECK_INT(0, status);

    CHECK(cognito_client_is_connected(client));
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_process(client, 100));
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_disconnect(client, COGNITO_WAIT_FOREVER));
    CHECK_INT(2, local_aws_counter("disconnects"));
    cognito_client_free(client);
    cognito_provider_free(provider);
    cognito_config_free(config);
    return check_result();
}
