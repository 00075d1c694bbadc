/* Nothing of what is fetched and signed is in a log line of any level, or in a failure. */

#include "local_aws.h"

static char said[1 << 20];
static size_t said_len;

static void hear(const char *text) {
    size_t len = strlen(text);
    REQUIRE(said_len + len + 2 < sizeof said);
    memcpy(said + said_len, text, len);
    said_len += len;
    said[said_len++] = '\n';
}

static void on_line(int32_t level, const char *stage, const char *message, void *lines) {
    (void)level;
    (void)stage;
    ++*(int *)lines;
    hear(message);
}

/* A secret is not to be there, and neither is a good part of it. */
static void is_secret(const char *name, const char *secret) {
    char part[17];
    check_row = name;
    REQUIRE(strlen(secret) >= 16);
    for (size_t at = 0; at + 16 <= strlen(secret); at += 16) {
        snprintf(part, sizeof part, "%.16s", secret + at);
        CHECK(strstr(said, part) == NULL);
    }
}

int main(void) {
    cognito_config *config = local_aws_config();
    cognito_provider *provider = NULL;
    cognito_credentials *credentials = NULL;
    cognito_signed_url *url = NULL;
    int lines = 0;
    REQUIRE(cognito_log_set(COGNITO_LOG_LEVEL_TRACE, on_line, &lines) == COGNITO_STATUS_OK);
    REQUIRE(cognito_provider_new(config, &provider) == COGNITO_STATUS_OK);
    local_aws_fault("cognito.response=expired*1");
    CHECK(cognito_provider_fetch(provider, COGNITO_WAIT_FOREVER, &credentials) !=
          COGNITO_STATUS_OK);
    hear(cognito_last_error());
    REQUIRE(cognito_provider_fetch(provider, COGNITO_WAIT_FOREVER, &credentials) ==
            COGNITO_STATUS_OK);
    REQUIRE(cognito_provider_sign(provider, COGNITO_HOST_HEADER_WITH_PORT, 0, &url) ==
            COGNITO_STATUS_OK);
    cognito_signed_url_free(url);
    CHECK_STATUS(COGNITO_STATUS_INVALID_ARGUMENT, cognito_provider_sign(provider, 7, 0, &url));
    hear(cognito_last_error());
    REQUIRE(cognito_provider_sign(provider, COGNITO_HOST_HEADER_STANDARD, 0, &url) ==
            COGNITO_STATUS_OK);
    REQUIRE(cognito_log_set(COGNITO_LOG_LEVEL_NONE, NULL, NULL) == COGNITO_STATUS_OK);
    printf("%d lines, %zu bytes\n", lines, said_len);
    CHECK(lines > 5);

    is_secret("access key id", cognito_credentials_access_key_id(credentials));
    is_secret("secret access key", cognito_credentials_secret_access_key(credentials));
    is_secret("session token", cognito_credentials_session_token(credentials));
    const char *signature = strstr(cognito_signed_url_path(url), "X-Amz-Signature=");
    REQUIRE(signature != NULL);
    is_secret("signature and token", signature);
    cognito_signed_url_free(url);
    cognito_credentials_free(credentials);
    cognito_provider_free(provider);
    cognito_config_free(config);
    return check_result();
}
