/* Every function inside every callback and each kind of event, with good arguments, and where it
 * takes such a handle with the very one that calls back, the free of it too: in those that run in
 * the middle of a call it is refused with COGNITO_STATUS_REENTRANT and does nothing; in the others
 * it works, unless it would wait. */

#include "border.h"

#include <poll.h>

enum place {
    IN_LOG,
    IN_LOGIN,
    IN_LOAD,
    IN_SAVE,
    IN_CONNECTING,
    IN_CONNECTED,
    IN_CONNECT_FAILED,
    IN_DISCONNECTED,
    IN_MESSAGE,
    IN_COMPLETION,
    PLACE_COUNT
};
static const char *const place_names[] = {
    "log",       "login",          "load",         "save",    "CONNECTING",
    "CONNECTED", "CONNECT_FAILED", "DISCONNECTED", "message", "completion"};
#define FIRST_OF_QUEUE IN_CONNECTING /* those before it are in the middle of a call */

/* What is called in the next callback of this place, and what it waits. */
static enum place place = PLACE_COUNT;
static const struct function *current;
static int32_t wait_ms;
static bool was_called;
static struct outcome outcome;
static void *made;
static char last_error[256];

static void call_here(enum place here) {
    if (here != place || was_called) {
        return;
    }
    was_called = true;
    union value arguments[PARAMETERS_MAX];
    good_arguments(current, arguments, &made);
    if (wait_of(current) >= 0) {
        arguments[wait_of(current)].int32 = wait_ms;
    }
    for (int i = 0; i < current->parameter_count && wait_ms != 0; i++) {
        /* It is for calls that do not wait. */
        if (strcmp(current->parameters[i].name, "on_complete") == 0) {
            arguments[i].callback = NULL;
        }
    }
    outcome = call_with(current, arguments, &made);
    if (here >= FIRST_OF_QUEUE) {
        check_outcome(current, &outcome); /* before the call around it has a failure of its own */
    }
    snprintf(last_error, sizeof last_error, "%s", cognito_last_error());
}

static void on_log(int32_t level, const char *stage, const char *message, void *unused) {
    (void)level;
    (void)stage;
    (void)message;
    (void)unused;
    call_here(IN_LOG);
}
static int32_t on_login(cognito_login_sink *sink, void *unused) {
    (void)unused;
    handles.live[HANDLE_LOGIN_SINK] = sink;
    call_here(IN_LOGIN);
    handles.live[HANDLE_LOGIN_SINK] = NULL;
    return COGNITO_STATUS_OK;
}
static int32_t on_load(const char *pool, cognito_identity_sink *sink, void *unused) {
    (void)pool;
    (void)unused;
    handles.live[HANDLE_IDENTITY_SINK] = sink;
    call_here(IN_LOAD);
    handles.live[HANDLE_IDENTITY_SINK] = NULL;
    /* What was put into it does not count: it is no identity that Cognito knows. */
    bool is_filled = place == IN_LOAD && handle_of(current) == HANDLE_IDENTITY_SINK;
    return is_filled ? COGNITO_STATUS_INVALID_STATE : COGNITO_STATUS_OK;
}
static int32_t on_save(const char *pool, const char *identity, void *unused) {
    (void)pool;
    (void)identity;
    (void)unused;
    call_here(IN_SAVE);
    return COGNITO_STATUS_OK;
}
static void on_event(cognito_client *client, const cognito_event *event, void *unused) {
    (void)client;
    (void)unused;
    switch (event->kind) {
    case COGNITO_EVENT_KIND_CONNECTING:
        call_here(IN_CONNECTING);
        break;
    case COGNITO_EVENT_KIND_CONNECTED:
        call_here(IN_CONNECTED);
        break;
    case COGNITO_EVENT_KIND_CONNECT_FAILED:
        call_here(IN_CONNECT_FAILED);
        break;
    default:
        call_here(IN_DISCONNECTED);
    }
}
static void on_message(cognito_client *client, const cognito_message *message, void *unused) {
    (void)client;
    (void)message;
    (void)unused;
    call_here(IN_MESSAGE);
}
static void on_complete(cognito_client *client, const cognito_completion *completion,
                        void *unused) {
    (void)client;
    (void)completion;
    (void)unused;
    call_here(IN_COMPLETION);
}

