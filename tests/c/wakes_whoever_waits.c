/* Several threads share the work of a client, and none of it is left lying while one of them sleeps
 * in the kernel: what one thread leaves behind, another one takes up at once, and not with the next
 * packet or keep-alive. The server says nothing by itself here, for 20 minutes. */

#define _POSIX_C_SOURCE 200809L

#include "inbox.h"

#include <poll.h>
#include <pthread.h>

enum { AT_ONCE_MS = 3000, SLOW_MS = 15, BURST = 40, ROUNDS = 100, BLOCKS = 64, BLOCK_LEN = 100000 };

static int messages, completions;

/* So slow that a thread delivers one or two, and then looks at the network. */
static void on_message(cognito_client *client, const cognito_message *message, void *unused) {
    (void)client;
    (void)message;
    (void)unused;
    poll(NULL, 0, SLOW_MS);
    __atomic_fetch_add(&messages, 1, __ATOMIC_SEQ_CST);
}
static void on_complete(cognito_client *client, const cognito_completion *completion,
                        void *unused) {
    (void)client;
    (void)unused;
    CHECK_STATUS(COGNITO_STATUS_OK, completion->status);
    __atomic_fetch_add(&completions, 1, __ATOMIC_SEQ_CST);
}

static cognito_client *connected(void) {
    cognito_config *config = local_aws_config();
    cognito_client *client = NULL;
    REQUIRE(cognito_config_set_keep_alive_s(config, 1200) == COGNITO_STATUS_OK &&
            cognito_config_set_queue_max(config, BLOCKS / 2, 100000000) == COGNITO_STATUS_OK &&
            cognito_client_new(config, NULL, NULL, NULL, &client) == COGNITO_STATUS_OK);
    cognito_config_free(config);
    REQUIRE(cognito_client_connect(client, COGNITO_WAIT_FOREVER) == COGNITO_STATUS_OK &&
            cognito_client_subscribe(client, "wakes", 0, on_message, NULL, COGNITO_WAIT_FOREVER,
                                     NULL, NULL) == COGNITO_STATUS_OK);
    messages = completions = 0;
    return client;
}

static void *process(void *client) {
    CHECK_STATUS(COGNITO_STATUS_CANCELLED, cognito_client_process(client, COGNITO_WAIT_FOREVER));
    return NULL;
}

/* Two threads: while one delivers, the other one waits for the network. */
static void delivers_all_of_a_burst(bool is_started) {
    pthread_t threads[2];
    int count = is_started ? 1 : 2;
    cognito_client *client = connected();
    for (int i = 0; i < count; i++) {
        REQUIRE(pthread_create(&threads[i], NULL, process, client) == 0);
    }
    if (is_started) {
        CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_start(client));
    }
    cognito_client *sender = local_aws_client();
    REQUIRE(cognito_client_connect(sender, COGNITO_WAIT_FOREVER) == COGNITO_STATUS_OK);
    for (int i = 0; i < BURST; i++) {
        CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_publish(sender, "wakes", "x", 1, 0, false,
                                                               NULL, 0, NULL, NULL));
    }
    CHECK(comes_to(&messages, BURST, AT_ONCE_MS));
    CHECK_INT(BURST, messages);
    cognito_client_free(sender);
    cognito_client_free(client);
    for (int i = 0; i < count; i++) {
        REQUIRE(pthread_join(threads[i], NULL) == 0);
    }
}

/* A call leaves, and what it has read is told by the thread that has waited for the network. */
static void tells_what_a_call_has_read(void) {
    cognito_client *client = connected();
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_start(client));
    for (int i = 1; i <= ROUNDS / 10 && check_failures() == 0; i++) {
        for (int k = 0; k < 3; k++) {
            CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_publish(client, "wakes", "x", 1, 0,
                                                                   false, NULL, 0, NULL, NULL));
        }
        CHECK_STATUS(COGNITO_STATUS_OK,
                     cognito_client_publish(client, "other", "x", 1, 1, false, NULL,
                                            (int32_t)allowed_ms(AT_ONCE_MS), NULL, NULL));
        CHECK(comes_to(&messages, 3 * i, AT_ONCE_MS));
        CHECK_INT(3 * i, messages);
    }
    cognito_client_free(client);
}

/* QoS 0, which is done with the call, beside a thread that nothing else would wake. */
static void completes_at_once(void) {
    cognito_client *client = connected();
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_start(client));
    for (int i = 1; i <= ROUNDS && check_failures() == 0; i++) {
        CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_publish(client, "other", "x", 1, 0, false,
                                                               NULL, 0, on_complete, NULL));
        CHECK(comes_to(&completions, i, AT_ONCE_MS));
        CHECK_INT(i, completions);
    }
    cognito_client_free(client);
}

static cognito_client *sharing;
static int done;

static void *publish(void *topic) {
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_publish(sharing, topic, "x", 1, 0, false, NULL,
                                                           COGNITO_WAIT_FOREVER, NULL, NULL));
    __atomic_fetch_add(&done, 1, __ATOMIC_SEQ_CST);
    return NULL;
}

/* Publishes of QoS 0 that wait for a socket with room, and for room in the queue. */
static void goes_on_when_there_is_room(bool is_queue_full) {
    static char block[BLOCK_LEN];
    pthread_t threads[3];
    sharing = connected();
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_start(sharing));
    local_aws_fault("iot.reading=paused");
    cognito_status status = COGNITO_STATUS_OK;
    int blocks = 0;
    double deadline = now_ms() + allowed_ms(10000);
    /* What the socket takes is in the kernel; then some wait, or as many as may. */
    while (status == COGNITO_STATUS_OK && now_ms() < deadline &&
           (is_queue_full || blocks < BLOCKS)) {
        status = cognito_client_publish(sharing, "other", block, sizeof block, 0, false, NULL, 0,
                                        NULL, NULL);
        blocks += status == COGNITO_STATUS_OK;
    }
    CHECK(status == (is_queue_full ? COGNITO_STATUS_QUEUE_FULL : COGNITO_STATUS_OK) ||
          status == COGNITO_STATUS_QUEUE_FULL);
    if (!is_queue_full && status == COGNITO_STATUS_QUEUE_FULL) {
        printf("the socket took %d blocks\n", blocks);
    }
    done = 0;
    for (int i = 0; i < 3; i++) {
        REQUIRE(pthread_create(&threads[i], NULL, publish, "other") == 0);
    }
    CHECK(!comes_to(&done, 1, 100));
    local_aws_fault("iot.reading=");
    CHECK(comes_to(&done, 3, AT_ONCE_MS));
    CHECK_INT(3, done);
    for (int i = 0; i < 3; i++) {
        REQUIRE(pthread_join(threads[i], NULL) == 0);
    }
    cognito_client_free(sharing);
    local_aws_reset();
}

int main(void) {
    check_row = "two threads that process";
    delivers_all_of_a_burst(false);
    check_row = "one that processes, and that of start";
    delivers_all_of_a_burst(true);
    check_row = "a call that leaves";
    tells_what_a_call_has_read();
    check_row = "completions of QoS 0";
    completes_at_once();
    check_row = "a full socket";
    goes_on_when_there_is_room(false);
    check_row = "a full queue";
    goes_on_when_there_is_room(true);
    return check_result();
}
