/* Where seconds since 1970 need more than 32 bits, a device connects, and times of AWS are right.
 * The device's clock tells the same year as AWS's, and another. Argument: by how many seconds the
 * clocks of the servers are ahead. */

#define _POSIX_C_SOURCE 200809L

#include "device_clock.h"
#include "local_aws.h"

#include <time.h>

enum { HOUR = 3600 };

static const int64_t end_of_32_bits = INT32_MAX;

static void with_the_clock_at(const char *name, int64_t clock, int64_t server, bool without_clock) {
    cognito_provider *provider = NULL;
    cognito_credentials *credentials = NULL;
    cognito_signed_url *url = NULL;
    check_row = name;
    device_clock_at(clock);
    cognito_config *config = local_aws_config();
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_config_set_without_clock(config, without_clock));
    void *handle = local_aws_handle_and_provider(config, &provider);
    CHECK_STATUS(COGNITO_STATUS_OK, way->open(handle, COGNITO_WAIT_FOREVER));
    CHECK_STATUS(COGNITO_STATUS_OK, way->close(handle, COGNITO_WAIT_FOREVER));
    REQUIRE(cognito_provider_fetch(provider, COGNITO_WAIT_FOREVER, &credentials) ==
            COGNITO_STATUS_OK);
    REQUIRE(cognito_provider_sign(provider, COGNITO_HOST_HEADER_STANDARD, COGNITO_WAIT_FOREVER,
                                  &url) == COGNITO_STATUS_OK);
    int64_t ends = cognito_credentials_expires_at(credentials) - server;
    int64_t url_ends = cognito_signed_url_expires_at(url) - server;
    /* A clock before 1970 counts as 1970. */
    int64_t offset =
        cognito_provider_clock_offset_ms(provider) / 1000 - (server - (clock > 0 ? clock : 0));
    CHECK(server > end_of_32_bits);
    CHECK(ends > HOUR - 60 && ends < HOUR + 60);
    CHECK(url_ends > 300 - 60 && url_ends < 300 + 60);
    CHECK(offset > -60 && offset < 60);
    cognito_signed_url_free(url);
    cognito_credentials_free(credentials);
    way->free(handle);
    cognito_provider_free(provider);
    cognito_config_free(config);
}

int main(int argc, char **argv) {
    REQUIRE(argc == 2);
    int64_t now = time(NULL), server = now + strtoll(argv[1], NULL, 10);
    with_the_clock_at("the right clock", server, server, false);
    with_the_clock_at("a clock that is behind", server - 24 * HOUR, server, false);
    /* Certificates are not yet valid then. */
    with_the_clock_at("a clock that has wrapped", server - ((int64_t)1 << 32), server, true);
    return check_result();
}