/* The client whose callbacks these are. */
static void new_client(void) {
    cognito_config *config = local_aws_config();
    cognito_client *client = NULL;
    REQUIRE(cognito_config_set_mqtt_version(config, COGNITO_MQTT_VERSION_V5) == COGNITO_STATUS_OK &&
            cognito_client_new(config, handles.live[HANDLE_PROVIDER], on_event, NULL, &client) ==
                COGNITO_STATUS_OK);
    cognito_config_free(config);
    handle_free(HANDLE_CLIENT, handles.live[HANDLE_CLIENT]);
    handles.live[HANDLE_CLIENT] = client;
}

/* Whatever has become of the client, the call around the callback says it by name. */
static void process_until_called(void) {
    cognito_client *client = handles.live[HANDLE_CLIENT];
    double deadline = now_ms() + allowed_ms(10000);
    cognito_status status = COGNITO_STATUS_OK;
    while (!was_called && status == COGNITO_STATUS_OK && now_ms() < deadline) {
        status = cognito_client_process(client, 10);
    }
    CHECK(status == COGNITO_STATUS_OK || status == COGNITO_STATUS_CANCELLED ||
          status == COGNITO_STATUS_INVALID_STATE);
}

static bool is_in_an_event(void) { return place >= FIRST_OF_QUEUE && place < IN_MESSAGE; }

/* A call of the handle that the function is going to be called with. */
static void log_a_failure(void) {
    cognito_status status;
    switch (handle_of(current)) {
    case HANDLE_CLIENT:
        status = cognito_client_unsubscribe(handles.live[HANDLE_CLIENT], NULL, 0, NULL, NULL);
        break;
    case HANDLE_TRANSPORT:
        status = cognito_transport_recv(handles.live[HANDLE_TRANSPORT], NULL, 1);
        break;
    case HANDLE_PROVIDER:
        status = cognito_provider_fetch(handles.live[HANDLE_PROVIDER], 0, NULL);
        break;
    case HANDLE_CONFIG:
        status = cognito_config_set_port(handles.live[HANDLE_CONFIG], 0);
        break;
    default:
        status = cognito_config_new(NULL);
    }
    CHECK_STATUS(COGNITO_STATUS_INVALID_ARGUMENT, status);
}

/* Brings a callback about. */
static void reach(void) {
    cognito_client *client = handles.live[HANDLE_CLIENT];
    cognito_status status = COGNITO_STATUS_OK;
    if (place == IN_LOG) {
        log_a_failure();
    } else if (is_in_an_event()) {
        new_client();
        client = handles.live[HANDLE_CLIENT];
        local_aws_fault(place == IN_CONNECT_FAILED ? "iot.upgrade=refuse" : "iot.upgrade=");
        status = cognito_client_connect(client, COGNITO_WAIT_FOREVER);
        local_aws_fault("iot.upgrade=");
        CHECK(status == (place == IN_CONNECT_FAILED ? COGNITO_STATUS_UPGRADE_REFUSED
                                                    : COGNITO_STATUS_OK) ||
              status == COGNITO_STATUS_CANCELLED);
        if (place == IN_DISCONNECTED) {
            status = cognito_client_disconnect(client, COGNITO_WAIT_FOREVER);
            CHECK(status == COGNITO_STATUS_OK || status == COGNITO_STATUS_CANCELLED);
        }
    } else if (place == IN_MESSAGE) {
        CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_publish(client, "test/here", "x", 1, 0,
                                                               false, NULL, 0, NULL, NULL));
        process_until_called();
    } else if (place == IN_COMPLETION) {
        CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_publish(client, "test/there", "x", 1, 1,
                                                               false, NULL, 0, on_complete, NULL));
        process_until_called();
    } else {
        status = fetch_with_callbacks(on_load, on_save, on_login);
        bool is_cancelled = is_one_of(current, "cognito_provider_cancel ");
        /* When it saves, it has what it was asked for, and may be done before it looks. */
        CHECK(status == (is_cancelled ? COGNITO_STATUS_CANCELLED : COGNITO_STATUS_OK) ||
              (place == IN_SAVE && status == COGNITO_STATUS_OK));
    }
}

