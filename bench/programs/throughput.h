/* What the three programs of bench/throughput have in common, so that they measure the same. */

#ifndef THROUGHPUT_H
#define THROUGHPUT_H

#include <stdbool.h>
#include <stddef.h>

/* Nobody subscribes to it. */
#define THROUGHPUT_TOPIC "bench/throughput"

/* As many messages of QoS 1 are sent ahead of their acknowledgement, which is AWS IoT Core's limit.
 */
enum { THROUGHPUT_IN_FLIGHT = 100 };

struct load {
    int qos;
    size_t size; /* of a payload, in bytes */
    long count;
    char *payload;
};

/* Reads the numbers and makes the payload; false, and says so, when they are none. */
bool load_begin(struct load *load, const char *qos, const char *size, const char *count);

void load_end(struct load *load);

/* Time begins with the first publish. */
void stopwatch_start(void);

/* Time ends when the last message is known to be at the broker. */
void stopwatch_stop(void);

/* One line of JSON: seconds of the clock, and of the processor for all threads. */
void stopwatch_print(void);

#endif
