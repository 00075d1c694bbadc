/* One client of cognito_bridge: a local connection, and the stream to AWS IoT Core that it has for
 * itself. A thread of its own carries the bytes between the two. */

#ifndef BRIDGE_SESSION_H
#define BRIDGE_SESSION_H

#include <cognito_connect.h>

/* What all clients share. It outlives them. */
struct bridge {
    const cognito_config *config;
    const cognito_provider *provider;
    int linger_ms;
    int stop_fd;  /* at end of file when the bridge stops; before that nothing can be read */
    int ended_fd; /* a pipe: a session that has ended writes its pointer there, as its last act */
};

struct session;

/*
 * Takes over an accepted connection; the number is for messages. NULL when there is no memory, no
 * descriptor or no thread for it: the connection is closed then, and stderr says why.
 */
struct session *session_start(const struct bridge *bridge, int local, unsigned number);

/* Gives up the opening of the stream, if that is what the session is at. */
void session_cancel(struct session *session);

/* Waits for the thread, which takes no time after the session has written its pointer. */
void session_free(struct session *session);

#endif
