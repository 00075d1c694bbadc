/*
 * A signed URL in parts and whole: made for the endpoint, port and region of the config, with the
 * Host header that the caller's library sends, and good for 5 minutes. Argument: how long session
 * tokens are at least.
 */

#include "local_aws.h"

#include <time.h>

#define IPV6 "2001:db8::1"

static cognito_signed_url *sign(const cognito_config *config, int32_t host_header) {
    cognito_provider *provider = NULL;
    cognito_signed_url *url = NULL;
    REQUIRE(cognito_provider_new(config, &provider) == COGNITO_STATUS_OK);
    CHECK_STATUS(COGNITO_STATUS_TIMED_OUT, cognito_provider_sign(provider, host_header, 0, &url));
    CHECK(url == NULL);
    REQUIRE(cognito_provider_sign(provider, host_header, COGNITO_WAIT_FOREVER, &url) ==
            COGNITO_STATUS_OK);
    cognito_signed_url_free(url);
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_provider_sign(provider, host_header, 0, &url));
    cognito_provider_free(provider);
    return url;
}

/* "wss://", the Host header and the path; of the query only letters, digits and "-_.~=&" as they
 * are. Gives the length of the token, percent-encoded. */
static size_t check_form(const cognito_signed_url *url) {
    const char *text = cognito_signed_url_text(url), *path = cognito_signed_url_path(url);
    const char *header = cognito_signed_url_host_header(url);
    size_t header_len = strlen(header);
    CHECK(strncmp(text, "wss://", 6) == 0);
    CHECK(strncmp(text + 6, header, header_len) == 0 && strcmp(text + 6 + header_len, path) == 0);
    CHECK(strncmp(path, "/mqtt?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=ASIA", 60) == 0);
    const char *query = path + 6;
    CHECK_INT(strlen(query), strspn(query, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                           "0123456789-_.~=&%"));
    for (const char *at = strchr(query, '%'); at != NULL; at = strchr(at + 1, '%')) {
        CHECK(strspn(at + 1, "0123456789ABCDEF") >= 2);
    }
    CHECK_CONTAINS("&X-Amz-SignedHeaders=host&X-Amz-Signature=", path);
    const char *token = strstr(path, "&X-Amz-Security-Token=IQoJb3JpZ2luX2Vj");
    REQUIRE(token != NULL);
    CHECK(strchr(token + 1, '&') == NULL); /* the last one, behind the signature */
    return strlen(token) - strlen("&X-Amz-Security-Token=");
}

static void parts(const char *endpoint, uint32_t port, int32_t host_header, const char *host,
                  const char *expected_header) {
    cognito_config *config = local_aws_config();
    check_row = expected_header;
    REQUIRE(cognito_config_set_endpoint(config, endpoint) == COGNITO_STATUS_OK);
    REQUIRE(cognito_config_set_port(config, port) == COGNITO_STATUS_OK);
    cognito_signed_url *url = sign(config, host_header);
    check_form(url);
    CHECK(strcmp(host, cognito_signed_url_host(url)) == 0);
    CHECK(strcmp(expected_header, cognito_signed_url_host_header(url)) == 0);
    CHECK_INT(port, cognito_signed_url_port(url));
    cognito_signed_url_free(url);
    cognito_config_free(config);
}

static void region(const char *endpoint, const char *set, const char *expected) {
    cognito_config *config = local_aws_config();
    char scope[64];
    check_row = expected;
    REQUIRE(cognito_config_set_endpoint(config, endpoint) == COGNITO_STATUS_OK);
    REQUIRE(cognito_config_set_signing_region(config, set) == COGNITO_STATUS_OK);
    cognito_signed_url *url = sign(config, COGNITO_HOST_HEADER_STANDARD);
    snprintf(scope, sizeof scope, "%%2F%s%%2Fiotdevicegateway%%2Faws4_request&", expected);
    CHECK_CONTAINS(scope, cognito_signed_url_path(url));
    cognito_signed_url_free(url);
    cognito_config_free(config);
}

