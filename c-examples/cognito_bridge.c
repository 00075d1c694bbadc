/*
 * Carries plain MQTT to AWS IoT Core with an Amazon Cognito identity: any MQTT program on this
 * device connects to the bridge, knows nothing of credentials, TLS and WebSocket, and keeps its own
 * client id.
 *
 *   cognito_bridge --endpoint ENDPOINT --cognito_identity IDENTITY
 *   mosquitto_pub -i test-lamp -t lamp/1 -q 1 -m on
 *
 * Exit code: 0 ended by SIGTERM or SIGINT, 1 it cannot listen, 2 the command line is wrong.
 */

#define _POSIX_C_SOURCE 200809L

#include "bridge_listen.h"
#include "bridge_session.h"
#include "options.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* How long no client is accepted after the system had nothing left for another one. */
enum { PAUSE_MS = 1000, MOST_CLIENTS = 1000 };

/* ---- What this program has beside the options of options.c ---- */

static const char *listen_text = "127.0.0.1:1883", *max_clients_text = "32", *linger_text = "10";
static bool allow_remote;

static const struct own_option own_options[] = {
    {"--listen", &listen_text, NULL},
    {"--allow_remote", NULL, &allow_remote},
    {"--max_clients", &max_clients_text, NULL},
    {"--linger_s", &linger_text, NULL},
    {NULL, NULL, NULL},
};

static const struct program program = {
    .needs = NEEDS_ENDPOINT,
    .usage = "usage: cognito_bridge --endpoint ENDPOINT --cognito_identity IDENTITY [OPTIONS]\n"
             "       cognito_bridge --endpoint ENDPOINT --identity_pool POOL [OPTIONS]\n"
             "\n"
             "Lets programs that speak plain MQTT reach AWS IoT Core with a Cognito identity.\n"
             "It says \"listening on ADDRESS\" when they can connect, and ends on SIGTERM.\n",
    .own_usage =
        "  --listen ADDRESS           127.0.0.1:PORT, [::1]:PORT or unix:PATH (127.0.0.1:1883);\n"
        "                             port 0 is any free one, a Unix socket has mode 0600\n"
        "  --allow_remote             listen also where other machines can reach it. Plain MQTT\n"
        "                             has no authentication: whoever reaches the bridge acts with\n"
        "                             the identity of this device\n"
        "  --max_clients N            at once; others wait until one has ended (32)\n"
        "  --linger_s S               how long a client that sends no more gets what comes (10)\n",
    .own = own_options,
};

static bool parse_count(const char *option, const char *text, long most, int *count) {
    char *end = NULL;
    errno = 0;
    long value = strtol(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 || value < 1 || value > most) {
        char range[64];
        snprintf(range, sizeof range, "takes a number from 1 to %ld", most);
        return options_wrong(option, range);
    }
    *count = (int)value;
    return true;
}

/* ---- What makes the main thread look up ---- */

/* Sessions that have ended write their pointers here, and the signal handler a NULL. */
static int events[2] = {-1, -1};

static void interrupt(int signal_number) {
    (void)signal_number;
    int error = errno;
    struct session *none = NULL;
    (void)!write(events[1], &none, sizeof none);
    errno = error;
}

static bool make_pipe(int ends[2]) {
    return pipe(ends) == 0 && fcntl(ends[0], F_SETFD, FD_CLOEXEC) == 0 &&
           fcntl(ends[1], F_SETFD, FD_CLOEXEC) == 0;
}

static void watch_signals(void) {
    struct sigaction stop = {.sa_handler = interrupt}, ignore = {.sa_handler = SIG_IGN};
    sigaction(SIGINT, &stop, NULL);
    sigaction(SIGTERM, &stop, NULL);
    sigaction(SIGPIPE, &ignore, NULL); /* for stdout and stderr; sockets are written otherwise */
}

/* ---- Clients ---- */

struct clients {
    struct session **sessions;
    int count, most;
    unsigned last_number;
    bool said_full;
};

