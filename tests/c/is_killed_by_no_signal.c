/* With SIGPIPE as the system sets it, a peer that resets the connection kills nobody, whatever the
 * library is doing then: in each stage of a connect, and in calls of an open session. */

#define _POSIX_C_SOURCE 200809L

#include "transports.h"

#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *const resets[] = {
    "cognito.accept=reset",  "cognito.tls=reset",
    "cognito.request=reset", "iot.accept=reset",
    "iot.tls=reset",         "iot.request=reset",
    "iot.upgrade=reset",     "iot.connect=reset",
    "iot.connack=reset-mid", "proxy.accept=reset",
    "proxy.response=reset",  "iot.accept=close",
    "iot.tls=close",         "iot.upgrade=close",
    "iot.connect=close",     "iot.end=reset-on-disconnect",
};
static int tried, passed;

/* That a signal would be seen: a child that writes to a socket without a reader dies of it. */
static void a_broken_pipe_kills(void) {
    int ends[2], status = 0;
    pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        bool is_made = socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0 && close(ends[1]) == 0;
        _exit(is_made && write(ends[0], "x", 1) < 0);
    }
    REQUIRE(waitpid(child, &status, 0) == child);
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGPIPE);
}

static void begin(const char *what, const char *with) {
    static char row[128];
    snprintf(row, sizeof row, "%s of a %s", what, with);
    check_row = row;
    tried++;
}

static void in_a_stage(const char *fault) {
    cognito_config *config = local_aws_config();
    int before = check_failures();
    if (strncmp(fault, "proxy", 5) == 0) {
        local_aws_through_proxy(config);
    }
    REQUIRE(cognito_config_set_cognito_tries(config, 1) == COGNITO_STATUS_OK);
    local_aws_fault(fault);
    void *handle = NULL;
    REQUIRE(way->make(config, NULL, &handle) == COGNITO_STATUS_OK);
    cognito_status status = way->open(handle, COGNITO_WAIT_FOREVER);
    bool is_later = strncmp(fault, "iot.end", 7) == 0 ||
                    (way == &the_transport && strncmp(fault, "iot.conn", 8) == 0);
    CHECK((status == COGNITO_STATUS_OK) == is_later);
    status = way->close(handle, COGNITO_WAIT_FOREVER);
    CHECK(strcmp(cognito_status_name(status), "COGNITO_STATUS_UNKNOWN") != 0);
    way->free(handle);
    local_aws_reset();
    cognito_config_free(config);
    passed += check_failures() == before;
}

/* Sends until the reset is known, and once more. */
static void while_a_client_sends(void) {
    static const char payload[65536];
    cognito_client *client = local_aws_client();
    int before = check_failures();
    begin("publish", "client");
    REQUIRE(cognito_client_connect(client, COGNITO_WAIT_FOREVER) == COGNITO_STATUS_OK);
    local_aws_drop("service=iot&how=rst");
    cognito_status status = COGNITO_STATUS_OK;
    for (int i = 0; i < 1000 && status == COGNITO_STATUS_OK; i++) {
        status = cognito_client_publish(client, "test", payload, sizeof payload, 0, false, NULL,
                                        1000, NULL, NULL);
    }
    CHECK(status != COGNITO_STATUS_OK);
    CHECK(cognito_client_publish(client, "test", "x", 1, 0, false, NULL, 0, NULL, NULL) < 0);
    CHECK(cognito_client_process(client, 0) < 0);
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_disconnect(client, COGNITO_WAIT_FOREVER));
    cognito_client_free(client);
    passed += check_failures() == before;
}

static void while_a_transport_sends(void) {
    cognito_transport *transport = open_mqtt_transport();
    int before = check_failures();
    begin("send", "transport");
    local_aws_drop("service=iot&how=rst");
    int32_t sent = 0;
    for (int i = 0; i < 10000 && sent >= 0; i++) {
        sent = cognito_transport_send(transport, mqtt_pingreq, sizeof mqtt_pingreq);
    }
    CHECK(sent < 0);
    CHECK(cognito_transport_send(transport, mqtt_pingreq, sizeof mqtt_pingreq) < 0);
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_transport_close(transport, COGNITO_WAIT_FOREVER));
    cognito_transport_free(transport);
    passed += check_failures() == before;
}

/* What is said at the end is written to a socket that was reset. */
static void at_the_end(void (*end)(void *), const char *what) {
    int before = check_failures();
    begin(what, way->name);
    void *handle = local_aws_handle();
    REQUIRE(way->open(handle, COGNITO_WAIT_FOREVER) == COGNITO_STATUS_OK);
    local_aws_drop("service=iot&how=rst");
    end(handle);
    passed += check_failures() == before;
}
static void free_it(void *handle) { way->free(handle); }
static void close_it(void *handle) {
    cognito_status status = way->close(handle, COGNITO_WAIT_FOREVER);
    CHECK(strcmp(cognito_status_name(status), "COGNITO_STATUS_UNKNOWN") != 0);
    way->free(handle);
}

int main(void) {
    REQUIRE(signal(SIGPIPE, SIG_DFL) != SIG_ERR);
    a_broken_pipe_kills();
    const struct way *const ways[] = {&the_client, &the_transport};
    for (int i = 0; i < 2; i++) {
        way = ways[i];
        for (size_t k = 0; k < sizeof resets / sizeof resets[0]; k++) {
            begin(resets[k], way->name);
            in_a_stage(resets[k]);
        }
        at_the_end(free_it, "free");
        at_the_end(close_it, "close");
    }
    way = &the_client;
    while_a_client_sends();
    while_a_transport_sends();
    struct sigaction action;
    CHECK(sigaction(SIGPIPE, NULL, &action) == 0 && action.sa_handler == SIG_DFL);
    check_row = "";
    printf("%d of %d\n", passed, tried);
    return check_result();
}
