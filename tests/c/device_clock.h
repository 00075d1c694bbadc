/* A clock of this device that can be wrong: linked with -Wl,--wrap=clock_gettime. */

#ifndef DEVICE_CLOCK_H
#define DEVICE_CLOCK_H

#include <stdint.h>

/* Sets the wall clock to the true time and so many seconds, or to so many seconds since 1970. */
void device_clock_off_by(long seconds);
void device_clock_at(int64_t unix_seconds);

/* Lets so many seconds pass that the monotonic clock does not count, as a suspended board does. The
 * wall clock goes on with it. */
void device_suspended_for(long seconds);

#endif
