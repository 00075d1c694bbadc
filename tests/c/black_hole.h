/* An address that never answers a TCP connect: a listening socket whose queue is full. */

#ifndef BLACK_HOLE_H
#define BLACK_HOLE_H

#include <stdbool.h>
#include <stdint.h>

struct black_hole {
    int listener;
    int caller; /* fills the queue */
    bool is_v6;
    uint16_t port;
};

/* On 127.0.0.1, or ::1. Port 0 is any. */
struct black_hole black_hole_open(bool is_v6, uint16_t port);

/* Waits until somebody knocks. False after 10 seconds. */
bool black_hole_has_caller(const struct black_hole *hole);

void black_hole_close(struct black_hole *hole);

#endif
