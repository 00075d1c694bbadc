//! How a connection shows what of it is to be done: an epoll of its socket, and an eventfd that is raised for what the socket does
//! not show.

use crate::sys::{Epoll, EventFd, Interest};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, RawFd};
use std::sync::Arc;

/// An epoll of one socket after the other, the same across reconnects.
pub struct SocketWatch {
    epoll: Arc<Epoll>,
    /// The interest in the socket that is attached.
    attached: Option<Interest>,
}

impl SocketWatch {
    /// Without a socket.
    pub fn new() -> io::Result<Self> {
        Ok(Self { epoll: Arc::new(Epoll::new()?), attached: None })
    }

    /// The epoll, which can be waited on while others change what is in it.
    pub fn epoll(&self) -> &Arc<Epoll> {
        &self.epoll
    }

    /// Shows a socket with what of it is of interest now. Gives whether the system would register it.
    pub fn show(&mut self, socket: Option<(BorrowedFd<'_>, Option<Interest>)>) -> bool {
        let shown = match (socket, self.attached) {
            (Some((socket, Some(interest))), None) => self.epoll.add(socket, interest).is_ok(),
            (Some((socket, Some(interest))), Some(before)) if before != interest => {
                self.epoll.change(socket, interest).is_ok()
            }
            (Some((socket, None)), Some(_)) => {
                self.epoll.remove(socket);
                true
            }
            _ => true,
        };
        if shown {
            self.attached = socket.and_then(|(_, interest)| interest);
        }
        shown
    }

    /// Lets go of a socket that is about to be closed.
    pub fn detach(&mut self, socket: BorrowedFd<'_>) {
        if self.attached.take().is_some() {
            self.epoll.remove(socket);
        }
    }
}

/// An eventfd that is raised or not.
struct Flag {
    event: EventFd,
    is_raised: bool,
}

impl Flag {
    /// Not raised.
    fn new() -> io::Result<Self> {
        Ok(Self { event: EventFd::new()?, is_raised: false })
    }

    /// Raises it, or takes it down.
    fn set(&mut self, is_raised: bool) {
        if is_raised == self.is_raised {
            return;
        }
        if is_raised {
            self.event.signal();
        } else {
            self.event.clear();
        }
        self.is_raised = is_raised;
    }
}

impl AsFd for Flag {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.event.as_fd()
    }
}

/// One descriptor of a stream for the application's event loop.
pub struct Readiness {
    socket: SocketWatch,
    flag: Flag,
}

impl Readiness {
    /// Silent, and without a socket.
    pub fn new() -> io::Result<Self> {
        let (socket, flag) = (SocketWatch::new()?, Flag::new()?);
        socket.epoll.add(flag.as_fd(), Interest::Read)?;
        Ok(Self { socket, flag })
    }

    /// The number of the descriptor.
    pub fn number(&self) -> RawFd {
        self.socket.epoll.number()
    }

    /// Shows how a stream stands: its socket with what of it is of interest now, and whether there is something that the socket
    /// does not show.
    pub fn show(&mut self, socket: Option<(BorrowedFd<'_>, Interest)>, has_something: bool) {
        let shown = self.socket.show(socket.map(|(socket, interest)| (socket, Some(interest))));
        // A socket that the system would not register is looked at by asking.
        self.flag.set(has_something || !shown);
    }

    /// Lets go of a socket that is about to be closed.
    pub fn detach(&mut self, socket: BorrowedFd<'_>) {
        self.socket.detach(socket);
    }
}
