//! timerfd(2) on CLOCK_BOOTTIME: time that goes on while the board is suspended. A board that wakes up finds it expired.

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::time::Duration;

/// A timer that can be polled, closed on exec.
pub struct BootTimer(OwnedFd);

impl BootTimer {
    /// One that is not set.
    pub fn new() -> io::Result<Self> {
        // SAFETY: no pointers.
        let fd = unsafe { libc::timerfd_create(libc::CLOCK_BOOTTIME, libc::TFD_NONBLOCK | libc::TFD_CLOEXEC) };
        if fd < 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: just opened, and owned by nobody else.
        Ok(Self(unsafe { OwnedFd::from_raw_fd(fd) }))
    }

    /// Lets it expire once, at this boot time: a board may be suspended before the kernel is told how long from now that is. Takes an
    /// earlier expiry back.
    pub fn set(&self, at: Duration) {
        // Zero would unset it.
        self.set_to(at.max(Duration::from_nanos(1)));
    }

    /// Takes its expiry back.
    pub fn unset(&self) {
        self.set_to(Duration::ZERO);
    }

    fn set_to(&self, at: Duration) {
        let value = libc::timespec {
            tv_sec: libc::time_t::try_from(at.as_secs()).unwrap_or(libc::time_t::MAX),
            tv_nsec: at.subsec_nanos() as _,
        };
        let timer = libc::itimerspec { it_interval: libc::timespec { tv_sec: 0, tv_nsec: 0 }, it_value: value };
        // SAFETY: `timer` is valid for the call, and nothing is written.
        unsafe {
            libc::timerfd_settime(self.0.as_raw_fd(), libc::TFD_TIMER_ABSTIME, &raw const timer, std::ptr::null_mut())
        };
    }
}

impl AsFd for BootTimer {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}
