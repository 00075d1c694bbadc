/* What pubsub.c and event_loop.c publish. */

#define _POSIX_C_SOURCE 200809L

#include "messages.h"

#include <stdio.h>
#include <stdlib.h>

static const char *topic = "test/topic", *text = "Hello from Cognito Connect", *count = "10";

const struct own_option messages_options[] = {
    {"--topic", &topic, NULL},
    {"--message", &text, NULL},
    {"--count", &count, NULL},
    {NULL, NULL, NULL},
};

bool messages_from_options(struct messages *messages) {
    char *end;
    messages->topic = topic;
    messages->count = strtol(count, &end, 10);
    if (*end != '\0' || messages->count < 1 || messages->count > 1000000) {
        return options_wrong("--count cannot be", count);
    }
    return true;
}

size_t messages_payload(char *payload, size_t size, long number) {
    int length = snprintf(payload, size, "%s [%ld]", text, number);
    return length < (int)size ? (size_t)length : size - 1;
}
