//! CLOCK_BOOTTIME: like the monotonic clock, but it goes on while the board is suspended.

use std::time::Duration;

/// Time since boot, suspended time included. Steps of the wall clock do not show in it.
pub fn boot_time() -> Duration {
    let mut now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `now` is valid for writing. The call cannot fail with a known clock and a valid pointer.
    unsafe { libc::clock_gettime(libc::CLOCK_BOOTTIME, &raw mut now) };
    Duration::new(u64::try_from(now.tv_sec).unwrap_or(0), u32::try_from(now.tv_nsec).unwrap_or(0))
}
