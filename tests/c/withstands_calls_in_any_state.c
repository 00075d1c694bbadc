/* Every function that takes a handle, with a handle in every state that it can be in: the call ends
 * in its time, with the status that the header says for the state. */

#include "border.h"

enum { AT_ONCE_MS = 1000 };

/* Turns faults off that a handle was brought into its state by, and frees it. */
static void free_made(enum handle_type type, void *handle) {
    handle_free(type, handle);
    local_aws_reset();
}

static cognito_config *config_with(uint32_t reconnect_ms) {
    cognito_config *config = local_aws_config();
    REQUIRE(cognito_config_set_mqtt_version(config, COGNITO_MQTT_VERSION_V5) == COGNITO_STATUS_OK &&
            cognito_config_set_reconnect_ms(config, reconnect_ms, reconnect_ms) ==
                COGNITO_STATUS_OK);
    return config;
}

static void *make(const struct way *with, uint32_t reconnect_ms) {
    cognito_config *config = config_with(reconnect_ms);
    void *handle = NULL;
    way = with;
    REQUIRE(way->make(config, with == &the_provider ? NULL : handles.live[HANDLE_PROVIDER],
                      &handle) == COGNITO_STATUS_OK);
    cognito_config_free(config);
    return handle;
}
static void *make_open(const struct way *with) {
    void *handle = make(with, 0);
    REQUIRE(way->open(handle, COGNITO_WAIT_FOREVER) == COGNITO_STATUS_OK);
    return handle;
}

static void *as_new(const struct way *with) { return make(with, 0); }
static void *as_open(const struct way *with) { return make_open(with); }
static void *as_opening(const struct way *with) {
    local_aws_fault("iot.upgrade=stall");
    void *handle = make(with, 0);
    while (local_aws_counter("upgrade_requests") == 0) {
        REQUIRE(way->open(handle, 0) == COGNITO_STATUS_IN_PROGRESS);
    }
    return handle;
}
static void *as_closing(const struct way *with) {
    local_aws_fault("iot.end=no-close-answer");
    void *handle = make_open(with);
    REQUIRE(way->close(handle, 0) == COGNITO_STATUS_IN_PROGRESS);
    return handle;
}
static void *as_closed(const struct way *with) {
    void *handle = make_open(with);
    REQUIRE(way->close(handle, COGNITO_WAIT_FOREVER) == COGNITO_STATUS_OK);
    return handle;
}
static void *as_failed(const struct way *with) {
    local_aws_fault("iot.upgrade=refuse");
    void *handle = make(with, 0);
    REQUIRE(way->open(handle, COGNITO_WAIT_FOREVER) != COGNITO_STATUS_OK);
    return handle;
}
static void *as_lost(const struct way *with) {
    void *handle = make_open(with);
    local_aws_drop("service=iot&how=rst");
    if (with == &the_transport) {
        REQUIRE(transport_broken(handle) < 0);
    } else {
        REQUIRE(cognito_client_process(handle, COGNITO_WAIT_FOREVER) < 0);
    }
    handles_mend(); /* those were dropped, too */
    return handle;
}
static void *as_dropped(const struct way *with) {
    void *handle = make_open(with);
    local_aws_drop("service=iot&how=rst");
    return handle;
}
static void *as_cancelled(const struct way *with) {
    void *handle = make(with, 0);
    REQUIRE(way->cancel(handle) == COGNITO_STATUS_OK);
    return handle;
}
/* A session that was lost, and whose next dial has failed. The delay is any up to an hour: one that
 * is as short as a dial may take passes, and is followed by another. */
