//! What the calls of a handle and the task of its connection know of each other.

use crate::error::{Failure, Stage};
use crate::status::Status;
use crate::trace::Trace;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use tokio::sync::watch;

/// Where a connection stands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Phase {
    /// There is no connection.
    Idle,
    /// The dial is under way.
    Connecting,
    /// It is open.
    Connected,
    /// The orderly end is under way.
    Disconnecting,
}

/// What the calls ask of the task.
#[derive(Clone, Copy, PartialEq)]
pub enum Order {
    /// Dial and stay connected.
    Connect,
    /// End what is open in order.
    Disconnect,
    /// Drop everything now.
    Abort,
}

/// One connect and what comes of it. Each has a task.
pub struct Attempt {
    orders: watch::Sender<Order>,
    trace: Arc<Trace>,
    end: OnceLock<Option<Failure>>,
}

impl Attempt {
    /// One that dials.
    pub fn new() -> Arc<Self> {
        Arc::new(Self {
            orders: watch::Sender::new(Order::Connect),
            trace: Arc::new(Trace::new()),
            end: OnceLock::new(),
        })
    }

    /// Orders it to drop everything.
    pub fn abort(&self) {
        order(self, Order::Abort);
    }

    /// What is asked of the task.
    pub fn orders(&self) -> watch::Receiver<Order> {
        self.orders.subscribe()
    }

    /// What it did and when.
    pub fn trace(&self) -> &Arc<Trace> {
        &self.trace
    }

    /// How it ended, once it has: `None` inside for an end that was ordered.
    pub fn end(&self) -> Option<&Option<Failure>> {
        self.end.get()
    }
}

/// The state of a connection. Its lock is never held while anything is called that could wait or call back.
pub struct State {
    inner: Mutex<Inner>,
    wake: watch::Sender<()>,
}

struct Inner {
    phase: Phase,
    /// The current or last one.
    attempt: Arc<Attempt>,
    /// The last failure of any connect or session.
    failure: Option<Failure>,
}

impl State {
    /// Idle.
    pub fn new() -> Self {
        let attempt = Attempt::new();
        let _ = attempt.end.set(None);
        Self { inner: Mutex::new(Inner { phase: Phase::Idle, attempt, failure: None }), wake: watch::Sender::new(()) }
    }

    /// For whoever else has news for the waiting calls.
    pub fn waker(&self) -> watch::Sender<()> {
        self.wake.clone()
    }

    /// Where the connection stands.
    pub fn phase(&self) -> Phase {
        self.lock().phase
    }

    /// The current or last attempt, and where the connection stands.
    pub fn current(&self) -> (Arc<Attempt>, Phase) {
        let inner = self.lock();
        (Arc::clone(&inner.attempt), inner.phase)
    }

    /// The last failure of any connect or session.
    pub fn failure(&self) -> Option<Failure> {
        self.lock().failure.clone()
    }

    /// The attempt to wait for: a new one, with `Phase::Idle`, if there was none, which needs a task then.
    pub fn begin(&self) -> (Arc<Attempt>, Phase) {
        let mut inner = self.lock();
        let before = inner.phase;
        if before == Phase::Idle {
            inner.phase = Phase::Connecting;
            inner.attempt = Attempt::new();
        }
        (Arc::clone(&inner.attempt), before)
    }

    /// Orders an open session to end in order, and a connect to end at once. Gives the attempt whose end to wait for.
    pub fn disconnect(&self) -> Arc<Attempt> {
        let mut inner = self.lock();
        match inner.phase {
            Phase::Connecting => inner.attempt.abort(),
            Phase::Connected => {
                inner.phase = Phase::Disconnecting;
                order(&inner.attempt, Order::Disconnect);
            }
            Phase::Idle | Phase::Disconnecting => {}
        }
        Arc::clone(&inner.attempt)
    }

    /// Orders an attempt to drop everything, if it is still in this phase.
    pub fn abort(&self, attempt: &Arc<Attempt>, phase: Phase) {
        let inner = self.lock();
        if inner.phase == phase && Arc::ptr_eq(&inner.attempt, attempt) {
            attempt.abort();
        }
    }

    /// How a connect stands: `None` while it is under way.
    pub fn outcome(&self, attempt: &Arc<Attempt>) -> Option<Result<(), Failure>> {
        if let Some(end) = attempt.end() {
            return Some(Err(end.clone().unwrap_or_else(|| Failure::cancelled(Stage::Disconnect))));
        }
        match self.phase() {
            Phase::Connected => Some(Ok(())),
            Phase::Disconnecting => Some(Err(Failure::cancelled(Stage::Disconnect))),
            Phase::Connecting | Phase::Idle => None,
        }
    }

    /// The dial has succeeded. Gives whether that is still wanted.
    pub fn connected(&self, attempt: &Attempt) -> bool {
        let mut inner = self.lock();
        if *attempt.orders.borrow() != Order::Connect {
            return false;
        }
        inner.phase = Phase::Connected;
        drop(inner);
        self.wake.send_replace(());
        true
    }

    /// The task is over, by a failure or because it was ordered.
    pub fn over(&self, attempt: &Attempt, failure: Option<Failure>) {
        {
            let mut inner = self.lock();
            inner.phase = Phase::Idle;
            if failure.is_some() {
                inner.failure.clone_from(&failure);
            }
            let _ = attempt.end.set(failure);
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
    pub attempt: &'a Attempt,
}

impl Over<'_> {
    /// The task has ended in this way.
    pub fn with(self, failure: Option<Failure>) {
        self.state.over(self.attempt, failure);
        std::mem::forget(self);
    }

    /// The task has ended, and what it has opened goes on.
    pub fn stays_open(self) {
        std::mem::forget(self);
    }
}

impl Drop for Over<'_> {
    fn drop(&mut self) {
        let failure = Failure::new(Status::Internal, Stage::None, "the connection's task ended by a defect");
        self.state.over(self.attempt, Some(failure));
    }
}

/// Waits for an order other than to connect.
pub async fn ordered(orders: &mut watch::Receiver<Order>) -> Order {
    match orders.wait_for(|order| *order != Order::Connect).await {
        Ok(order) => *order,
        Err(_) => Order::Abort,
    }
}

fn order(attempt: &Attempt, order: Order) {
    attempt.orders.send_modify(|current| *current = order);
}
