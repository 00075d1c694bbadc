//! The descriptors of a client: what its own calls wait for, and what the application's event loop does.

use super::state::State;
use super::traffic::Due;
use crate::error::{Failure, Stage};
use crate::status::Status;
use crate::sys::{BootTimer, Epoll, Interest, boot_time};
use crate::transport::{Readiness, SocketWatch};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, RawFd};
use std::sync::Arc;
use std::time::Duration;

/// Of the network: an epoll of socket and timer, which a call waits on. For the application: another one of that, and of what it does
/// not show.
pub struct Descriptors {
    socket: SocketWatch,
    timer: BootTimer,
    /// When the timer expires.
    timer_at: Option<Duration>,
    application: Option<Readiness>,
}

impl Descriptors {
    /// Those of the network.
    pub fn new() -> Result<Self, Failure> {
        let (socket, timer) = (SocketWatch::new().map_err(refused)?, BootTimer::new().map_err(refused)?);
        socket.epoll().add(timer.as_fd(), Interest::Read).map_err(refused)?;
        Ok(Self { socket, timer, timer_at: None, application: None })
    }

    /// What becomes readable when the socket or the timer has something.
    pub fn network(&self) -> Arc<Epoll> {
        Arc::clone(self.socket.epoll())
    }

    /// The one for the application, which is made when it is first asked for.
    pub fn application(&mut self) -> Result<RawFd, Failure> {
        if let Some(application) = &self.application {
            return Ok(application.number());
        }
        Ok(self.application.insert(Readiness::new().map_err(refused)?).number())
    }

    /// Lets go of a socket that is about to be closed.
    pub fn detach(&mut self, socket: BorrowedFd<'_>) {
        self.socket.detach(socket);
    }

    /// Lets the timer expire by this time. An earlier expiry stays: it costs one look, and saves a call for every packet.
    fn set_timer(&mut self, due: Option<Duration>) {
        let now = boot_time();
        let has_expired = self.timer_at.is_some_and(|at| now >= at);
        match due {
            Some(due) if has_expired || self.timer_at.is_none_or(|at| due < at) => {
                self.timer.set(due);
                self.timer_at = Some(due);
            }
            None if has_expired => {
                self.timer.unset();
                self.timer_at = None;
            }
            _ => {}
        }
    }
}

impl State {
    /// Shows on the descriptors how the client stands. Called whenever the lock is about to be released. Gives when something is
    /// due by itself.
    pub fn show(&mut self) -> Option<Due> {
        let due = self.due();
        self.descriptors.set_timer(match due {
            Some(Due::At(at)) => Some(at),
            Some(Due::In(_)) | None => None,
        });
        let is_held_back = self.is_held_back();
        let Self { phase, descriptors, .. } = self;
        let stream = phase.stream();
        let interest = stream.and_then(|stream| match (is_held_back, stream.is_blocked()) {
            (false, _) => Some(stream.interest()),
            (true, true) => Some(Interest::Write),
            (true, false) => None,
        });
        let shown = descriptors.socket.show(stream.map(|stream| (stream.as_fd(), interest)));
        let has_something = !shown
            || stream.is_some_and(|stream| stream.has_something())
            || self.has_undelivered()
            || self.is_dial_to_begin()
            || self.session.has_something_to_send(self.may_ask()) && !self.is_blocked() && self.is_connected();
        let Descriptors { socket, application, .. } = &mut self.descriptors;
        if let Some(application) = application {
            application.show(Some((socket.epoll().as_fd(), Interest::Read)), has_something);
        }
        due
    }
}

fn refused(error: io::Error) -> Failure {
    Failure::new(Status::OutOfResources, Stage::Config, format!("no descriptors for a client: {error}"))
}
