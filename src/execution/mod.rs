//! No hidden threads: the runtime of a handle, which runs while some thread is inside a waiting call of that handle and at no
//! other time; who is inside; and what ends a call.

mod cancel;

use crate::boxed::BoxFuture;
use crate::error::{Failure, Stage};
use crate::status::Status;
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
    /// Since when no thread is inside a call, for others that wait for a fetch of credentials which this one has begun.
    away: watch::Sender<Option<Instant>>,
    /// Wakes the calls that wait.
    wake: watch::Sender<()>,
    calls: Mutex<Calls>,
    has_runtime: AtomicBool,
    idle: Condvar,
    process_id: u32,
}

struct Calls {
    runtime: Option<Arc<Runtime>>,
    in_flight: usize,
    is_closing: bool,
}

/// A thread inside a call.
pub struct Call<'a> {
    execution: &'a Execution,
    runtime: Option<Arc<Runtime>>,
    /// Whether the runtime may go when this call was the last one and nothing is left to do.
    rests: bool,
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
            process_id: std::process::id(),
        }
    }

    /// Takes now what the first call would take.
    pub fn prepare(&self) -> Result<(), Failure> {
        self.runtime(&mut self.lock()).map(drop)
    }

    /// Begins a call.
    pub fn enter(&self) -> Result<Call<'_>, Failure> {
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
        let runtime = self.runtime(&mut calls)?;
        calls.in_flight += 1;
        if calls.in_flight == 1 {
            self.away.send_replace(None);
        }
        drop(calls);
        Ok(Call { execution: self, runtime: Some(runtime), rests: false })
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
        let what = self.what;
        Err(Failure::new(Status::Forked, Stage::None, format!("the {what} was made before fork()"))
            .hint(format!("Make a new {what} in the child")))
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
        let runtime = {
            let mut calls = self.lock();
            if std::mem::replace(&mut calls.is_closing, true) {
                return;
            }
            calls.runtime.take()
        };
        self.cancel.request();
        let mut calls = self.lock();
        while calls.in_flight > 0 {
            calls = self.idle.wait(calls).unwrap_or_else(PoisonError::into_inner);
        }
        drop(calls);
        last();
        if let Some(runtime) = runtime {
            runtime.block_on(self.turn());
            shut_down(runtime);
        }
    }

    fn has_forked(&self) -> bool {
        std::process::id() != self.process_id
    }

    fn runtime(&self, calls: &mut Calls) -> Result<Arc<Runtime>, Failure> {
        if let Some(runtime) = &calls.runtime {
            return Ok(Arc::clone(runtime));
        }
        let resources = |error: std::io::Error| {
            let message = format!("no descriptors for a {}: {error}", self.what);
            Failure::new(Status::OutOfResources, Stage::Config, message)
        };
        let runtime = Builder::new_current_thread()
            .enable_io()
            .enable_time()
            // A handle has one or two sockets; the default reserves room for 1024 events.
            .max_io_events_per_tick(16)
            .build()
            .map_err(resources)?;
        {
            let _inside = runtime.enter();
            runtime.spawn(self.cancel.watcher(self.wake.clone()).map_err(resources)?);
        }
        let runtime = Arc::new(runtime);
        calls.runtime = Some(Arc::clone(&runtime));
        self.has_runtime.store(true, Ordering::Relaxed);
        Ok(runtime)
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

impl Call<'_> {
    /// Starts the handle's task.
    pub fn spawn(&self, task: BoxFuture<'static, ()>) {
        if let Some(runtime) = &self.runtime {
            runtime.spawn(Counted { polls: Arc::clone(&self.execution.polls), task });
        }
    }

    /// Runs the handle's task until `check` has an answer; `None` when `wait` passed first, an error when a cancel or a free did.
    pub fn drive<T>(&self, wait: Wait, base: u64, check: impl Fn() -> Option<T>) -> Result<Option<T>, Failure> {
        if let Some(answer) = check() {
            return Ok(Some(answer));
        }
        if matches!(wait, Wait::AtMost(Duration::ZERO)) && !self.execution.is_ended(base) {
            self.turn();
            return match check() {
                None if self.execution.is_ended(base) => Err(Failure::cancelled(Stage::None)),
                answer => Ok(answer),
            };
        }
        let mut changed = self.execution.wake.subscribe();
        self.run(wait, base, async {
            loop {
                changed.mark_unchanged();
                if let Some(answer) = check() {
                    return answer;
                }
                if changed.changed().await.is_err() {
                    std::future::pending::<()>().await;
                }
            }
        })
    }

    /// Runs a future of the call's own beside the handle's task, with the same ends as [`Call::drive`].
    pub fn run<T>(&self, wait: Wait, base: u64, future: impl Future<Output = T>) -> Result<Option<T>, Failure> {
        let deadline = match wait {
            Wait::Forever => None,
            Wait::AtMost(wait) => Some(Instant::now() + wait),
        };
        let Some(runtime) = &self.runtime else { return Ok(None) };
        let mut changed = self.execution.wake.subscribe();
        let ended = async {
            loop {
                changed.mark_unchanged();
                if self.execution.is_ended(base) || changed.changed().await.is_err() {
                    return Failure::cancelled(Stage::None);
                }
            }
        };
        let timer = async {
            match deadline {
                Some(deadline) => tokio::time::sleep_until(deadline).await,
                None => std::future::pending().await,
            }
        };
        runtime.block_on(async {
            tokio::select! {
                biased;
                output = future => Ok(Some(output)),
                cancelled = ended => Err(cancelled),
                () = timer => Ok(None),
            }
        })
    }

    /// Lets the handle's task do everything that it can do without waiting.
    pub fn turn(&self) {
        if let Some(runtime) = &self.runtime {
            runtime.block_on(self.execution.turn());
        }
    }

    /// Lets the runtime go with the last call, once nothing is left to do on it.
    pub fn rest(&mut self) {
        self.rests = true;
    }
}

impl Drop for Call<'_> {
    fn drop(&mut self) {
        if self.rests {
            self.turn();
        }
        // Before the count, so that `close` finds the runtime its own.
        self.runtime.take();
        let execution = self.execution;
        let mut calls = execution.lock();
        calls.in_flight -= 1;
        if calls.in_flight > 0 {
            return;
        }
        execution.away.send_replace(Some(Instant::now()));
        execution.idle.notify_all();
        let at_rest = |runtime: &mut Arc<Runtime>| runtime.metrics().num_alive_tasks() <= TASKS_AT_REST;
        if let Some(runtime) = calls.runtime.take_if(|runtime| self.rests && at_rest(runtime)) {
            execution.has_runtime.store(false, Ordering::Relaxed);
            drop(calls);
            shut_down(runtime);
        }
    }
}

/// A plain drop would wait for a resolver that does not answer.
fn shut_down(runtime: Arc<Runtime>) {
    if let Ok(runtime) = Arc::try_unwrap(runtime) {
        runtime.shutdown_background();
    }
}

/// Counts how often the task is polled.
struct Counted {
    polls: Arc<AtomicU64>,
    task: BoxFuture<'static, ()>,
}

impl Future for Counted {
    type Output = ();

    fn poll(mut self: std::pin::Pin<&mut Self>, cx: &mut std::task::Context<'_>) -> std::task::Poll<()> {
        self.polls.fetch_add(1, Ordering::Relaxed);
        self.task.as_mut().poll(cx)
    }
}

/// What a call with `wait_ms` gives when that passed first.
pub fn in_progress(what: &str) -> Failure {
    Failure::new(Status::InProgress, Stage::None, format!("the {what} is still under way"))
}
