/*
 * Subscribes to a topic, publishes messages to it, and receives them.
 *
 *   pubsub --endpoint ENDPOINT --cognito_identity IDENTITY --topic test/topic --count 10
 *
 * The calls wait; a session that is lost meanwhile is connected again, and no message is lost with
 * it. Exit code: 0 all was received, 1 it failed or was interrupted, 2 the command line is wrong.
 */

#define _POSIX_C_SOURCE 200809L

#include "messages.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct program program = {
    .needs = NEEDS_SESSION,
    .usage = "usage: pubsub --endpoint ENDPOINT --cognito_identity IDENTITY [OPTIONS]\n"
             "\n"
             "Subscribes to a topic, publishes messages to it, and receives them.\n",
    .own_usage = MESSAGES_USAGE,
    .own = messages_options,
};

static cognito_client *volatile interrupted_client;
static volatile sig_atomic_t is_interrupted;

static void interrupt(int signal_number) {
    (void)signal_number;
    is_interrupted = 1;
    cognito_client_cancel(interrupted_client); /* async-signal-safe */
}

static void on_event(cognito_client *client, const cognito_event *event, void *user_data) {
    (void)client;
    (void)user_data;
    switch (event->kind) {
    case COGNITO_EVENT_KIND_CONNECTED:
        puts("Connected");
        break;
    case COGNITO_EVENT_KIND_CONNECT_FAILED:
    case COGNITO_EVENT_KIND_DISCONNECTED:
        printf("Disconnected: %s\n",
               event->failure != NULL ? cognito_failure_message(event->failure) : "as ordered");
        if (event->next_delay_ms >= 0) {
            printf("Connecting again in %lld ms\n", (long long)event->next_delay_ms);
        }
        break;
    default:
        break;
    }
}

static void on_message(cognito_client *client, const cognito_message *message, void *user_data) {
    long *received = user_data;
    (void)client;
    ++*received;
    printf("Received on %s: %.*s\n", message->topic, (int)message->payload_len,
           (const char *)message->payload);
}

int main(int argc, char **argv) {
    struct options options;
    struct messages messages;
    cognito_client *client = NULL;
    cognito_status status;
    long received = 0;
    int exit_code;

    cognito_config *config = options_begin(&options, &program, argc, argv, &exit_code);
    if (config == NULL) {
        return exit_code;
    }
    if (!messages_from_options(&messages)) {
        exit_code = EXIT_USAGE;
        goto end;
    }
    exit_code = EXIT_FAILURE;
    if ((status = cognito_client_new(config, NULL, on_event, NULL, &client)) != COGNITO_STATUS_OK) {
        goto failed;
    }
    interrupted_client = client;
    struct sigaction action = {.sa_handler = interrupt};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);

    if ((status = cognito_client_connect(client, COGNITO_WAIT_FOREVER)) != COGNITO_STATUS_OK ||
        (status = cognito_client_subscribe(client, messages.topic, 1, on_message, &received,
                                           COGNITO_WAIT_FOREVER, NULL, NULL)) !=
            COGNITO_STATUS_OK) {
        goto failed;
    }
    for (long i = 0; i < messages.count && !is_interrupted; i++) {
        char payload[512];
        size_t length = messages_payload(payload, sizeof payload, i + 1);
        status = cognito_client_publish(client, messages.topic, payload, length, 1, false, NULL,
                                        COGNITO_WAIT_FOREVER, NULL, NULL);
        if (status != COGNITO_STATUS_OK) {
            goto failed;
        }
    }
    /* At least once each: after a reconnect, some may come twice. */
    while (received < messages.count && !is_interrupted) {
        if ((status = cognito_client_process(client, 1000)) != COGNITO_STATUS_OK) {
            goto failed;
        }
    }
    if (!is_interrupted) {
        printf("%ld messages received\n", received);
        exit_code = EXIT_SUCCESS;
    }
    goto end;

failed:
    fprintf(stderr, "%s: %s\n", cognito_status_name(status), cognito_last_error());
end:
    if (client != NULL && cognito_client_is_connected(client) &&
        cognito_client_disconnect(client, COGNITO_WAIT_FOREVER) != COGNITO_STATUS_OK) {
        fprintf(stderr, "%s\n", cognito_last_error());
        exit_code = EXIT_FAILURE;
    }
    interrupted_client = NULL;
    cognito_client_free(client);
    cognito_config_free(config);
    return exit_code;
}
