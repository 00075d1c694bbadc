/* A device whose clock is wrong connects at the first attempt, and an application that does not
 * want that is told why it does not. Argument: what connects. */

#include "device_clock.h"
#include "local_aws.h"

#include <time.h>

enum { HOUR = 3600, DAY = 24 * HOUR };

/* Within a second and what a slow machine adds. */
static bool is_about(int64_t expected_s, int64_t offset_ms) {
    int64_t difference = offset_ms - 1000 * expected_s;
    return -5000 < difference && difference < 5000;
}

static void at_the_first_attempt(cognito_config *config, const char *name, long off_by_s) {
    cognito_provider *provider = NULL;
    check_row = name;
    local_aws_reset();
    device_clock_off_by(off_by_s);
    void *handle = local_aws_handle_and_provider(config, &provider);
    CHECK(cognito_provider_clock_offset_ms(provider) == COGNITO_CLOCK_OFFSET_UNKNOWN);
    CHECK_STATUS(COGNITO_STATUS_OK, way->open(handle, COGNITO_WAIT_FOREVER));
    CHECK_STATUS(COGNITO_STATUS_OK, way->close(handle, COGNITO_WAIT_FOREVER));
    CHECK_INT(1, local_aws_counter("upgrade_requests"));
    CHECK_INT(1, local_aws_counter("cognito_requests"));
    CHECK(is_about(-off_by_s, cognito_provider_clock_offset_ms(provider)));
    way->free(handle);
    cognito_provider_free(provider);
}

static void fails(cognito_config *config, const char *name, cognito_status status,
                  const char *hint) {
    void *handle = NULL;
    cognito_failure *failure = NULL;
    check_row = name;
    local_aws_reset();
    REQUIRE(way->make(config, NULL, &handle) == COGNITO_STATUS_OK);
    CHECK_STATUS(status, way->open(handle, COGNITO_WAIT_FOREVER));
    REQUIRE(way->failure(handle, &failure) == COGNITO_STATUS_OK);
    CHECK_CONTAINS(hint, cognito_failure_hint(failure));
    CHECK(status != COGNITO_STATUS_UPGRADE_CLOCK_SKEWED ||
          is_about(1000, cognito_failure_clock_offset_ms(failure)));
    cognito_failure_free(failure);
    way->free(handle);
}

/* IoT Core's clock may differ from Cognito's: the Date of its refusal is taken, once. */
static void by_the_date_of_a_refusal(cognito_config *config) {
    cognito_provider *provider = NULL;
    check_row = "two clocks of AWS";
    device_clock_off_by(0);
    local_aws_reset();
    local_aws_fault("iot.clock_offset_s=1000");
    void *handle = local_aws_handle_and_provider(config, &provider);
    CHECK_STATUS(COGNITO_STATUS_OK, way->open(handle, COGNITO_WAIT_FOREVER));
    CHECK_STATUS(COGNITO_STATUS_OK, way->close(handle, COGNITO_WAIT_FOREVER));
    CHECK_STATUS(COGNITO_STATUS_OK, way->open(handle, COGNITO_WAIT_FOREVER));
    CHECK_STATUS(COGNITO_STATUS_OK, way->close(handle, COGNITO_WAIT_FOREVER));
    CHECK_INT(1, local_aws_counter("cognito_requests"));
    CHECK_INT(3, local_aws_counter("upgrade_requests"));
    CHECK(is_about(1000, cognito_provider_clock_offset_ms(provider)));

    check_row = "refused again";
    local_aws_reset();
    local_aws_fault("iot.upgrade=refuse-skewed:-5000");
    CHECK_STATUS(COGNITO_STATUS_UPGRADE_CLOCK_SKEWED, way->open(handle, COGNITO_WAIT_FOREVER));
    CHECK_INT(2, local_aws_counter("upgrade_requests"));

    check_row = "a Date at which the server's own certificate has ended";
    local_aws_reset();
    local_aws_fault("iot.upgrade=refuse-skewed:40000000*1");
    CHECK_STATUS(COGNITO_STATUS_UPGRADE_CLOCK_SKEWED, way->open(handle, COGNITO_WAIT_FOREVER));
    CHECK_INT(1, local_aws_counter("upgrade_requests"));
    CHECK_STATUS(COGNITO_STATUS_OK, way->open(handle, COGNITO_WAIT_FOREVER));
    CHECK_STATUS(COGNITO_STATUS_OK, way->close(handle, COGNITO_WAIT_FOREVER));

    /* By which the credentials have ended, so that Cognito is asked, and tells the right time. */
    check_row = "a wrong Date that could be right";
    local_aws_reset();
    local_aws_fault("iot.upgrade=refuse-skewed:30000000*1");
    CHECK_STATUS(COGNITO_STATUS_OK, way->open(handle, COGNITO_WAIT_FOREVER));
    CHECK_STATUS(COGNITO_STATUS_OK, way->close(handle, COGNITO_WAIT_FOREVER));
    CHECK_INT(2, local_aws_counter("upgrade_requests"));
    CHECK(is_about(0, cognito_provider_clock_offset_ms(provider)));

    check_row = "refused without a Date";
    local_aws_reset();
    local_aws_fault("iot.upgrade=refuse-skewed:-5000&iot.no_date=1");
    CHECK_STATUS(COGNITO_STATUS_UPGRADE_CLOCK_SKEWED, way->open(handle, COGNITO_WAIT_FOREVER));
    CHECK_INT(1, local_aws_counter("upgrade_requests"));
    way->free(handle);
    cognito_provider_free(provider);
}

int main(int argc, char **argv) {
    way_choose(argc, argv);
    cognito_config *config = local_aws_config();
    at_the_first_attempt(config, "1000 s behind", -1000);
    at_the_first_attempt(config, "1000 s ahead", 1000);
    at_the_first_attempt(config, "a day behind", -DAY);
    at_the_first_attempt(config, "an hour ahead", HOUR);
    at_the_first_attempt(config, "1970: certificates are checked at the build time of the library",
                         -(long)time(NULL));
    device_clock_off_by(400L * DAY);
    fails(config, "past the end of the certificates", COGNITO_STATUS_CERTIFICATE_EXPIRED,
          "Set the clock of this device");
    by_the_date_of_a_refusal(config);

    device_clock_off_by(-1000);
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_config_set_clock_correction_max_s(config, 600));
    fails(config, "bounded to less", COGNITO_STATUS_UPGRADE_CLOCK_SKEWED,
          "set the clock of this device, or allow its correction");
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_config_set_clock_correction_max_s(config, 1100));
    at_the_first_attempt(config, "bounded to more", -1000);
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_config_set_clock_correction_max_s(config, 0));
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_config_set_clock_correction(config, false));
    fails(config, "switched off", COGNITO_STATUS_UPGRADE_CLOCK_SKEWED,
          "set the clock of this device, or allow its correction");
    cognito_config_free(config);
    return check_result();
}
