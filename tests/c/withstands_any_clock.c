/* A device connects whatever its clock says, or names what is wrong, as docs/adr/0009 has it; and
 * no step of the clock ends a session. Argument: what connects. */

#include "device_clock.h"
#include "local_aws.h"

#include <time.h>

enum { HOUR = 3600, DAY = 24 * HOUR };

/* Seconds from the true time, or since 1970. */
struct clock {
    const char *name;
    bool is_absolute;
    int64_t seconds;
    /* With the clock's correction on and off. */
    cognito_status corrected, uncorrected;
};

/* Certificates of local AWS begin 30 days before the true time and end 395 days after it; a clock
 * before the build of the library counts as that. A signature may be 5 minutes off. */
static const struct clock clocks[] = {
    {"right", false, 0, COGNITO_STATUS_OK, COGNITO_STATUS_OK},
    {"4 minutes behind", false, -240, COGNITO_STATUS_OK, COGNITO_STATUS_OK},
    {"4 minutes ahead", false, 240, COGNITO_STATUS_OK, COGNITO_STATUS_OK},
    {"an hour behind", false, -HOUR, COGNITO_STATUS_OK, COGNITO_STATUS_UPGRADE_CLOCK_SKEWED},
    {"a day behind", false, -DAY, COGNITO_STATUS_OK, COGNITO_STATUS_UPGRADE_CLOCK_SKEWED},
    {"a day ahead", false, DAY, COGNITO_STATUS_OK, COGNITO_STATUS_COGNITO_MALFORMED},
    {"58 minutes ahead", false, HOUR - 120, COGNITO_STATUS_OK, COGNITO_STATUS_UPGRADE_CLOCK_SKEWED},
    /* By such a clock the credentials, which last an hour, have ended when they come. */
    {"an hour ahead", false, HOUR, COGNITO_STATUS_OK, COGNITO_STATUS_COGNITO_MALFORMED},
    {"1 January 1970", true, 0, COGNITO_STATUS_OK, COGNITO_STATUS_UPGRADE_CLOCK_SKEWED},
    {"before 1970", true, -DAY, COGNITO_STATUS_OK, COGNITO_STATUS_UPGRADE_CLOCK_SKEWED},
    {"the last second of 32 bits, 19 January 2038", true, INT32_MAX,
     COGNITO_STATUS_CERTIFICATE_EXPIRED, COGNITO_STATUS_CERTIFICATE_EXPIRED},
    {"the second after it", true, (int64_t)INT32_MAX + 1, COGNITO_STATUS_CERTIFICATE_EXPIRED,
     COGNITO_STATUS_CERTIFICATE_EXPIRED},
    {"beyond 32 bits without a sign, 2106", true, (int64_t)UINT32_MAX + 1,
     COGNITO_STATUS_CERTIFICATE_EXPIRED, COGNITO_STATUS_CERTIFICATE_EXPIRED},
    {"the end of the year 9999", true, 253402300799, COGNITO_STATUS_CERTIFICATE_EXPIRED,
     COGNITO_STATUS_CERTIFICATE_EXPIRED},
    {"the year 292,277", true, 9223372036854, COGNITO_STATUS_CERTIFICATE_EXPIRED,
     COGNITO_STATUS_CERTIFICATE_EXPIRED},
};

static int good, all;

static void set(const struct clock *clock) {
    if (clock->is_absolute) {
        device_clock_at(clock->seconds);
    } else {
        device_clock_off_by((long)clock->seconds);
    }
}

static void count(int failures) {
    all++;
    good += check_failures() == failures;
}

static void connect_with(const struct clock *clock, const char *how) {
    int failures = check_failures();
    char row[128];
    snprintf(row, sizeof row, "%s, %s", clock->name, how);
    check_row = row;
    cognito_config *config = local_aws_config();
    bool off = strcmp(how, "correction off") == 0;
    REQUIRE(cognito_config_set_clock_correction(config, !off) == COGNITO_STATUS_OK &&
            cognito_config_set_without_clock(config, strcmp(how, "without a clock") == 0) ==
                COGNITO_STATUS_OK &&
            cognito_config_set_cognito_tries(config, 1) == COGNITO_STATUS_OK);
    local_aws_reset();
    set(clock);
    struct attempt attempt = attempt_connect(config);
    printf("%s: %s\n", row, cognito_status_name(attempt.status));
    CHECK_STATUS(off ? clock->uncorrected : clock->corrected, attempt.status);
    if (attempt.status != COGNITO_STATUS_OK) {
        CHECK_CONTAINS("et the clock of this device", attempt.error);
    }
    CHECK(attempt.ms < allowed_ms(15000));
    cognito_config_free(config);
    check_row = "";
    count(failures);
}

/* Whether the session is there and works. */
static void use(void *handle) {
    CHECK(way->is_open(handle));
    if (way == &the_client) {
        CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_process(handle, 0));
        CHECK_STATUS(COGNITO_STATUS_OK,
                     cognito_client_publish(handle, "test/clock", "x", 1, 1, false, NULL,
                                            (int32_t)allowed_ms(20000), NULL, NULL));
    } else {
        CHECK_INT(0, cognito_transport_recv(handle, &(char){0}, 1));
    }
    CHECK(way->is_open(handle));
}

/* Connected with the right time, and then this. */
static void step_to(const struct clock *clock) {
    int failures = check_failures();
    char row[128];
    snprintf(row, sizeof row, "a step while connected: %s", clock->name);
    check_row = row;
    device_clock_off_by(0);
    CHECK(local_aws_wait("open_connections_at_most=0"));
    local_aws_reset();
    void *handle = local_aws_handle();
    CHECK_STATUS(COGNITO_STATUS_OK, way->open(handle, COGNITO_WAIT_FOREVER));
    use(handle);
    set(clock);
    use(handle);
    CHECK_INT(1, local_aws_counter("upgrade_requests"));
    CHECK_STATUS(COGNITO_STATUS_OK, way->close(handle, COGNITO_WAIT_FOREVER));
    /* By the time that Cognito told, which the step has not changed. */
    CHECK_STATUS(COGNITO_STATUS_OK, way->open(handle, COGNITO_WAIT_FOREVER));
    use(handle);
    CHECK_INT(1, local_aws_counter("cognito_requests"));
    device_clock_off_by(0);
    use(handle);
    way->free(handle);
    printf("%s\n", row);
    check_row = "";
    count(failures);
}

int main(int argc, char **argv) {
    way_choose(argc, argv);
    for (size_t i = 0; i < sizeof clocks / sizeof clocks[0]; i++) {
        connect_with(&clocks[i], "correction on");
        connect_with(&clocks[i], "correction off");
        connect_with(&clocks[i], "without a clock");
        step_to(&clocks[i]);
    }
    printf("%d of %d\n", good, all);
    return check_result();
}
