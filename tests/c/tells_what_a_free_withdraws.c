/* A request whose completion is a callback is answered once, also where the client is freed and was
 * never connected. */

#include "check.h"

struct told {
    int completions;
    cognito_status status;
};

static void on_complete(cognito_client *client, const cognito_completion *completion,
                        void *user_data) {
    (void)client;
    struct told *told = user_data;
    told->completions++;
    told->status = completion->status;
}

static void on_message(cognito_client *client, const cognito_message *message, void *user_data) {
    (void)client;
    (void)message;
    (void)user_data;
}

int main(void) {
    cognito_config *config;
    cognito_client *client;
    REQUIRE(cognito_config_new(&config) == COGNITO_STATUS_OK);
    REQUIRE(cognito_config_set_endpoint(config, "localhost") == COGNITO_STATUS_OK);
    REQUIRE(cognito_config_set_identity(config, "us-east-1:01234567-89ab-cdef-0123-456789abcdef") ==
            COGNITO_STATUS_OK);
    REQUIRE(cognito_config_set_client_id(config, "test-1") == COGNITO_STATUS_OK);
    REQUIRE(cognito_client_new(config, NULL, NULL, NULL, &client) == COGNITO_STATUS_OK);
    cognito_config_free(config);

    struct told told = {0, COGNITO_STATUS_OK};
    CHECK_STATUS(COGNITO_STATUS_OK,
                 cognito_client_subscribe(client, "a", 1, on_message, NULL, 0, on_complete, &told));
    CHECK_INT(0, told.completions);
    cognito_client_free(client);
    CHECK_INT(1, told.completions);
    CHECK_STATUS(COGNITO_STATUS_WITHDRAWN, told.status);
    return check_result();
}
