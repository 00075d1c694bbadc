/* A server that resets the connection at any stage is an error, and never SIGPIPE, which would end
 * this program. Argument: what meets them. */

#define _POSIX_C_SOURCE 200809L

#include "transports.h"

#include <signal.h>

static const char *const faults[] = {
    "iot.accept=reset",      "iot.accept=close",
    "iot.tls=reset",         "iot.tls=close",
    "iot.request=reset",     "iot.request=close",
    "iot.upgrade=reset",     "iot.upgrade=close",
    "iot.connect=reset",     "iot.connack=reset-mid",
    "cognito.accept=reset",  "cognito.accept=close",
    "cognito.tls=reset",     "cognito.tls=close",
    "cognito.request=reset", "cognito.request=close",
    "proxy.accept=reset",    "proxy.accept=close",
    "proxy.response=reset",  "cognito.accept=reset&iot.accept=reset",
};

static cognito_status expected_status(const char *fault, cognito_stage stage) {
    if (strncmp(fault, "proxy", 5) == 0) {
        return COGNITO_STATUS_PROXY_FAILED;
    }
    if (stage == COGNITO_STAGE_TCP) {
        return COGNITO_STATUS_TCP_FAILED; /* the reset came as soon as the connection was there */
    }
    return stage == COGNITO_STAGE_CONNACK ? COGNITO_STATUS_CLOSED_BEFORE_CONNACK
                                          : COGNITO_STATUS_CONNECTION_LOST;
}

static void resets_while_connecting(void) {
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        if (way != &the_client && strstr(faults[i], "iot.conn") != NULL) {
            continue; /* it is the application that sends CONNECT */
        }
        cognito_config *config = local_aws_config();
        check_row = faults[i];
        local_aws_reset();
        local_aws_fault(faults[i]);
        if (strncmp(faults[i], "proxy", 5) == 0) {
            local_aws_through_proxy(config);
        }
        struct attempt attempt = attempt_connect(config);
        printf("%-24s %s: %s\n", faults[i], cognito_status_name(attempt.status), attempt.error);
        CHECK_STATUS(expected_status(faults[i], attempt.stage), attempt.status);
        cognito_config_free(config);
    }
}

/* What is left of an open session when the server has dropped it in some way. */
static void drops_of_a_session(const char *how, cognito_status expected) {
    void *handle = local_aws_handle();
    check_row = how;
    local_aws_reset();
    REQUIRE(way->open(handle, COGNITO_WAIT_FOREVER) == COGNITO_STATUS_OK);
    local_aws_drop(how);
    CHECK_STATUS(expected, way == &the_client ? cognito_client_process(handle, 5000)
                                              : transport_broken(handle));
    CHECK(!way->is_open(handle));
    CHECK_STATUS(COGNITO_STATUS_OK, way->close(handle, COGNITO_WAIT_FOREVER));

    /* Dropped while nobody looks: the orderly end is the first to write. */
    REQUIRE(way->open(handle, COGNITO_WAIT_FOREVER) == COGNITO_STATUS_OK);
    local_aws_drop(how);
    CHECK_STATUS(COGNITO_STATUS_OK, way->close(handle, COGNITO_WAIT_FOREVER));

    REQUIRE(way->open(handle, COGNITO_WAIT_FOREVER) == COGNITO_STATUS_OK);
    local_aws_drop(how);
    way->free(handle); /* and here the free */
}

static void resets_while_disconnecting(const char *fault) {
    void *handle = local_aws_handle();
    check_row = fault;
    local_aws_reset();
    local_aws_fault(fault);
    REQUIRE(way->open(handle, COGNITO_WAIT_FOREVER) == COGNITO_STATUS_OK);
    double start = now_ms();
    CHECK_STATUS(COGNITO_STATUS_OK, way->close(handle, COGNITO_WAIT_FOREVER));
    CHECK(now_ms() - start < allowed_ms(5100));
    CHECK(!way->is_open(handle));
    way->free(handle);
}

int main(int argc, char **argv) {
    way_choose(argc, argv);
    struct sigaction by_default = {.sa_handler = SIG_DFL}, after;
    sigset_t pipe_only;
    sigemptyset(&pipe_only);
    sigaddset(&pipe_only, SIGPIPE);
    REQUIRE(sigaction(SIGPIPE, &by_default, NULL) == 0);
    REQUIRE(sigprocmask(SIG_UNBLOCK, &pipe_only, NULL) == 0);

    for (int round = 0; round < 3; round++) {
        resets_while_connecting();
        drops_of_a_session("service=iot&how=rst", COGNITO_STATUS_CONNECTION_LOST);
        drops_of_a_session("service=iot&how=fin", COGNITO_STATUS_SESSION_CLOSED);
        drops_of_a_session("service=iot&how=close", COGNITO_STATUS_SESSION_CLOSED);
    }
    resets_while_disconnecting("iot.end=reset-on-disconnect");
    resets_while_disconnecting("iot.end=no-close-answer");
    resets_while_disconnecting("iot.end=no-fin");

    check_row = "disposition";
    REQUIRE(sigaction(SIGPIPE, NULL, &after) == 0);
    CHECK(after.sa_handler == SIG_DFL);
    return check_result();
}
