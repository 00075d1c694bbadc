//! No hidden threads: the runtime of a handle, which runs while some thread is inside a waiting call of that handle and at no
//! other time; who is inside; and what ends a call.

mod call;
mod cancel;

use crate::error::{Failure, Stage};
use crate::status::Status;
use crate::sys::{EventFd, ProcessMark};
pub use call::Call;
use call::shut_down;
use cancel::Cancel;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::sync::watch;
use tokio::time::Instant;

/// How long a call may wait.
#[derive(Clone, Copy)]
pub enum Wait {
    /// This long; zero does what can be done without waiting.
    AtMost(Duration),
    /// As long as it takes.
    Forever,
}

/// The tasks of a runtime that is at rest: the one that waits for a cancel.
const TASKS_AT_REST: usize = 1;

/// The runtime of one handle, and the calls of it.
pub struct Execution {
    /// What the handle is, for messages, such as "client".
    what: &'static str,
    cancel: Cancel,
    /// How often the handle's task was polled: when this stands still, there is nothing to do without waiting.
    polls: Arc<AtomicU64>,
    /// Since when no thread is inside a call, for others that wait for a fetch of credentials which this one has begun. Kept up
    /// while there is a runtime, without which nothing is fetched.
    away: watch::Sender<Option<Instant>>,
    /// Wakes the calls that wait.
    wake: watch::Sender<()>,
    calls: Mutex<Calls>,
    has_runtime: AtomicBool,
    idle: Condvar,
    process: ProcessMark,
}

struct Calls {
    runtime: Option<Arc<Runtime>>,
    in_flight: usize,
    is_closing: bool,
}

impl Execution {
    /// Takes nothing from the system yet. `wake` is for whoever has news for the calls that wait.
    pub fn new(what: &'static str, wake: watch::Sender<()>) -> Self {
        Self {
            what,
            cancel: Cancel::new(),
            polls: Arc::new(AtomicU64::new(0)),
            away: watch::Sender::new(Some(Instant::now())),
            wake,
            calls: Mutex::new(Calls { runtime: None, in_flight: 0, is_closing: false }),
            has_runtime: AtomicBool::new(false),
            idle: Condvar::new(),
            process: ProcessMark::current(),
        }
    }

    /// Makes what a cancel signals, for calls that wait without a runtime.
    pub fn prepare(&self) -> Result<(), Failure> {
        self.cancel.prepare().map(drop).map_err(|error| self.refused(&error))
    }