static void *as_delayed(const struct way *with) {
    void *handle = make(with, 3600000);
    REQUIRE(way->open(handle, COGNITO_WAIT_FOREVER) == COGNITO_STATUS_OK);
    local_aws_fault("iot.accept=close");
    local_aws_drop("service=iot&how=rst");
    cognito_failure *failure = NULL;
    cognito_status status = COGNITO_STATUS_OK;
    double deadline = now_ms() + allowed_ms(60000);
    while (status == COGNITO_STATUS_OK && now_ms() < deadline) {
        REQUIRE(cognito_client_process(handle, 10) == COGNITO_STATUS_OK);
        REQUIRE(cognito_client_failure(handle, &failure) == COGNITO_STATUS_OK);
        status = cognito_client_next_timeout_ms(handle) > 10000 ? cognito_failure_status(failure)
                                                                : COGNITO_STATUS_OK;
        cognito_failure_free(failure);
    }
    REQUIRE(status != COGNITO_STATUS_OK);
    return handle;
}
static void *as_started(const struct way *with) {
    void *handle = make_open(with);
    REQUIRE(cognito_client_start(handle) == COGNITO_STATUS_OK);
    return handle;
}
static void *as_refused(const struct way *with) {
    void *handle = make(with, 0);
    local_aws_fault("cognito.response=not-authorized");
    REQUIRE(way->open(handle, COGNITO_WAIT_FOREVER) == COGNITO_STATUS_COGNITO_NOT_AUTHORIZED);
    return handle;
}
static void *as_abandoned(const struct way *with) {
    void *handle = make(with, 0);
    local_aws_fault("cognito.request=stall");
    REQUIRE(way->open(handle, 300) == COGNITO_STATUS_TIMED_OUT);
    return handle;
}

/* Without anything in it. */
static void *as_empty_config(const struct way *unused) {
    cognito_config *config = NULL;
    (void)unused;
    REQUIRE(cognito_config_new(&config) == COGNITO_STATUS_OK);
    return config;
}
static void *as_empty_properties(const struct way *unused) {
    cognito_properties *properties = NULL;
    (void)unused;
    REQUIRE(cognito_properties_new(&properties) == COGNITO_STATUS_OK);
    return properties;
}
static void *as_empty_trace(const struct way *with) {
    cognito_client *client = make(with, 0);
    cognito_trace *trace = NULL;
    REQUIRE(cognito_client_trace(client, &trace) == COGNITO_STATUS_OK);
    cognito_client_free(client);
    return trace;
}
static void *as_empty_failure(const struct way *with) {
    cognito_client *client = make(with, 0);
    cognito_failure *failure = NULL;
    REQUIRE(cognito_client_failure(client, &failure) == COGNITO_STATUS_OK);
    cognito_client_free(client);
    return failure;
}

#define STREAM                                                                                     \
    "cognito_transport_recv cognito_transport_send cognito_transport_writev "                      \
    "cognito_coremqtt_recv cognito_coremqtt_send cognito_coremqtt_writev "
#define SESSION "cognito_client_process cognito_client_publish cognito_client_unsubscribe "
#define CONNECT "cognito_client_connect "
#define DISCONNECT "cognito_client_disconnect "
#define OPEN "cognito_transport_open "
#define CLOSE "cognito_transport_close "
#define ASK "cognito_provider_fetch cognito_provider_sign "

#define STATE(name, type, way, make, is_connected, ...)                                            \
    { name, type, way, make, {__VA_ARGS__}, is_connected }
#define CLIENT(name, make, is_connected, ...)                                                      \
    STATE(name, HANDLE_CLIENT, &the_client, make, is_connected, __VA_ARGS__)
#define TRANSPORT(name, make, is_connected, ...)                                                   \
    STATE(name, HANDLE_TRANSPORT, &the_transport, make, is_connected, __VA_ARGS__)
#define PROVIDER(name, make, is_connected, ...)                                                    \
    STATE(name, HANDLE_PROVIDER, &the_provider, make, is_connected, __VA_ARGS__)
#define EMPTY(name, type, make, ...) STATE(name, type, &the_client, make, false, __VA_ARGS__)

/* How calls end in a state, as the header says. Those that are in none of the lists succeed. What
 * is in progress may be done by the time that a slow machine looks. */