/* Gives up what the call has used up. */
static void clean_up(void) {
    if (is_one_of(current, "cognito_client_start ") && place >= FIRST_OF_QUEUE) {
        CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_stop(handles.live[HANDLE_CLIENT]));
    }
    for (int i = 0; i < current->parameter_count; i++) {
        if (outcome.made != NULL && current->parameters[i].kind == OUT) {
            handle_free(current->parameters[i].handle, outcome.made);
        }
    }
    bool is_used_up = place >= FIRST_OF_QUEUE && handle_of(current) < HANDLE_COUNT &&
                      (ends_with(current->name, "_free") || ends_with(current->name, "_cancel") ||
                       ends_with(current->name, "connect") || ends_with(current->name, "_close"));
    if (is_used_up) {
        handle_free(handle_of(current), handles.live[handle_of(current)]);
        handles.live[handle_of(current)] = NULL;
    }
}

/* Connected, and subscribed to what is published. */
static void mend(void) {
    void *before = handles.live[HANDLE_CLIENT];
    handles_mend();
    if (handles.live[HANDLE_CLIENT] != before && !is_in_an_event()) {
        new_client();
        cognito_client *client = handles.live[HANDLE_CLIENT];
        REQUIRE(cognito_client_connect(client, COGNITO_WAIT_FOREVER) == COGNITO_STATUS_OK &&
                cognito_client_subscribe(client, "test/here", 0, on_message, NULL,
                                         COGNITO_WAIT_FOREVER, NULL, NULL) == COGNITO_STATUS_OK);
    }
}

/* What is said of a call in the middle of another one. */
static void check_refused(void) {
    bool is_sink_here = (handle_of(current) == HANDLE_LOGIN_SINK && place == IN_LOGIN) ||
                        (handle_of(current) == HANDLE_IDENTITY_SINK && place == IN_LOAD);
    if (is_constant(current)) {
        return;
    }
    if (ends_with(current->name, "_cancel") || is_sink_here) {
        CHECK_STATUS(COGNITO_STATUS_OK, outcome.status);
        return;
    }
    CHECK(last_error[0] != '\0');
    if (is_of_a_sink(current)) {
        CHECK_STATUS(COGNITO_STATUS_INVALID_HANDLE, outcome.status);
        return;
    }
    CHECK_CONTAINS("callback", last_error);
    CHECK(outcome.made == NULL);
    if (current->gives == STATUS || current->gives == COUNT) {
        CHECK_STATUS(COGNITO_STATUS_REENTRANT, outcome.status);
    }
    CHECK(current->gives != NUMBER || outcome.result.number == current->no_number);
    /* Not freed either. */
    CHECK(cognito_client_is_connected(handles.live[HANDLE_CLIENT]));
    CHECK(cognito_transport_is_open(handles.live[HANDLE_TRANSPORT]));
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_config_set_fips(handles.live[HANDLE_CONFIG], false));
}

static void check_answered(void) {
    CHECK(outcome.status != COGNITO_STATUS_REENTRANT);
    if (wait_ms != 0) {
        CHECK_STATUS(COGNITO_STATUS_IN_CALLBACK, outcome.status);
    } else {
        CHECK(outcome.status != COGNITO_STATUS_IN_CALLBACK);
    }
}

static void try_in(enum place here, const struct function *function, int32_t wait) {
    current = function;
    wait_ms = wait;
    was_called = false;
    place = here;
    mend();
    case_begin("%s in %s%s", function->name, place_names[here], wait != 0 ? ", waiting" : "");
    if (here == IN_LOG) {
        REQUIRE(cognito_log_set(COGNITO_LOG_LEVEL_ERROR, on_log, NULL) == COGNITO_STATUS_OK);
    }
    reach();
    REQUIRE(cognito_log_set(COGNITO_LOG_LEVEL_NONE, NULL, NULL) == COGNITO_STATUS_OK);
    CHECK(was_called);
    if (here < FIRST_OF_QUEUE) {
        check_refused();
    } else {
        check_answered();
    }
    clean_up();
    case_end();
}

int main(void) {
    handles_mend();
    for (int here = 0; here < PLACE_COUNT; here++) {
        handle_free(HANDLE_CLIENT, handles.live[HANDLE_CLIENT]);
        handles.live[HANDLE_CLIENT] = NULL;
        for (size_t i = 0; i < function_count; i++) {
            try_in(here, &functions[i], 0);
            if (wait_of(&functions[i]) >= 0 && here >= FIRST_OF_QUEUE) {
                try_in(here, &functions[i], COGNITO_WAIT_FOREVER);
            }
        }
    }
    handles_free();
    return cases_result();
}
