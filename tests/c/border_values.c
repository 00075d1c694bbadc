/* Arguments that the functions of the border succeed with, and the handles among them. */

#define _GNU_SOURCE /* MAP_NORESERVE */

#include "border.h"

#include <sys/mman.h>

/* Reads and writes of the largest count stay inside. It takes no memory until it is written to. */
#define HUGE_LEN ((size_t)INT32_MAX + 4096)

static void on_event(cognito_client *client, const cognito_event *event, void *user_data) {
    (void)client;
    (void)event;
    (void)user_data;
}
static void on_message(cognito_client *client, const cognito_message *message, void *user_data) {
    (void)client;
    (void)message;
    (void)user_data;
}
static void on_complete(cognito_client *client, const cognito_completion *completion,
                        void *user_data) {
    (void)client;
    (void)completion;
    (void)user_data;
}
static int32_t load(const char *pool, cognito_identity_sink *sink, void *user_data) {
    (void)pool;
    (void)user_data;
    /* As soon as this returns; of several threads, whichever. */
    __atomic_store_n(&handles.freed[HANDLE_IDENTITY_SINK], (void *)sink, __ATOMIC_SEQ_CST);
    return COGNITO_STATUS_OK;
}
static int32_t login(cognito_login_sink *sink, void *user_data) {
    (void)user_data;
    __atomic_store_n(&handles.freed[HANDLE_LOGIN_SINK], (void *)sink, __ATOMIC_SEQ_CST);
    return COGNITO_STATUS_OK;
}
static void on_log(int32_t level, const char *stage, const char *message, void *user_data) {
    (void)level;
    (void)stage;
    (void)message;
    (void)user_data;
}

#define FUNCTION(name)                                                                             \
    { .callback = (void (*)(void))(name) }
static const char arn[] = "arn:aws:iam::123456789012:role/device";
static const char identity[] = "us-east-1:01234567-89ab-cdef-0123-456789abcdef";

/* By the name of a parameter, or by the function's and the parameter's, which comes first. */
static const struct good {
    const char *name;
    union value value;
} goods[] = {
    {"cognito_config_set_endpoint.endpoint", {.text = "localhost"}},
    {"cognito_config_set_cognito_endpoint.endpoint", {.text = "localhost:443"}},
    {"region", {.text = "us-east-1"}},
    {"identity", {.text = identity}},
    {"identity_pool", {.text = identity}},
    {"arn", {.text = arn}},
    {"path", {.text = "some-file"}},
    {"pem", {.text = "some text"}},
    {"client_id", {.text = "test-border"}},
    {"user_name", {.text = "name"}},
    {"host", {.text = "localhost"}},
    {"user", {.text = "user"}},
    {"password", {.text = "password"}},
    {"topic", {.text = "test/topic"}},
    {"filter", {.text = "test/filter"}},
    {"name", {.text = "name"}},
    {"value", {.text = "value"}},
    {"content_type", {.text = "text/plain"}},
    {"response_topic", {.text = "test/answer"}},
    {"cognito_login_sink_set.provider", {.text = "accounts.example.com"}},
    {"token", {.text = "token"}},
    {"payload_len", {.size = 4}},
    {"len", {.size = 4}},
    {"buffer_len", {.size = 4}},
    {"bytes_len", {.size = 2}}, /* of a PINGREQ */
    {"iov_count", {.size = 1024}},
    {"bytes_to_recv", {.size = 4}},
    {"bytes_to_send", {.size = 2}},
    {"vector_count", {.size = 1024}},
    {"cognito_config_set_queue_max.bytes", {.size = 1000}},
    {"index", {.size = 0}},
    {"wait_ms", {.int32 = 0}},
    {"timeout_ms", {.int32 = 0}},
    {"qos", {.int32 = 1}},
    {"max_level", {.int32 = COGNITO_LOG_LEVEL_TRACE}},
    {"host_header", {.int32 = COGNITO_HOST_HEADER_WITH_PORT}},
    {"trust", {.int32 = COGNITO_TRUST_SYSTEM}},
    {"version", {.int32 = COGNITO_MQTT_VERSION_V5}},
    {"status", {.int32 = COGNITO_STATUS_TIMED_OUT}},
    {"stage", {.int32 = COGNITO_STAGE_TLS}},
    {"port", {.uint32 = 443}},
    {"milliseconds", {.uint32 = 1000}},
    {"min_ms", {.uint32 = 1000}},
    {"max_ms", {.uint32 = 2000}},
    {"cognito_properties_set_message_expiry_s.seconds", {.int64 = 60}},
    {"cognito_properties_set_will_delay_s.seconds", {.int64 = 60}},
    {"seconds", {.uint32 = 60}},
    {"tries", {.uint32 = 2}},
    {"messages", {.uint32 = 10}},
    {"aliases", {.uint32 = 10}},
    {"retain", {.flag = false}},
    {"clean_session", {.flag = true}},
    {"correction", {.flag = true}},
    {"fips", {.flag = true}},
    {"without_clock", {.flag = true}},
    {"payload_is_utf8", {.flag = true}},
    {"on_event", FUNCTION(on_event)},
    {"on_message", FUNCTION(on_message)},
    {"on_complete", FUNCTION(on_complete)},
    {"load", FUNCTION(load)},
    {"save", FUNCTION(save_nothing)},
    {"login", FUNCTION(login)},
    {"log", FUNCTION(on_log)},
    {"user_data", {.buffer = NULL}},
    {"message_data", {.buffer = NULL}},
};

