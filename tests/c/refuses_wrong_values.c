/* Every setter refuses what is out of its range, names the field, and leaves the former value in
 * place. */

#include "local_aws.h"

#include <unistd.h>

#define X16 "xxxxxxxxxxxxxxxx"
#define X128 X16 X16 X16 X16 X16 X16 X16 X16

static void refused(const char *field, cognito_status status) {
    check_row = field;
    CHECK_STATUS(COGNITO_STATUS_INVALID_ARGUMENT, status);
    CHECK_CONTAINS(field, cognito_last_error());
}

static void strings(cognito_config *c) {
    const char *const hosts[] = {"",     "wss://x.y", "x.y/mqtt", "x y",        "-x.y",
                                 "a..b", "x\r\ny",    "\xff\xfe", X128 "." X128};
    for (size_t i = 0; i < sizeof hosts / sizeof hosts[0]; i++) {
        refused("endpoint", cognito_config_set_endpoint(c, hosts[i]));
        refused("cognito_endpoint", cognito_config_set_cognito_endpoint(c, hosts[i]));
        refused("host", cognito_config_set_proxy(c, hosts[i], 8080));
    }
    refused("endpoint", cognito_config_set_endpoint(c, NULL));
    refused("endpoint", cognito_config_set_endpoint(c, "x.y:443"));
    refused("cognito_endpoint", cognito_config_set_cognito_endpoint(c, "localhost:0"));
    refused("cognito_endpoint", cognito_config_set_cognito_endpoint(c, "localhost:65536"));
    refused("cognito_endpoint", cognito_config_set_cognito_endpoint(c, "localhost:https"));

    const char *const regions[] = {"", "US-EAST-1", "useast1", "us east-1", "\xff", "us-east-1\n"};
    for (size_t i = 0; i < sizeof regions / sizeof regions[0]; i++) {
        refused("signing_region", cognito_config_set_signing_region(c, regions[i]));
        refused("cognito_region", cognito_config_set_cognito_region(c, regions[i]));
    }
    const char *const identities[] = {"",
                                      "us-east-1",
                                      "us-east-1_AbCdEf123",
                                      "us-east-1:",
                                      "us-east-1:XYZ",
                                      ":01234567-89ab-cdef-0123-456789abcdef",
                                      "arn:aws:cognito-identity:us-east-1:1:identitypool/x",
                                      "us-east-1:\xff",
                                      "us-east-1:01234567-89ab-cdef-0123-456789abcdef0123456789"};
    for (size_t i = 0; i < sizeof identities / sizeof identities[0]; i++) {
        refused("identity", cognito_config_set_identity(c, identities[i]));
        refused("identity_pool", cognito_config_set_identity_pool(c, identities[i]));
    }
    const char *const client_ids[] = {NULL, "", "a\nb", "a\x7f", "\xc3", X128 "x"};
    for (size_t i = 0; i < sizeof client_ids / sizeof client_ids[0]; i++) {
        refused("client_id", cognito_config_set_client_id(c, client_ids[i]));
    }
    const char *const roles[] = {"", "admin", "arn:aws:iam::1:user/x", "arn:a:role/x", "\xff"};
    for (size_t i = 0; i < sizeof roles / sizeof roles[0]; i++) {
        refused("custom_role_arn", cognito_config_set_custom_role_arn(c, roles[i]));
    }
    refused("identity_file", cognito_config_set_identity_file(c, ""));
    refused("identity_file", cognito_config_set_identity_file(c, "\xff"));
    refused("ca_file", cognito_config_set_ca_file(c, ""));
    refused("ca_file", cognito_config_set_ca_file(c, "\xff"));
    refused("ca_pem", cognito_config_set_ca_pem(c, "\xff"));
}