/* Takes the next event. False when it is the signal. */
static bool take_event(struct clients *clients) {
    struct session *ended = NULL;
    if (read(events[0], &ended, sizeof ended) != (ssize_t)sizeof ended) {
        return true; /* EINTR: the signal's own event comes next */
    }
    for (int i = 0; ended != NULL && i < clients->count; i++) {
        if (clients->sessions[i] == ended) {
            clients->sessions[i] = clients->sessions[--clients->count];
            session_free(ended);
            return true;
        }
    }
    return ended != NULL;
}

/* Accepts one client. False when no other one should be tried for a while. */
static bool accept_client(struct clients *clients, const struct bridge *bridge, int listener) {
    int on = 1, local = accept(listener, NULL, NULL);
    if (local < 0) {
        if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
            fprintf(stderr, "a client has to wait: %s\n", strerror(errno));
            return false;
        }
        return true; /* it has gone again */
    }
    fcntl(local, F_SETFD, FD_CLOEXEC);
    fcntl(local, F_SETFL, O_NONBLOCK);
    /* Small packets must not wait for acknowledgements. On a Unix socket it fails, rightly. */
    setsockopt(local, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    struct session *session = session_start(bridge, local, ++clients->last_number);
    if (session != NULL) {
        clients->sessions[clients->count++] = session;
    }
    return session != NULL;
}

/* Serves clients until a signal. */
static void serve(struct clients *clients, const struct bridge *bridge, int listener) {
    bool pause = false;
    while (true) {
        bool is_full = clients->count == clients->most;
        if (is_full && !clients->said_full) {
            clients->said_full = true;
            fprintf(stderr, "there are %d clients, and others have to wait (--max_clients)\n",
                    clients->most);
        }
        struct pollfd on[] = {
            {.fd = events[0], .events = POLLIN},
            {.fd = is_full || pause ? -1 : listener, .events = POLLIN},
        };
        int ready = poll(on, 2, pause ? PAUSE_MS : -1);
        pause = false;
        if (ready > 0 && on[0].revents != 0 && !take_event(clients)) {
            return;
        }
        if (ready > 0 && on[1].revents != 0) {
            pause = !accept_client(clients, bridge, listener);
        }
    }
}

int main(int argc, char **argv) {
    struct options options;
    struct listen_address address;
    struct listener listener = {.fd = -1};
    struct bridge bridge = {.stop_fd = -1, .ended_fd = -1};
    struct clients clients = {0};
    int stop[2] = {-1, -1}, linger_s = 0, exit_code;
    cognito_provider *provider = NULL;

    cognito_config *config = options_begin(&options, &program, argc, argv, &exit_code);
    if (config == NULL) {
        return exit_code;
    }
    exit_code = EXIT_USAGE;
    const char *wrong = listen_parse(listen_text, allow_remote, &address);
    if (wrong != NULL) {
        options_wrong("--listen:", wrong);
        goto end;
    }
    if (!parse_count("--max_clients", max_clients_text, MOST_CLIENTS, &clients.most) ||
        !parse_count("--linger_s", linger_text, 3600, &linger_s)) {
        goto end;
    }
    exit_code = EXIT_FAILURE;
    if (cognito_provider_new(config, &provider) != COGNITO_STATUS_OK) {
        fprintf(stderr, "%s\n", cognito_last_error());
        goto end;
    }
    clients.sessions = calloc((size_t)clients.most, sizeof *clients.sessions);
    if (clients.sessions == NULL || !make_pipe(stop) || !make_pipe(events)) {
        perror("cognito_bridge");
        goto end;
    }
    watch_signals();
    if (!listen_open(&address, &listener)) {
        goto end;
    }
    printf("listening on %s\n", listener.name);
    fflush(stdout); /* also when stdout is a pipe */

    bridge = (struct bridge){config, provider, linger_s * 1000, stop[0], events[1]};
    serve(&clients, &bridge, listener.fd);
    exit_code = EXIT_SUCCESS;

end:
    listen_close(&listener);
    if (stop[1] >= 0) {
        close(stop[1]); /* every session sees that */
    }
    for (int i = 0; i < clients.count; i++) {
        session_cancel(clients.sessions[i]);
    }
    while (clients.count > 0) {
        take_event(&clients);
    }
    free(clients.sessions);
    cognito_provider_free(provider);
    cognito_config_free(config);
    return exit_code;
}
