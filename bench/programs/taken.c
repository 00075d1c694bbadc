/* See taken.h. */

#define _POSIX_C_SOURCE 200809L

#include "taken.h"

#include <dirent.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

static double wall_begin, cpu_begin;
static long switches_begin;

static double wall_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static double cpu_ms(const struct rusage *usage) {
    return (double)(usage->ru_utime.tv_sec + usage->ru_stime.tv_sec) * 1e3 +
           (double)(usage->ru_utime.tv_usec + usage->ru_stime.tv_usec) / 1e3;
}

void taken_begin(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    wall_begin = wall_ms();
    cpu_begin = cpu_ms(&usage);
    switches_begin = usage.ru_nvcsw;
}

/* A number of /proc/self/status. */
static long status_of(const char *name) {
    char line[256];
    long value = -1;
    size_t length = strlen(name);
    FILE *status = fopen("/proc/self/status", "r");
    while (status != NULL && fgets(line, sizeof line, status) != NULL) {
        if (strncmp(line, name, length) == 0 && line[length] == ':') {
            value = strtol(line + length + 1, NULL, 10);
        }
    }
    if (status != NULL) {
        fclose(status);
    }
    return value;
}

static int descriptors(void) {
    DIR *directory = opendir("/proc/self/fd");
    int count = -3; /* . and .. and that of the directory */
    while (directory != NULL && readdir(directory) != NULL) {
        count++;
    }
    if (directory != NULL) {
        closedir(directory);
    }
    return count;
}

void taken_print(const char *phase, long clients, long wake_ups) {
    struct rusage usage;
    struct mallinfo2 heap = mallinfo2();
    getrusage(RUSAGE_SELF, &usage);
    printf("{\"phase\": \"%s\", \"clients\": %ld, \"wall_ms\": %.3f, \"cpu_ms\": %.3f, \"waits\": "
           "%ld, "
           "\"wake_ups\": %ld, \"heap_bytes\": %zu, \"anonymous_kib\": %ld, \"peak_kib\": %ld, "
           "\"descriptors\": %d, \"threads\": %ld}\n",
           phase, clients, wall_ms() - wall_begin, cpu_ms(&usage) - cpu_begin,
           usage.ru_nvcsw - switches_begin, wake_ups, heap.uordblks + heap.hblkhd,
           status_of("RssAnon"), status_of("VmHWM"), descriptors(), status_of("Threads"));
    fflush(stdout);
}
