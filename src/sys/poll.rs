//! poll(2): waiting for descriptors without a runtime.

use super::Interest;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::time::Duration;

/// Waits until one of the descriptors is ready, or for this long; without a bound when it is `None`. A signal or an error ends
/// the wait, and the caller looks again.
pub fn wait_for<const N: usize>(descriptors: [Option<(BorrowedFd<'_>, Interest)>; N], at_most: Option<Duration>) {
    // poll() leaves out what is negative.
    let mut polled = descriptors.map(|descriptor| match descriptor {
        Some((fd, Interest::Read)) => libc::pollfd { fd: fd.as_raw_fd(), events: libc::POLLIN, revents: 0 },
        Some((fd, Interest::ReadWrite)) => {
            libc::pollfd { fd: fd.as_raw_fd(), events: libc::POLLIN | libc::POLLOUT, revents: 0 }
        }
        Some((fd, Interest::Write)) => libc::pollfd { fd: fd.as_raw_fd(), events: libc::POLLOUT, revents: 0 },
        None => libc::pollfd { fd: -1, events: 0, revents: 0 },
    });
    // Rounded up, so that nobody wakes just before its time and turns in a circle until then.
    let milliseconds = at_most.map_or(-1, |at_most| {
        libc::c_int::try_from(at_most.as_nanos().div_ceil(1_000_000)).unwrap_or(libc::c_int::MAX)
    });
    let count = libc::nfds_t::try_from(N).unwrap_or(0);
    // SAFETY: `polled` is an array of `count` valid entries.
    unsafe { libc::poll(polled.as_mut_ptr(), count, milliseconds) };
}
