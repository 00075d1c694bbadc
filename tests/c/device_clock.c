#define _POSIX_C_SOURCE 200809L
/* The time_t of the library's calls, also where this compiler's has become a longer one. */
#undef _TIME_BITS
#undef _FILE_OFFSET_BITS

#include "device_clock.h"

#include <time.h>

#ifndef CLOCK_BOOTTIME
#define CLOCK_BOOTTIME 7
#endif

int __real_clock_gettime(clockid_t clock, struct timespec *now);
int __wrap_clock_gettime(clockid_t clock, struct timespec *now);

static int64_t wall_offset_s, suspended_s;

void device_clock_off_by(long seconds) { wall_offset_s = seconds; }

void device_clock_at(int64_t unix_seconds) { wall_offset_s = unix_seconds - (int64_t)time(NULL); }

void device_suspended_for(long seconds) {
    suspended_s += seconds;
    wall_offset_s += seconds;
}

static int64_t offset_s(clockid_t clock) {
    return clock == CLOCK_REALTIME ? wall_offset_s : clock == CLOCK_BOOTTIME ? suspended_s : 0;
}

int __wrap_clock_gettime(clockid_t clock, struct timespec *now) {
    int result = __real_clock_gettime(clock, now);
    now->tv_sec += (time_t)offset_s(clock);
    return result;
}

#if __SIZEOF_POINTER__ == 4 && defined __GLIBC__
/* What Rust's standard library calls for the wall clock where time_t of old has 32 bits. */
struct timespec64 {
    int64_t tv_sec;
    int32_t tv_nsec, padding;
};
int __real___clock_gettime64(clockid_t clock, struct timespec64 *now);
int __wrap___clock_gettime64(clockid_t clock, struct timespec64 *now);

int __wrap___clock_gettime64(clockid_t clock, struct timespec64 *now) {
    int result = __real___clock_gettime64(clock, now);
    now->tv_sec += offset_s(clock);
    return result;
}
#endif
