//! A client: its runtime, its calls, and who may be inside them.

mod cancel;
mod diagnosis;
mod dial;
mod driver;
mod state;

use crate::boxed::{BoxFuture, boxed};
use crate::config::ClientSettings;
use crate::credentials::{Away, Provider};
use crate::error::{Failure, Stage};
use crate::status::Status;
use crate::trace::Step;
use cancel::Cancel;
use dial::Dial;
use state::{Attempt, Phase, State};
use std::sync::atomic::{AtomicU64, Ordering};
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

/// One MQTT session. All its work is done inside [`Client::connect`], [`Client::process`] and [`Client::disconnect`], on the
/// threads that call them.
pub struct Client {
    dial: Arc<Dial>,
    state: Arc<State>,
    cancel: Cancel,
    /// How often the task was polled: when this stands still, there is nothing to do without waiting.
    polls: Arc<AtomicU64>,
    /// Since when no thread is inside a call, for other clients that wait for this one's fetch of credentials.
    away: watch::Sender<Away>,
    calls: Mutex<Calls>,
    idle: Condvar,
    process_id: u32,
}

struct Calls {
    runtime: Option<Arc<Runtime>>,
    in_flight: usize,
}

/// A thread inside a call.
struct Call<'a> {
    client: &'a Client,
    runtime: Option<Arc<Runtime>>,
}

impl Client {
    /// Does not touch the network.
    pub fn new(settings: ClientSettings, provider: Arc<Provider>) -> Result<Self, Failure> {
        let resources = |error: std::io::Error| {
            Failure::new(Status::OutOfResources, Stage::Config, format!("no descriptors for a client: {error}"))
        };
        if provider.has_forked() {
            return Err(Failure::new(Status::Forked, Stage::None, "the provider was made before fork()")
                .hint("Make a new provider in the child"));
        }
        let dialer = provider.dialer_for(&settings.network)?;
        let runtime = Builder::new_current_thread()
            .enable_io()
            .enable_time()
            // One client has one or two sockets; the default reserves room for 1024 events.
            .max_io_events_per_tick(16)
            .build()
            .map_err(resources)?;
        let state = Arc::new(State::new());
        let away = watch::Sender::new(Some(Instant::now()));
        let cancel = Cancel::new().map_err(resources)?;
        {
            let _inside = runtime.enter();
            runtime.spawn(cancel::watcher(&cancel, state.waker()).map_err(resources)?);
        }
        Ok(Self {
            dial: Arc::new(Dial { settings: Arc::new(settings), provider, dialer, away: away.subscribe() }),
            away,
            state,
            cancel,
            polls: Arc::new(AtomicU64::new(0)),
            calls: Mutex::new(Calls { runtime: Some(Arc::new(runtime)), in_flight: 0 }),
            idle: Condvar::new(),
            process_id: std::process::id(),
        })
    }

    /// Begins a connect if none is under way, and waits for its outcome.
    pub fn connect(&self, wait: Wait) -> Result<(), Failure> {
        let call = self.enter()?;
        let base = self.cancel.pending_counts();
        let attempt = self.begin(&call)?;
        let outcome = match call.drive(wait, base, || self.state.outcome(&attempt)) {
            Ok(None) => return Err(in_progress("connect")),
            Ok(Some(outcome)) => outcome,
            Err(cancelled) => return Err(call.give_up(&attempt, Phase::Connecting, cancelled)),
        };
        if outcome.is_err() {
            // What the dial leaves behind, such as the other of its two connections, ends now and not with the next call.
            call.turn();
        }
        outcome
    }

    /// Works on the connection for as long as `wait`, or until it ends.
    pub fn process(&self, wait: Wait) -> Result<(), Failure> {
        let call = self.enter()?;
        let base = self.cancel.pending_counts();
        let (attempt, phase) = self.state.current();
        if phase == Phase::Idle {
            return Err(Failure::new(Status::InvalidState, Stage::None, "the client is not connected")
                .hint("Call cognito_client_connect"));
        }
        match call.drive(wait, base, || attempt.end().cloned()) {
            // An end that was ordered is no failure.
            Ok(end) => end.flatten().map_or(Ok(()), Err),
            Err(cancelled) => Err(call.give_up(&attempt, Phase::Connecting, cancelled)),
        }
    }

    /// Ends the session in order, or a connect at once, and waits until that is done.
    pub fn disconnect(&self, wait: Wait) -> Result<(), Failure> {
        let call = self.enter()?;
        let base = self.cancel.only_later_counts();
        let attempt = self.state.disconnect();
        match call.drive(wait, base, || attempt.end().map(drop)) {
            Ok(Some(())) => Ok(()),
            Ok(None) => Err(in_progress("disconnect")),
            Err(cancelled) => Err(call.give_up(&attempt, Phase::Disconnecting, cancelled)),
        }
    }

    /// Ends the calls that wait, or else the next one. Safe in a signal handler.
    pub fn cancel(&self) {
        self.cancel.request();
    }

    /// Whether the session is open, as far as is known.
    pub fn is_connected(&self) -> bool {
        self.state.phase() == Phase::Connected
    }

    /// The last failure of any connect or session.
    pub fn failure(&self) -> Option<Failure> {
        self.state.failure()
    }

    /// What the last connect did and when; that under way, up to now.
    pub fn trace(&self) -> Vec<Step> {
        self.state.current().0.trace().steps()
    }

