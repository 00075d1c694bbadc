/* Every function that takes a handle, by the type of the handle. For one test only. */

#ifndef HANDLE_CALLS_H
#define HANDLE_CALLS_H

#include "handle_calls_of_config.h"

#include <sys/uio.h>

MAKES(client_failure, cognito_failure, cognito_client_failure(h, &out))
MAKES(client_trace, cognito_trace, cognito_client_trace(h, &out))
MAKES(transport_failure, cognito_failure, cognito_transport_failure(h, &out))
MAKES(transport_trace, cognito_trace, cognito_transport_trace(h, &out))

static cognito_status identity_sink(void *h) { return cognito_identity_sink_set(h, "x"); }
static cognito_status login_sink(void *h) { return cognito_login_sink_set(h, "x", "x"); }
static cognito_status trace_getters(void *h) {
    CHECK_INT(0, cognito_trace_count(h));
    CHECK_INT(COGNITO_STAGE_NONE, cognito_trace_stage(h, 0));
    CHECK(cognito_trace_peer(h, 0)[0] == '\0' && cognito_trace_finding(h, 0)[0] == '\0');
    CHECK(cognito_trace_service(h, 0)[0] == '\0');
    CHECK(cognito_trace_began_us(h, 0) == 0 && cognito_trace_took_us(h, 0) == 0);
    return cognito_trace_status(h, 0);
}
static cognito_status properties_getters(void *h) {
    size_t len = 1;
    CHECK(!cognito_properties_payload_is_utf8(h));
    CHECK(cognito_properties_message_expiry_s(h) == -1);
    CHECK(cognito_properties_content_type(h) == NULL &&
          cognito_properties_response_topic(h) == NULL);
    CHECK(cognito_properties_correlation_data(h, &len) == NULL && len == 0);
    CHECK_INT(0, cognito_properties_user_property_count(h));
    CHECK(cognito_properties_user_property_name(h, 0) == NULL);
    CHECK(cognito_properties_user_property_value(h, 0) == NULL);
    return COGNITO_STATUS_INVALID_HANDLE;
}
static cognito_status payload_is_utf8(void *h) {
    return cognito_properties_set_payload_is_utf8(h, true);
}
static cognito_status message_expiry(void *h) {
    return cognito_properties_set_message_expiry_s(h, 1);
}
static cognito_status content_type(void *h) { return cognito_properties_set_content_type(h, "x"); }
static cognito_status response_topic(void *h) {
    return cognito_properties_set_response_topic(h, "x");
}
static cognito_status correlation_data(void *h) {
    return cognito_properties_set_correlation_data(h, "x", 1);
}
static cognito_status user_property(void *h) {
    return cognito_properties_add_user_property(h, "x", "x");
}
static cognito_status will_delay(void *h) { return cognito_properties_set_will_delay_s(h, 1); }
static cognito_status connect_client(void *h) { return cognito_client_connect(h, 0); }
static cognito_status process(void *h) { return cognito_client_process(h, 0); }
static cognito_status disconnect(void *h) { return cognito_client_disconnect(h, 0); }
static cognito_status publish(void *h) {
    return cognito_client_publish(h, "t", "x", 1, 0, false, NULL, 0, NULL, NULL);
}
static void no_message(cognito_client *client, const cognito_message *message, void *user_data) {
    (void)client;
    (void)message;
    (void)user_data;
}
static cognito_status subscribe(void *h) {
    return cognito_client_subscribe(h, "t", 0, no_message, NULL, 0, NULL, NULL);
}
static cognito_status unsubscribe(void *h) {
    return cognito_client_unsubscribe(h, "t", 0, NULL, NULL);
}
static cognito_status start(void *h) { return cognito_client_start(h); }
static cognito_status stop(void *h) { return cognito_client_stop(h); }
static cognito_status client_fd(void *h) { return cognito_client_fd(h); }
static cognito_status next_timeout(void *h) {
    CHECK_INT(-1, cognito_client_next_timeout_ms(h));
    return COGNITO_STATUS_INVALID_HANDLE;
}
static cognito_status cancel(void *h) { return cognito_client_cancel(h); }
static cognito_status is_connected(void *h) {
    return cognito_client_is_connected(h) ? COGNITO_STATUS_OK : COGNITO_STATUS_INVALID_HANDLE;
}

