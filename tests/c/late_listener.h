/* A way to local AWS that answers a TCP connect late: a black hole that opens 200 ms after somebody
 * has knocked, so that the next SYN is answered. */

#ifndef LATE_LISTENER_H
#define LATE_LISTENER_H

#include <stdint.h>
#include <sys/types.h>

struct late_listener {
    pid_t process;
    uint16_t port; /* on 127.0.0.1 */
};

/* Takes one connection, to this port of 127.0.0.1. */
struct late_listener late_listener_start(uint16_t to_port);

/* The connection is over, or is ended. */
void late_listener_stop(const struct late_listener *listener);

#endif
