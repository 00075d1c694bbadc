//! One dial, as the calls of a handle know it.

use crate::trace::Trace;
use std::sync::Arc;
use tokio::sync::watch;

/// One dial: what is asked of it, and what it did.
pub struct Attempt {
    aborted: watch::Sender<bool>,
    trace: Arc<Trace>,
}

impl Attempt {
    /// One that dials.
    pub fn new() -> Self {
        Self { aborted: watch::Sender::new(false), trace: Arc::new(Trace::new()) }
    }

    /// Orders it to drop everything.
    pub fn abort(&self) {
        self.aborted.send_replace(true);
    }

    /// Whether that was ordered.
    pub fn is_aborted(&self) -> bool {
        *self.aborted.borrow()
    }

    /// Waits for that order.
    pub async fn aborted(&self) {
        // The sender lives as long as this.
        let _ = self.aborted.subscribe().wait_for(|aborted| *aborted).await;
    }

    /// What it did and when.
    pub fn trace(&self) -> &Arc<Trace> {
        &self.trace
    }
}
