/* Every function that takes a handle, by the type of the handle. For one test only. */

#ifndef HANDLE_CALLS_H
#define HANDLE_CALLS_H

#include "check.h"

#define ON_CONFIG(name, ...)                                                                       \
    static cognito_status name(void *h) { return cognito_config_set_##name(h, __VA_ARGS__); }
ON_CONFIG(endpoint, "localhost")
ON_CONFIG(port, 443)
ON_CONFIG(signing_region, "us-east-1")
ON_CONFIG(cognito_region, "us-east-1")
ON_CONFIG(cognito_endpoint, "localhost")
ON_CONFIG(identity, "us-east-1:01234567-89ab-cdef-0123-456789abcdef")
ON_CONFIG(identity_pool, "us-east-1:01234567-89ab-cdef-0123-456789abcdef")
ON_CONFIG(identity_store, NULL, NULL, NULL)
ON_CONFIG(identity_file, "identity")
ON_CONFIG(login, NULL, NULL)
ON_CONFIG(custom_role_arn, NULL)
ON_CONFIG(fips, true)
ON_CONFIG(cognito_tries, 1)
ON_CONFIG(clock_correction, true)
ON_CONFIG(clock_correction_max_s, 1)
ON_CONFIG(without_clock, true)
ON_CONFIG(client_id, "test-1")
ON_CONFIG(keep_alive_s, 60)
ON_CONFIG(clean_session, true)
ON_CONFIG(connect_timeout_ms, 1000)
ON_CONFIG(ca_file, "ca.pem")
ON_CONFIG(ca_pem, "pem")
ON_CONFIG(trust, COGNITO_TRUST_SYSTEM)
ON_CONFIG(proxy, "localhost", 8080)
ON_CONFIG(proxy_credentials, "user", "password")

/* What makes something of a handle leaves NULL behind when the handle is wrong. */
#define MAKES(name, type, call)                                                                    \
    static cognito_status name(void *h) {                                                          \
        type *out = h;                                                                             \
        cognito_status status = call;                                                              \
        CHECK(out == NULL);                                                                        \
        return status;                                                                             \
    }
static cognito_config *good_config;
MAKES(provider_new, cognito_provider, cognito_provider_new(h, &out))
MAKES(client_new, cognito_client, cognito_client_new(h, NULL, &out))
MAKES(client_new_with_provider, cognito_client, cognito_client_new(good_config, h, &out))
MAKES(client_failure, cognito_failure, cognito_client_failure(h, &out))

MAKES(client_trace, cognito_trace, cognito_client_trace(h, &out))

static cognito_status provider_getters(void *h) {
    CHECK(cognito_provider_identity(h)[0] == '\0');
    CHECK(cognito_provider_clock_offset_ms(h) == COGNITO_CLOCK_OFFSET_UNKNOWN);
    return COGNITO_STATUS_INVALID_HANDLE;
}
static cognito_status identity_sink(void *h) { return cognito_identity_sink_set(h, "x"); }
static cognito_status login_sink(void *h) { return cognito_login_sink_set(h, "x", "x"); }
static cognito_status trace_getters(void *h) {
    CHECK_INT(0, cognito_trace_count(h));
    CHECK_INT(COGNITO_STAGE_NONE, cognito_trace_stage(h, 0));
    CHECK(cognito_trace_peer(h, 0)[0] == '\0' && cognito_trace_finding(h, 0)[0] == '\0');
    CHECK(cognito_trace_service(h, 0)[0] == '\0');
    CHECK(cognito_trace_began_us(h, 0) == 0 && cognito_trace_took_us(h, 0) == 0);
    CHECK_STATUS(COGNITO_STATUS_INVALID_ARGUMENT, cognito_trace_status(h, 0));
    return COGNITO_STATUS_INVALID_HANDLE;
}
static cognito_status connect_client(void *h) { return cognito_client_connect(h, 0); }
static cognito_status process(void *h) { return cognito_client_process(h, 0); }
static cognito_status disconnect(void *h) { return cognito_client_disconnect(h, 0); }
static cognito_status cancel(void *h) { return cognito_client_cancel(h); }
static cognito_status is_connected(void *h) {
    return cognito_client_is_connected(h) ? COGNITO_STATUS_OK : COGNITO_STATUS_INVALID_HANDLE;
}
static cognito_status failure_getters(void *h) {
    CHECK_INT(COGNITO_STAGE_NONE, cognito_failure_stage(h));
    CHECK(cognito_failure_message(h)[0] == '\0' && cognito_failure_hint(h)[0] == '\0');
    CHECK_INT(0, cognito_failure_http_status(h));
    CHECK_INT(-1, cognito_failure_connack_code(h));
    CHECK(cognito_failure_aws_error_type(h)[0] == '\0');
    CHECK(cognito_failure_aws_message(h)[0] == '\0');
    CHECK(cognito_failure_aws_request_id(h)[0] == '\0');
    CHECK(cognito_failure_identity(h)[0] == '\0');
    CHECK(cognito_failure_clock_offset_ms(h) == COGNITO_CLOCK_OFFSET_UNKNOWN);
    return cognito_failure_status(h);
}

/* Sinks are alive in callbacks only. */
enum type {
    CONFIG,
    PROVIDER,
    CLIENT,
    FAILURE,
    TRACE,
    MADE_COUNT,
    SINKS = MADE_COUNT,
    TYPE_COUNT = SINKS + 2
};
static const char *const type_names[] = {
    "cognito_config", "cognito_provider",      "cognito_client",    "cognito_failure",
    "cognito_trace",  "cognito_identity_sink", "cognito_login_sink"};
typedef cognito_status call_fn(void *handle);

/* By the type of the handle that they take. */
static call_fn *const on_config[] = {endpoint,
                                     port,
                                     signing_region,
                                     cognito_region,
                                     cognito_endpoint,
                                     identity,
                                     client_id,
                                     keep_alive_s,
                                     clean_session,
                                     ca_file,
                                     ca_pem,
                                     trust,
                                     provider_new,
                                     client_new,
                                     connect_timeout_ms,
                                     proxy,
                                     proxy_credentials,
                                     identity_pool,
                                     identity_store,
                                     identity_file,
                                     login,
                                     custom_role_arn,
                                     fips,
                                     cognito_tries,
                                     clock_correction,
                                     clock_correction_max_s,
                                     without_clock,
                                     NULL};
static call_fn *const on_provider[] = {client_new_with_provider, provider_getters, NULL};
static call_fn *const on_client[] = {connect_client, process,        disconnect,   cancel,
                                     is_connected,   client_failure, client_trace, NULL};
static call_fn *const on_failure[] = {failure_getters, NULL};
static call_fn *const on_trace[] = {trace_getters, NULL};
static call_fn *const on_identity_sink[] = {identity_sink, NULL};
static call_fn *const on_login_sink[] = {login_sink, NULL};
static call_fn *const *const calls[TYPE_COUNT] = {
    on_config, on_provider, on_client, on_failure, on_trace, on_identity_sink, on_login_sink};

#endif