static const struct state {
    const char *name;
    enum handle_type type;
    const struct way *way;
    void *(*make)(const struct way *);
    struct {
        const char *functions;
        cognito_status status;
    } ends[2];
    bool is_connected; /* or open */
} states[] = {
    CLIENT("new", as_new, false, {SESSION, COGNITO_STATUS_INVALID_STATE},
           {CONNECT, COGNITO_STATUS_IN_PROGRESS}),
    CLIENT("connecting", as_opening, false, {CONNECT, COGNITO_STATUS_IN_PROGRESS}),
    CLIENT("connected", as_open, true, {DISCONNECT, COGNITO_STATUS_IN_PROGRESS}),
    CLIENT("disconnecting", as_closing, false, {CONNECT, COGNITO_STATUS_INVALID_STATE},
           {DISCONNECT, COGNITO_STATUS_IN_PROGRESS}),
    CLIENT("disconnected", as_closed, false, {SESSION, COGNITO_STATUS_INVALID_STATE},
           {CONNECT, COGNITO_STATUS_IN_PROGRESS}),
    CLIENT("refused", as_failed, false, {SESSION, COGNITO_STATUS_INVALID_STATE},
           {CONNECT, COGNITO_STATUS_IN_PROGRESS}),
    CLIENT("lost", as_lost, false, {SESSION, COGNITO_STATUS_INVALID_STATE},
           {CONNECT, COGNITO_STATUS_IN_PROGRESS}),
    CLIENT("dropped", as_dropped, true, {NULL, COGNITO_STATUS_OK}),
    CLIENT("delayed", as_delayed, false, {CONNECT, COGNITO_STATUS_IN_PROGRESS}),
    CLIENT("started", as_started, true, {DISCONNECT, COGNITO_STATUS_IN_PROGRESS}),
    CLIENT("cancelled", as_cancelled, false, {SESSION, COGNITO_STATUS_INVALID_STATE},
           {CONNECT, COGNITO_STATUS_CANCELLED}),
    TRANSPORT("new", as_new, false, {STREAM, COGNITO_STATUS_INVALID_STATE},
              {OPEN, COGNITO_STATUS_IN_PROGRESS}),
    TRANSPORT("opening", as_opening, false, {STREAM, COGNITO_STATUS_INVALID_STATE},
              {OPEN, COGNITO_STATUS_IN_PROGRESS}),
    TRANSPORT("open", as_open, true, {CLOSE, COGNITO_STATUS_IN_PROGRESS}),
    TRANSPORT("closing", as_closing, false, {OPEN STREAM, COGNITO_STATUS_INVALID_STATE},
              {CLOSE, COGNITO_STATUS_IN_PROGRESS}),
    TRANSPORT("closed", as_closed, false, {STREAM, COGNITO_STATUS_INVALID_STATE},
              {OPEN, COGNITO_STATUS_IN_PROGRESS}),
    TRANSPORT("refused", as_failed, false, {STREAM, COGNITO_STATUS_INVALID_STATE},
              {OPEN, COGNITO_STATUS_IN_PROGRESS}),
    TRANSPORT("lost", as_lost, false, {STREAM, COGNITO_STATUS_CONNECTION_LOST},
              {OPEN, COGNITO_STATUS_IN_PROGRESS}),
    TRANSPORT("dropped", as_dropped, true, {NULL, COGNITO_STATUS_OK}),
    TRANSPORT("cancelled", as_cancelled, false, {STREAM, COGNITO_STATUS_INVALID_STATE},
              {OPEN, COGNITO_STATUS_CANCELLED}),
    PROVIDER("new", as_new, false, {ASK, COGNITO_STATUS_TIMED_OUT}),
    PROVIDER("fetched", as_open, false, {ASK, COGNITO_STATUS_OK}),
    PROVIDER("refused", as_refused, false, {ASK, COGNITO_STATUS_TIMED_OUT}),
    PROVIDER("abandoned", as_abandoned, false, {ASK, COGNITO_STATUS_TIMED_OUT}),
    PROVIDER("cancelled", as_cancelled, false, {ASK, COGNITO_STATUS_TIMED_OUT}),
    EMPTY("empty config of a", HANDLE_CONFIG, as_empty_config,
          {"cognito_provider_new cognito_client_new cognito_transport_new "
           "cognito_config_set_proxy_credentials ",
           COGNITO_STATUS_INVALID_CONFIG}),
    EMPTY("empty properties of a", HANDLE_PROPERTIES, as_empty_properties,
          {"cognito_client_publish ", COGNITO_STATUS_OK}),
    EMPTY("empty trace of a", HANDLE_TRACE, as_empty_trace,
          {"cognito_trace_status ", COGNITO_STATUS_INVALID_ARGUMENT}),
    EMPTY("empty failure of a", HANDLE_FAILURE, as_empty_failure,
          {"cognito_failure_status ", COGNITO_STATUS_OK}),
};

