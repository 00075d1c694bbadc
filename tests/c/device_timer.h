/* A board that is suspended while a client waits: the boot clock goes on (device_clock.h), and the
 * timers on it have expired when the board wakes. Links with --wrap=clock_gettime and
 * --wrap=timerfd_settime. */

#ifndef DEVICE_TIMER_H
#define DEVICE_TIMER_H

/* From now on it is so many seconds later. */
void device_sleeps_for(long seconds);

#endif
