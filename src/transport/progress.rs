//! How far one leg of the dial has come, so that a timeout can say what it was waiting for.

use crate::error::Stage;
use crate::log::log;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use std::sync::{Mutex, PoisonError};

/// The stage of one connection: that to Cognito, or that to IoT Core.
pub struct Progress {
    peer: Mutex<String>,
    stage: AtomicI32,
    pending: AtomicBool,
}

impl Progress {
    /// Nothing has begun yet. `peer` names the leg in messages.
    pub fn new(peer: String) -> Self {
        Self { peer: Mutex::new(peer), stage: AtomicI32::new(Stage::None as i32), pending: AtomicBool::new(false) }
    }

    /// Notes who is spoken to from now on: the host itself, or the proxy on the way.
    pub fn speak_to(&self, peer: &str) {
        peer.clone_into(&mut self.peer.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// Notes that a stage begins.
    pub fn enter(&self, stage: Stage) {
        log!(Debug, stage, "{}: {}", self.peer(), stage.waiting_for());
        self.stage.store(stage as i32, Ordering::Relaxed);
        self.pending.store(true, Ordering::Relaxed);
    }

    /// Notes that nothing is waited for until the next stage begins.
    pub fn complete(&self) {
        self.pending.store(false, Ordering::Relaxed);
    }

    /// Whether something is waited for.
    pub fn is_pending(&self) -> bool {
        self.pending.load(Ordering::Relaxed)
    }

    /// The stage under way.
    pub fn stage(&self) -> Stage {
        let stage = self.stage.load(Ordering::Relaxed);
        Stage::ALL.iter().copied().find(|known| *known as i32 == stage).unwrap_or(Stage::None)
    }

    /// Who is spoken to.
    pub fn peer(&self) -> String {
        self.peer.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
