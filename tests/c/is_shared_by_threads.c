/* Threads that connect one client at once all get the one session, and all see its end. */

#define _POSIX_C_SOURCE 200809L

#include "local_aws.h"

#include <pthread.h>

enum { THREADS = 8, ROUNDS = 5 };

static cognito_client *client;
static pthread_barrier_t together;

static void *connect_and_disconnect(void *unused) {
    for (int round = 0; round < ROUNDS; round++) {
        pthread_barrier_wait(&together);
        CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_connect(client, COGNITO_WAIT_FOREVER));
        CHECK(cognito_client_is_connected(client));
        CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_process(client, 10));
        pthread_barrier_wait(&together);
        CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_disconnect(client, COGNITO_WAIT_FOREVER));
        CHECK(!cognito_client_is_connected(client));
    }
    return unused;
}

int main(void) {
    pthread_t threads[THREADS];
    client = local_aws_client();
    REQUIRE(pthread_barrier_init(&together, NULL, THREADS) == 0);
    for (int i = 0; i < THREADS; i++) {
        REQUIRE(pthread_create(&threads[i], NULL, connect_and_disconnect, NULL) == 0);
    }
    for (int i = 0; i < THREADS; i++) {
        REQUIRE(pthread_join(threads[i], NULL) == 0);
    }
    cognito_client_free(client);
    CHECK_INT(ROUNDS, local_aws_counter("connects_v4"));
    CHECK_INT(ROUNDS, local_aws_counter("disconnects"));
    CHECK_INT(ROUNDS, local_aws_counter("iot_accepted"));
    CHECK_INT(1, local_aws_counter("cognito_get_credentials"));
    CHECK_INT(0, local_aws_counter("takeovers"));
    return check_result();
}
