/* Every function that takes a handle, with a handle in every state that it can be in: the call ends
 * in its time with a status that has a name, and where the header says which, with that. */

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

static const struct state {
    const char *name;
    enum handle_type type;
    const struct way *way;
    void *(*make)(const struct way *);
    const char *functions; /* which the header refuses */
    cognito_status status; /* with this */
} states[] = {
    {"new", HANDLE_CLIENT, &the_client, as_new, "cognito_client_process cognito_client_publish ",
     COGNITO_STATUS_INVALID_STATE},
    {"connecting", HANDLE_CLIENT, &the_client, as_opening, "cognito_client_connect ",
     COGNITO_STATUS_IN_PROGRESS},
    {"connected", HANDLE_CLIENT, &the_client, as_open, "cognito_client_disconnect ",
     COGNITO_STATUS_IN_PROGRESS},
    {"disconnecting", HANDLE_CLIENT, &the_client, as_closing, "cognito_client_connect ",
     COGNITO_STATUS_INVALID_STATE},
    {"disconnected", HANDLE_CLIENT, &the_client, as_closed,
     "cognito_client_process cognito_client_publish ", COGNITO_STATUS_INVALID_STATE},
    {"refused", HANDLE_CLIENT, &the_client, as_failed,
     "cognito_client_process cognito_client_publish ", COGNITO_STATUS_INVALID_STATE},
    {"lost", HANDLE_CLIENT, &the_client, as_lost, "cognito_client_process cognito_client_publish ",
     COGNITO_STATUS_INVALID_STATE},
    {"dropped", HANDLE_CLIENT, &the_client, as_dropped, "", COGNITO_STATUS_OK},
    {"delayed", HANDLE_CLIENT, &the_client, as_delayed, "cognito_client_process ",
     COGNITO_STATUS_OK},
    {"started", HANDLE_CLIENT, &the_client, as_started, "cognito_client_start ", COGNITO_STATUS_OK},
    {"cancelled", HANDLE_CLIENT, &the_client, as_cancelled, "cognito_client_connect ",
     COGNITO_STATUS_CANCELLED},
    {"new", HANDLE_TRANSPORT, &the_transport, as_new, STREAM, COGNITO_STATUS_INVALID_STATE},
    {"opening", HANDLE_TRANSPORT, &the_transport, as_opening, STREAM, COGNITO_STATUS_INVALID_STATE},
    {"open", HANDLE_TRANSPORT, &the_transport, as_open, "cognito_transport_close ",
     COGNITO_STATUS_IN_PROGRESS},
    {"closing", HANDLE_TRANSPORT, &the_transport, as_closing, "cognito_transport_open " STREAM,
     COGNITO_STATUS_INVALID_STATE},
    {"closed", HANDLE_TRANSPORT, &the_transport, as_closed, STREAM, COGNITO_STATUS_INVALID_STATE},
    {"refused", HANDLE_TRANSPORT, &the_transport, as_failed, STREAM, COGNITO_STATUS_INVALID_STATE},
    {"lost", HANDLE_TRANSPORT, &the_transport, as_lost, STREAM, COGNITO_STATUS_CONNECTION_LOST},
    {"dropped", HANDLE_TRANSPORT, &the_transport, as_dropped, "", COGNITO_STATUS_OK},
    {"cancelled", HANDLE_TRANSPORT, &the_transport, as_cancelled, "cognito_transport_open ",
     COGNITO_STATUS_CANCELLED},
    {"new", HANDLE_PROVIDER, &the_provider, as_new, "cognito_provider_fetch cognito_provider_sign ",
     COGNITO_STATUS_TIMED_OUT},
    {"fetched", HANDLE_PROVIDER, &the_provider, as_open,
     "cognito_provider_fetch cognito_provider_sign ", COGNITO_STATUS_OK},
    {"refused", HANDLE_PROVIDER, &the_provider, as_refused,
     "cognito_provider_fetch cognito_provider_sign ", COGNITO_STATUS_TIMED_OUT},
    {"abandoned", HANDLE_PROVIDER, &the_provider, as_abandoned,
     "cognito_provider_fetch cognito_provider_sign ", COGNITO_STATUS_TIMED_OUT},
    {"cancelled", HANDLE_PROVIDER, &the_provider, as_cancelled,
     "cognito_provider_fetch cognito_provider_sign ", COGNITO_STATUS_TIMED_OUT},
    {"empty config of a", HANDLE_CONFIG, &the_client, as_empty_config,
     "cognito_provider_new cognito_client_new cognito_transport_new "
     "cognito_config_set_proxy_credentials ",
     COGNITO_STATUS_INVALID_CONFIG},
    {"empty properties of a", HANDLE_PROPERTIES, &the_client, as_empty_properties,
     "cognito_client_publish ", COGNITO_STATUS_OK},
    {"empty trace of a", HANDLE_TRACE, &the_client, as_empty_trace, "cognito_trace_status ",
     COGNITO_STATUS_INVALID_ARGUMENT},
    {"empty failure of a", HANDLE_FAILURE, &the_client, as_empty_failure, "cognito_failure_status ",
     COGNITO_STATUS_OK},
};

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
    /* The server may have ended it by the time that a slow machine looks. */
    bool is_done = state->status == COGNITO_STATUS_IN_PROGRESS && state->make == as_open &&
                   outcome.status == COGNITO_STATUS_OK;
    if (is_one_of(function, state->functions) && !is_done) {
        CHECK_STATUS(state->status, outcome.status);
    }
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
