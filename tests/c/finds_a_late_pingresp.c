/* A PINGRESP that came in time but was not read, because nobody called for a while, keeps the
 * session. */

#define _POSIX_C_SOURCE 199309L

#include "local_aws.h"

#include <time.h>

static void stay_away(time_t seconds, long milliseconds) {
    struct timespec time = {seconds, milliseconds * 1000000};
    nanosleep(&time, NULL);
}

int main(void) {
    cognito_config *config = local_aws_config();
    enum { CLIENTS = 8 };
    cognito_client *clients[CLIENTS] = {NULL};
    REQUIRE(cognito_config_set_keep_alive_s(config, 8) == COGNITO_STATUS_OK);
    for (int i = 0; i < CLIENTS; i++) {
        char id[32];
        snprintf(id, sizeof id, "test-late-%d", i);
        REQUIRE(cognito_config_set_client_id(config, id) == COGNITO_STATUS_OK);
        REQUIRE(cognito_client_new(config, NULL, NULL, NULL, &clients[i]) == COGNITO_STATUS_OK);
        REQUIRE(cognito_client_connect(clients[i], COGNITO_WAIT_FOREVER) == COGNITO_STATUS_OK);
    }
    /* PINGREQ is due after 8 s of silence; its answer may take 10 s; the server waits for 12 s. */
    stay_away(8, 200);
    for (int i = 0; i < CLIENTS; i++) {
        CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_process(clients[i], 0));
    }
    CHECK(local_aws_wait("mqtt_packets_received=16"));
    stay_away(10, 300);
    for (int i = 0; i < CLIENTS; i++) {
        CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_process(clients[i], 0));
        CHECK(cognito_client_is_connected(clients[i]));
        cognito_client_free(clients[i]);
    }
    cognito_config_free(config);
    return check_result();
}
