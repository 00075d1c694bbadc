/* A board without a clock connects when it may admit certificates that seem not yet valid, and not
 * one byte that is signed leaves before they were checked by server time. Runs with servers whose
 * clocks, and whose certificates, are later than the build of the library. */

#include "device_clock.h"
#include "local_aws.h"

enum { YEAR_2000 = 946684800 };

static void row(const char *fault, bool without_clock, cognito_status status, const char *text,
                long upgrade_requests) {
    cognito_config *config = local_aws_config();
    check_row = fault;
    local_aws_reset();
    local_aws_fault(fault);
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_config_set_without_clock(config, without_clock));
    struct attempt attempt = attempt_connect(config);
    CHECK_STATUS(status, attempt.status);
    if (status != COGNITO_STATUS_OK) {
        CHECK_INT(COGNITO_STAGE_TLS, attempt.stage);
        CHECK_CONTAINS(text, attempt.error);
    }
    CHECK_INT(upgrade_requests, local_aws_counter("upgrade_requests"));
    cognito_config_free(config);
}

/* A board whose clock is behind the end of a certificate is not taken in by it, neither before it
 * knows the time nor when it doubts what it knows. */
static void expired_by_server_time(void) {
    cognito_config *config = local_aws_config();
    void *handle = NULL;
    device_clock_off_by(45L * 24 * 3600);
    check_row = "expired by server time";
    local_aws_reset();
    local_aws_fault("iot.certificate=expired");
    CHECK_STATUS(COGNITO_STATUS_CERTIFICATE_EXPIRED, attempt_connect(config).status);
    CHECK_INT(0, local_aws_counter("upgrade_requests"));
    local_aws_reset();
    REQUIRE(way->make(config, NULL, &handle) == COGNITO_STATUS_OK);
    CHECK_STATUS(COGNITO_STATUS_OK, way->open(handle, COGNITO_WAIT_FOREVER));
    CHECK_STATUS(COGNITO_STATUS_OK, way->close(handle, COGNITO_WAIT_FOREVER));
    local_aws_fault("iot.certificate=expired");
    for (int i = 0; i < 4; i++) {
        CHECK_STATUS(COGNITO_STATUS_CERTIFICATE_EXPIRED, way->open(handle, COGNITO_WAIT_FOREVER));
    }
    CHECK_INT(1, local_aws_counter("upgrade_requests"));
    local_aws_fault("iot.certificate=");
    CHECK_STATUS(COGNITO_STATUS_OK, way->open(handle, COGNITO_WAIT_FOREVER));
    way->free(handle);
    cognito_config_free(config);
}

int main(int argc, char **argv) {
    way_choose(argc, argv);
    expired_by_server_time();
    const char *const no_fault = "cognito.delay_ms=0";
    const int64_t times[] = {0, YEAR_2000};
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
        device_clock_at(times[i]);
        row(no_fault, false, COGNITO_STATUS_CERTIFICATE_NOT_YET_VALID,
            "cognito_config_set_without_clock", 0);
        row(no_fault, true, COGNITO_STATUS_OK, "", 1);
        /* These ended a day before the servers' time, which this board learns from Cognito. */
        row("iot.certificate=expired", true, COGNITO_STATUS_CERTIFICATE_EXPIRED, "clock", 0);
        row("cognito.certificate=expired", true, COGNITO_STATUS_CERTIFICATE_EXPIRED, "clock", 0);
        row("iot.certificate=not-yet-valid", true, COGNITO_STATUS_CERTIFICATE_NOT_YET_VALID,
            "clock", 0);
        /* Dates only: whom to trust is another matter. */
        row("iot.certificate=untrusted", true, COGNITO_STATUS_CERTIFICATE_UNTRUSTED, "root", 0);
        row("iot.certificate=wrong-host", true, COGNITO_STATUS_CERTIFICATE_WRONG_HOST, "", 0);
        row("cognito.no_date=1", true, COGNITO_STATUS_CERTIFICATE_NOT_YET_VALID, "Date", 0);
        /* What has no Date and no credentials may be followed by what has both. */
        row("cognito.no_date=1*1&cognito.response=unavailable*1", true, COGNITO_STATUS_OK, "", 1);
    }
    return check_result();
}
