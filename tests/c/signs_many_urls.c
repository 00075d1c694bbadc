/*
 * Signs a URL for each line of standard input, for tests/sigv4/run.py to compare. A line has,
 * parted by tabs: the identity, whose credentials the caller's Cognito makes up, the time, the
 * endpoint and its port, the signing region, and the Host header's form. Answers with the URL, the
 * Host header and the end of the URL's use. Arguments: Cognito's endpoint, and the file of its CA.
 */

#include "check.h"
#include "device_clock.h"

struct line {
    char identity[64], endpoint[256], region[64];
    long long at;
    unsigned port;
    int host_header;
};

static cognito_provider *new_provider(const struct line *line, char **argv) {
    cognito_config *config = NULL;
    cognito_provider *provider = NULL;
    REQUIRE(cognito_config_new(&config) == COGNITO_STATUS_OK &&
            cognito_config_set_cognito_endpoint(config, argv[1]) == COGNITO_STATUS_OK &&
            cognito_config_set_ca_file(config, argv[2]) == COGNITO_STATUS_OK &&
            cognito_config_set_cognito_tries(config, 1) == COGNITO_STATUS_OK &&
            cognito_config_set_identity(config, line->identity) == COGNITO_STATUS_OK &&
            cognito_config_set_endpoint(config, line->endpoint) == COGNITO_STATUS_OK &&
            cognito_config_set_port(config, line->port) == COGNITO_STATUS_OK &&
            cognito_config_set_signing_region(config, line->region) == COGNITO_STATUS_OK);
    REQUIRE(cognito_provider_new(config, &provider) == COGNITO_STATUS_OK);
    cognito_config_free(config);
    return provider;
}

static void sign(const struct line *line, char **argv) {
    cognito_signed_url *url = NULL;
    device_clock_at(line->at);
    cognito_provider *provider = new_provider(line, argv);
    REQUIRE(cognito_provider_sign(provider, line->host_header, COGNITO_WAIT_FOREVER, &url) ==
            COGNITO_STATUS_OK);
    printf("%s\t%s\t%lld\n", cognito_signed_url_text(url), cognito_signed_url_host_header(url),
           (long long)cognito_signed_url_expires_at(url));
    cognito_signed_url_free(url);
    cognito_provider_free(provider);
}

int main(int argc, char **argv) {
    REQUIRE(argc == 3);
    char text[512];
    while (fgets(text, sizeof text, stdin) != NULL) {
        struct line line;
        REQUIRE(sscanf(text, "%63s %lld %255s %u %63s %d", line.identity, &line.at, line.endpoint,
                       &line.port, line.region, &line.host_header) == 6);
        check_row = line.identity;
        sign(&line, argv);
    }
    return check_result();
}
