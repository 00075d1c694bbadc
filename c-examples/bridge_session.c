/* See bridge_session.h. */

#define _POSIX_C_SOURCE 200809L

#include "bridge_session.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
    /* The library takes up to 48 KiB of the stack that calls it, and some 200 KiB in a debug build;
     * glibc keeps the thread's own data there too. What is never used costs nothing but addresses,
     * of which the 8 MiB of a default stack would take too many on a board with 32 bits. */
    STACK_BYTES = 512 * 1024,
    CHUNK_BYTES = 16 * 1024,
    /* A stream is opened for a client that has said something: a port scan costs no connection. */
    FIRST_BYTES_MS = 30000,
    /* How often a stream is seen to whose descriptor cannot be waited for; see carry(). */
    RETRY_MS = 50,
    /* When the whole bridge ends: what waits is carried for so long, the stream may take as long to
     * close, and the client to see the end. */
    STOP_MS = 1500,
    GOODBYE_MS = 500,
};

/* Bytes on their way in one direction. Nothing is read while some of them wait: that is all that a
 * slow reader makes the bridge keep, beside the bounded buffers of the library and the kernel. */
struct chunk {
    size_t from, to;
    unsigned char bytes[CHUNK_BYTES];
};

struct session {
    const struct bridge *bridge;
    unsigned number;
    pthread_t thread;
    cognito_transport *transport;
    pthread_mutex_t lock; /* for the next two */
    bool is_opening, is_cancelled;

    int local;
    struct chunk to_server, to_local;
    bool local_wrote_all; /* it has shut down its writing side, or is gone */
    bool local_reads_no_more;
    bool local_hung_up;
    bool server_ended;
    bool stopping;
    int64_t end_at_ms; /* the latest end, once one side has ended or the bridge stops; else 0 */
};

static int64_t now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int ms_until(int64_t at_ms) {
    int64_t left = at_ms - now_ms();
    return left > 0 ? (int)left : 0;
}

static void end_within(struct session *session, int ms) {
    if (session->end_at_ms == 0 || ms < ms_until(session->end_at_ms)) {
        session->end_at_ms = now_ms() + ms;
    }
}

static bool waits(const struct chunk *chunk) { return chunk->from < chunk->to; }

/* The library's last error holds the reason and what to do about it. */
static void say_why(const struct session *session, const char *what, cognito_status status) {
    fprintf(stderr, "client %u: %s: %s: %s\n", session->number, what, cognito_status_name(status),
            cognito_last_error());
}

/* ---- The local side ---- */

static bool is_for_later(void) { return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR; }

/* A client that is gone may have written before: that is read first. */
static void read_local(struct session *session) {
    struct chunk *chunk = &session->to_server;
    ssize_t got = recv(session->local, chunk->bytes, sizeof chunk->bytes, 0);
    if (got > 0) {
        chunk->from = 0;
        chunk->to = (size_t)got;
    } else if (got == 0 || session->local_hung_up || !is_for_later()) {
        session->local_wrote_all = true;
        end_within(session, session->bridge->linger_ms);
    }
}

static void write_local(struct session *session) {
    struct chunk *chunk = &session->to_local;
    while (waits(chunk) && !session->local_reads_no_more) {
        ssize_t sent =
            send(session->local, chunk->bytes + chunk->from, chunk->to - chunk->from, MSG_NOSIGNAL);
        if (sent >= 0) {
            chunk->from += (size_t)sent;
        } else if (is_for_later()) {
            return;
        } else {
            session->local_reads_no_more = true;
        }
    }
    chunk->from = chunk->to;
}

/*
 * Closes the local connection so that all that was written to it arrives. Closing a socket in which
 * something is unread resets it, so this announces the end, and throws away what still comes until
 * the client has closed as well.
 */
static void end_local(struct session *session) {
    unsigned char unread[1024];
    session->end_at_ms = 0;
    end_within(session, session->stopping ? GOODBYE_MS : session->bridge->linger_ms);
    bool is_open = shutdown(session->local, SHUT_WR) == 0 && !session->local_hung_up;
    while (is_open && !session->local_wrote_all) {
        struct pollfd on[] = {
            {.fd = session->local, .events = POLLIN},
            {.fd = session->stopping ? -1 : session->bridge->stop_fd, .events = POLLIN},
        };
        int left_ms = ms_until(session->end_at_ms);
        is_open = left_ms > 0 && poll(on, 2, left_ms) != 0;
        if (is_open && on[1].revents != 0) {
            session->stopping = true;
            end_within(session, GOODBYE_MS);
        }
        if (is_open && on[0].revents != 0) {
            ssize_t got = recv(session->local, unread, sizeof unread, 0);
            is_open = got > 0 || (got < 0 && is_for_later());
        }
    }
    close(session->local);
}

