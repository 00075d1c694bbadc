#define _POSIX_C_SOURCE 200809L

#include "device_timer.h"
#include "device_clock.h"

#include <stddef.h>
#include <sys/timerfd.h>
#include <time.h>

#ifndef CLOCK_BOOTTIME
#define CLOCK_BOOTTIME 7
#endif

int __real_timerfd_settime(int fd, int flags, const struct itimerspec *timer,
                           struct itimerspec *before);
int __wrap_timerfd_settime(int fd, int flags, const struct itimerspec *timer,
                           struct itimerspec *before);

/* The one timer of the one client. */
static int timer_fd = -1;
static time_t due_s;

static time_t boot_s(void) {
    struct timespec now;
    clock_gettime(CLOCK_BOOTTIME, &now);
    return now.tv_sec;
}

int __wrap_timerfd_settime(int fd, int flags, const struct itimerspec *timer,
                           struct itimerspec *before) {
    timer_fd = timer->it_value.tv_sec != 0 || timer->it_value.tv_nsec != 0 ? fd : -1;
    due_s = boot_s() + timer->it_value.tv_sec;
    return __real_timerfd_settime(fd, flags, timer, before);
}

void device_sleeps_for(long seconds) {
    const struct itimerspec at_once = {.it_value = {.tv_nsec = 1}};
    device_suspended_for(seconds);
    if (timer_fd >= 0 && due_s <= boot_s()) {
        __real_timerfd_settime(timer_fd, 0, &at_once, NULL);
    }
}
