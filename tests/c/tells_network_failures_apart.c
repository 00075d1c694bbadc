/* Each failure of DNS, TCP, proxy, TLS and certificates has a status, a stage and a reason of its
 * own. */

#include "refusals.h"

static void unknown_host(cognito_config *config) {
    REQUIRE(cognito_config_set_endpoint(config, "no-such-host.invalid") == COGNITO_STATUS_OK);
}

static void unknown_cognito_host(cognito_config *config) {
    REQUIRE(cognito_config_set_cognito_endpoint(config, "no-such-host.invalid") ==
            COGNITO_STATUS_OK);
}

static void unknown_proxy_host(cognito_config *config) {
    REQUIRE(cognito_config_set_proxy(config, "no-such-host.invalid", 1) == COGNITO_STATUS_OK);
}

static void closed_port(cognito_config *config) {
    REQUIRE(cognito_config_set_port(config, 1) == COGNITO_STATUS_OK);
}

static void closed_cognito_port(cognito_config *config) {
    REQUIRE(cognito_config_set_cognito_endpoint(config, "localhost:1") == COGNITO_STATUS_OK);
}

static void closed_proxy_port(cognito_config *config) {
    REQUIRE(cognito_config_set_proxy(config, "localhost", 1) == COGNITO_STATUS_OK);
}

static void amazon_roots_only(cognito_config *config) {
    REQUIRE(cognito_config_set_ca_file(config, NULL) == COGNITO_STATUS_OK);
}

#define NO_ANSWER(name, prepare, status, stage, reason)                                            \
    { name, prepare, COGNITO_STATUS_##status, COGNITO_STAGE_##stage, 0, -1, reason }

static const struct refusal refusals[] = {
    NO_ANSWER("unknown host", unknown_host, DNS_FAILED, DNS, "no-such-host.invalid"),
    NO_ANSWER("unknown host of Cognito", unknown_cognito_host, DNS_FAILED, DNS,
              "no-such-host.invalid"),
    NO_ANSWER("unknown proxy", unknown_proxy_host, PROXY_FAILED, PROXY, "no-such-host.invalid"),
    NO_ANSWER("closed port", closed_port, TCP_FAILED, TCP, "refused"),
    NO_ANSWER("closed port of Cognito", closed_cognito_port, TCP_FAILED, TCP, "refused"),
    NO_ANSWER("closed proxy", closed_proxy_port, PROXY_FAILED, PROXY, "refused"),
    NO_ANSWER("Amazon's roots only", amazon_roots_only, CERTIFICATE_UNTRUSTED, TLS, "ca_file"),

    AT_PROXY("proxy.response=refuse", PROXY_REFUSED, 403, "403"),
    AT_PROXY("proxy.response=502", PROXY_REFUSED, 502, "502"),
    AT_PROXY("proxy.response=407", PROXY_AUTHENTICATION, 407, "user and password"),
    AT_PROXY("proxy.response=garbage", PROXY_FAILED, 0, "proxy"),
    AT_PROXY("proxy.response=endless-head", PROXY_FAILED, 0, "proxy"),
    AT_PROXY("proxy.accept=close", PROXY_FAILED, 0, "proxy"),

    AT_TLS("iot.tls=plain-http", TLS_FAILED, "TLS"),
    AT_TLS("iot.tls=garbage", TLS_FAILED, "TLS"),
    AT_TLS("cognito.tls=plain-http", TLS_FAILED, "TLS"),
    AT_TLS("cognito.tls=garbage", TLS_FAILED, "TLS"),
    AT_TLS("iot.certificate=expired", CERTIFICATE_EXPIRED, "expired"),
    AT_TLS("iot.certificate=not-yet-valid", CERTIFICATE_NOT_YET_VALID, "not valid yet"),
    AT_TLS("iot.certificate=wrong-host", CERTIFICATE_WRONG_HOST, "localhost"),
    AT_TLS("iot.certificate=self-signed", CERTIFICATE_UNTRUSTED, "trust"),
    AT_TLS("iot.certificate=self-signed-ca", CERTIFICATE_UNTRUSTED, "trust"),
    AT_TLS("iot.certificate=untrusted", CERTIFICATE_UNTRUSTED, "trust"),
    AT_TLS("cognito.certificate=expired", CERTIFICATE_EXPIRED, "expired"),
    AT_TLS("cognito.certificate=not-yet-valid", CERTIFICATE_NOT_YET_VALID, "not valid yet"),
    AT_TLS("cognito.certificate=wrong-host", CERTIFICATE_WRONG_HOST, "localhost"),
    AT_TLS("cognito.certificate=self-signed", CERTIFICATE_UNTRUSTED, "trust"),
    AT_TLS("cognito.certificate=untrusted", CERTIFICATE_UNTRUSTED, "trust"),
};

int main(void) {
    check_refusals(refusals, sizeof refusals / sizeof refusals[0]);
    return check_result();
}
