/*
 * The same as pubsub.c in an event loop: one thread, nothing waits but epoll_wait().
 *
 *   event_loop --endpoint ENDPOINT --cognito_identity IDENTITY --topic test/topic --count 10
 *
 * Exit code: 0 all was received, 1 it failed or was interrupted, 2 the command line is wrong.
 */

#define _POSIX_C_SOURCE 200809L

#include "messages.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

static const struct program program = {
    .needs = NEEDS_SESSION,
    .usage = "usage: event_loop --endpoint ENDPOINT --cognito_identity IDENTITY [OPTIONS]\n"
             "\n"
             "Subscribes to a topic, publishes messages to it, and receives them, in an event "
             "loop.\n",
    .own_usage = MESSAGES_USAGE,
    .own = messages_options,
};

/* What the callbacks and the loop know of each other. */
struct state {
    struct messages messages;
    long published, acknowledged, received;
    bool is_over; /* the session has ended for good */
    int exit_code;
};

static bool begun(cognito_status status) {
    if (status != COGNITO_STATUS_OK && status != COGNITO_STATUS_IN_PROGRESS) {
        fprintf(stderr, "%s: %s\n", cognito_status_name(status), cognito_last_error());
        return false;
    }
    return true;
}

static void end(cognito_client *client, struct state *state, int exit_code) {
    state->exit_code = exit_code;
    if (!begun(cognito_client_disconnect(client, 0))) {
        state->is_over = true;
    }
}

static void on_complete(cognito_client *client, const cognito_completion *completion,
                        void *user_data) {
    struct state *state = user_data;
    (void)client;
    if (completion->status == COGNITO_STATUS_OK) {
        state->acknowledged++;
    } else {
        fprintf(stderr, "%s\n", cognito_failure_message(completion->failure));
    }
}

/* Publishes as much as the queue takes. */
static void publish(cognito_client *client, struct state *state) {
    while (state->published < state->messages.count) {
        char payload[512];
        size_t length = messages_payload(payload, sizeof payload, state->published + 1);
        cognito_status status = cognito_client_publish(
            client, state->messages.topic, payload, length, 1, false, NULL, 0, on_complete, state);
        if (status == COGNITO_STATUS_QUEUE_FULL) {
            return;
        }
        if (!begun(status)) {
            end(client, state, EXIT_FAILURE);
            return;
        }
        state->published++;
    }
}

static void on_event(cognito_client *client, const cognito_event *event, void *user_data) {
    struct state *state = user_data;
    (void)client;
    if (event->kind == COGNITO_EVENT_KIND_CONNECTED) {
        puts("Connected");
    }
    if (event->kind == COGNITO_EVENT_KIND_CONNECT_FAILED ||
        event->kind == COGNITO_EVENT_KIND_DISCONNECTED) {
        printf("Disconnected: %s\n",
               event->failure != NULL ? cognito_failure_message(event->failure) : "as ordered");
        state->is_over = event->next_delay_ms < 0;
    }
}

static void on_message(cognito_client *client, const cognito_message *message, void *user_data) {
    struct state *state = user_data;
    printf("Received on %s: %.*s\n", message->topic, (int)message->payload_len,
           (const char *)message->payload);
    if (++state->received == state->messages.count) {
        printf("%ld messages received\n", state->received);
        end(client, state, EXIT_SUCCESS);
    }
}

static void on_subscribed(cognito_client *client, const cognito_completion *completion,
                          void *user_data) {
    if (completion->status != COGNITO_STATUS_OK) {
        fprintf(stderr, "%s\n", cognito_failure_message(completion->failure));
        end(client, user_data, EXIT_FAILURE);
    }
}

/* The loop has two descriptors: that of the client, and one for signals. */
static bool run(cognito_client *client, struct state *state) {
    int loop = epoll_create1(EPOLL_CLOEXEC), fd = cognito_client_fd(client);
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    int signal_fd = signalfd(-1, &signals, SFD_CLOEXEC);
    struct epoll_event of_client = {.events = EPOLLIN, .data.fd = fd};
    struct epoll_event of_signals = {.events = EPOLLIN, .data.fd = signal_fd};
    bool works = loop >= 0 && fd >= 0 && signal_fd >= 0 &&
                 epoll_ctl(loop, EPOLL_CTL_ADD, fd, &of_client) == 0 &&
                 epoll_ctl(loop, EPOLL_CTL_ADD, signal_fd, &of_signals) == 0;

    while (works && !state->is_over) {
        struct epoll_event event;
        int ready = epoll_wait(loop, &event, 1, cognito_client_next_timeout_ms(client));
        if (ready < 0 && errno != EINTR) {
            works = false;
        } else if (ready > 0 && event.data.fd == signal_fd) {
            struct signalfd_siginfo taken;
            if (read(signal_fd, &taken, sizeof taken) == sizeof taken) {
                end(client, state, EXIT_FAILURE);
            }
        }
        /* Also when only time has passed. Its failures are events. */
        cognito_status status = cognito_client_process(client, 0);
        (void)status;
        if (cognito_client_is_connected(client)) {
            publish(client, state);
        }
    }
    if (!works) {
        perror("event_loop");
    }
    close(signal_fd);
    close(loop);
    return works;
}

int main(int argc, char **argv) {
    struct options options;
    struct state state = {.exit_code = EXIT_FAILURE};
    cognito_client *client = NULL;
    int exit_code;

    cognito_config *config = options_begin(&options, &program, argc, argv, &exit_code);
    if (config == NULL) {
        return exit_code;
    }
    if (!messages_from_options(&state.messages)) {
        cognito_config_free(config);
        return EXIT_USAGE;
    }
    if (begun(cognito_client_new(config, NULL, on_event, &state, &client)) &&
        begun(cognito_client_subscribe(client, state.messages.topic, 1, on_message, &state, 0,
                                       on_subscribed, &state)) &&
        begun(cognito_client_connect(client, 0)) && !run(client, &state)) {
        state.exit_code = EXIT_FAILURE;
    }
    cognito_client_free(client);
    cognito_config_free(config);
    return state.exit_code;
}
