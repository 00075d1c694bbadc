/* Every function while another thread is blocked in a call, for every call that blocks, and with
 * the same handle where it takes such a one: it returns at once, and the blocked call ends with a
 * status that has a name. */

#define _GNU_SOURCE /* syscall() */

#include "border.h"
#include "proc.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { AT_ONCE_MS = 1000 };

static void on_message(cognito_client *client, const cognito_message *message, void *unused) {
    (void)client;
    (void)message;
    (void)unused;
}

#define FOREVER COGNITO_WAIT_FOREVER
static cognito_status in_connect(void *h) { return cognito_client_connect(h, FOREVER); }
static cognito_status in_process(void *h) { return cognito_client_process(h, FOREVER); }
static cognito_status in_publish(void *h) {
    return cognito_client_publish(h, "test/x", "x", 1, 1, false, NULL, FOREVER, NULL, NULL);
}
static cognito_status in_subscribe(void *h) {
    return cognito_client_subscribe(h, "test/x", 0, on_message, NULL, FOREVER, NULL, NULL);
}
static cognito_status in_unsubscribe(void *h) {
    return cognito_client_unsubscribe(h, "test/x", FOREVER, NULL, NULL);
}
static cognito_status in_disconnect(void *h) { return cognito_client_disconnect(h, FOREVER); }
static cognito_status in_open(void *h) { return cognito_transport_open(h, FOREVER); }
static cognito_status in_close(void *h) { return cognito_transport_close(h, FOREVER); }
static cognito_status in_fetch(void *h) {
    cognito_credentials *credentials = NULL;
    cognito_status status = cognito_provider_fetch(h, FOREVER, &credentials);
    cognito_credentials_free(credentials);
    return status;
}
static cognito_status in_sign(void *h) {
    cognito_signed_url *url = NULL;
    cognito_status status = cognito_provider_sign(h, 0, FOREVER, &url);
    cognito_signed_url_free(url);
    return status;
}

static const struct block {
    const char *name;
    enum handle_type type;
    const struct way *way;
    bool is_open_before;
    const char *fault;
    const char *reached; /* what local AWS has seen then, or NULL */
    cognito_status (*call)(void *handle);
} blocks[] = {
    {"connect", HANDLE_CLIENT, &the_client, false, "iot.upgrade=stall", "upgrade_requests=1",
     in_connect},
    {"process", HANDLE_CLIENT, &the_client, true, NULL, NULL, in_process},
    {"publish", HANDLE_CLIENT, &the_client, true, "iot.reading=paused", "reading_pauses=1",
     in_publish},
    {"subscribe", HANDLE_CLIENT, &the_client, true, "iot.reading=paused", "reading_pauses=1",
     in_subscribe},
    {"unsubscribe", HANDLE_CLIENT, &the_client, true, "iot.reading=paused", "reading_pauses=1",
     in_unsubscribe},
    {"disconnect", HANDLE_CLIENT, &the_client, true, "iot.end=no-close-answer",
     "websocket_closes=1", in_disconnect},
    {"open", HANDLE_TRANSPORT, &the_transport, false, "iot.upgrade=stall", "upgrade_requests=1",
     in_open},
    {"close", HANDLE_TRANSPORT, &the_transport, true, "iot.end=no-close-answer",
     "websocket_closes=1", in_close},
    {"fetch", HANDLE_PROVIDER, &the_provider, false, "cognito.request=stall", "cognito_requests=1",
     in_fetch},
    {"sign", HANDLE_PROVIDER, &the_provider, false, "cognito.request=stall", "cognito_requests=1",
     in_sign},
};

static const struct block *block;
static void *blocked; /* the handle */
static bool is_there; /* a thread that is to be joined */
static pthread_t thread;
static atomic_int thread_id;
static atomic_bool is_inside;
static cognito_status ended_with;

static void *call_and_block(void *unused) {
    thread_id = (int)syscall(SYS_gettid);
    ended_with = block->call(blocked);
    is_inside = false;
    return unused;
}

