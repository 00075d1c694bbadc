/*
 * No setting and no environment variable has a bad certificate taken: whatever is set, a connect
 * ends as it does without. Arguments: the header, whose setters are all looked at here. Linked with
 * -Wl,--wrap=getenv,--wrap=secure_getenv, so that it is known which variables the library asks for.
 */

#define _POSIX_C_SOURCE 200809L

#include "local_aws.h"

#include <unistd.h>

static const char *const certificates[] = {
    "cognito.certificate=expired",        "cognito.certificate=not-yet-valid",
    "cognito.certificate=wrong-host",     "cognito.certificate=self-signed",
    "cognito.certificate=self-signed-ca", "cognito.certificate=untrusted",
    "cognito.certificate=inspected",      "iot.certificate=expired",
    "iot.certificate=not-yet-valid",      "iot.certificate=wrong-host",
    "iot.certificate=self-signed",        "iot.certificate=self-signed-ca",
    "iot.certificate=untrusted",          "iot.certificate=inspected",
};
enum { CERTIFICATES = sizeof certificates / sizeof certificates[0] };

static cognito_status without[CERTIFICATES]; /* how each ends when nothing is set */

/* ---- Settings ---- */

#define WITH(name, value)                                                                          \
    static cognito_status set_##name(cognito_config *c) {                                          \
        return cognito_config_set_##name(c, value);                                                \
    }
WITH(without_clock, true)
WITH(clock_correction, false)
WITH(clock_correction_max_s, 1)
WITH(trust, COGNITO_TRUST_SYSTEM)
WITH(cognito_tries, 2)
WITH(connect_timeout_ms, 60000)
WITH(keep_alive_s, 30)
WITH(ping_timeout_ms, 1000)
WITH(clean_session, false)
WITH(mqtt_version, COGNITO_MQTT_VERSION_V5)
WITH(user_name, "name")
WITH(signing_region, "eu-west-1")
WITH(client_id, "test-verifies")
static cognito_status set_login(cognito_config *c) {
    return cognito_config_set_login(c, log_in, NULL);
}
/* These need another one. */
static cognito_status set_custom_role_arn(cognito_config *c) {
    cognito_status status =
        cognito_config_set_custom_role_arn(c, "arn:aws:iam::123456789012:role/other");
    return status == COGNITO_STATUS_OK ? set_login(c) : status;
}
static cognito_status set_session_expiry_s(cognito_config *c) {
    cognito_status status = cognito_config_set_session_expiry_s(c, 100);
    return status == COGNITO_STATUS_OK ? set_mqtt_version(c) : status;
}
static cognito_status set_receive_maximum(cognito_config *c) {
    cognito_status status = cognito_config_set_receive_maximum(c, 10);
    return status == COGNITO_STATUS_OK ? set_mqtt_version(c) : status;
}
static cognito_status set_topic_alias_maximum(cognito_config *c) {
    cognito_status status = cognito_config_set_topic_alias_maximum(c, 10);
    return status == COGNITO_STATUS_OK ? set_mqtt_version(c) : status;
}
static cognito_status set_queue_max(cognito_config *c) {
    return cognito_config_set_queue_max(c, 10, 100000);
}
static cognito_status set_reconnect_ms(cognito_config *c) {
    return cognito_config_set_reconnect_ms(c, 100, 1000);
}
static cognito_status set_proxy(cognito_config *c) {
    local_aws_through_proxy(c);
    return COGNITO_STATUS_OK;
}
static cognito_status set_will(cognito_config *c) {
    return cognito_config_set_will(c, "test/will", "gone", 4, 1, false, NULL);
}

/* As it is, by the call of its own. */
static cognito_status set_endpoint(cognito_config *c) {
    return cognito_config_set_endpoint(c, local_aws("HOST"));
}
static cognito_status set_port(cognito_config *c) {
    return cognito_config_set_port(c, local_aws_port("IOT_PORT"));
}
static cognito_status set_cognito_endpoint(cognito_config *c) {
    return cognito_config_set_cognito_endpoint(c, local_aws("COGNITO_ENDPOINT"));
}
static cognito_status set_cognito_region(cognito_config *c) {
    return cognito_config_set_cognito_region(c, "us-east-1");
}
static cognito_status set_identity(cognito_config *c) {
    return cognito_config_set_identity(c, local_aws("IDENTITY"));
}
static cognito_status set_ca_file(cognito_config *c) {
    return cognito_config_set_ca_file(c, local_aws("CA_FILE"));
}
static cognito_status set_ca_pem(cognito_config *c) {
    static char pem[1 << 16];
    FILE *file = fopen(local_aws("CA_FILE"), "r");
    REQUIRE(file != NULL);
    pem[fread(pem, 1, sizeof pem - 1, file)] = '\0';
    fclose(file);
    return cognito_config_set_ca_pem(c, pem);
}
static cognito_status set_proxy_credentials(cognito_config *c) {
    local_aws_through_proxy(c);
    return cognito_config_set_proxy_credentials(c, "user", "password");
}
/* In place of the identity. */
static cognito_status set_identity_pool(cognito_config *c) {
    cognito_status status = cognito_config_set_identity(c, NULL);
    return status == COGNITO_STATUS_OK
               ? cognito_config_set_identity_pool(c, local_aws("IDENTITY_POOL"))
               : status;
}
static cognito_status set_identity_file(cognito_config *c) {
    cognito_status status = set_identity_pool(c);
    unlink("verifies-identity");
    return status == COGNITO_STATUS_OK ? cognito_config_set_identity_file(c, "verifies-identity")
                                       : status;
}
static cognito_status set_identity_store(cognito_config *c) {
    cognito_status status = set_identity_pool(c);
    return status == COGNITO_STATUS_OK
               ? cognito_config_set_identity_store(c, load_nothing, save_nothing, NULL)
               : status;
}

