//! A client: an MQTT session that stays up, its calls, and who may be inside them.

mod background;
mod deliveries;
mod descriptors;
mod dialing;
mod drive;
mod followers;
mod operations;
mod phase;
mod reconnect;
mod requests;
mod state;
mod traffic;

pub use crate::mqtt::codec::{Message, Properties, Qos};
pub use crate::mqtt::topics::check_topic;
pub use deliveries::{Event, EventKind, OnComplete, OnEvent, OnMessage};
pub use requests::{Then, check_payload_len};

use crate::callback;
use crate::config::{ClientSettings, DialSettings};
use crate::credentials::Provider;
use crate::dial::Dial;
use crate::error::{Failure, Stage};
use crate::execution::{Call, Execution, Wait, in_progress};
use crate::status::Status;
use crate::trace::Step;
use background::Background;
use descriptors::Descriptors;
use followers::Followers;
use phase::Phase;
use state::State;
use std::cell::RefCell;
use std::ops::{Deref, DerefMut};
use std::os::fd::RawFd;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::watch;

/// One MQTT session, over as many connections as it takes. All its work is done on the threads that call it, and on that of
/// [`Client::start`].
pub struct Client {
    on_event: Option<OnEvent>,
    state: Mutex<State>,
    followers: Followers,
    execution: Execution,
    background: Background,
}

impl Client {
    /// Does not touch the network.
    pub fn new(
        dial: DialSettings,
        settings: ClientSettings,
        provider: Arc<Provider>,
        on_event: Option<OnEvent>,
    ) -> Result<Self, Failure> {
        let wake = watch::Sender::new(());
        let execution = Execution::new("client", wake.clone());
        let dial = Arc::new(Dial::new(dial, Some(settings.client_id.clone()), provider, execution.away())?);
        execution.prepare()?;
        let state = State::new(dial, settings, Descriptors::new()?, wake);
        let background = Background::new();
        Ok(Self { on_event, state: Mutex::new(state), followers: Followers::new(), execution, background })
    }

    /// Begins a connect if none is under way, and waits for its outcome.
    pub fn connect(&self, wait: Wait) -> Result<(), Failure> {
        let mut call = self.visit()?;
        let base = self.execution.pending_counts();
        let run = self.lock().connect()?;
        self.execution.wake();
        match self.drive(&mut call, wait, base, |state| state.outcome(&run)) {
            Ok(None) => Err(in_progress("connect")),
            Ok(Some(outcome)) => outcome,
            Err(cancelled) => {
                self.lock().give_up(&run);
                self.settle(&mut call);
                Err(cancelled)
            }
        }
    }

    /// Works on the session for as long as `wait`, or until it ends for good.
    pub fn process(&self, wait: Wait) -> Result<(), Failure> {
        let mut call = self.visit()?;
        let base = self.execution.pending_counts();
        let run = {
            let state = self.lock();
            if matches!(state.phase, Phase::Idle) && state.deliveries.is_empty() {
                return Err(not_connected());
            }
            Arc::clone(&state.run)
        };
        match self.drive(&mut call, wait, base, |_| run.end.get().cloned()) {
            // An end that was ordered is no failure.
            Ok(end) => end.flatten().map_or(Ok(()), Err),
            Err(cancelled) => {
                self.lock().give_up(&run);
                self.settle(&mut call);
                Err(cancelled)
            }
        }
    }

    /// Ends the session in order, or a connect at once, and waits until that is done.
    pub fn disconnect(&self, wait: Wait) -> Result<(), Failure> {
        let mut call = self.visit()?;
        let base = self.execution.only_later_counts();
        let run = self.lock().disconnect();
        self.execution.wake();
        match self.drive(&mut call, wait, base, |_| run.end.get().map(drop)) {
            Ok(Some(())) => Ok(()),
            Ok(None) => Err(in_progress("disconnect")),
            Err(cancelled) => {
                self.lock().ended();
                self.settle(&mut call);
                Err(cancelled)
            }
        }
    }

    /// Ends the calls that wait, or else the next one. Safe in a signal handler.
    pub fn cancel(&self) {
        self.execution.cancel();
    }

    /// Whether the session is open, as far as is known.
    pub fn is_connected(&self) -> bool {
        !self.execution.has_forked() && self.lock().is_connected()
    }

    /// The last failure of any connect or session.
    pub fn failure(&self) -> Result<Option<Failure>, Failure> {
        self.execution.refuse_forked()?;
        Ok(self.lock().failure.clone())
    }

