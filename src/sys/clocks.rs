//! The clocks of the system that steps of the wall clock do not show in.

use std::time::Duration;

/// Time since boot, suspended time included (CLOCK_BOOTTIME).
pub fn boot_time() -> Duration {
    time(libc::CLOCK_BOOTTIME)
}

/// The same without suspended time (CLOCK_MONOTONIC).
pub fn awake_time() -> Duration {
    time(libc::CLOCK_MONOTONIC)
}

fn time(clock: libc::clockid_t) -> Duration {
    let mut now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `now` is valid for writing. The call cannot fail with a known clock and a valid pointer.
    unsafe { libc::clock_gettime(clock, &raw mut now) };
    Duration::new(u64::try_from(now.tv_sec).unwrap_or(0), u32::try_from(now.tv_nsec).unwrap_or(0))
}
