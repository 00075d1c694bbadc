//! epoll(7), level-triggered, as one descriptor that an application polls for several.

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};

/// What of a socket makes the descriptor readable.
#[derive(Clone, Copy, PartialEq)]
pub enum Interest {
    /// That it can be read.
    Read,
    /// That it can be read or written.
    ReadWrite,
    /// That it can be written.
    Write,
}

impl Interest {
    fn epoll_events(self) -> libc::c_int {
        match self {
            Self::Read => libc::EPOLLIN,
            Self::ReadWrite => libc::EPOLLIN | libc::EPOLLOUT,
            Self::Write => libc::EPOLLOUT,
        }
    }
}

/// An epoll instance, closed on exec.
pub struct Epoll(OwnedFd);

impl Epoll {
    /// An empty one.
    pub fn new() -> io::Result<Self> {
        // SAFETY: no pointers.
        let fd = unsafe { libc::epoll_create1(libc::EPOLL_CLOEXEC) };
        if fd < 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: just opened, and owned by nobody else.
        Ok(Self(unsafe { OwnedFd::from_raw_fd(fd) }))
    }

    /// The number of the descriptor.
    pub fn number(&self) -> RawFd {
        self.0.as_raw_fd()
    }

    /// Adds a descriptor.
    pub fn add(&self, fd: BorrowedFd<'_>, interest: Interest) -> io::Result<()> {
        self.control(libc::EPOLL_CTL_ADD, fd, interest)
    }

    /// Changes the interest in a descriptor.
    pub fn change(&self, fd: BorrowedFd<'_>, interest: Interest) -> io::Result<()> {
        self.control(libc::EPOLL_CTL_MOD, fd, interest)
    }

    /// Removes a descriptor, which has to happen before it is closed.
    pub fn remove(&self, fd: BorrowedFd<'_>) {
        let _ = self.control(libc::EPOLL_CTL_DEL, fd, Interest::Read);
    }

    fn control(&self, operation: libc::c_int, fd: BorrowedFd<'_>, interest: Interest) -> io::Result<()> {
        let mut event = libc::epoll_event { events: interest.epoll_events().cast_unsigned(), u64: 0 };
        // SAFETY: `event` is valid for the call, which copies it.
        let result = unsafe { libc::epoll_ctl(self.0.as_raw_fd(), operation, fd.as_raw_fd(), &raw mut event) };
        if result < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
    }
}

impl AsFd for Epoll {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}