    /// What the last connect did and when; that under way, up to now.
    pub fn trace(&self) -> Result<Vec<Step>, Failure> {
        self.execution.refuse_forked()?;
        Ok(self.lock().attempt.trace().steps())
    }

    /// The descriptor for an event loop.
    pub fn fd(&self) -> Result<RawFd, Failure> {
        self.execution.refuse_forked()?;
        let mut state = self.lock();
        let fd = state.descriptors.application()?;
        state.show();
        Ok(fd)
    }

    /// When an event loop has to call again though the descriptor is silent, in milliseconds; `None` for never.
    pub fn next_timeout_ms(&self) -> Result<Option<u64>, Failure> {
        self.execution.refuse_forked()?;
        let due = self.lock().due();
        // Rounded up: who comes too early has to come again.
        Ok(due.map(|due| u64::try_from(due.left().as_nanos().div_ceil(1_000_000)).unwrap_or(u64::MAX)))
    }

    /// Ends all calls, says DISCONNECT if that takes no waiting, tells the application, and gives everything back. Inside a
    /// callback that is done when it has returned, by this thread or by another that leaves last, and waited for by the call around
    /// that callback.
    pub fn free(self: Arc<Self>) {
        self.close();
        if !callback::is_delivered() {
            await_freed();
        } else if !self.execution.has_forked() {
            let _ = FREED.try_with(|freed| freed.borrow_mut().push(self));
        }
    }

    fn close(&self) {
        if self.execution.has_forked() {
            self.execution.close(|| {});
            return;
        }
        if !self.execution.begin_close() {
            return;
        }
        self.tell_all();
        if callback::is_delivered() {
            self.background.let_end(|| {});
        } else {
            self.execution.wait_until_left();
            self.background.end(|| {});
            self.finish_if_left();
        }
    }

    /// Begins a call.
    fn visit(&self) -> Result<Inside<'_>, Failure> {
        Ok(Inside { call: self.execution.visit()?, _leaving: Leaving(self) })
    }

    /// Does what a cancelled call has ordered, as far as that takes no waiting.
    fn settle(&self, call: &mut Call<'_>) {
        let _ = self.drive(call, Wait::AtMost(Duration::ZERO), drive::NOT_CANCELLED, |_| None::<()>);
        call.leave_runtime();
        // The runtime may have taken the signal for the thread that waits for the network.
        self.execution.wake();
    }

    /// The last one out ends what is open and tells the application. Gives whether all are out.
    fn finish_if_left(&self) -> bool {
        let is_left = self.execution.is_left();
        if is_left {
            self.background.finish_once(|| {
                self.lock().finish();
                self.deliver_all();
                self.execution.shut_down();
            });
        }
        is_left
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.close();
        if !self.execution.has_forked() {
            // Where it was closed in a callback.
            self.finish_if_left();
        }
    }
}

/// A thread inside a call of a client.
struct Inside<'a> {
    call: Call<'a>,
    /// Behind the call: it is over when this is dropped.
    _leaving: Leaving<'a>,
}

struct Leaving<'a>(&'a Client);

impl Drop for Leaving<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.lock().broken();
            self.0.followers.notify_all();
        }
        self.0.finish_if_left();
        if !callback::is_delivered() {
            await_freed();
        }
    }
}

thread_local! {
    /// The clients that this thread has freed inside callbacks, and whose end was not seen yet.
    static FREED: RefCell<Vec<Arc<Client>>> = const { RefCell::new(Vec::new()) };
}

/// Ends those that no thread is inside any more. In a callback around this one, it is for that one to be over.
fn finish_freed() {
    if callback::is_delivered() {
        return;
    }
    let mut left = Vec::new();
    while let Ok(Some(client)) = FREED.try_with(|freed| freed.borrow_mut().pop()) {
        if !client.execution.has_forked() && !client.finish_if_left() {
            left.push(client);
        }
    }
    let _ = FREED.try_with(|freed| freed.borrow_mut().append(&mut left));
}

/// Waits for them. When the call around a callback has returned, the application may give back the data of all callbacks.
fn await_freed() {
    while let Ok(Some(client)) = FREED.try_with(|freed| freed.borrow_mut().pop()) {
        if !client.execution.has_forked() {
            client.execution.wait_until_left();
            client.finish_if_left();
        }
    }
}

impl<'a> Deref for Inside<'a> {
    type Target = Call<'a>;

    fn deref(&self) -> &Call<'a> {
        &self.call
    }
}

impl DerefMut for Inside<'_> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.call
    }
}

fn not_connected() -> Failure {
    Failure::new(Status::InvalidState, Stage::None, "the client is not connected").hint("Call cognito_client_connect")
}