static void check_end(const struct state *state, const struct function *function,
                      const struct outcome *outcome) {
    cognito_status expected = COGNITO_STATUS_OK, status = outcome->status;
    for (int i = 0; i < 2; i++) {
        if (state->ends[i].functions != NULL && is_one_of(function, state->ends[i].functions)) {
            expected = state->ends[i].status;
        }
    }
    if (state->make == as_dropped) {
        /* Whether the end has come by now, nobody knows. */
        CHECK(status == COGNITO_STATUS_OK || status == COGNITO_STATUS_CONNECTION_LOST ||
              status == COGNITO_STATUS_IN_PROGRESS);
        return;
    }
    /* A call that waits for nothing may still find all done, on a machine that is slow enough. */
    bool begins = expected == COGNITO_STATUS_IN_PROGRESS || expected == COGNITO_STATUS_CANCELLED;
    bool is_done =
        begins && (status == COGNITO_STATUS_OK ||
                   (state->make == as_failed && status == COGNITO_STATUS_UPGRADE_REFUSED));
    if (!is_done) {
        CHECK_STATUS(expected, status);
    }
    if (is_one_of(function, "cognito_client_is_connected cognito_transport_is_open ")) {
        CHECK_INT(state->is_connected, outcome->result.number);
    }
}

static void try_state(const struct state *state, const struct function *function) {
    union value arguments[PARAMETERS_MAX];
    void *made;
    local_aws_reset();
    handles_mend();
    case_begin("%s of a %s %s", function->name, state->name, state->way->name);
    void *handle = state->make(state->way), *other = handles.live[state->type];
    good_arguments(function, arguments, &made);
    for (int i = 0; i < function->parameter_count; i++) {
        if (function->parameters[i].kind == HANDLE &&
            function->parameters[i].handle == state->type) {
            arguments[i].handle = handle;
        }
    }
    struct outcome outcome = call_with(function, arguments, &made);
    CHECK(outcome.ms < allowed_ms(AT_ONCE_MS));
    check_outcome(function, &outcome);
    check_end(state, function, &outcome);
    CHECK(other == handles.live[state->type]);
    for (int i = 0; i < function->parameter_count && outcome.made != NULL; i++) {
        if (function->parameters[i].kind == OUT) {
            handle_free(function->parameters[i].handle, outcome.made);
        }
    }
    free_made(state->type, handle);
    case_end();
}

static bool takes(const struct function *function, enum handle_type type) {
    for (int i = 0; i < function->parameter_count; i++) {
        if (function->parameters[i].kind == HANDLE && function->parameters[i].handle == type) {
            return true;
        }
    }
    return false;
}

int main(void) {
    handles_mend();
    for (size_t i = 0; i < sizeof states / sizeof states[0]; i++) {
        for (size_t k = 0; k < function_count; k++) {
            if (takes(&functions[k], states[i].type)) {
                try_state(&states[i], &functions[k]);
            }
        }
    }
    handles_free();
    return cases_result();
}
