/* Both hosts are reached through the proxy, with user and password. Needs --proxy-user user
 * --proxy-password secret-word. Argument: what connects. */

#include "local_aws.h"

static struct attempt attempt_as(const char *user, const char *password) {
    cognito_config *config = local_aws_config();
    local_aws_reset();
    local_aws_through_proxy(config);
    if (user != NULL) {
        REQUIRE(cognito_config_set_proxy_credentials(config, user, password) == COGNITO_STATUS_OK);
    }
    struct attempt attempt = attempt_connect(config);
    CHECK(strstr(attempt.error, "secret-word") == NULL);
    cognito_config_free(config);
    return attempt;
}

int main(int argc, char **argv) {
    way_choose(argc, argv);
    CHECK_STATUS(COGNITO_STATUS_OK, attempt_as("user", "secret-word").status);
    CHECK_INT(2, local_aws_counter("proxy_tunnels"));
    CHECK_INT(2, local_aws_counter("proxy_accepted"));
    CHECK_INT(1, local_aws_counter("upgrades"));

    const char *const wrong[][2] = {{NULL, NULL}, {"user", "wrong"}, {"user", NULL}, {"", ""}};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct attempt attempt = attempt_as(wrong[i][0], wrong[i][1]);
        check_row = attempt.error;
        CHECK_STATUS(COGNITO_STATUS_PROXY_AUTHENTICATION, attempt.status);
        CHECK_INT(COGNITO_STAGE_PROXY, attempt.stage);
        CHECK_INT(407, attempt.http_status);
        CHECK_CONTAINS("user and password", attempt.error);
    }
    return check_result();
}