static const union value *good_of(const struct function *function,
                                  const struct parameter *parameter) {
    char full[128];
    snprintf(full, sizeof full, "%s.%s", function->name, parameter->name);
    const struct good *by_name = NULL;
    for (size_t i = 0; i < sizeof goods / sizeof goods[0]; i++) {
        if (strcmp(goods[i].name, full) == 0) {
            return &goods[i].value;
        }
        if (strcmp(goods[i].name, parameter->name) == 0) {
            by_name = &goods[i];
        }
    }
    if (by_name == NULL) {
        check_failed(__FILE__, __LINE__, "no good value is known for %s", full);
        exit(check_result());
    }
    return &by_name->value;
}

/* Begins with a PINGREQ, behind which comes no packet, so that no more of it is sent. */
static uint8_t *huge_memory(void) {
    static uint8_t *memory;
    if (memory == NULL) {
        void *mapped = mmap(NULL, HUGE_LEN, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        REQUIRE(mapped != MAP_FAILED);
        memory = mapped;
        memset(memory, 0xff, 16);
        memcpy(memory, mqtt_pingreq, sizeof mqtt_pingreq);
    }
    return memory;
}

void good_arguments(const struct function *function, union value *arguments, void **made) {
    /* All but the first are empty, and no more are looked at. */
    static struct iovec pieces[1024] = {{(void *)mqtt_pingreq, sizeof mqtt_pingreq}};
    static size_t len;
    for (int i = 0; i < function->parameter_count; i++) {
        const struct parameter *parameter = &function->parameters[i];
        switch (parameter->kind) {
        case HANDLE:
            arguments[i].handle = handles.live[parameter->handle];
            break;
        case OUT:
            arguments[i].out = made;
            break;
        case SIZE_OUT:
            arguments[i].size_out = &len;
            break;
        case BYTES:
            arguments[i].bytes = huge_memory();
            break;
        case BUFFER:
            arguments[i].buffer = huge_memory() + 4096; /* what is sent stays */
            break;
        case VECTORS:
            arguments[i].vectors = pieces;
            break;
        default:
            arguments[i] = *good_of(function, parameter);
        }
    }
}

cognito_provider *provider_with_callbacks(cognito_identity_load_fn load_fn,
                                          cognito_identity_save_fn save_fn,
                                          cognito_login_fn login_fn, void *user_data) {
    cognito_config *config = local_aws_config();
    cognito_provider *provider = NULL;
    REQUIRE(cognito_config_set_identity(config, NULL) == COGNITO_STATUS_OK &&
            cognito_config_set_identity_pool(config, local_aws("IDENTITY_POOL")) ==
                COGNITO_STATUS_OK &&
            cognito_config_set_identity_store(config, load_fn, save_fn, user_data) ==
                COGNITO_STATUS_OK &&
            cognito_config_set_login(config, login_fn, user_data) == COGNITO_STATUS_OK &&
            cognito_provider_new(config, &provider) == COGNITO_STATUS_OK);
    cognito_config_free(config);
    return provider;
}

cognito_status fetch_with_callbacks(cognito_identity_load_fn load_fn,
                                    cognito_identity_save_fn save_fn, cognito_login_fn login_fn) {
    cognito_provider *provider = provider_with_callbacks(load_fn, save_fn, login_fn, NULL);
    cognito_credentials *credentials = NULL;
    void *other = handles.live[HANDLE_PROVIDER];
    handles.live[HANDLE_PROVIDER] = provider;
    cognito_status status = cognito_provider_fetch(provider, COGNITO_WAIT_FOREVER, &credentials);
    handles.live[HANDLE_PROVIDER] = other;
    cognito_credentials_free(credentials);
    cognito_provider_free(provider);
    return status;
}

static cognito_config *made_config(void) {
    cognito_config *config = local_aws_config();
    REQUIRE(cognito_config_set_mqtt_version(config, COGNITO_MQTT_VERSION_V5) == COGNITO_STATUS_OK);
    return config;
}

/* A new handle of a type, as useful as can be. */
static void *handle_new(enum handle_type type) {
    void *handle = NULL;
    cognito_provider *provider = handles.live[HANDLE_PROVIDER];
    cognito_config *config = made_config();
    cognito_status status = COGNITO_STATUS_OK;
    switch (type) {
    case HANDLE_CONFIG:
        local_aws_through_proxy(config); /* for its credentials */
        return config;
    case HANDLE_PROVIDER:
        status = cognito_provider_new(config, (cognito_provider **)&handle);
        handle_free(HANDLE_CREDENTIALS, handles.live[HANDLE_CREDENTIALS]);
        handles.live[HANDLE_CREDENTIALS] = NULL;
        REQUIRE(cognito_provider_fetch(handle, COGNITO_WAIT_FOREVER,
                                       (cognito_credentials **)&handles.live[HANDLE_CREDENTIALS]) ==
                COGNITO_STATUS_OK);
        break;
    case HANDLE_CLIENT:
        status = cognito_client_new(config, provider, NULL, NULL, (cognito_client **)&handle);
        REQUIRE(cognito_client_connect(handle, COGNITO_WAIT_FOREVER) == COGNITO_STATUS_OK);
        break;
    case HANDLE_TRANSPORT:
        status = cognito_transport_new(config, provider, (cognito_transport **)&handle);
        REQUIRE(cognito_transport_open(handle, COGNITO_WAIT_FOREVER) == COGNITO_STATUS_OK);
        break;
    case HANDLE_FAILURE:
        REQUIRE(cognito_config_set_port(config, 0) == COGNITO_STATUS_INVALID_ARGUMENT);
        status = cognito_last_failure((cognito_failure **)&handle);
        break;
    case HANDLE_TRACE:
        status = cognito_client_trace(handles.live[HANDLE_CLIENT], (cognito_trace **)&handle);
        break;
    case HANDLE_PROPERTIES:
        status = cognito_properties_new((cognito_properties **)&handle);
        REQUIRE(cognito_properties_set_content_type(handle, "text") == COGNITO_STATUS_OK &&
                cognito_properties_set_response_topic(handle, "topic") == COGNITO_STATUS_OK &&
                cognito_properties_set_correlation_data(handle, "data", 4) == COGNITO_STATUS_OK &&
                cognito_properties_add_user_property(handle, "name", "value") == COGNITO_STATUS_OK);
        break;
    case HANDLE_CREDENTIALS:
        status =
            cognito_provider_fetch(provider, COGNITO_WAIT_FOREVER, (cognito_credentials **)&handle);
        break;
    case HANDLE_SIGNED_URL:
        status = cognito_provider_sign(provider, 0, COGNITO_WAIT_FOREVER,
                                       (cognito_signed_url **)&handle);
        break;
    default:
        break; /* a sink */
    }
    REQUIRE(status == COGNITO_STATUS_OK);
    cognito_config_free(config);
    return handle;
}

void handle_free(enum handle_type type, void *handle) {
    switch (type) {
    case HANDLE_CONFIG:
        cognito_config_free(handle);
        break;
    case HANDLE_PROVIDER:
        cognito_provider_free(handle);
        break;
    case HANDLE_CLIENT:
        cognito_client_free(handle);
        break;
    case HANDLE_TRANSPORT:
        cognito_transport_free(handle);
        break;
    case HANDLE_FAILURE:
        cognito_failure_free(handle);
        break;
    case HANDLE_TRACE:
        cognito_trace_free(handle);
        break;
    case HANDLE_PROPERTIES:
        cognito_properties_free(handle);
        break;
    case HANDLE_CREDENTIALS:
        cognito_credentials_free(handle);
        break;
    case HANDLE_SIGNED_URL:
        cognito_signed_url_free(handle);
        break;
    default:
        break;
    }
}

void handles_mend(void) {
    cases_prepare();
    if (handles.live[HANDLE_CLIENT] != NULL &&
        !cognito_client_is_connected(handles.live[HANDLE_CLIENT])) {
        handle_free(HANDLE_CLIENT, handles.live[HANDLE_CLIENT]);
        handles.live[HANDLE_CLIENT] = NULL;
    }
    if (handles.live[HANDLE_TRANSPORT] != NULL &&
        !cognito_transport_is_open(handles.live[HANDLE_TRANSPORT])) {
        handle_free(HANDLE_TRANSPORT, handles.live[HANDLE_TRANSPORT]);
        handles.live[HANDLE_TRANSPORT] = NULL;
    }
    for (int type = 0; type < HANDLE_IDENTITY_SINK; type++) {
        if (handles.live[type] == NULL) {
            handles.live[type] = handle_new(type);
        }
        if (handles.freed[type] == NULL) {
            handles.freed[type] = handles.live[type];
            handles.live[type] = handle_new(type);
            handle_free(type, handles.freed[type]);
        }
    }
    if (handles.freed[HANDLE_LOGIN_SINK] == NULL) {
        REQUIRE(fetch_with_callbacks(load, save_nothing, login) == COGNITO_STATUS_OK &&
                handles.freed[HANDLE_IDENTITY_SINK] != NULL &&
                handles.freed[HANDLE_LOGIN_SINK] != NULL);
    }
}

void handles_free(void) {
    for (int type = 0; type < HANDLE_COUNT; type++) {
        handle_free(type, handles.live[type]);
        handles.live[type] = NULL;
    }
}
