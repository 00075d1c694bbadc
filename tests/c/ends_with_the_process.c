/* exit() in the middle of everything, of a process and of a child that it has forked: it ends in
 * its time with its own exit code, runs what atexit() has, and the session of a parent goes on. */

#define _POSIX_C_SOURCE 200809L

#include "inbox.h"
#include "transports.h"

#include <poll.h>
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

enum { EXIT_CODE = 7 };

static int into; /* a pipe that atexit() writes to */

static void at_exit(void) { (void)!write(into, "x", 1); }

static void exit_in_event(cognito_client *client, const cognito_event *event, void *unused) {
    (void)client;
    (void)unused;
    if (event->kind == COGNITO_EVENT_KIND_CONNECTED) {
        exit(EXIT_CODE);
    }
}
static void exit_in_message(cognito_client *client, const cognito_message *message, void *unused) {
    (void)client;
    (void)message;
    (void)unused;
    exit(EXIT_CODE);
}
static void exit_in_log(int32_t level, const char *stage, const char *message, void *unused) {
    (void)level;
    (void)stage;
    (void)message;
    (void)unused;
    exit(EXIT_CODE);
}
static int32_t exit_in_login(cognito_login_sink *sink, void *unused) {
    (void)sink;
    (void)unused;
    exit(EXIT_CODE);
}

static cognito_client *connected(void) {
    cognito_client *client = local_aws_client();
    REQUIRE(cognito_client_connect(client, COGNITO_WAIT_FOREVER) == COGNITO_STATUS_OK);
    return client;
}
static void *process_without_end(void *client) {
    (void)!cognito_client_process(client, COGNITO_WAIT_FOREVER);
    return NULL;
}
static void *open_without_end(void *handle) {
    (void)!way->open(handle, COGNITO_WAIT_FOREVER);
    return NULL;
}
static void in_thread(void *(*body)(void *), void *handle) {
    pthread_t thread;
    REQUIRE(pthread_create(&thread, NULL, body, handle) == 0);
    poll(NULL, 0, 20); /* in the middle of it, or before: both are to be withstood */
}

