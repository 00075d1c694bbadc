/* A connect that stalls ends when the connect timeout has passed, and names the stage. Argument: of
 * what the connect is. */

#include "stalls.h"

enum { TIMEOUT_MS = 600 };

int main(int argc, char **argv) {
    way_choose(argc, argv);
    for (size_t i = 0; i < stall_count; i++) {
        const struct stall *stall = &stalls[i];
        if (!stall_applies(stall)) {
            continue;
        }
        cognito_config *config = stall_begin(stall);
        uint32_t timeout_ms = (uint32_t)allowed_ms(TIMEOUT_MS);
        REQUIRE(cognito_config_set_connect_timeout_ms(config, timeout_ms) == COGNITO_STATUS_OK);

        struct attempt attempt = attempt_connect(config);
        double late_ms = attempt.ms - timeout_ms;
        printf("%-24s %7.1f ms after the timeout: %s\n", stall->name, late_ms, attempt.error);
        CHECK_INT(COGNITO_STATUS_TIMED_OUT, attempt.status);
        CHECK_INT(stall->stage, attempt.stage);
        CHECK(late_ms >= 0 && late_ms <= allowed_ms(100));
        /* The stage is in the text as well. */
        const char *const words[] = {
            [COGNITO_STAGE_DNS] = "DNS",         [COGNITO_STAGE_TCP] = "TCP",
            [COGNITO_STAGE_PROXY] = "proxy",     [COGNITO_STAGE_TLS] = "TLS",
            [COGNITO_STAGE_COGNITO] = "Cognito", [COGNITO_STAGE_UPGRADE] = "upgrade",
            [COGNITO_STAGE_CONNACK] = "CONNACK"};
        CHECK_CONTAINS(words[stall->stage], attempt.error);
        if (stall->stage == COGNITO_STAGE_PROXY) {
            /* It is the proxy that does not answer, and not the hosts behind it. */
            char proxy[64];
            snprintf(proxy, sizeof proxy, "the proxy localhost:%s", local_aws("PROXY_PORT"));
            CHECK_CONTAINS(proxy, attempt.error);
        }

        stall_end(stall);
        cognito_config_free(config);
    }
    return check_result();
}
