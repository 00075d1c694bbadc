/* Throttles, faults and broken connections of Cognito are tried again within the deadline; what
 * cannot succeed is not. */

#include "local_aws.h"

static const struct {
    const char *fault;
    long requests; /* that local AWS has read */
    cognito_status status;
} rows[] = {
    {"cognito.response=throttled*1", 2, COGNITO_STATUS_OK},
    {"cognito.response=throttled-429*1", 2, COGNITO_STATUS_OK},
    {"cognito.response=internal-error*2", 3, COGNITO_STATUS_OK},
    {"cognito.response=unavailable*3", 4, COGNITO_STATUS_OK},
    {"cognito.response=service-unavailable-json*1", 2, COGNITO_STATUS_OK},
    {"cognito.response=truncated*1", 2, COGNITO_STATUS_OK},
    {"cognito.request=reset*1", 2, COGNITO_STATUS_OK},
    {"cognito.request=close*1", 2, COGNITO_STATUS_OK},
    {"cognito.tls=reset*1", 1, COGNITO_STATUS_OK},
    {"cognito.tls=close*1", 1, COGNITO_STATUS_OK},
    {"cognito.response=internal-error", 4, COGNITO_STATUS_COGNITO_UNAVAILABLE},
    {"cognito.request=reset", 4, COGNITO_STATUS_CONNECTION_LOST},

    {"cognito.response=not-authorized", 1, COGNITO_STATUS_COGNITO_NOT_AUTHORIZED},
    {"cognito.response=not-found", 1, COGNITO_STATUS_COGNITO_IDENTITY_NOT_FOUND},
    {"cognito.response=invalid-pool-configuration", 1, COGNITO_STATUS_COGNITO_POOL_CONFIGURATION},
    {"cognito.response=limit-exceeded", 1, COGNITO_STATUS_COGNITO_REFUSED},
    {"cognito.response=malformed-json", 1, COGNITO_STATUS_COGNITO_MALFORMED},
    {"cognito.certificate=untrusted", 0, COGNITO_STATUS_CERTIFICATE_UNTRUSTED},
};

static void every_row(void) {
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        cognito_config *config = local_aws_config();
        check_row = rows[i].fault;
        local_aws_reset();
        local_aws_fault(rows[i].fault);
        CHECK_STATUS(rows[i].status, attempt_connect(config).status);
        CHECK_INT(rows[i].requests, local_aws_counter("cognito_requests"));
        cognito_config_free(config);
    }
}

static void as_often_as_allowed(cognito_config *config) {
    check_row = "tries";
    for (uint32_t tries = 1; tries <= 3; tries += 2) {
        local_aws_reset();
        local_aws_fault("cognito.response=unavailable");
        CHECK_STATUS(COGNITO_STATUS_OK, cognito_config_set_cognito_tries(config, tries));
        CHECK_STATUS(COGNITO_STATUS_COGNITO_UNAVAILABLE, attempt_connect(config).status);
        CHECK_INT(tries, local_aws_counter("cognito_requests"));
    }
}

static void not_before_the_server_wants(cognito_config *config) {
    check_row = "Retry-After";
    local_aws_reset();
    local_aws_fault("cognito.response=throttled*1&cognito.retry_after=2");
    struct attempt waited = attempt_connect(config);
    CHECK_STATUS(COGNITO_STATUS_OK, waited.status);
    CHECK(waited.ms >= 2000);

    check_row = "Retry-After beyond the deadline";
    local_aws_reset();
    local_aws_fault("cognito.response=throttled&cognito.retry_after=600");
    struct attempt gave_up = attempt_connect(config);
    CHECK_STATUS(COGNITO_STATUS_COGNITO_THROTTLED, gave_up.status);
    CHECK(gave_up.ms < allowed_ms(1000));
    CHECK_INT(1, local_aws_counter("cognito_requests"));

    check_row = "Retry-After beyond all time";
    local_aws_reset();
    local_aws_fault("cognito.response=throttled&cognito.retry_after=18446744073709551615");
    CHECK_STATUS(COGNITO_STATUS_COGNITO_THROTTLED, attempt_connect(config).status);

    check_row = "no time left to try again";
    local_aws_reset();
    local_aws_fault("cognito.response=throttled&cognito.retry_after=1");
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_config_set_connect_timeout_ms(config, 1000));
    struct attempt in_time = attempt_connect(config);
    CHECK_STATUS(COGNITO_STATUS_COGNITO_THROTTLED, in_time.status);
    CHECK_INT(1, local_aws_counter("cognito_requests"));
}

static void two_requests_share_a_connection(cognito_config *config) {
    check_row = "one connection";
    local_aws_reset();
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_config_set_identity(config, NULL));
    CHECK_STATUS(COGNITO_STATUS_OK,
                 cognito_config_set_identity_pool(config, local_aws("IDENTITY_POOL")));
    local_aws_fault("cognito.get_id=throttled*1&cognito.get_credentials=internal-error*1");
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_config_set_connect_timeout_ms(config, 30000));
    CHECK_STATUS(COGNITO_STATUS_OK, attempt_connect(config).status);
    CHECK_INT(2, local_aws_counter("cognito_get_id"));
    CHECK_INT(2, local_aws_counter("cognito_get_credentials"));
    CHECK_INT(1, local_aws_counter("cognito_accepted"));
    CHECK_INT(3, local_aws_counter("cognito_reused"));
}

int main(void) {
    every_row();
    cognito_config *config = local_aws_config();
    as_often_as_allowed(config);
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_config_set_cognito_tries(config, 4));
    not_before_the_server_wants(config);
    two_requests_share_a_connection(config);
    cognito_config_free(config);
    return check_result();
}
