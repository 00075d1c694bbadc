//! What a stream has between its opens: the connection, or how it ended, and the descriptor that shows it.

use crate::dial::{Dial, diagnosis};
use crate::error::{Failure, Stage};
use crate::log::log;
use crate::status::Status;
use crate::sys::Interest;
use crate::transport::{ByteStream, Readiness};
use std::os::fd::{AsFd, OwnedFd, RawFd};
use std::time::{Duration, Instant};

/// The connection of a stream. Its lock is held for as long as a call that never waits takes.
#[derive(Default)]
pub struct Line {
    stream: Option<ByteStream>,
    /// How the last connection ended.
    failure: Option<Failure>,
    /// Since when the orderly end is under way.
    closing: Option<Instant>,
    readiness: Option<Readiness>,
}

impl Line {
    /// Takes a connection that was just opened.
    pub fn put(&mut self, stream: ByteStream) {
        self.drop_stream();
        self.failure = None;
        self.stream = Some(stream);
        self.show();
    }

    /// Whether there is a connection that has not ended, as far as is known.
    pub fn is_open(&self) -> bool {
        self.stream.is_some() && self.failure.is_none() && self.closing.is_none()
    }

    /// Lets go of a connection that has ended, because another one is about to be opened.
    pub fn make_way(&mut self) {
        if self.failure.is_some() {
            self.drop_stream();
        }
    }

    /// Hands over bytes of whole packets.
    pub fn recv(&mut self, buffer: &mut [u8], dial: &Dial) -> Result<usize, Failure> {
        let received = self.usable()?.recv(buffer);
        self.note(received, dial)
    }

    /// Takes bytes of packets.
    pub fn send<'a>(&mut self, pieces: impl Iterator<Item = &'a [u8]>, dial: &Dial) -> Result<usize, Failure> {
        let sent = self.usable()?.send(pieces);
        self.note(sent, dial)
    }

    /// The descriptor for an event loop.
    pub fn fd(&mut self) -> Result<RawFd, Failure> {
        if let Some(readiness) = &self.readiness {
            return Ok(readiness.number());
        }
        let readiness = Readiness::new().map_err(|error| {
            let message = format!("no descriptors for an event loop: {error}");
            Failure::new(Status::OutOfResources, Stage::Config, message)
        })?;
        let number = readiness.number();
        self.readiness = Some(readiness);
        self.show();
        Ok(number)
    }

    /// Since when the orderly end is under way, which begins if it has not; `None` when nothing is open.
    pub fn closing_since(&mut self) -> Option<Instant> {
        self.stream.as_ref()?;
        Some(*self.closing.get_or_insert_with(Instant::now))
    }

    /// Goes on with the orderly end that began so long ago. Whether it is over.
    pub fn close(&mut self, passed: Duration) -> bool {
        let is_over = self.stream.as_mut().is_none_or(|stream| stream.close_in_time(passed));
        self.show();
        is_over
    }

    /// Ends what is open as far as that takes no waiting.
    pub fn hurry(&mut self) {
        if let Some(stream) = &mut self.stream {
            stream.close(true);
        }
        self.drop_stream();
    }

    /// A descriptor of the socket to wait on, which outlives a drop by another thread, and what for.
    pub fn socket(&self) -> Result<(Option<OwnedFd>, Interest), Failure> {
        let Some(stream) = &self.stream else { return Ok((None, Interest::Read)) };
        let interest = stream.interest();
        let socket = stream.as_fd().try_clone_to_owned().map_err(|error| {
            Failure::new(Status::OutOfResources, Stage::Disconnect, format!("no descriptor to wait on: {error}"))
        })?;
        Ok((Some(socket), interest))
    }

    /// Closes the connection, if there is one.
    pub fn drop_stream(&mut self) {
        if let (Some(stream), Some(readiness)) = (&self.stream, &mut self.readiness) {
            readiness.detach(stream.as_fd());
        }
        self.stream = None;
        self.closing = None;
        self.show();
    }

    fn usable(&mut self) -> Result<&mut ByteStream, Failure> {
        if let Some(failure) = &self.failure {
            return Err(failure.clone());
        }
        match &mut self.stream {
            Some(stream) if self.closing.is_none() => Ok(stream),
            _ => Err(Failure::new(Status::InvalidState, Stage::None, "the transport is not open")
                .hint("Call cognito_transport_open")),
        }
    }

    /// Shows how the connection stands after a call, and notes its end.
    fn note(&mut self, count: Option<usize>, dial: &Dial) -> Result<usize, Failure> {
        let ended = match (count, &self.stream) {
            (None, Some(stream)) => stream.ended().map(|ended| diagnosis::ended(dial, ended, stream.peer())),
            _ => None,
        };
        self.show();
        match ended {
            None => Ok(count.unwrap_or_default()),
            Some(failure) => {
                log!(Info, failure.stage, "the stream ended: {}", failure.message);
                self.failure = Some(failure.clone());
                Err(failure)
            }
        }
    }

    /// A connection that has ended stays until something else is done about it, and is shown so.
    fn show(&mut self) {
        let Some(readiness) = &mut self.readiness else { return };
        match &self.stream {
            Some(stream) => {
                readiness.show(Some((stream.as_fd(), stream.interest())), stream.has_something());
            }
            None => readiness.show(None, false),
        }
    }
}
