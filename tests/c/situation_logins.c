/* The logins of situations. */

#include "situations.h"

#define PROVIDER "cognito-idp.us-east-1.amazonaws.com/us-east-1_AbCdEf123"
#define OTHER_PROVIDER "accounts.google.com"

/* A token says what local AWS does with it; some are not handed over. */
static int32_t login(cognito_login_sink *sink, void *user_data) {
    const char *token = user_data;
    if (strcmp(token, "fails") == 0) {
        return COGNITO_STATUS_OUT_OF_RESOURCES;
    }
    if (strcmp(token, "none-given") == 0) {
        return COGNITO_STATUS_OK;
    }
    bool other = strcmp(token, "of-another-provider") == 0;
    return cognito_login_sink_set(sink, other ? OTHER_PROVIDER : PROVIDER, token);
}

cognito_status situation_set_login(cognito_config *config, const char *value) {
    static char *const tokens[] = {"good",       "expired", "unsupported", "of-another-provider",
                                   "none-given", "fails"}; /* outlive the clients */
    for (size_t i = 0; i < sizeof tokens / sizeof tokens[0]; i++) {
        if (strcmp(value, tokens[i]) == 0) {
            return cognito_config_set_login(config, login, tokens[i]);
        }
    }
    return COGNITO_STATUS_INVALID_ARGUMENT;
}

const char *situation_login_identity(void) {
    static char identity[64];
    if (identity[0] == '\0') {
        cognito_config *config = local_aws_config();
        cognito_client *client = NULL;
        cognito_failure *failure = NULL;
        REQUIRE(cognito_config_set_identity(config, NULL) == COGNITO_STATUS_OK &&
                cognito_config_set_identity_pool(config, local_aws("IDENTITY_POOL")) ==
                    COGNITO_STATUS_OK &&
                situation_set_login(config, "good") == COGNITO_STATUS_OK &&
                cognito_client_new(config, NULL, NULL, NULL, &client) == COGNITO_STATUS_OK);
        /* Without an IoT policy it gets no further than to its identity. */
        REQUIRE(cognito_client_connect(client, COGNITO_WAIT_FOREVER) != COGNITO_STATUS_OK &&
                cognito_client_failure(client, &failure) == COGNITO_STATUS_OK);
        snprintf(identity, sizeof identity, "%s", cognito_failure_identity(failure));
        REQUIRE(identity[0] != '\0');
        cognito_failure_free(failure);
        cognito_client_free(client);
        cognito_config_free(config);
    }
    return identity;
}
