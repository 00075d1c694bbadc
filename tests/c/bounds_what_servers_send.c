/* Endless and huge answers end in an error well before the deadline, and in no memory. Argument:
 * what gets them. */

#include "local_aws.h"
#include "proc.h"

static const struct {
    const char *fault;
    cognito_status status;
} rows[] = {
    {"cognito.response=huge-body", COGNITO_STATUS_COGNITO_MALFORMED},
    {"cognito.response=endless-head", COGNITO_STATUS_COGNITO_MALFORMED},
    {"cognito.response=endless-body", COGNITO_STATUS_COGNITO_MALFORMED},
    {"iot.upgrade=endless-head", COGNITO_STATUS_UPGRADE_MALFORMED},
    {"iot.upgrade=endless-body", COGNITO_STATUS_UPGRADE_REFUSED},
    {"iot.connack=oversize", COGNITO_STATUS_MQTT_PROTOCOL},
    {"proxy.response=endless-head", COGNITO_STATUS_PROXY_FAILED},
};

/* The most memory that was in use since the last proc_forget_peak(), in KiB. */
static long peak_kib(void) { return proc_status(0, "VmHWM"); }

static struct attempt attempt_with(const char *fault) {
    cognito_config *config = local_aws_config();
    local_aws_reset();
    if (strncmp(fault, "proxy", 5) == 0) {
        local_aws_through_proxy(config);
    }
    local_aws_fault(fault);
    REQUIRE(cognito_config_set_connect_timeout_ms(config, 20000) == COGNITO_STATUS_OK);
    struct attempt attempt = attempt_connect(config);
    cognito_config_free(config);
    return attempt;
}

int main(int argc, char **argv) {
    way_choose(argc, argv);
    /* The program's own pages come into memory when they are first used. */
    CHECK_STATUS(COGNITO_STATUS_OK, attempt_with("iot.delay_ms=0").status);
    CHECK_STATUS(COGNITO_STATUS_COGNITO_MALFORMED, attempt_with("cognito.response=html").status);
    CHECK_STATUS(COGNITO_STATUS_UPGRADE_REFUSED, attempt_with("iot.upgrade=refuse").status);

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (way != &the_client && strstr(rows[i].fault, "connack") != NULL) {
            continue;
        }
        check_row = rows[i].fault;
        proc_forget_peak();
        long before = peak_kib();
        struct attempt attempt = attempt_with(rows[i].fault);
        long growth = peak_kib() - before;
        printf("%-30s %6.1f ms, %5ld KiB more: %s\n", rows[i].fault, attempt.ms, growth,
               attempt.error);
        CHECK_STATUS(rows[i].status, attempt.status);
        CHECK(attempt.ms < allowed_ms(2000));
        CHECK(growth < 2048);
    }
    return check_result();
}
