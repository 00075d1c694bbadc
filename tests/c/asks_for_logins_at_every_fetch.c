/* The login callback is asked at every fetch, within Cognito's limits, and may give up. */

#include "local_aws.h"

#define PROVIDER "cognito-idp.us-east-1.amazonaws.com/us-east-1_AbCdEf123"

enum { TOKEN_MAX = 50000, LOGINS_MAX = 10 };

static char long_token[TOKEN_MAX + 2];
static cognito_login_sink *kept;

struct logins {
    int asked;
    int count;
    const char *token;
    int32_t answer;
};

static int32_t login(cognito_login_sink *sink, void *user_data) {
    struct logins *logins = user_data;
    cognito_config *config = NULL;
    char name[200];
    logins->asked++;
    kept = sink;
    CHECK_STATUS(COGNITO_STATUS_REENTRANT, cognito_config_new(&config));
    CHECK_STATUS(COGNITO_STATUS_INVALID_ARGUMENT, cognito_login_sink_set(sink, NULL, "t"));
    CHECK_STATUS(COGNITO_STATUS_INVALID_ARGUMENT, cognito_login_sink_set(sink, "", "t"));
    CHECK_STATUS(COGNITO_STATUS_INVALID_ARGUMENT, cognito_login_sink_set(sink, PROVIDER, NULL));
    CHECK_STATUS(COGNITO_STATUS_INVALID_ARGUMENT, cognito_login_sink_set(sink, PROVIDER, ""));
    snprintf(name, sizeof name, "%0129d", 0);
    CHECK_STATUS(COGNITO_STATUS_INVALID_ARGUMENT, cognito_login_sink_set(sink, name, "t"));
    CHECK_CONTAINS("provider has 129 bytes; it may have 1 to 128", cognito_last_error());
    CHECK_STATUS(COGNITO_STATUS_INVALID_ARGUMENT,
                 cognito_login_sink_set(sink, PROVIDER, long_token));
    CHECK_CONTAINS("token has 50001 bytes", cognito_last_error());
    for (int i = 0; i < logins->count; i++) {
        snprintf(name, sizeof name, i == 0 ? "%s" : "%s-%d", PROVIDER, i);
        CHECK_STATUS(i < LOGINS_MAX ? COGNITO_STATUS_OK : COGNITO_STATUS_INVALID_ARGUMENT,
                     cognito_login_sink_set(sink, name, logins->token));
    }
    if (logins->count > 0) { /* in place of the first, also when no other has room */
        CHECK_STATUS(COGNITO_STATUS_OK, cognito_login_sink_set(sink, PROVIDER, logins->token));
    }
    return logins->answer;
}

static cognito_status connect_with(cognito_config *config, struct logins *logins) {
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_config_set_login(config, login, logins));
    local_aws_reset();
    return attempt_connect(config).status;
}

int main(void) {
    memset(long_token, 'x', sizeof long_token - 1);
    cognito_config *config = local_aws_config();
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_config_set_identity(config, NULL));
    CHECK_STATUS(COGNITO_STATUS_OK,
                 cognito_config_set_identity_pool(config, local_aws("IDENTITY_POOL")));

    check_row = "one login";
    struct logins one = {.count = 1, .token = "good"};
    CHECK_STATUS(COGNITO_STATUS_OK, connect_with(config, &one));
    CHECK_INT(1, one.asked);
    CHECK_INT(2, local_aws_counter("cognito_with_logins")); /* both requests */
    CHECK_STATUS(COGNITO_STATUS_INVALID_HANDLE, cognito_login_sink_set(kept, PROVIDER, "late"));

    check_row = "as many as there may be, as long as they may be";
    struct logins many = {.count = LOGINS_MAX + 1, .token = long_token + 1};
    CHECK_STATUS(COGNITO_STATUS_OK, connect_with(config, &many));
    CHECK_INT(2, local_aws_counter("cognito_with_logins"));

    check_row = "none: a guest";
    struct logins none = {0};
    CHECK_STATUS(COGNITO_STATUS_OK, connect_with(config, &none));
    CHECK_INT(0, local_aws_counter("cognito_with_logins"));

    check_row = "a callback that fails";
    struct logins failing = {.count = 1, .token = "good", .answer = COGNITO_STATUS_INVALID_STATE};
    CHECK_STATUS(COGNITO_STATUS_LOGIN_FAILED, connect_with(config, &failing));
    CHECK_CONTAINS("COGNITO_STATUS_INVALID_STATE", cognito_last_error());
    CHECK_INT(0, local_aws_counter("cognito_requests"));

    check_row = "every fetch, and a role";
    struct logins again = {.count = 1, .token = "good"};
    cognito_client *client = NULL;
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_config_set_login(config, login, &again));
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_config_set_custom_role_arn(
                                        config, "arn:aws:iam::123456789012:role/device"));
    REQUIRE(cognito_client_new(config, NULL, NULL, NULL, &client) == COGNITO_STATUS_OK);
    local_aws_reset();
    local_aws_fault("iot.upgrade=refuse*1"); /* after which the credentials are not used again */
    CHECK_STATUS(COGNITO_STATUS_UPGRADE_REFUSED,
                 cognito_client_connect(client, COGNITO_WAIT_FOREVER));
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_connect(client, COGNITO_WAIT_FOREVER));
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_disconnect(client, COGNITO_WAIT_FOREVER));
    CHECK_INT(2, again.asked);
    CHECK_INT(1, local_aws_counter("cognito_get_id"));
    CHECK_INT(2, local_aws_counter("cognito_with_custom_role"));

    cognito_client_free(client);
    cognito_config_free(config);
    return check_result();
}
