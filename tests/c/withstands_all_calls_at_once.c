/* One transport under threads that open, close, cancel, send and receive at random, while the
 * server breaks it again and again: every call returns in its time, and afterwards the transport is
 * as good as new, or is freed under them. Arguments: rounds, and a seed. Needs --broker echo. */

#define _POSIX_C_SOURCE 200809L

#include "transports.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>

enum { THREADS = 8, ROUND_MS = 1000 };

struct worker {
    pthread_t thread;
    uint64_t random;
    void (*act)(struct worker *);
    bool is_connected; /* by MQTT, as far as a sender knows */
};

static cognito_transport *transport;
static atomic_bool is_over;
static atomic_long received, opened, closed;

static void pause_up_to(struct worker *worker, uint32_t ms) {
    poll(NULL, 0, (int)random_below(&worker->random, ms));
}

/* Not at all, for a while, or to the end. */
static int32_t some_wait(struct worker *worker) {
    const int32_t waits[] = {0, (int32_t)random_below(&worker->random, 50), COGNITO_WAIT_FOREVER};
    return waits[random_below(&worker->random, 3)];
}

static void open_it(struct worker *worker) {
    opened += cognito_transport_open(transport, some_wait(worker)) == COGNITO_STATUS_OK;
    pause_up_to(worker, 20);
}

static void close_it(struct worker *worker) {
    pause_up_to(worker, 100);
    closed += cognito_transport_close(transport, some_wait(worker)) == COGNITO_STATUS_OK;
}

static void cancel_it(struct worker *worker) {
    pause_up_to(worker, 50);
    cognito_transport_cancel(transport);
}

static void break_it(struct worker *worker) {
    static const char *const ways[] = {"service=iot&how=rst", "service=iot&how=fin",
                                       "service=iot&how=close"};
    pause_up_to(worker, 150);
    local_aws_drop(ways[random_below(&worker->random, 3)]);
}

static void receive(struct worker *worker) {
    char buffer[5000];
    struct pollfd readable = {.fd = cognito_transport_fd(transport), .events = POLLIN};
    poll(&readable, 1, 20);
    int32_t got = 1;
    for (int i = 0; i < 100 && got > 0; i++) {
        size_t len = 1 + random_below(&worker->random, sizeof buffer);
        got = cognito_transport_recv(transport, buffer, len);
        CHECK(got <= (int32_t)len);
        received += got > 0 ? got : 0;
    }
}

static void send_to_it(struct worker *worker) {
    uint8_t packet[MQTT_OVERHEAD];
    size_t len = mqtt_connect(packet, "test-all");
    int32_t sent = worker->is_connected ? cognito_transport_send(transport, mqtt_pingreq, 2)
                                        : cognito_transport_send(transport, packet, len);
    worker->is_connected = sent >= 0 && (worker->is_connected || sent == (int32_t)len);
    pause_up_to(worker, sent > 0 ? 2 : 5);
}

static void *work(void *user_data) {
    struct worker *worker = user_data;
    while (!is_over) {
        worker->act(worker);
    }
    return NULL;
}

/* All of them for a while; whether the transport is freed under them or not. */
static void round_of(uint64_t seed, bool frees) {
    static void (*const acts[THREADS])(struct worker *) = {open_it,  open_it, close_it, cancel_it,
                                                           break_it, receive, receive,  send_to_it};
    struct worker workers[THREADS];
    is_over = false;
    for (uint64_t i = 0; i < THREADS; i++) {
        workers[i] = (struct worker){.random = seed * THREADS + i, .act = acts[i]};
        REQUIRE(pthread_create(&workers[i].thread, NULL, work, &workers[i]) == 0);
    }
    poll(NULL, 0, (int)allowed_ms(ROUND_MS));
    if (frees) {
        cognito_transport_free(transport);
    }
    is_over = true;
    double began = now_ms();
    for (int i = 0; i < THREADS; i++) {
        REQUIRE(pthread_join(workers[i].thread, NULL) == 0);
    }
    CHECK(now_ms() - began < allowed_ms(5500)); /* a close may take 5 s */
}

static void is_as_good_as_new(void) {
    uint8_t packet[MQTT_OVERHEAD], connack[sizeof mqtt_connack];
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_transport_close(transport, COGNITO_WAIT_FOREVER));
    cognito_status status = COGNITO_STATUS_CANCELLED; /* by a cancel that found nobody waiting */
    for (int i = 0; i < 2 && status == COGNITO_STATUS_CANCELLED; i++) {
        status = cognito_transport_open(transport, COGNITO_WAIT_FOREVER);
    }
    REQUIRE(status == COGNITO_STATUS_OK);
    transport_write(transport, packet, mqtt_connect(packet, "test-new"));
    transport_read(transport, connack, sizeof connack);
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_transport_close(transport, COGNITO_WAIT_FOREVER));
    cognito_transport_free(transport);
}

int main(int argc, char **argv) {
    REQUIRE(argc == 3);
    uint64_t rounds = strtoull(argv[1], NULL, 10), seed = strtoull(argv[2], NULL, 10);
    for (uint64_t i = 0; i < rounds; i++) {
        transport = local_aws_transport();
        round_of(seed + i, i % 2 == 1);
        if (i % 2 == 0) {
            is_as_good_as_new();
        }
    }
    printf("%ld times opened, %ld closed, %ld bytes received\n", (long)opened, (long)closed,
           (long)received);
    CHECK(opened > 0 && closed > 0 && received > 0);
    return check_result();
}
