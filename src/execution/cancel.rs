//! Cancelling from other threads and from signal handlers: a counter and an eventfd.

use crate::sys::{EventFd, EventFdWatch};
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use tokio::sync::watch;

/// Counts the cancels of one handle. A call that waits ends when the count passes the one that it began with.
pub struct Cancel {
    requested: AtomicU64,
    /// Up to here cancels have ended a call, and mean nothing to later ones.
    spent: AtomicU64,
    /// Made with the first runtime: before that no call waits.
    event: OnceLock<Arc<EventFd>>,
}

impl Cancel {
    /// Nothing is cancelled.
    pub fn new() -> Self {
        Self { requested: AtomicU64::new(0), spent: AtomicU64::new(0), event: OnceLock::new() }
    }

    /// Cancels. Safe in a signal handler: one atomic addition and one write(2).
    pub fn request(&self) {
        self.requested.fetch_add(1, Ordering::SeqCst);
        if let Some(event) = self.event.get() {
            event.signal();
        }
    }

    /// Signals without cancelling anything.
    pub fn signal(&self) {
        if let Some(event) = self.event.get() {
            event.signal();
        }
    }

    /// What is signalled; `None` before there is a runtime.
    pub fn event(&self) -> Option<&EventFd> {
        self.event.get().map(|event| &**event)
    }

    /// Where a call begins to count that a pending cancel ends.
    pub fn pending_counts(&self) -> u64 {
        self.spent.load(Ordering::SeqCst)
    }

    /// Where a call begins to count that only later cancels end. Those before it are spent.
    pub fn only_later_counts(&self) -> u64 {
        let now = self.requested.load(Ordering::SeqCst);
        self.spent.fetch_max(now, Ordering::SeqCst);
        now
    }

    /// Whether a call that began to count at `base` is cancelled. If so, the cancel is spent.
    pub fn is_cancelled(&self, base: u64) -> bool {
        let now = self.requested.load(Ordering::SeqCst);
        if now <= base {
            return false;
        }
        self.spent.fetch_max(now, Ordering::SeqCst);
        true
    }

    /// Makes the eventfd, unless it is there.
    pub fn prepare(&self) -> io::Result<Arc<EventFd>> {
        if let Some(event) = self.event.get() {
            return Ok(Arc::clone(event));
        }
        let fresh = Arc::new(EventFd::new()?);
        Ok(Arc::clone(self.event.get_or_init(|| fresh)))
    }

    /// Registers the eventfd with the current runtime, and gives the task that wakes the waiting calls.
    pub fn watcher(&self, wake: watch::Sender<()>) -> io::Result<impl Future<Output = ()> + use<>> {
        let event = self.prepare()?;
        let event = EventFdWatch::new(event)?;
        Ok(async move {
            while event.signalled().await.is_ok() {
                wake.send_replace(());
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cancel_ends_the_calls_under_way_or_else_the_next_one_and_is_spent_then() {
        let cancel = Cancel::new();
        let (first, second) = (cancel.pending_counts(), cancel.pending_counts());
        assert!(!cancel.is_cancelled(first));
        cancel.request();
        assert!(cancel.is_cancelled(first));
        assert!(cancel.is_cancelled(second));
        assert!(!cancel.is_cancelled(cancel.pending_counts()));
        cancel.request();
        assert!(cancel.is_cancelled(cancel.pending_counts()));
    }

    #[test]
    fn an_older_cancel_means_nothing_to_a_disconnect_and_is_spent_by_it() {
        let cancel = Cancel::new();
        cancel.request();
        let base = cancel.only_later_counts();
        assert!(!cancel.is_cancelled(base));
        assert!(!cancel.is_cancelled(cancel.pending_counts()));
        cancel.request();
        assert!(cancel.is_cancelled(base));
    }
}
