/* free ends the calls of other threads with COGNITO_STATUS_CANCELLED, and does not wait for the
 * network. */

#include "stalls.h"

#include <pthread.h>

enum { THREADS = 3, ROUNDS = 10 };

static cognito_client *client;

static void *wait_in_connect(void *unused) {
    cognito_status status = cognito_client_connect(client, COGNITO_WAIT_FOREVER);
    /* A thread that comes after the free finds no client. */
    CHECK(status == COGNITO_STATUS_CANCELLED || status == COGNITO_STATUS_INVALID_HANDLE);
    return status == COGNITO_STATUS_CANCELLED ? unused : NULL;
}

static void *wait_in_process(void *unused) {
    cognito_status status = cognito_client_process(client, COGNITO_WAIT_FOREVER);
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
    cognito_client_free(client);
    CHECK(now_ms() - start < allowed_ms(100));
    for (int i = 0; i < THREADS; i++) {
        void *result = NULL;
        REQUIRE(pthread_join(threads[i], &result) == 0);
        inside += result != NULL;
    }
    CHECK(now_ms() - start < allowed_ms(200));
    CHECK_STATUS(COGNITO_STATUS_INVALID_HANDLE, cognito_client_connect(client, 0));
    return inside;
}

int main(void) {
    for (size_t i = 0; i < stall_count; i++) {
        cognito_config *config = stall_begin(&stalls[i]);
        REQUIRE(cognito_client_new(config, NULL, &client) == COGNITO_STATUS_OK);
        cognito_config_free(config);
        CHECK(free_under(wait_in_connect, &stalls[i]) >= 1);
        stall_end(&stalls[i]);
    }
    check_row = "in the middle of anything";
    for (int round = 0; round < ROUNDS; round++) {
        client = local_aws_client();
        free_under(wait_in_connect, NULL);
        client = local_aws_client();
        REQUIRE(cognito_client_connect(client, COGNITO_WAIT_FOREVER) == COGNITO_STATUS_OK);
        free_under(wait_in_process, NULL);
    }
    CHECK(local_aws_wait("open_connections_at_most=0"));
    return check_result();
}
