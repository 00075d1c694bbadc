/* A session that the server ends is reported once, in full, by the call that works on it, and the
 * client connects again. */

#include "local_aws.h"

static void ends(cognito_client *client, const char *how, cognito_status expected) {
    char drop[64];
    check_row = how;
    REQUIRE(cognito_client_connect(client, COGNITO_WAIT_FOREVER) == COGNITO_STATUS_OK);
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_process(client, 0));
    snprintf(drop, sizeof drop, "service=iot&how=%s", how);
    local_aws_drop(drop);
    CHECK_STATUS(expected, cognito_client_process(client, COGNITO_WAIT_FOREVER));
    CHECK(!cognito_client_is_connected(client));
    /* It is over: there is nothing to work on, and nothing to disconnect. */
    CHECK_STATUS(COGNITO_STATUS_INVALID_STATE, cognito_client_process(client, 0));
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_disconnect(client, COGNITO_WAIT_FOREVER));

    cognito_failure *failure = NULL;
    REQUIRE(cognito_client_failure(client, &failure) == COGNITO_STATUS_OK);
    CHECK_STATUS(expected, cognito_failure_status(failure));
    CHECK_INT(COGNITO_STAGE_SESSION, cognito_failure_stage(failure));
    cognito_failure_free(failure);
    if (strcmp(how, "close") == 0) {
        /* RFC 6455, section 5.5.1: a Close is answered. */
        CHECK(local_aws_wait("websocket_closes=1&iot_close_notify=1"));
    }
}

static void takes_over(cognito_client *first) {
    check_row = "a second connection with the same client id";
    cognito_config *config = local_aws_config();
    cognito_client *second = NULL;
    REQUIRE(cognito_config_set_client_id(config, "test-twin") == COGNITO_STATUS_OK);
    REQUIRE(cognito_client_new(config, NULL, NULL, NULL, &second) == COGNITO_STATUS_OK);
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_connect(first, COGNITO_WAIT_FOREVER));
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_connect(second, COGNITO_WAIT_FOREVER));
    CHECK_STATUS(COGNITO_STATUS_SESSION_CLOSED,
                 cognito_client_process(first, COGNITO_WAIT_FOREVER));
    CHECK_CONTAINS("same client_id", cognito_last_error());
    CHECK(cognito_client_is_connected(second));
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_disconnect(second, COGNITO_WAIT_FOREVER));
    cognito_client_free(second);
    cognito_config_free(config);
}

int main(void) {
    cognito_config *config = local_aws_config();
    cognito_client *client = NULL;
    REQUIRE(cognito_config_set_client_id(config, "test-twin") == COGNITO_STATUS_OK);
    REQUIRE(cognito_client_new(config, NULL, NULL, NULL, &client) == COGNITO_STATUS_OK);
    CHECK_STATUS(COGNITO_STATUS_INVALID_STATE, cognito_client_process(client, 0));
    ends(client, "close", COGNITO_STATUS_SESSION_CLOSED);
    ends(client, "fin", COGNITO_STATUS_SESSION_CLOSED);
    ends(client, "rst", COGNITO_STATUS_CONNECTION_LOST);
    takes_over(client);
    cognito_client_free(client);
    cognito_config_free(config);
    return check_result();
}
