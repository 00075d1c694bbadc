/*
 * Publishes over Paho C's MQTTClient and wss:// as fast as it takes messages: bench/throughput.
 *
 * Of Paho's ways this is the fastest one: with a thread of Paho's for what comes, and no more
 * messages than may be in flight. MQTTAsync hands every message to another thread; and both wait
 * 100 ms and more for messages above that number, and in MQTTClient_waitForCompletion().
 *
 * Exit code: 0 all is at the broker, 1 it failed, 2 the command line is wrong.
 */

#define _POSIX_C_SOURCE 200809L

#include "throughput.h"

#include <MQTTClient.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

struct run {
    struct load load;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    long acknowledged;
    bool failed;
};

static void on_acknowledged(void *user_data, MQTTClient_deliveryToken token) {
    struct run *run = user_data;
    (void)token;
    pthread_mutex_lock(&run->lock);
    run->acknowledged++;
    pthread_cond_signal(&run->changed);
    pthread_mutex_unlock(&run->lock);
}

static void on_lost(void *user_data, char *cause) {
    struct run *run = user_data;
    fprintf(stderr, "the connection was lost: %s\n", cause != NULL ? cause : "");
    pthread_mutex_lock(&run->lock);
    run->failed = true;
    pthread_cond_signal(&run->changed);
    pthread_mutex_unlock(&run->lock);
}

/* Nothing is subscribed to. */
static int on_message(void *user_data, char *topic, int topic_len, MQTTClient_message *message) {
    (void)user_data;
    (void)topic_len;
    MQTTClient_freeMessage(&message);
    MQTTClient_free(topic);
    return 1;
}

/* Waits until so many are acknowledged. */
static bool wait_until(struct run *run, long acknowledged) {
    pthread_mutex_lock(&run->lock);
    while (run->acknowledged < acknowledged && !run->failed) {
        pthread_cond_wait(&run->changed, &run->lock);
    }
    bool works = !run->failed;
    pthread_mutex_unlock(&run->lock);
    return works;
}

static bool check(const char *call, int result) {
    if (result != MQTTCLIENT_SUCCESS) {
        fprintf(stderr, "%s: %s (%d)\n", call, MQTTClient_strerror(result), result);
    }
    return result == MQTTCLIENT_SUCCESS;
}

static bool connect_paho(MQTTClient client, const char *ca_file) {
    MQTTClient_SSLOptions tls = MQTTClient_SSLOptions_initializer;
    MQTTClient_connectOptions options = MQTTClient_connectOptions_initializer_ws;
    tls.trustStore = ca_file;
    tls.verify = 1;
    options.ssl = &tls;
    options.MQTTVersion = MQTTVERSION_3_1_1;
    options.cleansession = 1;
    options.keepAliveInterval = 60;
    options.reliable = 0; /* more than one message in flight */
    options.maxInflightMessages = THROUGHPUT_IN_FLIGHT;
    return check("MQTTClient_connect", MQTTClient_connect(client, &options));
}

static bool publish(MQTTClient client, struct run *run, int qos) {
    const struct load *load = &run->load;
    return check("MQTTClient_publish", MQTTClient_publish(client, THROUGHPUT_TOPIC, (int)load->size,
                                                          load->payload, qos, 0, NULL));
}

static bool publish_all(MQTTClient client, struct run *run) {
    const struct load *load = &run->load;
    bool works = true;
    stopwatch_start();
    for (long published = 0; published < load->count && works; published++) {
        works = (load->qos == 0 || wait_until(run, published - THROUGHPUT_IN_FLIGHT + 1)) &&
                publish(client, run, load->qos);
    }
    works = works && (load->qos == 1 || publish(client, run, 1)) &&
            wait_until(run, load->qos == 1 ? load->count : 1);
    stopwatch_stop();
    return works;
}

int main(int argc, char **argv) {
    struct run run = {.failed = false};
    MQTTClient client = NULL;
    char uri[512];
    if (argc != 7 || !load_begin(&run.load, argv[4], argv[5], argv[6])) {
        fprintf(stderr, "usage: throughput_paho HOST PORT CA_FILE QOS SIZE COUNT\n");
        return 2;
    }
    pthread_mutex_init(&run.lock, NULL);
    pthread_cond_init(&run.changed, NULL);
    snprintf(uri, sizeof uri, "wss://%s:%s/mqtt", argv[1], argv[2]);
    bool works =
        check("MQTTClient_create", MQTTClient_create(&client, uri, "test-throughput-paho",
                                                     MQTTCLIENT_PERSISTENCE_NONE, NULL)) &&
        check("MQTTClient_setCallbacks",
              MQTTClient_setCallbacks(client, &run, on_lost, on_message, on_acknowledged)) &&
        connect_paho(client, argv[3]) && publish_all(client, &run);
    if (works) {
        stopwatch_print();
        works = check("MQTTClient_disconnect", MQTTClient_disconnect(client, 1000));
    }
    MQTTClient_destroy(&client);
    load_end(&run.load);
    return works ? EXIT_SUCCESS : EXIT_FAILURE;
}
