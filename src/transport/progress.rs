//! How far one leg of the dial has come, so that a timeout can say what it was waiting for, and the trace can show it.

use crate::error::{Failure, Stage};
use crate::features::TRACE;
use crate::log::log;
use crate::status::Status;
use crate::trace::Trace;
use std::ffi::CStr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The stage of one connection: that to Cognito, or that to IoT Core.
pub struct Progress {
    trace: Arc<Trace>,
    service: &'static CStr,
    now: Mutex<Now>,
}

struct Now {
    peer: String,
    stage: Stage,
    pending: bool,
    /// The step of the trace that is under way.
    step: Option<usize>,
}

impl Progress {
    /// Nothing has begun yet. `service` names the leg in the trace, `peer` in messages.
    pub fn new(service: &'static CStr, peer: String, trace: &Arc<Trace>) -> Self {
        Self {
            trace: Arc::clone(trace),
            service,
            now: Mutex::new(Now { peer, stage: Stage::None, pending: false, step: None }),
        }
    }

    /// Notes who is spoken to from now on: the host itself, or the proxy on the way.
    pub fn speak_to(&self, peer: &str) {
        peer.clone_into(&mut self.lock().peer);
    }

    /// Notes that a stage begins, and that the one before has succeeded.
    pub fn enter(&self, stage: Stage) {
        may_panic!(&format!("{} of {}", stage.name().to_string_lossy(), self.service.to_string_lossy()));
        log!(Debug, stage, "{}: {}", self.peer(), stage.waiting_for());
        let mut now = self.lock();
        if let Some(step) = now.step {
            self.trace.end(step, Status::Ok);
        }
        now.step = TRACE.is_built().then(|| self.trace.begin(stage, self.service, &now.peer));
        now.stage = stage;
        now.pending = true;
    }

    /// Notes what the stage under way has found out.
    pub fn found<T: AsRef<str>>(&self, finding: impl FnOnce() -> T) {
        let step = self.lock().step;
        if let Some(step) = step.filter(|_| TRACE.is_built()) {
            self.trace.found(step, finding().as_ref());
        }
    }

    /// Notes that the stage under way has failed, and that the leg goes on nevertheless.
    pub fn failed(&self, failure: &Failure) {
        if let Some(step) = self.lock().step.take() {
            self.trace.found(step, &failure.message);
            self.trace.end(step, failure.status);
        }
    }

    /// Notes that the connect fails at the stage under way.
    pub fn fail(&self, failure: &Failure) {
        if let Some(step) = self.lock().step.take() {
            self.trace.fail(step, failure);
        }
    }

    /// Notes that nothing is waited for until the next stage begins.
    pub fn complete(&self) {
        let mut now = self.lock();
        now.pending = false;
        if let Some(step) = now.step.take() {
            self.trace.end(step, Status::Ok);
        }
    }

    /// Whether something is waited for.
    pub fn is_pending(&self) -> bool {
        self.lock().pending
    }

    /// The stage under way.
    pub fn stage(&self) -> Stage {
        self.lock().stage
    }

    /// Who is spoken to.
    pub fn peer(&self) -> String {
        self.lock().peer.clone()
    }

    fn lock(&self) -> MutexGuard<'_, Now> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
