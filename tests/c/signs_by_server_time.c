/* A URL is signed with server time, however wrong the clock of the device is, and is good for no
 * longer than its credentials. */

#define _POSIX_C_SOURCE 200809L

#include "device_clock.h"
#include "local_aws.h"

#include <time.h>

enum { HOUR = 3600, DAY = 24 * HOUR };

static cognito_provider *new_provider(void) {
    cognito_config *config = local_aws_config();
    cognito_provider *provider = NULL;
    REQUIRE(cognito_config_set_cognito_tries(config, 1) == COGNITO_STATUS_OK);
    REQUIRE(cognito_provider_new(config, &provider) == COGNITO_STATUS_OK);
    cognito_config_free(config);
    return provider;
}

static cognito_signed_url *sign(cognito_provider *provider) {
    cognito_signed_url *url = NULL;
    REQUIRE(cognito_provider_sign(provider, COGNITO_HOST_HEADER_STANDARD, COGNITO_WAIT_FOREVER,
                                  &url) == COGNITO_STATUS_OK);
    return url;
}

/* Whether it was signed at this moment, or up to two seconds before: dates are cut to the second.
 */
static bool is_signed_at(const cognito_signed_url *url, time_t moment) {
    bool found = false;
    for (time_t at = moment - 2; at <= moment; at++) {
        char date[64];
        struct tm parts;
        REQUIRE(strftime(date, sizeof date, "&X-Amz-Date=%Y%m%dT%H%M%SZ&", gmtime_r(&at, &parts)));
        found = found || strstr(cognito_signed_url_path(url), date) != NULL;
    }
    return found;
}

/* time() is not the clock that this test moves. */
static void with_a_clock_that_is_off_by(const char *name, long seconds) {
    check_row = name;
    device_clock_off_by(seconds);
    cognito_provider *provider = new_provider();
    cognito_signed_url *url = sign(provider);
    time_t now = time(NULL);
    CHECK(is_signed_at(url, now));
    CHECK(cognito_signed_url_expires_at(url) >= now + 298 &&
          cognito_signed_url_expires_at(url) <= now + 300);
    cognito_signed_url_free(url);
    cognito_provider_free(provider);
}

/* Cognito cannot be asked for new ones, and those at hand end in 200 seconds. */
static void with_credentials_that_end_soon(void) {
    char faults[128];
    check_row = "credentials that end soon";
    device_clock_off_by(0);
    cognito_provider *provider = new_provider();
    cognito_credentials *credentials = NULL;
    REQUIRE(cognito_provider_fetch(provider, COGNITO_WAIT_FOREVER, &credentials) ==
            COGNITO_STATUS_OK);
    device_suspended_for(HOUR - 200);
    snprintf(faults, sizeof faults, "cognito.clock_offset_s=%d&cognito.response=unavailable",
             HOUR - 200);
    local_aws_fault(faults);
    cognito_signed_url *url = sign(provider);
    int64_t end = cognito_credentials_expires_at(credentials);
    CHECK(is_signed_at(url, time(NULL) + HOUR - 200));
    CHECK(cognito_signed_url_expires_at(url) == end);
    const char *expires = strstr(cognito_signed_url_path(url), "&X-Amz-Expires=");
    REQUIRE(expires != NULL);
    long seconds = strtol(expires + strlen("&X-Amz-Expires="), NULL, 10);
    printf("good for %ld seconds\n", seconds);
    CHECK(seconds > 190 && seconds <= 300);
    cognito_signed_url_free(url);

    check_row = "credentials that have ended";
    device_suspended_for(200);
    CHECK_STATUS(
        COGNITO_STATUS_COGNITO_UNAVAILABLE,
        cognito_provider_sign(provider, COGNITO_HOST_HEADER_STANDARD, COGNITO_WAIT_FOREVER, &url));
    CHECK(url == NULL);
    cognito_credentials_free(credentials);
    cognito_provider_free(provider);
}

int main(void) {
    with_a_clock_that_is_off_by("right", 0);
    with_a_clock_that_is_off_by("1000 s behind", -1000);
    with_a_clock_that_is_off_by("an hour ahead", HOUR);
    with_a_clock_that_is_off_by("a day behind", -DAY);
    with_a_clock_that_is_off_by("1970", -(long)time(NULL));
    with_credentials_that_end_soon();
    return check_result();
}
