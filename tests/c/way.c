#include "way.h"

static cognito_status client_make(const cognito_config *config, const cognito_provider *provider,
                                  void **out) {
    cognito_client *client = NULL;
    cognito_status status = cognito_client_new(config, provider, NULL, NULL, &client);
    *out = client;
    return status;
}
static cognito_status client_open(void *h, int32_t wait_ms) {
    return cognito_client_connect(h, wait_ms);
}
static cognito_status client_cancel(void *h) { return cognito_client_cancel(h); }
static bool client_is_open(const void *h) { return cognito_client_is_connected(h); }
static cognito_status client_close(void *h, int32_t wait_ms) {
    return cognito_client_disconnect(h, wait_ms);
}
static cognito_status client_failure(const void *h, cognito_failure **out) {
    return cognito_client_failure(h, out);
}
static cognito_status client_trace(const void *h, cognito_trace **out) {
    return cognito_client_trace(h, out);
}
static void client_free(void *h) { cognito_client_free(h); }

const struct way the_client = {"client",       client_make,    client_open,
                               client_cancel,  client_is_open, client_close,
                               client_failure, client_trace,   client_free};

static cognito_status transport_make(const cognito_config *config, const cognito_provider *provider,
                                     void **out) {
    cognito_transport *transport = NULL;
    cognito_status status = cognito_transport_new(config, provider, &transport);
    *out = transport;
    return status;
}
static cognito_status transport_open(void *h, int32_t wait_ms) {
    return cognito_transport_open(h, wait_ms);
}
static cognito_status transport_cancel(void *h) { return cognito_transport_cancel(h); }
static bool transport_is_open(const void *h) { return cognito_transport_is_open(h); }
static cognito_status transport_close(void *h, int32_t wait_ms) {
    return cognito_transport_close(h, wait_ms);
}
static cognito_status transport_failure(const void *h, cognito_failure **out) {
    return cognito_transport_failure(h, out);
}
static cognito_status transport_trace(const void *h, cognito_trace **out) {
    return cognito_transport_trace(h, out);
}
static void transport_free(void *h) { cognito_transport_free(h); }

const struct way the_transport = {"transport",       transport_make,    transport_open,
                                  transport_cancel,  transport_is_open, transport_close,
                                  transport_failure, transport_trace,   transport_free};

/* It gets as far as credentials, and keeps nothing open. */
static cognito_status provider_make(const cognito_config *config, const cognito_provider *unused,
                                    void **out) {
    cognito_provider *provider = NULL;
    cognito_status status = cognito_provider_new(config, &provider);
    (void)unused;
    *out = provider;
    return status;
}
static cognito_status provider_open(void *h, int32_t wait_ms) {
    cognito_credentials *credentials = NULL;
    cognito_status status = cognito_provider_fetch(h, wait_ms, &credentials);
    CHECK((credentials != NULL) == (status == COGNITO_STATUS_OK));
    cognito_credentials_free(credentials);
    return status;
}
static cognito_status provider_cancel(void *h) { return cognito_provider_cancel(h); }
static bool provider_is_open(const void *h) {
    (void)h;
    return false;
}
static cognito_status provider_close(void *h, int32_t wait_ms) {
    (void)h;
    (void)wait_ms;
    return COGNITO_STATUS_OK;
}
static cognito_status provider_failure(const void *h, cognito_failure **out) {
    (void)h;
    return cognito_last_failure(out);
}
static void provider_free(void *h) { cognito_provider_free(h); }

const struct way the_provider = {
    "provider",     provider_make,    provider_open, provider_cancel, provider_is_open,
    provider_close, provider_failure, NULL,          provider_free};

const struct way *way = &the_client;

void way_choose(int argc, char **argv) {
    const struct way *const ways[] = {&the_client, &the_transport, &the_provider};
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        if (strcmp(argv[argc - 1], ways[i]->name) == 0) {
            way = ways[i];
        }
    }
}

struct attempt attempt_connect(const cognito_config *config) {
    struct attempt attempt = {.reason_code = -1};
    void *handle = NULL;
    cognito_failure *failure = NULL;
    attempt.status = way->make(config, NULL, &handle);
    if (attempt.status == COGNITO_STATUS_OK) {
        double start = now_ms();
        attempt.status = way->open(handle, COGNITO_WAIT_FOREVER);
        attempt.ms = now_ms() - start;
        snprintf(attempt.error, sizeof attempt.error, "%s", cognito_last_error());
        REQUIRE(way->failure(handle, &failure) == COGNITO_STATUS_OK);
        attempt.stage = cognito_failure_stage(failure);
        attempt.http_status = cognito_failure_http_status(failure);
        attempt.reason_code = cognito_failure_reason_code(failure);
        cognito_failure_free(failure);
    } else {
        snprintf(attempt.error, sizeof attempt.error, "%s", cognito_last_error());
    }
    way->free(handle);
    return attempt;
}