static void numbers(cognito_config *c) {
    refused("port", cognito_config_set_port(c, 0));
    refused("port", cognito_config_set_port(c, 65536));
    refused("port", cognito_config_set_port(c, UINT32_MAX));
    refused("keep_alive_s", cognito_config_set_keep_alive_s(c, 0));
    refused("keep_alive_s", cognito_config_set_keep_alive_s(c, 1201));
    refused("connect_timeout_ms", cognito_config_set_connect_timeout_ms(c, 0));
    refused("connect_timeout_ms", cognito_config_set_connect_timeout_ms(c, 600001));
    refused("tries", cognito_config_set_cognito_tries(c, 0));
    refused("tries", cognito_config_set_cognito_tries(c, 11));
    refused("trust", cognito_config_set_trust(c, -1));
    refused("trust", cognito_config_set_trust(c, 3));
    refused("port", cognito_config_set_proxy(c, "localhost", 0));
    refused("port", cognito_config_set_proxy(c, "localhost", 65536));
    refused("max_level", cognito_log_set(-1, NULL, NULL));
    refused("max_level", cognito_log_set(7, NULL, NULL));
    refused("out", cognito_config_new(NULL));
    refused("out", cognito_provider_new(c, NULL));
    refused("out", cognito_client_new(c, NULL, NULL, NULL, NULL));
    refused("out", cognito_transport_new(c, NULL, NULL));
}

static void proxy_credentials(void) {
    cognito_config *c = local_aws_config();
    check_row = "proxy credentials without a proxy";
    CHECK_STATUS(COGNITO_STATUS_INVALID_CONFIG,
                 cognito_config_set_proxy_credentials(c, "user", "password"));
    CHECK_CONTAINS("proxy", cognito_last_error());
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_config_set_proxy(c, "localhost", 65535));
    refused("user", cognito_config_set_proxy_credentials(c, "us:er", "password"));
    refused("user", cognito_config_set_proxy_credentials(c, NULL, "password"));
    refused("password", cognito_config_set_proxy_credentials(c, "user", "\xff"));
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_config_set_proxy_credentials(c, "user", NULL));
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_config_set_proxy_credentials(c, NULL, NULL));
    cognito_config_free(c);
}

static void limits_are_accepted(void) {
    cognito_config *c = local_aws_config();
    check_row = "limits";
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_config_set_port(c, 1));
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_config_set_port(c, 65535));
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_config_set_keep_alive_s(c, 1));
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_config_set_keep_alive_s(c, 1200));
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_config_set_connect_timeout_ms(c, 1));
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_config_set_connect_timeout_ms(c, 600000));
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_config_set_client_id(c, X128));
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_config_set_client_id(c, "\xc3\xa9t\xc3\xa9"));
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_config_set_endpoint(c, "[::1]"));
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_config_set_cognito_endpoint(c, "[::1]:8443"));
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_config_set_signing_region(c, NULL));
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_config_set_cognito_region(c, NULL));
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_config_set_cognito_endpoint(c, NULL));
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_config_set_ca_file(c, NULL));
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_config_set_ca_pem(c, NULL));
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_config_set_proxy(c, NULL, 0));
    cognito_config_free(c);
}

int main(void) {
    cognito_config *config = local_aws_config();
    strings(config);
    numbers(config);
    proxy_credentials();
    limits_are_accepted();

    check_row = "the former values";
    const struct way *const ways[] = {&the_client, &the_transport};
    for (int i = 0; i < 2; i++) {
        void *handle = NULL;
        way = ways[i];
        REQUIRE(way->make(config, NULL, &handle) == COGNITO_STATUS_OK);
        refused("wait_ms", way->open(handle, -2));
        refused("wait_ms", way->close(handle, INT32_MIN));
        refused("out", way->failure(handle, NULL));
        refused("out", way->trace(handle, NULL));
        if (way == &the_client) {
            refused("timeout_ms", cognito_client_process(handle, -2));
        }
        CHECK_STATUS(COGNITO_STATUS_OK, way->open(handle, COGNITO_WAIT_FOREVER));
        CHECK_STATUS(COGNITO_STATUS_OK, way->close(handle, COGNITO_WAIT_FOREVER));
        way->free(handle);
    }
    cognito_config_free(config);
    return check_result();
}
