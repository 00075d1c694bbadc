//! The threads inside a client that wait for another one.

use super::state::State;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, MutexGuard, PoisonError};
use std::time::Duration;

/// Counted, because to tell nobody would be a system call, too, and mostly there is nobody. Whoever tells them has held the lock of
/// the state after what they look for has changed.
pub struct Followers {
    changed: Condvar,
    /// Changes under that lock only.
    count: AtomicUsize,
}

impl Followers {
    /// None.
    pub fn new() -> Self {
        Self { changed: Condvar::new(), count: AtomicUsize::new(0) }
    }

    /// Waits until told, for at most so long.
    pub fn wait<'a>(&self, state: MutexGuard<'a, State>, left: Option<Duration>) -> MutexGuard<'a, State> {
        self.count.fetch_add(1, Ordering::SeqCst);
        let state = match left {
            None => self.changed.wait(state).unwrap_or_else(PoisonError::into_inner),
            Some(left) => self.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0,
        };
        self.count.fetch_sub(1, Ordering::SeqCst);
        state
    }

    /// Tells one of them, if there is one.
    pub fn notify_one(&self) -> bool {
        let is_one_there = self.count.load(Ordering::SeqCst) > 0;
        if is_one_there {
            self.changed.notify_one();
        }
        is_one_there
    }

    /// Tells all of them.
    pub fn notify_all(&self) {
        if self.count.load(Ordering::SeqCst) > 0 {
            self.changed.notify_all();
        }
    }
}
