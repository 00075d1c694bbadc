//! What a client's calls and its task know of each other.

use super::driver::Order;
use crate::error::{Failure, Stage};
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;

/// Where a client stands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Phase {
    /// There is no connection.
    Idle,
    /// The dial is under way.
    Connecting,
    /// The session is open.
    Connected,
    /// The orderly end is under way.
    Disconnecting,
}

/// The state of a client. Its lock is never held while anything is called that could wait or call back.
pub struct State {
    inner: Mutex<Inner>,
    wake: watch::Sender<()>,
}

struct Inner {
    phase: Phase,
    /// Number of the current or last connect.
    attempt: u64,
    /// Number of the last connect that is over, and how it or its session ended; `None` when that was ordered.
    ended: (u64, Option<Failure>),
    /// The last failure of any connect or session.
    failure: Option<Failure>,
    orders: watch::Sender<Order>,
}

impl State {
    /// Idle.
    pub fn new() -> Self {
        Self {
            inner: Mutex::new(Inner {
                phase: Phase::Idle,
                attempt: 0,
                ended: (0, None),
                failure: None,
                orders: watch::Sender::new(Order::Abort),
            }),
            wake: watch::Sender::new(()),
        }
    }

    /// Wakes on every change.
    pub fn subscribe(&self) -> watch::Receiver<()> {
        self.wake.subscribe()
    }

    /// For whoever else has news for the waiting calls.
    pub fn waker(&self) -> watch::Sender<()> {
        self.wake.clone()
    }

    /// Where the client stands.
    pub fn phase(&self) -> Phase {
        self.lock().phase
    }

    /// Number of the current or last connect, and where the client stands.
    pub fn attempt(&self) -> (u64, Phase) {
        let inner = self.lock();
        (inner.attempt, inner.phase)
    }

    /// The last failure of any connect or session.
    pub fn failure(&self) -> Option<Failure> {
        self.lock().failure.clone()
    }

    /// Begins a connect if the client is idle: the number of the current one, and orders for a task if one is needed.
    pub fn begin(&self) -> (u64, Phase, Option<watch::Receiver<Order>>) {
        let mut inner = self.lock();
        if inner.phase != Phase::Idle {
            return (inner.attempt, inner.phase, None);
        }
        let (orders, receiver) = watch::channel(Order::Connect);
        inner.phase = Phase::Connecting;
        inner.attempt += 1;
        inner.orders = orders;
        (inner.attempt, inner.phase, Some(receiver))
    }

    /// Asks the task to end, in order or at once; gives the phase from then on.
    pub fn end(&self, order: Order) -> Phase {
        let mut inner = self.lock();
        match (inner.phase, order) {
            (Phase::Idle, _) => {}
            (Phase::Connecting, _) | (_, Order::Abort) => inner.orders.send_modify(|current| *current = Order::Abort),
            (Phase::Connected, _) => {
                inner.phase = Phase::Disconnecting;
                inner.orders.send_modify(|current| *current = order);
            }
            (Phase::Disconnecting, _) => {}
        }
        inner.phase
    }

    /// How the connect of this number stands: `None` while it is under way.
    pub fn outcome(&self, attempt: u64) -> Option<Result<(), Failure>> {
        let inner = self.lock();
        match inner.phase {
            Phase::Connecting if inner.attempt == attempt => return None,
            Phase::Connected if inner.attempt == attempt => return Some(Ok(())),
            _ => {}
        }
        // Another thread may have begun anew since; this call's answer is still how its own connect ended.
        match &inner.ended {
            (over, Some(failure)) if *over == attempt => Some(Err(failure.clone())),
            _ => Some(Err(Failure::cancelled(Stage::None))),
        }
    }

    /// The task has CONNACK.
    pub fn connected(&self, attempt: u64) {
        self.change(|inner| {
            if inner.attempt == attempt && inner.phase == Phase::Connecting {
                inner.phase = Phase::Connected;
            }
        });
    }

    /// The task is over, by a failure or because it was ordered.
    pub fn over(&self, attempt: u64, failure: Option<Failure>) {
        self.change(|inner| {
            if inner.attempt == attempt {
                inner.phase = Phase::Idle;
                inner.ended = (attempt, failure.clone());
                if failure.is_some() {
                    inner.failure = failure;
                }
            }
        });
    }

    fn change(&self, change: impl FnOnce(&mut Inner)) {
        change(&mut self.lock());
        self.wake.send_replace(());
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
