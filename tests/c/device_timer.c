#define _POSIX_C_SOURCE 200809L
/* The time_t of the library's calls, also where this compiler's has become a longer one. */
#undef _TIME_BITS
#undef _FILE_OFFSET_BITS

#include "device_timer.h"
#include "check.h"
#include "device_clock.h"

#include <pthread.h>
#include <sys/timerfd.h>
#include <time.h>

#ifndef CLOCK_BOOTTIME
#define CLOCK_BOOTTIME 7
#endif

int __real_timerfd_settime(int fd, int flags, const struct itimerspec *timer,
                           struct itimerspec *before);
int __wrap_timerfd_settime(int fd, int flags, const struct itimerspec *timer,
                           struct itimerspec *before);

/* Of the true boot time. */
int __real_clock_gettime(clockid_t clock, struct timespec *now);

/* The one timer of the one client, when it is set, and the time of this device at which it
 * expires. The lock is for a board that sleeps while a thread sets it. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int timer_fd = -1;
static struct timespec due;

/* Sets the timer by true time, of which the kernel's is one. */
static int set_by_true_time(int fd, struct itimerspec *before) {
    struct timespec device, real;
    clock_gettime(CLOCK_BOOTTIME, &device);
    __real_clock_gettime(CLOCK_BOOTTIME, &real);
    struct itimerspec timer = {.it_value = due};
    timer.it_value.tv_sec -= device.tv_sec - real.tv_sec;
    if (timer.it_value.tv_sec <= 0) {
        timer.it_value = (struct timespec){.tv_nsec = 1};
    }
    return __real_timerfd_settime(fd, TFD_TIMER_ABSTIME, &timer, before);
}

int __wrap_timerfd_settime(int fd, int flags, const struct itimerspec *timer,
                           struct itimerspec *before) {
    bool is_set = timer->it_value.tv_sec != 0 || timer->it_value.tv_nsec != 0;
    CHECK_INT(TFD_TIMER_ABSTIME, flags);
    pthread_mutex_lock(&lock);
    timer_fd = is_set ? fd : -1;
    due = timer->it_value;
    int result =
        is_set ? set_by_true_time(fd, before) : __real_timerfd_settime(fd, flags, timer, before);
    pthread_mutex_unlock(&lock);
    return result;
}

void device_sleeps_for(long seconds) {
    pthread_mutex_lock(&lock);
    device_suspended_for(seconds);
    if (timer_fd >= 0) {
        set_by_true_time(timer_fd, NULL);
    }
    pthread_mutex_unlock(&lock);
}
