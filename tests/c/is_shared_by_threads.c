/* Threads that connect one client at once all get the one session, and all see its end. Argument:
 * what they connect. */

#define _POSIX_C_SOURCE 200809L

#include "local_aws.h"

#include <pthread.h>

enum { THREADS = 8, ROUNDS = 5 };

static void *handle;
static pthread_barrier_t together;

static void *connect_and_disconnect(void *unused) {
    for (int round = 0; round < ROUNDS; round++) {
        pthread_barrier_wait(&together);
        CHECK_STATUS(COGNITO_STATUS_OK, way->open(handle, COGNITO_WAIT_FOREVER));
        CHECK(way->is_open(handle));
        if (way == &the_client) {
            CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_process(handle, 10));
        }
        pthread_barrier_wait(&together);
        CHECK_STATUS(COGNITO_STATUS_OK, way->close(handle, COGNITO_WAIT_FOREVER));
        CHECK(!way->is_open(handle));
    }
    return unused;
}

int main(int argc, char **argv) {
    way_choose(argc, argv);
    pthread_t threads[THREADS];
    handle = local_aws_handle();
    REQUIRE(pthread_barrier_init(&together, NULL, THREADS) == 0);
    for (int i = 0; i < THREADS; i++) {
        REQUIRE(pthread_create(&threads[i], NULL, connect_and_disconnect, NULL) == 0);
    }
    for (int i = 0; i < THREADS; i++) {
        REQUIRE(pthread_join(threads[i], NULL) == 0);
    }
    way->free(handle);
    CHECK_INT(ROUNDS, local_aws_counter("upgrades"));
    CHECK_INT(ROUNDS, local_aws_counter("websocket_closes"));
    CHECK_INT(ROUNDS, local_aws_counter("iot_accepted"));
    CHECK_INT(1, local_aws_counter("cognito_get_credentials"));
    CHECK_INT(0, local_aws_counter("takeovers"));
    return check_result();
}
