/* See throughput.h. */

#define _POSIX_C_SOURCE 200809L

#include "throughput.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

static double wall_s, cpu_s;

static bool number(const char *text, long least, long most, long *out) {
    char *end = NULL;
    long value = text == NULL ? -1 : strtol(text, &end, 10);
    if (value < least || value > most || *end != '\0') {
        fprintf(stderr, "QoS, size and count are numbers: 0 or 1, 0 to 131072, 1 and above\n");
        return false;
    }
    *out = value;
    return true;
}

bool load_begin(struct load *load, const char *qos, const char *size, const char *count) {
    long qos_number, size_number;
    memset(load, 0, sizeof *load);
    if (!number(qos, 0, 1, &qos_number) || !number(size, 0, 131072, &size_number) ||
        !number(count, 1, 1000000000, &load->count)) {
        return false;
    }
    load->qos = (int)qos_number;
    load->size = (size_t)size_number;
    load->payload = malloc(load->size + 1);
    if (load->payload != NULL) {
        memset(load->payload, 'x', load->size + 1);
    }
    return load->payload != NULL;
}

void load_end(struct load *load) { free(load->payload); }

static void read_clocks(double *wall, double *cpu) {
    struct timespec now;
    struct rusage used;
    clock_gettime(CLOCK_MONOTONIC, &now);
    getrusage(RUSAGE_SELF, &used);
    *wall = (double)now.tv_sec + (double)now.tv_nsec / 1e9;
    *cpu = (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
           (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

void stopwatch_start(void) { read_clocks(&wall_s, &cpu_s); }

void stopwatch_stop(void) {
    double wall, cpu;
    read_clocks(&wall, &cpu);
    wall_s = wall - wall_s;
    cpu_s = cpu - cpu_s;
}

void stopwatch_print(void) {
    printf("{\"seconds\": %.6f, \"cpu_seconds\": %.6f}\n", wall_s, cpu_s);
}
