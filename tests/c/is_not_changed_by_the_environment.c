/* No environment variable changes what the library does, neither its own kind's nor the AWS SDK's.
 */

#define _POSIX_C_SOURCE 200112L

#include "local_aws.h"

static void log_line(int32_t level, const char *stage, const char *message, void *lines) {
    (void)level;
    (void)stage;
    CHECK(strstr(message, "X-Amz-Signature") == NULL);
    ++*(int *)lines;
}

int main(void) {
    static const char *const variables[][2] = {
        {"SMITHY_CLIENT_SDK_CUSTOM_PARTITION", "/nonexistent"},
        {"AWS_EXECUTION_ENV", "test"},
        {"AWS_REGION", "eu-west-9"},
        {"AWS_ENDPOINT_URL", "https://localhost:1"},
        {"AWS_ACCESS_KEY_ID", "AKIAEXAMPLE"},
        {"HTTPS_PROXY", "http://localhost:1"},
        {"https_proxy", "http://localhost:1"},
        {"ALL_PROXY", "http://localhost:1"},
        {"SSL_CERT_FILE", "/nonexistent"},
        {"SSL_CERT_DIR", "/nonexistent"},
        {"SSLKEYLOGFILE", "sslkeylog.txt"},
        {"RUST_LOG", "trace"},
        {"RUST_BACKTRACE", "full"},
        {"RUST_MIN_STACK", "1"},
        {"LOG_SENSITIVE_BODIES", "true"},
        {"LOG_SIGNABLE_BODY", "true"},
        {"TOKIO_WORKER_THREADS", "7"},
    };
    for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++) {
        REQUIRE(setenv(variables[i][0], variables[i][1], 1) == 0);
    }
    int lines = 0;
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_log_set(COGNITO_LOG_LEVEL_TRACE, log_line, &lines));
    cognito_client *client = local_aws_client();
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_connect(client, COGNITO_WAIT_FOREVER));
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_disconnect(client, COGNITO_WAIT_FOREVER));
    cognito_client_free(client);
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_log_set(COGNITO_LOG_LEVEL_NONE, NULL, NULL));
    CHECK(lines > 0);
    FILE *keys = fopen("sslkeylog.txt", "r");
    CHECK(keys == NULL);
    return check_result();
}
