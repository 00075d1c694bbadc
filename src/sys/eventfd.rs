//! eventfd(2): what a cancel writes to, and what raises the descriptor of a stream.

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::sync::Arc;
use tokio::io::unix::AsyncFd;

/// A non-blocking eventfd, closed on exec.
pub struct EventFd(OwnedFd);

impl EventFd {
    /// A new one, not signalled.
    pub fn new() -> io::Result<Self> {
        // SAFETY: no pointers.
        let fd = unsafe { libc::eventfd(0, libc::EFD_NONBLOCK | libc::EFD_CLOEXEC) };
        if fd < 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: just opened, and owned by nobody else.
        Ok(Self(unsafe { OwnedFd::from_raw_fd(fd) }))
    }

    /// Signals it: one write(2), with errno kept. Safe in a signal handler.
    pub fn signal(&self) {
        let one = 1_u64.to_ne_bytes();
        // SAFETY: `one` is valid for reading 8 bytes; errno is a thread's own int. A full counter is signalled already.
        unsafe {
            let errno = libc::__errno_location();
            let before = *errno;
            libc::write(self.0.as_raw_fd(), one.as_ptr().cast(), one.len());
            *errno = before;
        }
    }

    /// Takes the signal back. Gives whether there was one.
    pub fn clear(&self) -> bool {
        let mut count = [0_u8; 8];
        // SAFETY: `count` is valid for writing 8 bytes. EAGAIN means that it was clear.
        unsafe { libc::read(self.0.as_raw_fd(), count.as_mut_ptr().cast(), count.len()) > 0 }
    }
}

impl AsFd for EventFd {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

/// An eventfd registered with a runtime, to wait for its signals.
pub struct EventFdWatch(AsyncFd<Registered>);

struct Registered(Arc<EventFd>);

impl AsRawFd for Registered {
    fn as_raw_fd(&self) -> RawFd {
        self.0.0.as_raw_fd()
    }
}

impl EventFdWatch {
    /// Registers with the current runtime.
    pub fn new(event: Arc<EventFd>) -> io::Result<Self> {
        // SAFETY: the Arc inside keeps the one descriptor open and the same for as long as it is registered.
        let registered = unsafe { AsyncFd::register_with_interest(Registered(event), tokio::io::Interest::READABLE) };
        Ok(Self(registered?))
    }

    /// Waits for a signal and takes it back.
    pub async fn signalled(&self) -> io::Result<()> {
        let mut ready = self.0.readable().await?;
        self.0.get_ref().0.clear();
        ready.clear_ready();
        Ok(())
    }
}
