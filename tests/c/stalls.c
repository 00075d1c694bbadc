#include "stalls.h"
#include "black_hole.h"
#include "hanging_dns.h"

const struct stall stalls[] = {
    {"DNS", COGNITO_STAGE_DNS, AT_DNS, NULL, NULL, ""},
    {"TCP of the endpoint", COGNITO_STAGE_TCP, AT_TCP_OF_ENDPOINT, NULL, "cognito_requests=1",
     NULL},
    {"TCP of Cognito", COGNITO_STAGE_TCP, AT_TCP_OF_COGNITO, NULL, "iot_tls_handshakes=1", ""},
    {"proxy, silent", COGNITO_STAGE_PROXY, AT_PROXY, "proxy.accept=stall", "proxy_accepted=2",
     "proxy_accepted=1"},
    {"proxy, no answer", COGNITO_STAGE_PROXY, AT_PROXY, "proxy.response=stall", "proxy_accepted=2",
     "proxy_accepted=1"},
    {"TLS behind the proxy", COGNITO_STAGE_TLS, AT_PROXY, "proxy.response=stall-tunnel",
     "proxy_tunnels=2", "proxy_tunnels=1"},
    {"TLS, silent", COGNITO_STAGE_TLS, AT_LOCAL_AWS, "iot.accept=stall",
     "iot_accepted=1&cognito_requests=1", NULL},
    {"TLS, no answer", COGNITO_STAGE_TLS, AT_LOCAL_AWS, "iot.tls=stall",
     "iot_accepted=1&cognito_requests=1", NULL},
    {"TLS, half a flight", COGNITO_STAGE_TLS, AT_LOCAL_AWS, "iot.tls=stall-mid",
     "iot_accepted=1&cognito_requests=1", NULL},
    {"TLS of Cognito", COGNITO_STAGE_TLS, AT_LOCAL_AWS, "cognito.tls=stall",
     "cognito_accepted=1&iot_tls_handshakes=1", "cognito_accepted=1"},
    {"Cognito, no answer", COGNITO_STAGE_COGNITO, AT_LOCAL_AWS, "cognito.request=stall",
     "cognito_requests=1&iot_tls_handshakes=1", "cognito_requests=1"},
    {"Cognito, half a body", COGNITO_STAGE_COGNITO, AT_LOCAL_AWS, "cognito.response=stall-mid-body",
     "cognito_requests=1&iot_tls_handshakes=1", "cognito_requests=1"},
    {"Cognito, byte by byte", COGNITO_STAGE_COGNITO, AT_LOCAL_AWS, "cognito.response=drip:50",
     "cognito_requests=1&iot_tls_handshakes=1", "cognito_requests=1"},
    {"upgrade, not read", COGNITO_STAGE_UPGRADE, AT_LOCAL_AWS, "iot.request=stall",
     "upgrade_requests=1", NULL},
    {"upgrade, no answer", COGNITO_STAGE_UPGRADE, AT_LOCAL_AWS, "iot.upgrade=stall",
     "upgrade_requests=1", NULL},
    {"upgrade, half a head", COGNITO_STAGE_UPGRADE, AT_LOCAL_AWS, "iot.upgrade=stall-mid-head",
     "upgrade_requests=1", NULL},
    {"CONNACK, none", COGNITO_STAGE_CONNACK, AT_LOCAL_AWS, "iot.connect=stall", "connects=1", NULL},
    {"CONNACK, half", COGNITO_STAGE_CONNACK, AT_LOCAL_AWS, "iot.connack=stall-mid", "connects=1",
     NULL},
};
const size_t stall_count = sizeof stalls / sizeof stalls[0];

bool stall_applies(const struct stall *stall) {
    if (way == &the_provider) {
        return stall->fetched != NULL;
    }
    return way == &the_client || stall->stage != COGNITO_STAGE_CONNACK;
}

static struct black_hole hole;

cognito_config *stall_begin(const struct stall *stall) {
    cognito_config *config = local_aws_config();
    char cognito[64];
    check_row = stall->name;
    local_aws_reset();
    if (stall->fault != NULL) {
        local_aws_fault(stall->fault);
    }
    switch (stall->part) {
    case AT_LOCAL_AWS:
        break;
    case AT_DNS:
        dns_hang(true);
        break;
    case AT_TCP_OF_ENDPOINT:
        hole = black_hole_open(0, 0);
        REQUIRE(cognito_config_set_endpoint(config, "127.0.0.1") == COGNITO_STATUS_OK);
        REQUIRE(cognito_config_set_port(config, hole.port) == COGNITO_STATUS_OK);
        break;
    case AT_TCP_OF_COGNITO:
        hole = black_hole_open(0, 0);
        snprintf(cognito, sizeof cognito, "127.0.0.1:%u", (unsigned)hole.port);
        REQUIRE(cognito_config_set_cognito_endpoint(config, cognito) == COGNITO_STATUS_OK);
        break;
    case AT_PROXY:
        local_aws_through_proxy(config);
        break;
    }
    return config;
}

void stall_wait_until_reached(const struct stall *stall) {
    if (stall->part == AT_DNS) {
        REQUIRE(dns_wait(true));
    }
    if (stall->part == AT_TCP_OF_ENDPOINT || stall->part == AT_TCP_OF_COGNITO) {
        REQUIRE(black_hole_has_caller(&hole));
    }
    const char *reached = way == &the_provider ? stall->fetched : stall->reached;
    if (reached != NULL && reached[0] != '\0') {
        REQUIRE(local_aws_wait(reached));
    }
}

void stall_end(const struct stall *stall) {
    if (stall->part == AT_DNS) {
        dns_hang(false);
        REQUIRE(dns_wait(false));
    }
    if (stall->part == AT_TCP_OF_ENDPOINT || stall->part == AT_TCP_OF_COGNITO) {
        black_hole_close(&hole);
    }
    local_aws_reset();
}