    /// Begins a call that needs the runtime.
    pub fn enter(&self) -> Result<Call<'_>, Failure> {
        let mut call = self.visit()?;
        call.need_runtime()?;
        Ok(call)
    }

    /// Begins a call.
    pub fn visit(&self) -> Result<Call<'_>, Failure> {
        self.refuse_forked()?;
        if Handle::try_current().is_ok() {
            return Err(Failure::new(
                Status::Reentrant,
                Stage::None,
                "the call was made inside another runtime's task",
            ));
        }
        let mut calls = self.lock();
        if calls.is_closing {
            let message = format!("the {} is being freed", self.what);
            return Err(Failure::new(Status::InvalidHandle, Stage::None, message));
        }
        calls.in_flight += 1;
        if calls.in_flight == 1 && calls.runtime.is_some() {
            self.away.send_replace(None);
        }
        drop(calls);
        Ok(Call { execution: self, runtime: None, rests: false })
    }

    /// Ends the calls that wait, or else the next one. Safe in a signal handler.
    pub fn cancel(&self) {
        self.cancel.request();
    }

    /// Where a call begins to count that a pending cancel ends.
    pub fn pending_counts(&self) -> u64 {
        self.cancel.pending_counts()
    }

    /// Where a call begins to count that only later cancels end. Those before it are spent.
    pub fn only_later_counts(&self) -> u64 {
        self.cancel.only_later_counts()
    }

    /// Whether a call that began to count at `base` has to end, by a cancel or because the handle is being freed.
    pub fn is_ended(&self, base: u64) -> bool {
        self.cancel.is_cancelled(base) || self.lock().is_closing
    }

    /// Since when no thread is inside a call.
    pub fn away(&self) -> watch::Receiver<Option<Instant>> {
        self.away.subscribe()
    }

    /// Whether what the last calls left behind still goes on, so that another call has to drive it.
    pub fn has_runtime(&self) -> bool {
        self.has_runtime.load(Ordering::Relaxed)
    }

    /// Drives what the last calls left behind, without waiting, and gives the runtime back when that has ended.
    pub fn tidy(&self) {
        if let Ok(mut call) = self.enter() {
            call.rest();
        }
    }

    /// An error in a child of the process that made the handle: the two share descriptors, but no thread.
    pub fn refuse_forked(&self) -> Result<(), Failure> {
        if !self.has_forked() {
            return Ok(());
        }
        Err(Failure::forked(self.what))
    }

    /// Wakes whoever waits, by a runtime or for [`Execution::event`].
    pub fn wake(&self) {
        self.wake.send_replace(());
        self.cancel.signal();
    }

    /// What a cancel signals, for those that wait without a runtime; `None` before the first runtime.
    pub fn event(&self) -> Option<&EventFd> {
        self.cancel.event()
    }

    /// Whether the handle is being freed.
    pub fn is_closing(&self) -> bool {
        self.lock().is_closing
    }

    /// Whether no thread is inside a call, and none will be.
    pub fn is_left(&self) -> bool {
        let calls = self.lock();
        calls.is_closing && calls.in_flight == 0
    }

    /// Ends all calls without waiting for their end. `false` when that was done before.
    pub fn begin_close(&self) -> bool {
        let begun = !std::mem::replace(&mut self.lock().is_closing, true);
        if begun {
            self.cancel.request();
            self.wake.send_replace(());
        }
        begun
    }

    /// Waits until all calls have ended.
    pub fn wait_until_left(&self) {
        let mut calls = self.lock();
        while calls.in_flight > 0 {
            calls = self.idle.wait(calls).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Gives everything back, after the last call. What goes on is given one turn.
    pub fn shut_down(&self) {
        let runtime = self.lock().runtime.take();
        if let Some(runtime) = runtime {
            runtime.block_on(self.turn());
            shut_down(runtime);
        }
    }

    /// Ends all calls, does what `last` has begun if that takes no waiting, and gives everything back.
    pub fn close(&self, last: impl FnOnce()) {
        if self.has_forked() {
            // The child shares the parent's epoll: tearing down here would break the parent's. The lock may be held by a
            // thread that the child does not have.
            if let Ok(mut calls) = self.calls.try_lock() {
                std::mem::forget(calls.runtime.take());
            }
            return;
        }
        if self.begin_close() {
            self.wait_until_left();
            last();
            self.shut_down();
        }
    }

    /// Whether this is a child of the process that made the handle.
    pub fn has_forked(&self) -> bool {
        ProcessMark::current() != self.process
    }

    fn runtime(&self, calls: &mut Calls) -> Result<Arc<Runtime>, Failure> {
        if let Some(runtime) = &calls.runtime {
            return Ok(Arc::clone(runtime));
        }
        let runtime = Builder::new_current_thread()
            .enable_io()
            .enable_time()
            // A handle has one or two sockets; the default reserves room for 1024 events.
            .max_io_events_per_tick(16)
            .build()
            .map_err(|error| self.refused(&error))?;
        {
            let _inside = runtime.enter();
            runtime.spawn(self.cancel.watcher(self.wake.clone()).map_err(|error| self.refused(&error))?);
        }
        self.away.send_replace(None);
        let runtime = Arc::new(runtime);
        calls.runtime = Some(Arc::clone(&runtime));
        self.has_runtime.store(true, Ordering::Relaxed);
        Ok(runtime)
    }

    fn refused(&self, error: &std::io::Error) -> Failure {
        let message = format!("no descriptors for a {}: {error}", self.what);
        Failure::new(Status::OutOfResources, Stage::Config, message)
    }

    /// Gives the runtime back if no call uses it and nothing is left to do on it.
    fn release(&self, mut calls: MutexGuard<'_, Calls>) {
        let at_rest = |runtime: &mut Arc<Runtime>| {
            Arc::strong_count(runtime) == 1 && runtime.metrics().num_alive_tasks() <= TASKS_AT_REST
        };
        if let Some(runtime) = calls.runtime.take_if(at_rest) {
            self.has_runtime.store(false, Ordering::Relaxed);
            drop(calls);
            shut_down(runtime);
        }
    }

    /// Does everything that can be done without waiting. One turn of the runtime polls the sockets, the next runs what they woke.
    async fn turn(&self) {
        let mut before = self.polls.load(Ordering::Relaxed);
        for _ in 0..64 {
            tokio::task::yield_now().await;
            tokio::task::yield_now().await;
            let now = self.polls.load(Ordering::Relaxed);
            if now == before {
                return;
            }
            before = now;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Calls> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a call with `wait_ms` gives when that passed first.
pub fn in_progress(what: &str) -> Failure {
    Failure::new(Status::InProgress, Stage::None, format!("the {what} is still under way"))
}
