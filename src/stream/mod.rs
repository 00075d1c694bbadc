//! An authenticated byte stream for an application that has an MQTT library of its own: `cognito_transport` in C.

mod line;
mod state;

use crate::boxed::boxed;
use crate::config::DialSettings;
use crate::credentials::Provider;
use crate::dial::Dial;
use crate::error::{Failure, Stage};
use crate::execution::{Call, Execution, Wait, in_progress};
use crate::status::Status;
use crate::sys::wait_for;
use crate::trace::Step;
use crate::transport::ByteStream;
use line::Line;
use state::{Opening, Over, Phase, State};
use std::os::fd::{AsFd, RawFd};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How soon a call that closes sees a cancel.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// A byte stream. It is opened on a runtime, which is given back then: what is open needs none.
pub struct Stream {
    dial: Arc<Dial>,
    state: Arc<State>,
    execution: Execution,
    line: Arc<Mutex<Line>>,
}

impl Stream {
    /// Does not touch the network. The client identifier, if it is known, is for hints.
    pub fn new(dial: DialSettings, client_id: Option<String>, provider: Arc<Provider>) -> Result<Self, Failure> {
        let state = Arc::new(State::new());
        let execution = Execution::new("transport", state.waker());
        let dial = Dial::new(dial, client_id, provider, execution.away())?;
        Ok(Self { dial: Arc::new(dial), state, execution, line: Arc::default() })
    }

    /// Begins to open if nothing is open or under way, and waits for the outcome.
    pub fn open(&self, wait: Wait) -> Result<(), Failure> {
        let mut call = self.execution.enter()?;
        let base = self.execution.pending_counts();
        let opening = match self.begin(&call) {
            Ok(opening) => opening,
            Err(failure) => {
                call.rest();
                return Err(failure);
            }
        };
        let outcome = match call.drive(wait, base, || self.state.outcome(&opening)) {
            Ok(None) => return Err(in_progress("open")),
            Ok(Some(outcome)) => outcome,
            Err(cancelled) => {
                self.state.abort(&opening, Phase::Opening);
                call.turn();
                Err(cancelled)
            }
        };
        call.rest();
        outcome
    }

    /// Hands over bytes of whole packets; 0 when there are none now.
    pub fn recv(&self, buffer: &mut [u8]) -> Result<usize, Failure> {
        self.with_line(|line| line.recv(buffer, &self.dial))
    }

