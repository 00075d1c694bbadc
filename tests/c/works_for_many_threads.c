/* One client, many threads: some publish and wait, some process, and one of the library's own that
 * was asked for. Each message comes once, callbacks one at a time. Arguments: how many threads
 * publish, and how many messages each. */

#define _POSIX_C_SOURCE 200809L

#include "inbox.h"
#include "proc.h"

#include <pthread.h>

enum { THREADS_MAX = 64, EACH_MAX = 100 };

static cognito_client *client;
static int inside, received;
static int own_threads;
static int seen[THREADS_MAX][EACH_MAX];
static int threads = 8, each = EACH_MAX;

static void on_message(cognito_client *of, const cognito_message *message, void *user_data) {
    int thread, number;
    char payload[16] = "";
    (void)of;
    (void)user_data;
    CHECK_INT(0, __atomic_fetch_add(&inside, 1, __ATOMIC_SEQ_CST));
    memcpy(payload, message->payload, message->payload_len);
    if (sscanf(payload, "%d/%d", &thread, &number) == 2) {
        seen[thread][number]++;
        /* In the order in which the thread has published them. */
        CHECK(number == 0 || seen[thread][number - 1] > 0);
    }
    __atomic_fetch_add(&received, 1, __ATOMIC_SEQ_CST);
    CHECK_INT(1, __atomic_fetch_sub(&inside, 1, __ATOMIC_SEQ_CST));
}

static void *publish(void *argument) {
    int thread = (int)(intptr_t)argument;
    for (int i = 0; i < each; i++) {
        char payload[16];
        int length = snprintf(payload, sizeof payload, "%d/%d", thread, i);
        CHECK_STATUS(COGNITO_STATUS_OK,
                     cognito_client_publish(client, "many", payload, (size_t)length, 1, false, NULL,
                                            COGNITO_WAIT_FOREVER, NULL, NULL));
    }
    return NULL;
}

static void *process(void *argument) {
    (void)argument;
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_process(client, COGNITO_WAIT_FOREVER));
    return NULL;
}

/* What the publishing threads share the client with. */
static void round_of(bool starts, int processing) {
    pthread_t publishers[THREADS_MAX], others[4];
    memset(seen, 0, sizeof seen);
    received = 0;
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_connect(client, COGNITO_WAIT_FOREVER));
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_subscribe(client, "many", 1, on_message, NULL,
                                                             COGNITO_WAIT_FOREVER, NULL, NULL));
    if (starts) {
        CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_start(client));
        CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_start(client));
        CHECK_INT(own_threads + 1, proc_count(0, "task"));
    }
    for (int i = 0; i < processing; i++) {
        REQUIRE(pthread_create(&others[i], NULL, process, NULL) == 0);
    }
    for (int i = 0; i < threads; i++) {
        REQUIRE(pthread_create(&publishers[i], NULL, publish, (void *)(intptr_t)i) == 0);
    }
    for (int i = 0; i < threads; i++) {
        pthread_join(publishers[i], NULL);
    }
    double deadline = now_ms() + allowed_ms(10000);
    while (__atomic_load_n(&received, __ATOMIC_SEQ_CST) < threads * each && now_ms() < deadline) {
        CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_process(client, 10));
    }
    for (int thread = 0; thread < threads; thread++) {
        for (int i = 0; i < each; i++) {
            CHECK_INT(1, seen[thread][i]);
        }
    }
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_disconnect(client, COGNITO_WAIT_FOREVER));
    for (int i = 0; i < processing; i++) {
        pthread_join(others[i], NULL);
    }
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_stop(client));
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_stop(client));
}

int main(int argc, char **argv) {
    own_threads = proc_own_threads();
    if (argc == 3) {
        threads = atoi(argv[1]);
        each = atoi(argv[2]);
        REQUIRE(threads <= THREADS_MAX && each <= EACH_MAX);
    }
    static struct inbox events;
    client = inbox_client(local_aws_config(), &events);
    check_row = "publishers alone";
    round_of(false, 0);
    check_row = "one thread processes";
    round_of(false, 1);
    check_row = "four threads process";
    round_of(false, 4);
    check_row = "start";
    round_of(true, 0);
    check_row = "start, and two threads process";
    round_of(true, 2);
    inbox_check_events(&events);
    /* free ends the thread too. */
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_start(client));
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_connect(client, COGNITO_WAIT_FOREVER));
    cognito_client_free(client);
    CHECK_INT(6 * 3, events.events);
    CHECK_INT(COGNITO_EVENT_KIND_DISCONNECTED, events.event[6 * 3 - 1].kind);
    inbox_check_events(&events);
    CHECK(proc_threads_fall_to(own_threads));
    return check_result();
}
