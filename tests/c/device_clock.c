#define _POSIX_C_SOURCE 200809L

#include "device_clock.h"

#include <time.h>

#ifndef CLOCK_BOOTTIME
#define CLOCK_BOOTTIME 7
#endif

int __real_clock_gettime(clockid_t clock, struct timespec *now);
int __wrap_clock_gettime(clockid_t clock, struct timespec *now);

static long wall_offset_s, suspended_s;

void device_clock_off_by(long seconds) { wall_offset_s = seconds; }

void device_clock_at(long unix_seconds) { wall_offset_s = unix_seconds - (long)time(NULL); }

void device_suspended_for(long seconds) {
    suspended_s += seconds;
    wall_offset_s += seconds;
}

int __wrap_clock_gettime(clockid_t clock, struct timespec *now) {
    int result = __real_clock_gettime(clock, now);
    if (clock == CLOCK_REALTIME) {
        now->tv_sec += wall_offset_s;
    } else if (clock == CLOCK_BOOTTIME) {
        now->tv_sec += suspended_s;
    }
    return result;
}
