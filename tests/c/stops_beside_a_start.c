/* Threads start and stop the thread of one client beside each other: each stop comes back, with
 * that thread at its end, and with it its callbacks, however many wait for it. */

#define _POSIX_C_SOURCE 200809L

#include "inbox.h"
#include "proc.h"

#include <poll.h>
#include <pthread.h>

enum { ROUNDS = 1000, THREADS = 4 };

static cognito_client *client;
static int is_inside;

static void *start_and_stop(void *stops) {
    for (int i = 0; i < ROUNDS; i++) {
        CHECK_STATUS(COGNITO_STATUS_OK,
                     stops != NULL ? cognito_client_stop(client) : cognito_client_start(client));
    }
    return NULL;
}

static void on_message(cognito_client *unused, const cognito_message *message, void *user_data) {
    (void)unused;
    (void)message;
    (void)user_data;
    __atomic_store_n(&is_inside, 1, __ATOMIC_SEQ_CST);
    poll(NULL, 0, 100);
    __atomic_store_n(&is_inside, 0, __ATOMIC_SEQ_CST);
}

static void *stop_inside(void *unused) {
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_stop(client));
    CHECK_INT(0, __atomic_load_n(&is_inside, __ATOMIC_SEQ_CST));
    return unused;
}

int main(void) {
    pthread_t threads[THREADS];
    int own_threads = proc_own_threads();
    client = local_aws_client();
    REQUIRE(cognito_client_connect(client, COGNITO_WAIT_FOREVER) == COGNITO_STATUS_OK &&
            cognito_client_subscribe(client, "stops", 0, on_message, NULL, COGNITO_WAIT_FOREVER,
                                     NULL, NULL) == COGNITO_STATUS_OK);
    check_row = "starts and stops";
    for (int i = 0; i < THREADS; i++) {
        REQUIRE(pthread_create(&threads[i], NULL, start_and_stop, i % 2 ? client : NULL) == 0);
    }
    for (int i = 0; i < THREADS; i++) {
        REQUIRE(pthread_join(threads[i], NULL) == 0);
    }
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_stop(client));
    CHECK(proc_threads_fall_to(own_threads));

    check_row = "stops while it is in a callback";
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_start(client));
    CHECK_STATUS(COGNITO_STATUS_OK,
                 cognito_client_publish(client, "stops", "x", 1, 0, false, NULL, 0, NULL, NULL));
    CHECK(comes_to(&is_inside, 1, 5000));
    for (int i = 0; i < THREADS; i++) {
        REQUIRE(pthread_create(&threads[i], NULL, stop_inside, NULL) == 0);
    }
    for (int i = 0; i < THREADS; i++) {
        REQUIRE(pthread_join(threads[i], NULL) == 0);
    }
    cognito_client_free(client);
    CHECK(proc_threads_fall_to(own_threads));
    return check_result();
}
