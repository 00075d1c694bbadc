//! What the calls of a stream and the task of an open know of each other.

use crate::dial::Attempt;
use crate::error::{Failure, Stage};
use crate::status::Status;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use tokio::sync::watch;

/// Where a stream stands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Phase {
    /// It is closed.
    Closed,
    /// The dial is under way.
    Opening,
    /// It is open.
    Open,
    /// The orderly end is under way.
    Closing,
}

/// One open and what comes of it. Each has a task.
pub struct Opening {
    pub attempt: Attempt,
    end: OnceLock<Option<Failure>>,
}

impl Opening {
    fn new() -> Arc<Self> {
        Arc::new(Self { attempt: Attempt::new(), end: OnceLock::new() })
    }

    /// How it ended, once it has: `None` inside for an end that was ordered.
    pub fn end(&self) -> Option<&Option<Failure>> {
        self.end.get()
    }
}

/// The state of a stream. Its lock is never held while anything is called that could wait or call back.
pub struct State {
    inner: Mutex<Inner>,
    wake: watch::Sender<()>,
}

struct Inner {
    phase: Phase,
    /// The current or last one.
    opening: Arc<Opening>,
    /// The last failure of any open or stream.
    failure: Option<Failure>,
}

impl State {
    /// Closed.
    pub fn new() -> Self {
        let opening = Opening::new();
        let _ = opening.end.set(None);
        Self { inner: Mutex::new(Inner { phase: Phase::Closed, opening, failure: None }), wake: watch::Sender::new(()) }
    }

    /// For whoever else has news for the waiting calls.
    pub fn waker(&self) -> watch::Sender<()> {
        self.wake.clone()
    }

    /// Where it stands.
    pub fn phase(&self) -> Phase {
        self.lock().phase
    }

    /// The current or last opening, and where the stream stands.
    pub fn current(&self) -> (Arc<Opening>, Phase) {
        let inner = self.lock();
        (Arc::clone(&inner.opening), inner.phase)
    }

    /// The last failure of any open or stream.
    pub fn failure(&self) -> Option<Failure> {
        self.lock().failure.clone()
    }

    /// The opening to wait for: a new one, with `Phase::Closed`, if there was none, which needs a task then.
    pub fn begin(&self) -> (Arc<Opening>, Phase) {
        let mut inner = self.lock();
        let before = inner.phase;
        if before == Phase::Closed {
            inner.phase = Phase::Opening;
            inner.opening = Opening::new();
        }
        (Arc::clone(&inner.opening), before)
    }

    /// Orders what is open to end in order, and a dial to end at once. Gives the opening whose end to wait for.
    pub fn disconnect(&self) -> Arc<Opening> {
        let mut inner = self.lock();
        match inner.phase {
            Phase::Opening => inner.opening.attempt.abort(),
            Phase::Open => {
                inner.phase = Phase::Closing;
            }
            Phase::Closed | Phase::Closing => {}
        }
        Arc::clone(&inner.opening)
    }

    /// Orders an opening to drop everything, if it is still in this phase.
    pub fn abort(&self, opening: &Arc<Opening>, phase: Phase) {
        let inner = self.lock();
        if inner.phase == phase && Arc::ptr_eq(&inner.opening, opening) {
            opening.attempt.abort();
        }
    }

    /// How an open stands: `None` while it is under way.
    pub fn outcome(&self, opening: &Arc<Opening>) -> Option<Result<(), Failure>> {
        if let Some(end) = opening.end() {
            return Some(Err(end.clone().unwrap_or_else(|| Failure::cancelled(Stage::Disconnect))));
        }
        match self.phase() {
            Phase::Open => Some(Ok(())),
            Phase::Closing => Some(Err(Failure::cancelled(Stage::Disconnect))),
            Phase::Opening | Phase::Closed => None,
        }
    }

    /// The dial has succeeded. Gives whether that is still wanted.
    pub fn connected(&self, opening: &Opening) -> bool {
        let mut inner = self.lock();
        if opening.attempt.is_aborted() {
            return false;
        }
        inner.phase = Phase::Open;
        drop(inner);
        self.wake.send_replace(());
        true
    }

    /// The task is over, by a failure or because it was ordered.
    pub fn over(&self, opening: &Opening, failure: Option<Failure>) {
        {
            let mut inner = self.lock();
            inner.phase = Phase::Closed;
            if failure.is_some() {
                inner.failure.clone_from(&failure);
            }
            let _ = opening.end.set(failure);
        }
        self.wake.send_replace(());
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Reports the end of a task, also when it panicked.
pub struct Over<'a> {
    pub state: &'a State,
    pub opening: &'a Opening,
}

impl Over<'_> {
    /// The task has ended in this way.
    pub fn with(self, failure: Option<Failure>) {
        self.state.over(self.opening, failure);
        std::mem::forget(self);
    }

    /// The task has ended, and what it has opened goes on.
    pub fn stays_open(self) {
        std::mem::forget(self);
    }
}

impl Drop for Over<'_> {
    fn drop(&mut self) {
        let failure = Failure::new(Status::Internal, Stage::None, "the stream's task ended by a defect");
        self.state.over(self.opening, Some(failure));
    }
}