    /// Ends all calls, says DISCONNECT if that takes no waiting, and gives everything back.
    pub fn close(&self) {
        if self.has_forked() {
            // The child shares the parent's epoll: tearing down here would break the parent's. The lock may be held by a
            // thread that the child does not have.
            if let Ok(mut calls) = self.calls.try_lock() {
                std::mem::forget(calls.runtime.take());
            }
            return;
        }
        let Some(runtime) = self.lock().runtime.take() else { return };
        self.cancel.request();
        let mut calls = self.lock();
        while calls.in_flight > 0 {
            calls = self.idle.wait(calls).unwrap_or_else(PoisonError::into_inner);
        }
        drop(calls);
        self.state.disconnect();
        runtime.block_on(self.turn());
        if let Ok(runtime) = Arc::try_unwrap(runtime) {
            // A plain drop would wait for a resolver that does not answer.
            runtime.shutdown_background();
        }
    }

    fn enter(&self) -> Result<Call<'_>, Failure> {
        if self.has_forked() {
            return Err(Failure::new(Status::Forked, Stage::None, "the client was made before fork()")
                .hint("Make a new client in the child"));
        }
        if Handle::try_current().is_ok() {
            return Err(Failure::new(
                Status::Reentrant,
                Stage::None,
                "the call was made inside another runtime's task",
            ));
        }
        let mut calls = self.lock();
        let Some(runtime) = calls.runtime.clone() else {
            return Err(Failure::new(Status::InvalidHandle, Stage::None, "the client is being freed"));
        };
        calls.in_flight += 1;
        if calls.in_flight == 1 {
            self.away.send_replace(None);
        }
        drop(calls);
        Ok(Call { client: self, runtime: Some(runtime) })
    }

    /// The connect under way, which is started if there is none.
    fn begin(&self, call: &Call<'_>) -> Result<Arc<Attempt>, Failure> {
        let (attempt, before) = self.state.begin();
        match (before, &call.runtime) {
            (Phase::Disconnecting, _) => {
                return Err(Failure::new(Status::InvalidState, Stage::None, "a disconnect is under way")
                    .hint("Wait for it with cognito_client_disconnect"));
            }
            (Phase::Idle, Some(runtime)) => {
                let (dial, state) = (Arc::clone(&self.dial), Arc::clone(&self.state));
                let task = boxed(|| driver::run(dial, state, Arc::clone(&attempt)));
                runtime.spawn(Counted { polls: Arc::clone(&self.polls), task });
            }
            _ => {}
        }
        Ok(attempt)
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

    fn is_closing(&self) -> bool {
        self.lock().runtime.is_none()
    }

    fn has_forked(&self) -> bool {
        std::process::id() != self.process_id
    }

    fn lock(&self) -> MutexGuard<'_, Calls> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.close();
    }
}

impl Call<'_> {
    /// Runs the client's task until `check` has an answer; `None` when `wait` passed first, an error when a cancel or a free did.
    fn drive<T>(&self, wait: Wait, base: u64, check: impl Fn() -> Option<T>) -> Result<Option<T>, Failure> {
        let client = self.client;
        let answer = || match check() {
            Some(answer) => Some(Ok(Some(answer))),
            None if client.cancel.is_cancelled(base) || client.is_closing() => {
                Some(Err(Failure::cancelled(Stage::None)))
            }
            None => None,
        };
        if let Some(answer) = answer() {
            return answer;
        }
        let deadline = match wait {
            Wait::Forever => None,
            Wait::AtMost(Duration::ZERO) => {
                self.turn();
                return answer().unwrap_or(Ok(None));
            }
            Wait::AtMost(wait) => Some(Instant::now() + wait),
        };
        let Some(runtime) = &self.runtime else { return Ok(None) };
        let mut changed = client.state.subscribe();
        runtime.block_on(async {
            let timer = async {
                match deadline {
                    Some(deadline) => tokio::time::sleep_until(deadline).await,
                    None => std::future::pending().await,
                }
            };
            tokio::pin!(timer);
            loop {
                changed.mark_unchanged();
                if let Some(answer) = answer() {
                    return answer;
                }
                tokio::select! {
                    biased;
                    _ = changed.changed() => {}
                    () = &mut timer => return answer().unwrap_or(Ok(None)),
                }
            }
        })
    }

    /// Drops an attempt that is still in this phase, now and not with the next call.
    fn give_up(&self, attempt: &Arc<Attempt>, phase: Phase, cancelled: Failure) -> Failure {
        self.client.state.abort(attempt, phase);
        self.turn();
        cancelled
    }

    /// Lets the client's task do everything that it can do without waiting.
    fn turn(&self) {
        if let Some(runtime) = &self.runtime {
            runtime.block_on(self.client.turn());
        }
    }
}

impl Drop for Call<'_> {
    fn drop(&mut self) {
        // Before the count, so that `close` finds the runtime its own.
        self.runtime.take();
        let mut calls = self.client.lock();
        calls.in_flight -= 1;
        if calls.in_flight == 0 {
            self.client.away.send_replace(Some(Instant::now()));
            self.client.idle.notify_all();
        }
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

fn in_progress(what: &str) -> Failure {
    Failure::new(Status::InProgress, Stage::None, format!("the {what} is still under way"))
}
