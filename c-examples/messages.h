/*
 * What pubsub.c, event_loop.c and pubsub_cpp.cpp publish: its options, and the payloads. To copy
 * one of them, take messages.c with it.
 */

#ifndef MESSAGES_H
#define MESSAGES_H

#include "options.h"

#include <stddef.h>

#define MESSAGES_USAGE                                                                             \
    "  --topic TOPIC              where to (test/topic)\n"                                         \
    "  --message TEXT             what (Hello from Cognito Connect)\n"                             \
    "  --count N                  how many messages, 1 to 1000000 (10)\n"

struct messages {
    const char *topic;
    long count;
};

extern const struct own_option messages_options[];

/* After the command line was read. False when it was wrong: stderr says how. */
bool messages_from_options(struct messages *messages);

/* The payload of message `number`, counted from 1: its text, cut at `size`. Gives its length. */
size_t messages_payload(char *payload, size_t size, long number);

#endif
