/*
 * Nothing of what the library says, at the most verbose level, over good and failing connects,
 * holds a secret: no key, token, signature or password. Needs --proxy-user user --proxy-password
 * secret-word. Argument: what connects.
 */

#include "local_aws.h"

#include <ctype.h>

static const char *const faults[] = {
    "iot.delay_ms=0", /* none */
    "iot.upgrade=refuse",
    "iot.upgrade=html",
    "iot.upgrade=reset",
    "iot.upgrade=wrong-accept",
    "iot.upgrade=endless-head",
    "iot.upgrade=refuse-skewed:1000",
    "iot.request=reset",
    "iot.connect=close",
    "iot.connack=code:5",
    "iot.connack=garbage",
    "iot.connack=stall-mid",
    "iot.certificate=untrusted",
    "cognito.response=throttled",
    "cognito.response=malformed-json",
    "cognito.response=missing-fields",
    "cognito.response=truncated",
    "cognito.response=stall-mid-body",
    "cognito.response=expired",
    "cognito.response=huge-body",
    "proxy.response=407",
    "proxy.response=garbage",
};

static char *said;
static size_t said_len, said_size;

static void hear(const char *text) {
    size_t len = strlen(text);
    if (said_len + len + 2 > said_size) {
        said_size = 2 * (said_len + len + 2);
        said = realloc(said, said_size);
        REQUIRE(said != NULL);
    }
    memcpy(said + said_len, text, len);
    memcpy(said + said_len + len, "\n", 2);
    said_len += len + 1;
}

static void on_line(int32_t level, const char *stage, const char *message, void *user_data) {
    (void)level;
    (void)stage;
    ++*(int *)user_data;
    hear(message);
}

static void hear_failure(const void *handle) {
    cognito_failure *failure = NULL;
    REQUIRE(way->failure(handle, &failure) == COGNITO_STATUS_OK);
    hear(cognito_failure_message(failure));
    hear(cognito_failure_hint(failure));
    hear(cognito_failure_aws_error_type(failure));
    hear(cognito_failure_aws_message(failure));
    hear(cognito_failure_aws_request_id(failure));
    cognito_failure_free(failure);
    hear(cognito_last_error());
}

static void hear_trace(const void *handle) {
    cognito_trace *trace = NULL;
    REQUIRE(way->trace(handle, &trace) == COGNITO_STATUS_OK);
    for (size_t i = 0; i < cognito_trace_count(trace); i++) {
        hear(cognito_trace_peer(trace, i));
        hear(cognito_trace_finding(trace, i));
    }
    cognito_trace_free(trace);
}

static int32_t login(cognito_login_sink *sink, void *user_data) {
    (void)user_data;
    CHECK_STATUS(COGNITO_STATUS_OK,
                 cognito_login_sink_set(sink, "accounts.example.com", "login-token"));
    return COGNITO_STATUS_OK;
}

static void connect_and_hear(const char *fault) {
    cognito_config *config = local_aws_config();
    void *handle = NULL;
    local_aws_reset();
    local_aws_fault(fault);
    local_aws_through_proxy(config);
    REQUIRE(cognito_config_set_proxy_credentials(config, "user", "secret-word") ==
            COGNITO_STATUS_OK);
    REQUIRE(cognito_config_set_connect_timeout_ms(config, (uint32_t)allowed_ms(2000)) ==
            COGNITO_STATUS_OK);
    REQUIRE(cognito_config_set_login(config, login, NULL) == COGNITO_STATUS_OK);
    REQUIRE(way->make(config, NULL, &handle) == COGNITO_STATUS_OK);
    CHECK((way->open(handle, COGNITO_WAIT_FOREVER) == COGNITO_STATUS_OK) ==
          (fault == faults[0] || (way != &the_client && strstr(fault, "iot.conn") != NULL)));
    hear_failure(handle);
    hear_trace(handle);
    CHECK_STATUS(COGNITO_STATUS_OK, way->close(handle, COGNITO_WAIT_FOREVER));
    way->free(handle);
    cognito_config_free(config);
}

/* Keys, tokens and signatures are long runs of base64 or hexadecimal characters; nothing else here
 * is. */
static void look_for_long_runs(void) {
    size_t run = 0;
    for (size_t i = 0; i < said_len; i++) {
        run = isalnum((unsigned char)said[i]) || strchr("+/=%", said[i]) != NULL ? run + 1 : 0;
        if (run == 32) {
            check_failed(__FILE__, __LINE__, "a run of 32 characters begins with '%.32s'",
                         said + i - 31);
        }
    }
}

int main(int argc, char **argv) {
    way_choose(argc, argv);
    int lines = 0;
    REQUIRE(cognito_log_set(COGNITO_LOG_LEVEL_TRACE, on_line, &lines) == COGNITO_STATUS_OK);
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        check_row = faults[i];
        connect_and_hear(faults[i]);
    }
    REQUIRE(cognito_log_set(COGNITO_LOG_LEVEL_NONE, NULL, NULL) == COGNITO_STATUS_OK);

    check_row = "all that was said";
    printf("%d lines, %zu bytes\n", lines, said_len);
    CHECK(lines > 100);
    const char *const secrets[] = {"X-Amz-Signature=",
                                   "X-Amz-Security-Token=",
                                   "X-Amz-Credential=",
                                   "secret-word",
                                   "login-token",
                                   "dXNlcjpzZWNyZXQtd29yZA", /* user:secret-word in base64 */
                                   "ASIA",
                                   "IQoJb3JpZ2luX2Vj"}; /* how session tokens begin */
    for (size_t i = 0; i < sizeof secrets / sizeof secrets[0]; i++) {
        if (strstr(said, secrets[i]) != NULL) {
            check_failed(__FILE__, __LINE__, "'%s' was said", secrets[i]);
        }
    }
    look_for_long_runs();
    free(said);
    return check_result();
}
