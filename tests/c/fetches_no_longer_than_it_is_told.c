/* A fetch returns when wait_ms has passed, wherever it stalls, with a text that names the stage;
 * what it has begun is not lost for the next one. */

#include "stalls.h"

enum { WAIT_MS = 300 };

static void stalled(const struct stall *stall, bool signs) {
    cognito_config *config = stall_begin(stall);
    cognito_provider *provider = NULL;
    cognito_credentials *credentials = NULL;
    cognito_signed_url *url = NULL;
    cognito_failure *failure = NULL;
    int32_t wait_ms = (int32_t)allowed_ms(WAIT_MS);
    REQUIRE(cognito_provider_new(config, &provider) == COGNITO_STATUS_OK);

    double start = now_ms();
    cognito_status status =
        signs ? cognito_provider_sign(provider, COGNITO_HOST_HEADER_STANDARD, wait_ms, &url)
              : cognito_provider_fetch(provider, wait_ms, &credentials);
    double late_ms = now_ms() - start - wait_ms;
    CHECK_STATUS(COGNITO_STATUS_TIMED_OUT, status);
    CHECK(credentials == NULL && url == NULL);
    CHECK(late_ms >= 0 && late_ms <= allowed_ms(100));
    printf("%-24s %6.1f ms late: %s\n", stall->name, late_ms, cognito_last_error());
    REQUIRE(cognito_last_failure(&failure) == COGNITO_STATUS_OK);
    CHECK_INT(stall->stage, cognito_failure_stage(failure));
    CHECK_STATUS(COGNITO_STATUS_TIMED_OUT, cognito_failure_status(failure));
    CHECK_CONTAINS("wait_ms", cognito_failure_hint(failure));
    cognito_failure_free(failure);

    /* It is as good as new. */
    stall_end(stall);
    if (stall->part != AT_TCP_OF_COGNITO) {
        CHECK_STATUS(COGNITO_STATUS_OK,
                     cognito_provider_fetch(provider, COGNITO_WAIT_FOREVER, &credentials));
        cognito_credentials_free(credentials);
    }
    cognito_provider_free(provider);
    cognito_config_free(config);
}

/* The connect timeout of the config is the limit of every wait_ms. */
static void bounded_by_the_config(int32_t wait_ms) {
    cognito_config *config = local_aws_config();
    cognito_provider *provider = NULL;
    cognito_credentials *credentials = NULL;
    uint32_t timeout_ms = (uint32_t)allowed_ms(WAIT_MS);
    check_row = "the connect timeout";
    local_aws_reset();
    local_aws_fault("cognito.request=stall");
    REQUIRE(cognito_config_set_connect_timeout_ms(config, timeout_ms) == COGNITO_STATUS_OK);
    REQUIRE(cognito_provider_new(config, &provider) == COGNITO_STATUS_OK);
    double start = now_ms();
    CHECK_STATUS(COGNITO_STATUS_TIMED_OUT, cognito_provider_fetch(provider, wait_ms, &credentials));
    double late_ms = now_ms() - start - timeout_ms;
    CHECK(late_ms >= 0 && late_ms <= allowed_ms(100));
    cognito_provider_free(provider);
    cognito_config_free(config);
}

int main(void) {
    way = &the_provider;
    for (size_t i = 0; i < stall_count; i++) {
        if (stall_applies(&stalls[i])) {
            stalled(&stalls[i], false);
            stalled(&stalls[i], true);
        }
    }
    bounded_by_the_config(COGNITO_WAIT_FOREVER);
    bounded_by_the_config(60000);
    CHECK(local_aws_wait("open_connections_at_most=0"));
    return check_result();
}
