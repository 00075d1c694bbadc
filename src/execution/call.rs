//! A thread inside a call: what it drives, and for how long.

use super::{Execution, Wait};
use crate::boxed::BoxFuture;
use crate::error::{Failure, Stage};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::runtime::Runtime;
use tokio::time::Instant;

/// A thread inside a call.
pub struct Call<'a> {
    pub(super) execution: &'a Execution,
    pub(super) runtime: Option<Arc<Runtime>>,
    /// Whether the runtime is given back at the end of the call.
    pub(super) rests: bool,
}

impl Call<'_> {
    /// Makes sure that there is a runtime.
    pub fn need_runtime(&mut self) -> Result<(), Failure> {
        if self.runtime.is_none() {
            self.runtime = Some(self.execution.runtime(&mut self.execution.lock())?);
        }
        Ok(())
    }

    /// Gives the runtime back, unless another call uses it or something is left to do on it.
    pub fn leave_runtime(&mut self) {
        if self.runtime.is_some() {
            self.turn();
            self.runtime = None;
            self.execution.release(self.execution.lock());
        }
    }

    /// Waits on the runtime until something wakes the calls, unless `is_there` says that it has come already.
    pub fn until_woken(&self, wait: Wait, base: u64, is_there: impl Fn() -> bool) -> Result<(), Failure> {
        let mut changed = self.execution.wake.subscribe();
        if is_there() {
            return Ok(());
        }
        self.run(wait, base, async move { drop(changed.changed().await) }).map(drop)
    }

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

    /// Gives the runtime back at the end of the call.
    pub fn rest(&mut self) {
        self.rests = true;
    }
}

impl Drop for Call<'_> {
    fn drop(&mut self) {
        if self.rests {
            self.leave_runtime();
        }
        // Before the count, so that `close` finds the runtime its own.
        self.runtime.take();
        let execution = self.execution;
        let mut calls = execution.lock();
        calls.in_flight -= 1;
        if calls.in_flight > 0 {
            return;
        }
        if execution.away.borrow().is_none() {
            execution.away.send_replace(Some(Instant::now()));
        }
        if calls.is_closing {
            // Nobody else waits for this, and each is a system call.
            execution.idle.notify_all();
        }
    }
}

/// A plain drop would wait for a resolver that does not answer.
pub(super) fn shut_down(runtime: Arc<Runtime>) {
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
