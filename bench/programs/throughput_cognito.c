/*
 * Publishes over this library as fast as it takes messages: bench/throughput.
 *
 * The calls do not wait: QUEUE_FULL holds the program back until the descriptor says that there is
 * something to do.
 *
 * Exit code: 0 all is at the broker, 1 it failed, 2 the command line is wrong.
 */

#define _POSIX_C_SOURCE 200809L

#include "options.h"
#include "throughput.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

static const char *qos_text, *size_text, *count_text;

static const struct own_option own_options[] = {{"--qos", &qos_text, NULL},
                                                {"--size", &size_text, NULL},
                                                {"--count", &count_text, NULL},
                                                {NULL, NULL, NULL}};

static const struct program program = {
    .needs = NEEDS_SESSION,
    .usage = "usage: throughput_cognito --qos QOS --size BYTES --count N [OPTIONS]\n",
    .own_usage = "",
    .own = own_options,
};

struct run {
    struct load load;
    long published;
    long acknowledged;
    bool is_over;
    bool failed;
};

static bool check(struct run *run, cognito_status status) {
    if (status != COGNITO_STATUS_OK) {
        fprintf(stderr, "%s: %s\n", cognito_status_name(status), cognito_last_error());
        run->failed = run->is_over = true;
    }
    return !run->failed;
}

static void on_complete(cognito_client *client, const cognito_completion *completion,
                        void *user_data) {
    struct run *run = user_data;
    (void)client;
    if (completion->status != COGNITO_STATUS_OK) {
        fprintf(stderr, "%s\n", cognito_failure_message(completion->failure));
        run->failed = run->is_over = true;
    }
    run->acknowledged++;
    run->is_over = run->is_over || run->acknowledged == (run->load.qos == 1 ? run->load.count : 1);
}

/* Publishes as much as the queue takes. Behind messages of QoS 0 comes one that is acknowledged. */
static void publish(cognito_client *client, struct run *run) {
    const struct load *load = &run->load;
    long all = load->qos == 1 ? load->count : load->count + 1;
    while (run->published < all && !run->is_over) {
        bool is_acknowledged = load->qos == 1 || run->published == load->count;
        cognito_status status = cognito_client_publish(
            client, THROUGHPUT_TOPIC, load->payload, load->size, is_acknowledged, false, NULL, 0,
            is_acknowledged ? on_complete : NULL, is_acknowledged ? run : NULL);
        if (status == COGNITO_STATUS_QUEUE_FULL || !check(run, status)) {
            return;
        }
        run->published++;
    }
}

static void publish_all(cognito_client *client, struct run *run) {
    struct pollfd ready = {.fd = cognito_client_fd(client), .events = POLLIN};
    stopwatch_start();
    publish(client, run);
    while (!run->is_over) {
        if (poll(&ready, 1, cognito_client_next_timeout_ms(client)) < 0) {
            perror("poll");
            run->failed = run->is_over = true;
        } else if (check(run, cognito_client_process(client, 0))) {
            /* After process, and before poll: a queue that was emptied brings no other event. */
            publish(client, run);
        }
    }
    stopwatch_stop();
}

int main(int argc, char **argv) {
    struct options options;
    struct run run = {.failed = true};
    cognito_client *client = NULL;
    int exit_code;

    cognito_config *config = options_begin(&options, &program, argc, argv, &exit_code);
    if (config == NULL) {
        return exit_code;
    }
    if (!load_begin(&run.load, qos_text, size_text, count_text)) {
        cognito_config_free(config);
        return EXIT_USAGE;
    }
    run.failed = false;
    if (check(&run, cognito_client_new(config, NULL, NULL, NULL, &client)) &&
        check(&run, cognito_client_connect(client, COGNITO_WAIT_FOREVER))) {
        publish_all(client, &run);
    }
    if (!run.failed && check(&run, cognito_client_disconnect(client, COGNITO_WAIT_FOREVER))) {
        stopwatch_print();
    }
    cognito_client_free(client);
    cognito_config_free(config);
    load_end(&run.load);
    return run.failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