/* ---- The stream ---- */

/* What session_cancel() may end. False when it has been called already. */
static bool set_opening(struct session *session, bool is_opening) {
    pthread_mutex_lock(&session->lock);
    session->is_opening = is_opening;
    bool is_cancelled = session->is_cancelled;
    pthread_mutex_unlock(&session->lock);
    return !is_cancelled;
}

static bool open_stream(struct session *session) {
    cognito_status status = COGNITO_STATUS_CANCELLED;
    if (set_opening(session, true)) {
        status = cognito_transport_open(session->transport, COGNITO_WAIT_FOREVER);
    }
    set_opening(session, false);
    if (status == COGNITO_STATUS_OK) {
        int32_t fd = cognito_transport_fd(session->transport);
        status = fd < 0 ? fd : COGNITO_STATUS_OK;
    }
    if (status != COGNITO_STATUS_OK && status != COGNITO_STATUS_CANCELLED) {
        say_why(session, "no stream", status);
    }
    return status == COGNITO_STATUS_OK;
}

/* Whether the last that the client sent looks like MQTT's DISCONNECT, with or without a reason. The
 * server's end is no news then. */
static bool has_said_goodbye(const struct session *session) {
    const struct chunk *last = &session->to_server;
    for (size_t len = 2; len <= 4 && len <= last->to; len++) {
        const unsigned char *packet = last->bytes + last->to - len;
        if (packet[0] == 0xe0 && packet[1] == len - 2) {
            return true;
        }
    }
    return false;
}

static void recv_server(struct session *session) {
    struct chunk *chunk = &session->to_local;
    int32_t got = cognito_transport_recv(session->transport, chunk->bytes, sizeof chunk->bytes);
    if (got > 0) {
        chunk->from = 0;
        chunk->to = (size_t)got;
    } else if (got < 0) {
        if (!session->local_wrote_all && !has_said_goodbye(session)) {
            say_why(session, "the stream has ended", got);
        }
        session->server_ended = true;
        session->to_server.from = session->to_server.to;
        end_within(session, session->bridge->linger_ms);
    }
}

/* Also with nothing to send: what the stream had taken and the socket had no room for goes out. */
static void send_server(struct session *session) {
    struct chunk *chunk = &session->to_server;
    int32_t sent;
    do {
        sent = cognito_transport_send(session->transport, chunk->bytes + chunk->from,
                                      chunk->to - chunk->from);
        /* When the stream is broken, recv says so too, behind what had come before. */
        chunk->from = sent >= 0 ? chunk->from + (size_t)sent : chunk->to;
    } while (sent > 0 && waits(chunk));
}

/* Ends it without an MQTT DISCONNECT, which is the client's: the will of one that died is
 * published. */
static void close_stream(struct session *session) {
    int32_t wait_ms = session->stopping ? STOP_MS : COGNITO_WAIT_FOREVER;
    cognito_status status = cognito_transport_close(session->transport, wait_ms);
    if (status != COGNITO_STATUS_OK && !session->server_ended) {
        say_why(session, "the stream did not end in order", status);
    }
}

/* ---- Between the two ---- */

/* Waits for the first bytes of the client. False when there are none. */
static bool client_speaks(struct session *session) {
    struct pollfd on[] = {
        {.fd = session->local, .events = POLLIN},
        {.fd = session->bridge->stop_fd, .events = POLLIN},
    };
    unsigned char first;
    return poll(on, 2, FIRST_BYTES_MS) > 0 && on[1].revents == 0 &&
           recv(session->local, &first, 1, MSG_PEEK) > 0;
}

static bool is_over(struct session *session) {
    if (session->end_at_ms != 0 && ms_until(session->end_at_ms) == 0) {
        return true;
    }
    bool nobody_is_there = session->local_wrote_all && session->local_reads_no_more;
    return (session->server_ended || session->stopping || nobody_is_there) &&
           !waits(&session->to_local) && !waits(&session->to_server);
}

