/* free ends the calls of other threads with COGNITO_STATUS_CANCELLED, and does not wait for the
 * network. Argument: of what the free is. */

#include "stalls.h"

#include <pthread.h>

enum { THREADS = 3, ROUNDS = 10 };

static void *handle;

static void *wait_in_connect(void *unused) {
    cognito_status status = way->open(handle, COGNITO_WAIT_FOREVER);
    /* A thread that comes after the free finds nothing. */
    CHECK(status == COGNITO_STATUS_CANCELLED || status == COGNITO_STATUS_INVALID_HANDLE);
    return status == COGNITO_STATUS_CANCELLED ? unused : NULL;
}

static void *wait_in_process(void *unused) {
    cognito_status status = cognito_client_process(handle, COGNITO_WAIT_FOREVER);
    CHECK(status == COGNITO_STATUS_CANCELLED || status == COGNITO_STATUS_INVALID_HANDLE);
    return status == COGNITO_STATUS_CANCELLED ? unused : NULL;
}

/* How many of the threads were inside. */
static int free_under(void *(*waiting)(void *), const struct stall *stall) {
    pthread_t threads[THREADS];
    int inside = 0;
    for (int i = 0; i < THREADS; i++) {
        REQUIRE(pthread_create(&threads[i], NULL, waiting, &inside) == 0);
    }
    if (stall != NULL) {
        stall_wait_until_reached(stall);
    }
    double start = now_ms();
    way->free(handle);
    CHECK(now_ms() - start < allowed_ms(100));
    for (int i = 0; i < THREADS; i++) {
        void *result = NULL;
        REQUIRE(pthread_join(threads[i], &result) == 0);
        inside += result != NULL;
    }
    CHECK(now_ms() - start < allowed_ms(200));
    CHECK_STATUS(COGNITO_STATUS_INVALID_HANDLE, way->open(handle, 0));
    return inside;
}

int main(int argc, char **argv) {
    way_choose(argc, argv);
    for (size_t i = 0; i < stall_count; i++) {
        if (!stall_applies(&stalls[i])) {
            continue;
        }
        cognito_config *config = stall_begin(&stalls[i]);
        REQUIRE(way->make(config, NULL, &handle) == COGNITO_STATUS_OK);
        cognito_config_free(config);
        CHECK(free_under(wait_in_connect, &stalls[i]) >= 1);
        stall_end(&stalls[i]);
    }
    check_row = "in the middle of anything";
    if (way == &the_provider) {
        local_aws_fault("cognito.delay_ms=100"); /* else it could be through before the free */
    }
    for (int round = 0; round < ROUNDS; round++) {
        handle = local_aws_handle();
        free_under(wait_in_connect, NULL);
        if (way == &the_client) {
            handle = local_aws_handle();
            REQUIRE(way->open(handle, COGNITO_WAIT_FOREVER) == COGNITO_STATUS_OK);
            free_under(wait_in_process, NULL);
        }
    }
    CHECK(local_aws_wait("open_connections_at_most=0"));
    return check_result();
}
