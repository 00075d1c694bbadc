//! The descriptor of a stream for the application's event loop: an epoll of the socket, and of an eventfd that is raised for what
//! the socket does not show.

use crate::sys::{Epoll, EventFd, Interest};
use std::io;
use std::os::fd::{BorrowedFd, RawFd};

/// One descriptor, the same across reconnects.
pub struct Readiness {
    epoll: Epoll,
    event: EventFd,
    is_raised: bool,
    /// The interest in the socket that is attached.
    attached: Option<Interest>,
}

impl Readiness {
    /// Silent, and without a socket.
    pub fn new() -> io::Result<Self> {
        use std::os::fd::AsFd;
        let (epoll, event) = (Epoll::new()?, EventFd::new()?);
        epoll.add(event.as_fd(), Interest::Read)?;
        Ok(Self { epoll, event, is_raised: false, attached: None })
    }

    /// The number of the descriptor.
    pub fn number(&self) -> RawFd {
        self.epoll.number()
    }

    /// Shows how a stream stands: whether it has something that the socket does not show, and whether output waits for room
    /// in the socket. Must be called before the socket is closed with `None` for it.
    pub fn show(&mut self, socket: Option<BorrowedFd<'_>>, has_something: bool, is_blocked: bool) {
        let interest = if is_blocked { Interest::ReadWrite } else { Interest::Read };
        let shown = match (socket, self.attached) {
            (Some(socket), None) => self.epoll.add(socket, interest).is_ok(),
            (Some(socket), Some(before)) if before != interest => self.epoll.change(socket, interest).is_ok(),
            _ => true,
        };
        if shown {
            self.attached = socket.map(|_| interest);
        }
        // A socket that the system would not register is looked at by asking.
        let is_raised = has_something || !shown;
        if is_raised != self.is_raised {
            if is_raised {
                self.event.signal()
            } else {
                self.event.clear()
            }
            self.is_raised = is_raised;
        }
    }

    /// Lets go of a socket that is about to be closed.
    pub fn detach(&mut self, socket: BorrowedFd<'_>) {
        if self.attached.take().is_some() {
            self.epoll.remove(socket);
        }
    }
}
