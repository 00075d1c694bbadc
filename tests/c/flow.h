/* An endless stream of MQTT packets of random size and content, the same for the same seed: one end
 * makes it and the other end checks it, and nobody stores it. */

#ifndef FLOW_H
#define FLOW_H

#include "transports.h"

#define FLOW_LARGEST (128 * 1024) /* payload, as AWS's */

struct flow {
    uint64_t seed;
    size_t largest; /* payload of a packet */
    size_t len, at; /* of the packet that is under way */
    uint64_t total; /* bytes that went by */
    uint8_t packet[FLOW_LARGEST + MQTT_OVERHEAD];
};

void flow_begin(struct flow *flow, uint64_t seed, size_t largest);

/* The next bytes of it. */
void flow_make(struct flow *flow, void *bytes, size_t len);

/* Whether these are the next bytes of it. */
bool flow_check(struct flow *flow, const void *bytes, size_t len);

/* How many bytes are missing to the end of the packet that is under way. */
size_t flow_left(const struct flow *flow);

#endif
