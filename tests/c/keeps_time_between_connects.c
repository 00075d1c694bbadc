/* Between two connects of one client, steps of the wall clock change nothing, and sleep counts.
 * Argument: what connects. */

#include "device_clock.h"
#include "local_aws.h"

enum { HOUR = 3600, DAY = 24 * HOUR };

/* What happens to the clock between two connects of one client. */
static void between_two_connects(cognito_config *config) {
    cognito_provider *provider = NULL;
    local_aws_reset();
    device_clock_off_by(-1000);
    void *handle = local_aws_handle_and_provider(config, &provider);
    const struct {
        const char *name;
        void (*change)(long seconds);
        long seconds;
        long cognito_requests;
    } rows[] = {
        {"nothing", device_clock_off_by, -1000, 1},
        {"a step of the wall clock", device_clock_off_by, 5 * DAY, 1},
        {"a step back", device_clock_off_by, -5 * DAY, 1},
        {"half an hour of sleep", device_suspended_for, HOUR / 2, 1},
        {"sleep until shortly before the credentials end", device_suspended_for, HOUR / 2 - 200, 2},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        check_row = rows[i].name;
        rows[i].change(rows[i].seconds);
        /* The servers' clocks slept as well. */
        if (rows[i].change == device_suspended_for) {
            char fault[100];
            long slept = i == 3 ? HOUR / 2 : HOUR - 200;
            snprintf(fault, sizeof fault, "cognito.clock_offset_s=%ld&iot.clock_offset_s=%ld",
                     slept, slept);
            local_aws_fault(fault);
        }
        CHECK_STATUS(COGNITO_STATUS_OK, way->open(handle, COGNITO_WAIT_FOREVER));
        CHECK_STATUS(COGNITO_STATUS_OK, way->close(handle, COGNITO_WAIT_FOREVER));
        CHECK_INT(rows[i].cognito_requests, local_aws_counter("cognito_requests"));
        CHECK_INT((long)i + 1, local_aws_counter("upgrade_requests"));
    }
    way->free(handle);
    cognito_provider_free(provider);
}

/* Lets the board and the servers sleep together, from now on so long in all. */
static void sleep_until(long so_far_s, long seconds, const char *fault) {
    char faults[200];
    device_suspended_for(seconds - so_far_s);
    snprintf(faults, sizeof faults, "cognito.clock_offset_s=%ld&iot.clock_offset_s=%ld&%s", seconds,
             seconds, fault);
    local_aws_fault(faults);
}

/* Credentials that would be renewed serve on when Cognito cannot be asked, and never beyond their
 * end. */
static void credentials_serve_to_their_end(cognito_config *config) {
    cognito_provider *provider = NULL;
    check_row = "credentials that end soon";
    device_clock_off_by(0);
    device_suspended_for(0);
    local_aws_reset();
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_config_set_cognito_tries(config, 1));
    void *handle = local_aws_handle_and_provider(config, &provider);
    CHECK_STATUS(COGNITO_STATUS_OK, way->open(handle, COGNITO_WAIT_FOREVER));
    CHECK_STATUS(COGNITO_STATUS_OK, way->close(handle, COGNITO_WAIT_FOREVER));
    sleep_until(0, HOUR - 200, "cognito.response=unavailable");
    CHECK_STATUS(COGNITO_STATUS_OK, way->open(handle, COGNITO_WAIT_FOREVER));
    CHECK_STATUS(COGNITO_STATUS_OK, way->close(handle, COGNITO_WAIT_FOREVER));
    CHECK_INT(2, local_aws_counter("cognito_requests"));

    check_row = "credentials that end soon, and a Cognito that does not answer";
    local_aws_fault("cognito.response=&cognito.request=stall*1");
    CHECK_STATUS(COGNITO_STATUS_OK, way->open(handle, COGNITO_WAIT_FOREVER));
    CHECK_STATUS(COGNITO_STATUS_OK, way->close(handle, COGNITO_WAIT_FOREVER));
    CHECK_INT(3, local_aws_counter("cognito_requests"));

    check_row = "credentials that have ended";
    sleep_until(HOUR - 200, HOUR + 10, "cognito.response=unavailable");
    CHECK_STATUS(COGNITO_STATUS_COGNITO_UNAVAILABLE, way->open(handle, COGNITO_WAIT_FOREVER));
    CHECK_INT(4, local_aws_counter("cognito_requests"));
    CHECK_INT(3, local_aws_counter("upgrade_requests"));
    sleep_until(HOUR + 10, HOUR + 10, "cognito.response=");
    CHECK_STATUS(COGNITO_STATUS_OK, way->open(handle, COGNITO_WAIT_FOREVER));
    way->free(handle);
    cognito_provider_free(provider);
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_config_set_cognito_tries(config, 4));
}

int main(int argc, char **argv) {
    way_choose(argc, argv);
    cognito_config *config = local_aws_config();
    between_two_connects(config);
    credentials_serve_to_their_end(config);
    cognito_config_free(config);
    return check_result();
}