static void lasts_five_minutes(size_t token_len) {
    cognito_config *config = local_aws_config();
    check_row = "expiry";
    int64_t before = (int64_t)time(NULL);
    cognito_signed_url *url = sign(config, COGNITO_HOST_HEADER_STANDARD);
    int64_t after = (int64_t)time(NULL), end = cognito_signed_url_expires_at(url);
    /* Cognito's Date, which it is signed by, is cut to the second. */
    CHECK(end >= before + 299 && end <= after + 300);
    CHECK_CONTAINS("&X-Amz-Expires=300&", cognito_signed_url_path(url));
    CHECK(check_form(url) >= token_len);
    CHECK_STATUS(COGNITO_STATUS_OK, attempt_connect(config).status);
    cognito_signed_url_free(url);
    cognito_config_free(config);
}

static void refusals(void) {
    cognito_config *config = local_aws_config();
    cognito_provider *provider = NULL;
    cognito_signed_url *url = (cognito_signed_url *)&provider;
    REQUIRE(cognito_provider_new(config, &provider) == COGNITO_STATUS_OK);
    const int32_t none[] = {-1, 2, INT32_MAX, INT32_MIN};
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
        check_row = "no host_header";
        CHECK_STATUS(COGNITO_STATUS_INVALID_ARGUMENT,
                     cognito_provider_sign(provider, none[i], COGNITO_WAIT_FOREVER, &url));
        CHECK(url == NULL);
        CHECK_CONTAINS("host_header", cognito_last_error());
    }
    check_row = "arguments";
    CHECK_STATUS(COGNITO_STATUS_INVALID_ARGUMENT, cognito_provider_sign(provider, 0, -2, &url));
    CHECK_CONTAINS("wait_ms", cognito_last_error());
    CHECK_STATUS(COGNITO_STATUS_INVALID_ARGUMENT, cognito_provider_sign(provider, 0, 0, NULL));
    CHECK_CONTAINS("out", cognito_last_error());
    cognito_provider_free(provider);
    cognito_config_free(config);

    check_row = "a config without an endpoint";
    REQUIRE(cognito_config_new(&config) == COGNITO_STATUS_OK);
    REQUIRE(cognito_config_set_identity(config, local_aws("IDENTITY")) == COGNITO_STATUS_OK);
    REQUIRE(cognito_provider_new(config, &provider) == COGNITO_STATUS_OK);
    CHECK_STATUS(COGNITO_STATUS_INVALID_CONFIG,
                 cognito_provider_sign(provider, 0, COGNITO_WAIT_FOREVER, &url));
    CHECK_CONTAINS("cognito_config_set_endpoint", cognito_last_error());
    cognito_provider_free(provider);
    cognito_config_free(config);
}

int main(int argc, char **argv) {
    REQUIRE(argc == 2);
    way = &the_transport;
    parts("example.com", 443, COGNITO_HOST_HEADER_STANDARD, "example.com", "example.com");
    parts("example.com", 443, COGNITO_HOST_HEADER_WITH_PORT, "example.com", "example.com:443");
    parts("example.com", 8443, COGNITO_HOST_HEADER_STANDARD, "example.com", "example.com:8443");
    parts("example.com", 8443, COGNITO_HOST_HEADER_WITH_PORT, "example.com", "example.com:8443");
    parts(IPV6, 443, COGNITO_HOST_HEADER_STANDARD, IPV6, "[" IPV6 "]");
    parts("[" IPV6 "]", 443, COGNITO_HOST_HEADER_WITH_PORT, IPV6, "[" IPV6 "]:443");
    parts(IPV6, 8443, COGNITO_HOST_HEADER_STANDARD, IPV6, "[" IPV6 "]:8443");
    region("a1-ats.iot.eu-west-2.amazonaws.com", NULL, "eu-west-2");
    region("a1.ats.iot.cn-north-1.amazonaws.com.cn", NULL, "cn-north-1");
    region("a1-ats.iot.eu-west-2.amazonaws.com", "us-west-1", "us-west-1");
    region("localhost", NULL, "us-east-1"); /* that of the identity */
    lasts_five_minutes((size_t)atol(argv[1]));
    refusals();
    return check_result();
}