static char bytes[4];
static struct iovec one_byte = {bytes, 1};
static cognito_status open_transport(void *h) { return cognito_transport_open(h, 0); }
static cognito_status close_transport(void *h) { return cognito_transport_close(h, 0); }
static cognito_status cancel_transport(void *h) { return cognito_transport_cancel(h); }
static cognito_status receive(void *h) { return cognito_transport_recv(h, bytes, 1); }
static cognito_status send_bytes(void *h) { return cognito_transport_send(h, bytes, 1); }
static cognito_status send_pieces(void *h) { return cognito_transport_writev(h, &one_byte, 1); }
static cognito_status fd(void *h) { return cognito_transport_fd(h); }
static cognito_status is_open(void *h) {
    return cognito_transport_is_open(h) ? COGNITO_STATUS_OK : COGNITO_STATUS_INVALID_HANDLE;
}
static cognito_status coremqtt_receive(void *h) {
    return cognito_coremqtt_recv(cognito_coremqtt_context(h), bytes, 1);
}
static cognito_status coremqtt_send(void *h) {
    return cognito_coremqtt_send(cognito_coremqtt_context(h), bytes, 1);
}
static cognito_status coremqtt_writev(void *h) {
    /* Which looks like an iovec. */
    return cognito_coremqtt_writev(cognito_coremqtt_context(h), (void *)&one_byte, 1);
}

static cognito_status credentials_getters(void *h) {
    CHECK(cognito_credentials_access_key_id(h)[0] == '\0');
    CHECK(cognito_credentials_secret_access_key(h)[0] == '\0');
    CHECK(cognito_credentials_session_token(h)[0] == '\0');
    CHECK(cognito_credentials_expires_at(h) == 0);
    return COGNITO_STATUS_INVALID_HANDLE;
}
static cognito_status signed_url_getters(void *h) {
    CHECK(cognito_signed_url_text(h)[0] == '\0' && cognito_signed_url_path(h)[0] == '\0');
    CHECK(cognito_signed_url_host(h)[0] == '\0' && cognito_signed_url_host_header(h)[0] == '\0');
    CHECK_INT(0, cognito_signed_url_port(h));
    CHECK(cognito_signed_url_expires_at(h) == 0);
    return COGNITO_STATUS_INVALID_HANDLE;
}
static cognito_status failure_getters(void *h) {
    CHECK_INT(COGNITO_STAGE_NONE, cognito_failure_stage(h));
    CHECK(cognito_failure_message(h)[0] == '\0' && cognito_failure_hint(h)[0] == '\0');
    CHECK_INT(0, cognito_failure_http_status(h));
    CHECK_INT(-1, cognito_failure_reason_code(h));
    CHECK(cognito_failure_aws_error_type(h)[0] == '\0');
    CHECK(cognito_failure_aws_message(h)[0] == '\0');
    CHECK(cognito_failure_aws_request_id(h)[0] == '\0');
    CHECK(cognito_failure_identity(h)[0] == '\0');
    CHECK(cognito_failure_clock_offset_ms(h) == COGNITO_CLOCK_OFFSET_UNKNOWN);
    return cognito_failure_status(h);
}

/* Credentials, URLs and sinks are not made here: those need a server, these are alive in callbacks
 * only. */
enum type {
    CONFIG,
    PROVIDER,
    CLIENT,
    TRANSPORT,
    FAILURE,
    TRACE,
    PROPERTIES,
    MADE_COUNT,
    NOT_MADE = MADE_COUNT,
    TYPE_COUNT = NOT_MADE + 4
};
static const char *const type_names[] = {
    "cognito_config",     "cognito_provider",      "cognito_client",     "cognito_transport",
    "cognito_failure",    "cognito_trace",         "cognito_properties", "cognito_credentials",
    "cognito_signed_url", "cognito_identity_sink", "cognito_login_sink"};

/* By the type of the handle that they take. */
static call_fn *const on_client[] = {connect_client, process,        disconnect,   cancel,
                                     is_connected,   client_failure, client_trace, publish,
                                     subscribe,      unsubscribe,    start,        stop,
                                     client_fd,      next_timeout,   NULL};
static call_fn *const on_transport[] = {open_transport,
                                        close_transport,
                                        cancel_transport,
                                        receive,
                                        send_bytes,
                                        send_pieces,
                                        fd,
                                        is_open,
                                        coremqtt_receive,
                                        coremqtt_send,
                                        coremqtt_writev,
                                        transport_failure,
                                        transport_trace,
                                        NULL};
static call_fn *const on_failure[] = {failure_getters, NULL};
static call_fn *const on_properties[] = {properties_getters, payload_is_utf8, message_expiry,
                                         content_type,       response_topic,  correlation_data,
                                         user_property,      will_delay,      NULL};
static call_fn *const on_trace[] = {trace_getters, NULL};
static call_fn *const on_credentials[] = {credentials_getters, NULL};
static call_fn *const on_signed_url[] = {signed_url_getters, NULL};
static call_fn *const on_identity_sink[] = {identity_sink, NULL};
static call_fn *const on_login_sink[] = {login_sink, NULL};
static call_fn *const *const calls[TYPE_COUNT] = {
    on_config,     on_provider,    on_client,     on_transport,     on_failure,   on_trace,
    on_properties, on_credentials, on_signed_url, on_identity_sink, on_login_sink};

/* These leave the last error alone. */
static bool says_nothing(call_fn *call) {
    return call == cancel || call == cancel_transport || call == cancel_provider;
}

#endif
