/* While a callback is slow, nothing is acknowledged, little is read, and the session stays up;
 * then everything comes, once and in order. Argument: the QoS. */

#define _POSIX_C_SOURCE 200809L

#include "inbox.h"

#include <malloc.h>
#include <poll.h>
#include <pthread.h>

enum { MESSAGES = 500, SIZE = 16 * 1024, HEAP_MAX = 512 * 1024, SLOW_MS = 3500 };

static pthread_mutex_t slow = PTHREAD_MUTEX_INITIALIZER;
static int entered, received, in_order;

static size_t heap(void) {
    struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
}

static void on_message(cognito_client *client, const cognito_message *message, void *user_data) {
    int number = -1;
    (void)client;
    (void)user_data;
    __atomic_fetch_add(&entered, 1, __ATOMIC_SEQ_CST);
    pthread_mutex_lock(&slow);
    pthread_mutex_unlock(&slow);
    CHECK_INT(SIZE, message->payload_len);
    if (sscanf(message->payload, "%d", &number) == 1) {
        in_order += number == received;
    }
    __atomic_fetch_add(&received, 1, __ATOMIC_SEQ_CST);
}

static void publish_all(void) {
    static char payload[SIZE];
    cognito_client *client = local_aws_client();
    REQUIRE(cognito_client_connect(client, COGNITO_WAIT_FOREVER) == COGNITO_STATUS_OK);
    for (int i = 0; i < MESSAGES; i++) {
        snprintf(payload, sizeof payload, "%d", i);
        REQUIRE(cognito_client_publish(client, "slow", payload, sizeof payload, 1, false, NULL,
                                       COGNITO_WAIT_FOREVER, NULL, NULL) == COGNITO_STATUS_OK);
    }
    REQUIRE(cognito_client_disconnect(client, COGNITO_WAIT_FOREVER) == COGNITO_STATUS_OK);
    cognito_client_free(client);
}

static void *process(void *client) {
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_process(client, COGNITO_WAIT_FOREVER));
    return NULL;
}

int main(int argc, char **argv) {
    static struct inbox events;
    pthread_t threads[2];
    REQUIRE(argc == 2);
    int qos = atoi(argv[1]);
    mallopt(M_ARENA_MAX, 1); /* or what other threads take is not counted */
    cognito_config *config = local_aws_config();
    /* The server waits for a second and a half. */
    REQUIRE(cognito_config_set_keep_alive_s(config, 1) == COGNITO_STATUS_OK &&
            cognito_config_set_ping_timeout_ms(config, 500) == COGNITO_STATUS_OK);
    cognito_client *client = inbox_client(config, &events);
    REQUIRE(cognito_client_connect(client, COGNITO_WAIT_FOREVER) == COGNITO_STATUS_OK);
    REQUIRE(cognito_client_subscribe(client, "slow", qos, on_message, NULL, COGNITO_WAIT_FOREVER,
                                     NULL, NULL) == COGNITO_STATUS_OK);
    pthread_mutex_lock(&slow);
    /* The second one is there while the first is inside the callback. */
    for (int i = 0; i < 2; i++) {
        REQUIRE(pthread_create(&threads[i], NULL, process, client) == 0);
    }
    size_t before = heap();
    publish_all();
    poll(NULL, 0, SLOW_MS);
    size_t taken = heap() - before;
    printf("%d messages of %d bytes wait; the client has taken %zu KiB of heap for them\n",
           MESSAGES, SIZE, taken / 1024);
    CHECK(taken < HEAP_MAX);
    CHECK_INT(1, __atomic_load_n(&entered, __ATOMIC_SEQ_CST));
    CHECK(cognito_client_is_connected(client));
    pthread_mutex_unlock(&slow);

    CHECK(comes_to(&received, MESSAGES, 20000));
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_disconnect(client, COGNITO_WAIT_FOREVER));
    for (int i = 0; i < 2; i++) {
        pthread_join(threads[i], NULL);
    }
    CHECK_INT(MESSAGES, received);
    CHECK_INT(MESSAGES, in_order);
    CHECK_INT(3, events.events);
    cognito_client_free(client);
    return check_result();
}