    /// Takes bytes of packets and sends those that are whole; 0 when the socket is full.
    pub fn send<'a>(&self, pieces: impl Iterator<Item = &'a [u8]>) -> Result<usize, Failure> {
        self.with_line(|line| line.send(pieces, &self.dial))
    }

    /// The descriptor for an event loop, which is made when it is first asked for.
    pub fn fd(&self) -> Result<RawFd, Failure> {
        self.locked()?.fd()
    }

    /// Ends the stream in order, or an open under way at once, and waits until that is done.
    pub fn close(&self, wait: Wait) -> Result<(), Failure> {
        self.execution.refuse_forked()?;
        let base = self.execution.only_later_counts();
        let began = Instant::now();
        let opening = self.state.disconnect();
        if self.state.phase() == Phase::Opening {
            let mut call = self.execution.enter()?;
            let ended = call.drive(wait, base, || opening.end().map(drop));
            call.rest();
            return ended?.ok_or_else(|| in_progress("close"));
        }
        loop {
            let mut line = self.locked()?;
            if self.execution.is_ended(base) {
                line.drop_stream();
                self.closed(&opening);
                return Err(Failure::cancelled(Stage::None));
            }
            let Some(since) = line.closing_since() else {
                self.closed(&opening);
                return Ok(());
            };
            if line.close(since.elapsed()) {
                line.drop_stream();
                self.closed(&opening);
                return Ok(());
            }
            let left = match wait {
                Wait::Forever => LOOK_AGAIN,
                Wait::AtMost(wait) => wait.saturating_sub(began.elapsed()).min(LOOK_AGAIN),
            };
            if left.is_zero() {
                return Err(in_progress("close"));
            }
            // Outside of the lock, so that other threads are told at once that the stream is being closed.
            let (socket, interest) = line.socket()?;
            drop(line);
            if let Some(socket) = socket {
                wait_for([Some((socket.as_fd(), interest))], Some(left));
            }
        }
    }

    /// Ends the calls that wait, or else the next open. Safe in a signal handler.
    pub fn cancel(&self) {
        self.execution.cancel();
    }

    /// Whether the stream is open, as far as is known.
    pub fn is_open(&self) -> bool {
        self.state.phase() == Phase::Open
    }

    /// The last failure of any open or stream.
    pub fn failure(&self) -> Option<Failure> {
        self.state.failure()
    }

    /// What the last open did and when; that under way, up to now.
    pub fn trace(&self) -> Vec<Step> {
        self.state.current().0.attempt.trace().steps()
    }

    /// Ends all calls, says Close if that takes no waiting, and gives everything back.
    pub fn free(&self) {
        if self.execution.refuse_forked().is_err() {
            self.execution.close(|| {});
            return;
        }
        self.execution.close(|| drop(self.state.disconnect()));
        lock(&self.line).hurry();
    }

    /// The open under way, which is started if there is none.
    fn begin(&self, call: &Call<'_>) -> Result<Arc<Opening>, Failure> {
        let (opening, before) = self.state.begin();
        match before {
            Phase::Closing => {
                return Err(Failure::new(Status::InvalidState, Stage::None, "a close is under way")
                    .hint("Wait for it with cognito_transport_close"));
            }
            Phase::Closed => {
                lock(&self.line).make_way();
                let (dial, state, line) = (Arc::clone(&self.dial), Arc::clone(&self.state), Arc::clone(&self.line));
                call.spawn(boxed(|| run(dial, state, line, Arc::clone(&opening))));
            }
            Phase::Opening | Phase::Open => {}
        }
        Ok(opening)
    }

    /// Does something with the open stream, and notes its end.
    fn with_line<T>(&self, act: impl FnOnce(&mut Line) -> Result<T, Failure>) -> Result<T, Failure> {
        let result = {
            let mut line = self.locked()?;
            may_panic!("line");
            let was_open = line.is_open();
            let result = act(&mut line);
            if let (true, false, Err(failure)) = (was_open, line.is_open(), &result) {
                self.state.over(&self.state.current().0, Some(failure.clone()));
            }
            result
        };
        if self.execution.has_runtime() && self.state.phase() != Phase::Opening {
            self.execution.tidy();
        }
        result
    }

    fn closed(&self, opening: &Opening) {
        if self.state.phase() == Phase::Closing {
            self.state.over(opening, None);
        }
    }

    /// In a forked child the lock may be held by a thread that the child does not have.
    fn locked(&self) -> Result<MutexGuard<'_, Line>, Failure> {
        self.execution.refuse_forked()?;
        Ok(lock(&self.line))
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.free();
    }
}

/// The task of one open.
async fn run(dial: Arc<Dial>, state: Arc<State>, line: Arc<Mutex<Line>>, opening: Arc<Opening>) {
    let over = Over { state: &state, opening: &opening };
    may_panic!("open");
    let opened = dial.run(&opening.attempt, |upgraded, _| {
        boxed(move || async move { ByteStream::new(upgraded).map_err(Failure::from) })
    });
    let opened = boxed(|| opened).await;
    opening.attempt.trace().close(opened.as_ref().err());
    match opened {
        Err(failure) => over.with(Some(failure)),
        Ok(stream) => {
            let mut line = lock(&line);
            if state.connected(&opening) {
                line.put(stream);
                over.stays_open();
            } else {
                over.with(Some(dial.identified(Failure::cancelled(Stage::None))));
            }
        }
    }
}

fn lock(line: &Mutex<Line>) -> MutexGuard<'_, Line> {
    line.lock().unwrap_or_else(PoisonError::into_inner)
}