static void with_a_session(void) { connected(); }
static void with_a_transport(void) { open_mqtt_transport(); }
static void with_a_thread_of_its_own(void) {
    REQUIRE(cognito_client_start(connected()) == COGNITO_STATUS_OK);
}
static void with_a_thread_in_process(void) { in_thread(process_without_end, connected()); }
static void with_a_thread_in_connect(void) {
    local_aws_fault("iot.upgrade=stall");
    in_thread(open_without_end, local_aws_handle());
    REQUIRE(local_aws_wait("upgrade_requests=1"));
}
static void with_a_thread_in_open(void) {
    way = &the_transport;
    with_a_thread_in_connect();
}
static void with_a_thread_in_fetch(void) {
    way = &the_provider;
    local_aws_fault("cognito.request=stall");
    in_thread(open_without_end, local_aws_handle());
    REQUIRE(local_aws_wait("cognito_requests=1"));
}
static void in_an_event(void) {
    cognito_config *config = local_aws_config();
    cognito_client *client = NULL;
    REQUIRE(cognito_client_new(config, NULL, exit_in_event, NULL, &client) == COGNITO_STATUS_OK);
    (void)!cognito_client_connect(client, COGNITO_WAIT_FOREVER);
    CHECK(!"reached");
}
static void in_a_message_on_its_thread(void) {
    cognito_client *client = connected();
    REQUIRE(cognito_client_subscribe(client, "test", 0, exit_in_message, NULL, COGNITO_WAIT_FOREVER,
                                     NULL, NULL) == COGNITO_STATUS_OK);
    REQUIRE(cognito_client_start(client) == COGNITO_STATUS_OK);
    REQUIRE(cognito_client_publish(client, "test", "x", 1, 0, false, NULL, 0, NULL, NULL) ==
            COGNITO_STATUS_OK);
    poll(NULL, 0, (int)allowed_ms(10000));
    CHECK(!"reached");
}
static void in_a_log_line(void) {
    REQUIRE(cognito_log_set(COGNITO_LOG_LEVEL_INFO, exit_in_log, NULL) == COGNITO_STATUS_OK);
    connected();
    CHECK(!"reached");
}
static void in_a_login(void) {
    cognito_config *config = local_aws_config();
    REQUIRE(cognito_config_set_login(config, exit_in_login, NULL) == COGNITO_STATUS_OK);
    (void)attempt_connect(config);
    CHECK(!"reached");
}
/* The child of the child: it has what its parent had, and ends while that goes on. */
static void of_a_child(void) {
    struct inbox inbox = {0};
    cognito_client *client = inbox_client(local_aws_config(), &inbox);
    int status = -1;
    REQUIRE(cognito_client_connect(client, COGNITO_WAIT_FOREVER) == COGNITO_STATUS_OK &&
            cognito_client_subscribe(client, "test", 0, inbox_message, &inbox, COGNITO_WAIT_FOREVER,
                                     NULL, NULL) == COGNITO_STATUS_OK &&
            cognito_client_start(client) == COGNITO_STATUS_OK);
    for (int i = 0; i < 2; i++) {
        pid_t child = fork();
        REQUIRE(child >= 0);
        if (child == 0) {
            into = -1; /* what it runs at exit is not the parent's */
            if (i == 1) {
                cognito_client_free(client);
            }
            exit(EXIT_CODE);
        }
        REQUIRE(waitpid(child, &status, 0) == child);
        REQUIRE(WIFEXITED(status) && WEXITSTATUS(status) == EXIT_CODE);
        REQUIRE(cognito_client_is_connected(client));
        REQUIRE(cognito_client_publish(client, "test", "x", 1, 1, false, NULL, COGNITO_WAIT_FOREVER,
                                       NULL, NULL) == COGNITO_STATUS_OK);
    }
    REQUIRE(cognito_client_stop(client) == COGNITO_STATUS_OK);
    REQUIRE(inbox_wait(client, &inbox.messages, 2) && inbox.events == 2);
}

static const struct {
    const char *name;
    void (*begin)(void);
} ends[] = {
    {"a session", with_a_session},
    {"a transport", with_a_transport},
    {"a thread of its own", with_a_thread_of_its_own},
    {"a thread in process", with_a_thread_in_process},
    {"a thread in connect", with_a_thread_in_connect},
    {"a thread in open", with_a_thread_in_open},
    {"a thread in fetch", with_a_thread_in_fetch},
    {"in an event", in_an_event},
    {"in a message on its thread", in_a_message_on_its_thread},
    {"in a log line", in_a_log_line},
    {"in a login", in_a_login},
    {"a child", of_a_child},
};

int main(void) {
    int passed = 0, count = sizeof ends / sizeof ends[0];
    for (int i = 0; i < count; i++) {
        int before = check_failures(), status = -1, pipe_ends[2];
        check_row = ends[i].name;
        local_aws_reset();
        REQUIRE(pipe(pipe_ends) == 0);
        double began = now_ms();
        pid_t child = fork();
        REQUIRE(child >= 0);
        if (child == 0) {
            into = pipe_ends[1];
            REQUIRE(atexit(at_exit) == 0);
            ends[i].begin();
            exit(check_failures() == 0 ? EXIT_CODE : 1);
        }
        close(pipe_ends[1]);
        REQUIRE(waitpid(child, &status, 0) == child);
        char byte;
        CHECK(read(pipe_ends[0], &byte, 1) == 1);
        close(pipe_ends[0]);
        CHECK(WIFEXITED(status) && WEXITSTATUS(status) == EXIT_CODE);
        CHECK(now_ms() - began < allowed_ms(10000));
        passed += check_failures() == before;
    }
    check_row = "";
    printf("%d of %d\n", passed, count);
    return check_result();
}