static void begin_block(void) {
    handles_mend();
    local_aws_reset();
    cognito_config *config = local_aws_config();
    way = block->way;
    REQUIRE(cognito_config_set_mqtt_version(config, COGNITO_MQTT_VERSION_V5) == COGNITO_STATUS_OK &&
            way->make(config, NULL, &blocked) == COGNITO_STATUS_OK);
    cognito_config_free(config);
    if (block->is_open_before) {
        REQUIRE(way->open(blocked, FOREVER) == COGNITO_STATUS_OK);
    }
    if (block->fault != NULL) {
        local_aws_fault(block->fault);
    }
    thread_id = 0;
    is_inside = is_there = true;
    REQUIRE(pthread_create(&thread, NULL, call_and_block, NULL) == 0);
    if (block->reached != NULL) {
        REQUIRE(local_aws_wait(block->reached));
    }
    /* Or it is over already: the server may have read a publish before it stopped to read. */
    double deadline = now_ms() + allowed_ms(10000);
    while (is_inside && !proc_thread_sleeps(thread_id)) {
        REQUIRE(now_ms() < deadline);
        poll(NULL, 0, 1);
    }
}

static void end_block(void) {
    double began = now_ms();
    while (is_inside && now_ms() - began < allowed_ms(10000)) {
        /* One that came before the call was in it has ended another. */
        way->cancel(blocked);
        poll(NULL, 0, 1);
    }
    CHECK(!is_inside);
    if (!is_inside) {
        REQUIRE(pthread_join(thread, NULL) == 0);
        CHECK(strcmp(cognito_status_name(ended_with), "COGNITO_STATUS_UNKNOWN") != 0);
    }
    is_there = false;
    way->free(blocked);
    local_aws_reset();
}

/* Whether a call may end the blocked one, or use up what it is given. */
static bool uses_up(const struct function *function) {
    return ends_with(function->name, "_free") || ends_with(function->name, "_cancel") ||
           is_one_of(function, "cognito_client_start cognito_client_stop cognito_client_connect "
                               "cognito_client_process cognito_client_disconnect "
                               "cognito_transport_open cognito_transport_close "
                               "cognito_transport_send cognito_transport_writev "
                               "cognito_coremqtt_send cognito_coremqtt_writev cognito_log_set ");
}

static long of_the_blocked;

static void try_beside(const struct function *function) {
    union value arguments[PARAMETERS_MAX];
    void *made;
    while (!is_inside) {
        if (is_there) {
            end_block(); /* it has come back of its own accord */
        }
        begin_block();
    }
    case_begin("%s beside %s", function->name, block->name);
    good_arguments(function, arguments, &made);
    enum handle_type type = handle_of(function);
    for (int i = 0; i < function->parameter_count; i++) {
        bool is_blocked =
            function->parameters[i].kind == HANDLE && function->parameters[i].handle == block->type;
        arguments[i] = is_blocked ? (union value){.handle = blocked} : arguments[i];
        of_the_blocked += is_blocked;
    }
    struct outcome outcome = call_with(function, arguments, &made);
    CHECK(outcome.ms < allowed_ms(AT_ONCE_MS));
    check_outcome(function, &outcome);
    for (int i = 0; i < function->parameter_count && outcome.made != NULL; i++) {
        if (function->parameters[i].kind == OUT) {
            handle_free(function->parameters[i].handle, outcome.made);
        }
    }
    if (is_one_of(function, "cognito_log_set ")) {
        CHECK_STATUS(COGNITO_STATUS_OK, cognito_log_set(COGNITO_LOG_LEVEL_NONE, NULL, NULL));
    }
    if (!is_inside || uses_up(function)) {
        end_block();
        if (uses_up(function) && type < HANDLE_COUNT && type != block->type) {
            handle_free(type, handles.live[type]);
            handles.live[type] = NULL;
        }
    }
    case_end();
}

int main(void) {
    handles_mend();
    for (size_t i = 0; i < sizeof blocks / sizeof blocks[0]; i++) {
        block = &blocks[i];
        for (size_t k = 0; k < function_count; k++) {
            try_beside(&functions[k]);
        }
        if (is_there) {
            end_block();
        }
    }
    handles_free();
    printf("%ld of the calls were of the handle itself\n", of_the_blocked);
    return cases_result();
}