#define SETTER(name)                                                                               \
    { "cognito_config_set_" #name, set_##name }
static const struct {
    const char *name;
    cognito_status (*set)(cognito_config *config);
} setters[] = {
    SETTER(without_clock),
    SETTER(clock_correction),
    SETTER(trust),
    SETTER(clock_correction_max_s),
    /* Its hosts are AWS's own, and no endpoint of another name goes with it. */
    {"cognito_config_set_fips", NULL},
    SETTER(cognito_tries),
    SETTER(keep_alive_s),
    SETTER(connect_timeout_ms),
    SETTER(clean_session),
    SETTER(ping_timeout_ms),
    SETTER(mqtt_version),
    SETTER(session_expiry_s),
    SETTER(receive_maximum),
    SETTER(topic_alias_maximum),
    SETTER(queue_max),
    SETTER(user_name),
    SETTER(signing_region),
    SETTER(client_id),
    SETTER(custom_role_arn),
    SETTER(login),
    SETTER(reconnect_ms),
    SETTER(proxy),
    SETTER(will),
    SETTER(endpoint),
    SETTER(port),
    SETTER(ca_file),
    SETTER(ca_pem),
    SETTER(cognito_endpoint),
    SETTER(cognito_region),
    SETTER(identity),
    SETTER(identity_pool),
    SETTER(identity_file),
    SETTER(identity_store),
    SETTER(proxy_credentials),
};
enum { SETTERS = sizeof setters / sizeof setters[0] };

/* ---- The environment ---- */

static const char *const variables[][2] = {
    {"SSL_CERT_FILE", NULL}, /* the roots of local AWS */
    {"SSL_CERT_DIR", "/"},
    {"CURL_CA_BUNDLE", NULL},
    {"REQUESTS_CA_BUNDLE", NULL},
    {"AWS_CA_BUNDLE", NULL},
    {"NODE_TLS_REJECT_UNAUTHORIZED", "0"},
    {"PYTHONHTTPSVERIFY", "0"},
    {"GIT_SSL_NO_VERIFY", "true"},
    {"SSL_NO_VERIFY", "1"},
    {"SSLKEYLOGFILE", "verifies-sslkeylog.txt"},
    {"OPENSSL_CONF", "/dev/null"},
    {"RUSTLS_NATIVE_CERTS", "0"},
    {"RUSTLS_DANGEROUS", "1"},
    {"WEBPKI_ROOTS", "0"},
    {"COGNITO_INSECURE", "1"},
    {"COGNITO_CONNECT_INSECURE", "1"},
    {"COGNITO_CONNECT_VERIFY", "0"},
    {"AWS_EXECUTION_ENV", "test"},
    {"AWS_REGION", "eu-west-9"},
    {"AWS_ENDPOINT_URL", "https://localhost:1"},
    {"AWS_ENDPOINT_URL_COGNITO_IDENTITY", "https://localhost:1"},
    {"AWS_USE_FIPS_ENDPOINT", "true"},
    {"AWS_CONFIG_FILE", "/nonexistent"},
    {"AWS_PROFILE", "other"},
    {"SMITHY_CLIENT_SDK_CUSTOM_PARTITION", "/nonexistent"},
    {"HTTPS_PROXY", "http://localhost:1"},
    {"https_proxy", "http://localhost:1"},
    {"ALL_PROXY", "http://localhost:1"},
    {"NO_PROXY", "*"},
    {"SOURCE_DATE_EPOCH", "1"},
    {"FAKETIME", "-20y"},
    {"TZ", "XXX-24"},
    {"RUST_BACKTRACE", "full"},
    {"RUST_LIB_BACKTRACE", "full"},
    {"RUST_MIN_STACK", "1"},
    {"RUST_LOG", "trace"},
    {"LOG_SENSITIVE_BODIES", "true"},
    {"LOG_SIGNABLE_BODY", "true"},
    {"TOKIO_WORKER_THREADS", "7"},
    {"TOKIO_UNSTABLE_SHARDED_BLOCKING_QUEUE", "1"},
};
enum { VARIABLES = sizeof variables / sizeof variables[0] };

/* What a panic prints and how large the stacks of new threads are, by the standard library; how the
 * jobs of Tokio's other threads queue, of which the library has none; and whether the SDK logs
 * bodies, through a crate that is compiled out. The library is to ask for no other. */
static const char *const harmless[] = {"RUST_BACKTRACE", "RUST_LIB_BACKTRACE", "RUST_MIN_STACK",
                                       "TOKIO_UNSTABLE_SHARDED_BLOCKING_QUEUE",
                                       "LOG_SENSITIVE_BODIES"};

static bool is_connecting;
static int questions; /* so that they are known to come here */

static void asked_for(const char *name) {
    questions += is_connecting;
    bool is_harmless = !is_connecting;
    for (size_t i = 0; i < sizeof harmless / sizeof harmless[0]; i++) {
        is_harmless = is_harmless || strcmp(name, harmless[i]) == 0;
    }
    if (!is_harmless) {
        check_failed(__FILE__, __LINE__, "the library asks for the variable %s", name);
    }
}

char *__real_getenv(const char *name);
char *__wrap_getenv(const char *name);
char *__wrap_getenv(const char *name) {
    asked_for(name);
    return __real_getenv(name);
}

char *__real_secure_getenv(const char *name);
char *__wrap_secure_getenv(const char *name);
char *__wrap_secure_getenv(const char *name) {
    asked_for(name);
    return __real_secure_getenv(name);
}

static void set_variable(size_t i) {
    const char *value = variables[i][1] != NULL ? variables[i][1] : local_aws("CA_FILE");
    REQUIRE(setenv(variables[i][0], value, 1) == 0);
}

/* ---- Rows ---- */

static int good, all;

static cognito_status connect_to(const char *certificate, size_t setter) {
    cognito_config *config = local_aws_config();
    /* What the connect before had under way to the other server would be counted for this one. */
    CHECK(local_aws_wait("open_connections_at_most=0"));
    local_aws_reset();
    local_aws_fault(certificate);
    if (setter < SETTERS) {
        REQUIRE(setters[setter].set(config) == COGNITO_STATUS_OK);
    }
    is_connecting = true;
    cognito_status status = attempt_connect(config).status;
    is_connecting = false;
    CHECK(local_aws_counter("upgrades") == 0);
    /* A board without a clock learns the time from whom it then checks: nothing signed has left. */
    bool may_ask = strncmp(certificate, "iot", 3) == 0 ||
                   (setter < SETTERS && setters[setter].set == set_without_clock);
    CHECK(may_ask || local_aws_counter("cognito_requests") == 0);
    cognito_config_free(config);
    return status;
}

static void row(const char *what, size_t certificate, size_t setter) {
    int failures = check_failures();
    char name[256];
    snprintf(name, sizeof name, "%s, %s", what, certificates[certificate]);
    check_row = name;
    CHECK_STATUS(without[certificate], connect_to(certificates[certificate], setter));
    check_row = "";
    all++;
    good += check_failures() == failures;
}

/* Each setter that the header declares is one of those above. */
static void look_at_the_header(const char *path) {
    char line[1024], name[128];
    FILE *header = fopen(path, "r");
    int found = 0;
    REQUIRE(header != NULL);
    while (fgets(line, sizeof line, header) != NULL) {
        if (sscanf(line, "cognito_status %127[a-z0-9_](", name) != 1 ||
            strncmp(name, "cognito_config_set_", 19) != 0) {
            continue;
        }
        size_t i = 0;
        while (i < SETTERS && strcmp(setters[i].name, name) != 0) {
            i++;
        }
        if (i == SETTERS) {
            check_failed(__FILE__, __LINE__, "%s is not looked at", name);
        }
        found++;
    }
    fclose(header);
    CHECK_INT(SETTERS, found);
}

int main(int argc, char **argv) {
    REQUIRE(argc == 2);
    look_at_the_header(argv[1]);
    for (size_t i = 0; i < CERTIFICATES; i++) {
        without[i] = connect_to(certificates[i], SETTERS);
        check_row = certificates[i];
        CHECK_CONTAINS("COGNITO_STATUS_CERTIFICATE_", cognito_status_name(without[i]));
    }
    for (size_t setter = 0; setter < SETTERS; setter++) {
        for (size_t i = 0; i < CERTIFICATES && setters[setter].set != NULL; i++) {
            row(setters[setter].name, i, setter);
        }
    }
    for (size_t i = 0; i < VARIABLES; i++) {
        set_variable(i);
        for (size_t j = 0; j < CERTIFICATES; j++) {
            row(variables[i][0], j, SETTERS);
        }
        REQUIRE(unsetenv(variables[i][0]) == 0);
    }
    for (size_t i = 0; i < VARIABLES; i++) {
        set_variable(i);
    }
    for (size_t i = 0; i < CERTIFICATES; i++) {
        row("all variables at once", i, SETTERS);
    }
    CHECK(fopen("verifies-sslkeylog.txt", "r") == NULL);
    CHECK(questions > 0);
    printf("%d questions for variables, all harmless\n", questions);
    printf("%d of %d\n", good, all);
    return check_result();
}
