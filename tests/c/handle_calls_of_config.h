/* Every function that takes a config or a provider. For handle_calls.h only. */

#ifndef HANDLE_CALLS_OF_CONFIG_H
#define HANDLE_CALLS_OF_CONFIG_H

#include "check.h"

typedef cognito_status call_fn(void *handle);

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
ON_CONFIG(ping_timeout_ms, 1000)
ON_CONFIG(user_name, "name")
ON_CONFIG(will, "topic", "x", 1, 0, false, NULL)
ON_CONFIG(mqtt_version, COGNITO_MQTT_VERSION_V5)
ON_CONFIG(session_expiry_s, 60)
ON_CONFIG(receive_maximum, 10)
ON_CONFIG(topic_alias_maximum, 10)
ON_CONFIG(reconnect_ms, 1000, 2000)
ON_CONFIG(queue_max, 1, 1)
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
static cognito_config *good_config;
MAKES(provider_new, cognito_provider, cognito_provider_new(h, &out))
MAKES(client_new, cognito_client, cognito_client_new(h, NULL, NULL, NULL, &out))
MAKES(transport_new, cognito_transport, cognito_transport_new(h, NULL, &out))

MAKES(client_new_with_provider, cognito_client,
      cognito_client_new(good_config, h, NULL, NULL, &out))
MAKES(transport_new_with_provider, cognito_transport, cognito_transport_new(good_config, h, &out))
MAKES(fetch, cognito_credentials, cognito_provider_fetch(h, 0, &out))
MAKES(sign, cognito_signed_url, cognito_provider_sign(h, 0, 0, &out))
static cognito_status cancel_provider(void *h) { return cognito_provider_cancel(h); }
static cognito_status provider_getters(void *h) {
    CHECK(cognito_provider_identity(h)[0] == '\0');
    CHECK(cognito_provider_clock_offset_ms(h) == COGNITO_CLOCK_OFFSET_UNKNOWN);
    return COGNITO_STATUS_INVALID_HANDLE;
}

static call_fn *const on_config[] = {endpoint,
                                     port,
                                     signing_region,
                                     cognito_region,
                                     cognito_endpoint,
                                     identity,
                                     client_id,
                                     keep_alive_s,
                                     clean_session,
                                     ping_timeout_ms,
                                     user_name,
                                     will,
                                     mqtt_version,
                                     session_expiry_s,
                                     receive_maximum,
                                     topic_alias_maximum,
                                     reconnect_ms,
                                     queue_max,
                                     ca_file,
                                     ca_pem,
                                     trust,
                                     provider_new,
                                     client_new,
                                     transport_new,
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

static call_fn *const on_provider[] = {client_new_with_provider,
                                       transport_new_with_provider,
                                       provider_getters,
                                       fetch,
                                       sign,
                                       cancel_provider,
                                       NULL};

/* Without a provider they make their own. */
static bool takes_null(call_fn *call) {
    return call == client_new_with_provider || call == transport_new_with_provider;
}

#endif
