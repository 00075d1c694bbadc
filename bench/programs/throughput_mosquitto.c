/*
 * Publishes over libmosquitto and TLS as fast as it takes messages: bench/throughput.
 *
 * One thread does all: with mosquitto_loop_start() every message wakes another one, which takes
 * longer.
 *
 * Exit code: 0 all is at the broker, 1 it failed, 2 the command line is wrong.
 */

#include "throughput.h"

#include <mosquitto.h>
#include <stdio.h>
#include <stdlib.h>

struct run {
    struct load load;
    int last_id; /* of the message behind those of QoS 0 */
    long acknowledged;
    bool is_connected;
    bool is_over;
    bool failed;
};

static bool check(struct run *run, const char *call, int result) {
    if (result != MOSQ_ERR_SUCCESS) {
        fprintf(stderr, "%s: %s\n", call, mosquitto_strerror(result));
        run->failed = true;
    }
    return !run->failed;
}

static void on_connect(struct mosquitto *client, void *user_data, int code) {
    struct run *run = user_data;
    (void)client;
    run->is_connected = check(run, "CONNACK", code);
}

/* Of QoS 0 when it was written, of QoS 1 when it was acknowledged. */
static void on_publish(struct mosquitto *client, void *user_data, int id) {
    struct run *run = user_data;
    (void)client;
    run->acknowledged++;
    run->is_over = run->load.qos == 1 ? run->acknowledged == run->load.count : id == run->last_id;
}

static bool loop(struct mosquitto *client, struct run *run) {
    return check(run, "mosquitto_loop", mosquitto_loop(client, 1000, 1));
}

static bool publish(struct mosquitto *client, struct run *run, int qos, int *id) {
    const struct load *load = &run->load;
    return check(run, "mosquitto_publish",
                 mosquitto_publish(client, id, THROUGHPUT_TOPIC, (int)load->size, load->payload,
                                   qos, false));
}

/* Waits where the socket is full, or as many messages are in flight as may. */
static void publish_all(struct mosquitto *client, struct run *run) {
    const struct load *load = &run->load;
    run->last_id = -1;
    stopwatch_start();
    for (long published = 0; published < load->count && !run->failed; published++) {
        while (!run->failed &&
               (mosquitto_want_write(client) ||
                (load->qos == 1 && published - run->acknowledged >= THROUGHPUT_IN_FLIGHT))) {
            loop(client, run);
        }
        publish(client, run, load->qos, NULL);
    }
    if (load->qos == 0 && !run->failed) {
        publish(client, run, 1, &run->last_id);
    }
    while (!run->is_over && !run->failed) {
        loop(client, run);
    }
    stopwatch_stop();
}

int main(int argc, char **argv) {
    struct run run = {.failed = false};
    if (argc != 7 || !load_begin(&run.load, argv[4], argv[5], argv[6])) {
        fprintf(stderr, "usage: throughput_mosquitto HOST PORT CA_FILE QOS SIZE COUNT\n");
        return 2;
    }
    mosquitto_lib_init();
    struct mosquitto *client = mosquitto_new("test-throughput-mosquitto", true, &run);
    run.failed = client == NULL;
    if (!run.failed) {
        mosquitto_connect_callback_set(client, on_connect);
        mosquitto_publish_callback_set(client, on_publish);
        mosquitto_max_inflight_messages_set(client, THROUGHPUT_IN_FLIGHT);
        /* As this library always does; Paho C has no option for it. */
        check(&run, "TCP_NODELAY", mosquitto_int_option(client, MOSQ_OPT_TCP_NODELAY, 1));
        check(&run, "mosquitto_tls_set",
              mosquitto_tls_set(client, argv[3], NULL, NULL, NULL, NULL));
    }
    if (!run.failed &&
        check(&run, "mosquitto_connect", mosquitto_connect(client, argv[1], atoi(argv[2]), 60))) {
        while (!run.is_connected && !run.failed) {
            loop(client, &run);
        }
        publish_all(client, &run);
    }
    if (!run.failed) {
        stopwatch_print();
        mosquitto_disconnect(client);
    }
    mosquitto_destroy(client);
    mosquitto_lib_cleanup();
    load_end(&run.load);
    return run.failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