/*
 * Waits until something can go on, and lets it.
 *
 * The stream's descriptor stays readable until recv has returned 0. While something waits for the
 * client, recv is not called, so that the descriptor is of no use: poll() would return at once, for
 * ever. What has to go out then is tried again every now and then.
 */
static void carry(struct session *session) {
    bool reads = !waits(&session->to_server) && !session->local_wrote_all && !session->stopping;
    bool receives = !waits(&session->to_local) && !session->server_ended && !session->stopping;
    int timeout_ms = session->end_at_ms != 0 ? ms_until(session->end_at_ms) : -1;
    if (!receives && !session->server_ended && (timeout_ms < 0 || timeout_ms > RETRY_MS)) {
        timeout_ms = RETRY_MS;
    }
    struct pollfd on[] = {
        {.fd = session->local},
        {.fd = receives ? cognito_transport_fd(session->transport) : -1, .events = POLLIN},
        {.fd = session->stopping ? -1 : session->bridge->stop_fd, .events = POLLIN},
    };
    on[0].events = (short)((reads ? POLLIN : 0) | (waits(&session->to_local) ? POLLOUT : 0));
    if (session->local_hung_up) {
        on[0].fd = -1; /* poll() says that once more every time */
        timeout_ms = reads ? 0 : timeout_ms;
    }
    if (poll(on, 3, timeout_ms) < 0) {
        return; /* EINTR */
    }
    if ((on[0].revents & (POLLERR | POLLHUP)) != 0) {
        session->local_hung_up = true;
        session->local_reads_no_more = true;
    }
    if (on[2].revents != 0) {
        session->stopping = true;
        end_within(session, STOP_MS);
    }
    if (reads && (on[0].revents != 0 || session->local_hung_up)) {
        read_local(session);
    }
    if (receives && on[1].revents != 0) {
        recv_server(session);
    }
    if (!session->server_ended && (waits(&session->to_server) || !receives)) {
        send_server(session);
    }
    write_local(session);
}

static void *run(void *user_data) {
    struct session *session = user_data;
    if (client_speaks(session) && open_stream(session)) {
        while (!is_over(session)) {
            carry(session);
        }
        close_stream(session);
    }
    end_local(session);
    (void)!write(session->bridge->ended_fd, &session, sizeof session);
    return NULL;
}

/* ---- What cognito_bridge.c calls ---- */

/* Signals are for the main thread. */
static int start_thread(struct session *session) {
    sigset_t all, before;
    pthread_attr_t attributes;
    int error = pthread_attr_init(&attributes);
    if (error != 0) {
        return error;
    }
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    error = pthread_attr_setstacksize(&attributes, STACK_BYTES);
    if (error == 0) {
        error = pthread_create(&session->thread, &attributes, run, session);
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    return error;
}

struct session *session_start(const struct bridge *bridge, int local, unsigned number) {
    struct session *session = calloc(1, sizeof *session);
    if (session == NULL) {
        fprintf(stderr, "client %u: no memory\n", number);
        close(local);
        return NULL;
    }
    session->bridge = bridge;
    session->number = number;
    session->local = local;
    pthread_mutex_init(&session->lock, NULL);
    cognito_status status =
        cognito_transport_new(bridge->config, bridge->provider, &session->transport);
    int error = 0;
    if (status != COGNITO_STATUS_OK) {
        say_why(session, "no stream", status);
    } else if ((error = start_thread(session)) != 0) {
        fprintf(stderr, "client %u: no thread: %s\n", number, strerror(error));
    }
    if (status != COGNITO_STATUS_OK || error != 0) {
        cognito_transport_free(session->transport);
        pthread_mutex_destroy(&session->lock);
        free(session);
        close(local);
        return NULL;
    }
    return session;
}

void session_cancel(struct session *session) {
    pthread_mutex_lock(&session->lock);
    session->is_cancelled = true;
    if (session->is_opening) {
        cognito_transport_cancel(session->transport);
    }
    pthread_mutex_unlock(&session->lock);
}

void session_free(struct session *session) {
    pthread_join(session->thread, NULL);
    cognito_transport_free(session->transport);
    pthread_mutex_destroy(&session->lock);
    free(session);
}
