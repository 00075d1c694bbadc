//! A client: its runtime, its calls, and who may be inside them.

mod connack;
mod driver;

use crate::boxed::boxed;
use crate::config::{ClientSettings, DialSettings};
use crate::credentials::Provider;
use crate::dial::Dial;
use crate::dial::state::{Attempt, Phase, State};
use crate::error::{Failure, Stage};
use crate::execution::{Call, Execution, Wait, in_progress};
use crate::status::Status;
use crate::trace::Step;
use std::sync::Arc;

/// One MQTT session. All its work is done inside [`Client::connect`], [`Client::process`] and [`Client::disconnect`], on the
/// threads that call them.
pub struct Client {
    dial: Arc<Dial>,
    settings: Arc<ClientSettings>,
    state: Arc<State>,
    execution: Execution,
}

impl Client {
    /// Does not touch the network.
    pub fn new(dial: DialSettings, settings: ClientSettings, provider: Arc<Provider>) -> Result<Self, Failure> {
        let state = Arc::new(State::new());
        let execution = Execution::new("client", state.waker());
        let dial = Dial::new(dial, Some(settings.client_id.clone()), provider, execution.away())?;
        execution.prepare()?;
        Ok(Self { dial: Arc::new(dial), settings: Arc::new(settings), state, execution })
    }

    /// Begins a connect if none is under way, and waits for its outcome.
    pub fn connect(&self, wait: Wait) -> Result<(), Failure> {
        let call = self.execution.enter()?;
        let base = self.execution.pending_counts();
        let attempt = self.begin(&call)?;
        let outcome = match call.drive(wait, base, || self.state.outcome(&attempt)) {
            Ok(None) => return Err(in_progress("connect")),
            Ok(Some(outcome)) => outcome,
            Err(cancelled) => return Err(self.give_up(&call, &attempt, Phase::Connecting, cancelled)),
        };
        if outcome.is_err() {
            // What the dial leaves behind, such as the other of its two connections, ends now and not with the next call.
            call.turn();
        }
        outcome
    }

    /// Works on the connection for as long as `wait`, or until it ends.
    pub fn process(&self, wait: Wait) -> Result<(), Failure> {
        let call = self.execution.enter()?;
        let base = self.execution.pending_counts();
        let (attempt, phase) = self.state.current();
        if phase == Phase::Idle {
            return Err(Failure::new(Status::InvalidState, Stage::None, "the client is not connected")
                .hint("Call cognito_client_connect"));
        }
        match call.drive(wait, base, || attempt.end().cloned()) {
            // An end that was ordered is no failure.
            Ok(end) => end.flatten().map_or(Ok(()), Err),
            Err(cancelled) => Err(self.give_up(&call, &attempt, Phase::Connecting, cancelled)),
        }
    }

    /// Ends the session in order, or a connect at once, and waits until that is done.
    pub fn disconnect(&self, wait: Wait) -> Result<(), Failure> {
        let call = self.execution.enter()?;
        let base = self.execution.only_later_counts();
        let attempt = self.state.disconnect();
        match call.drive(wait, base, || attempt.end().map(drop)) {
            Ok(Some(())) => Ok(()),
            Ok(None) => Err(in_progress("disconnect")),
            Err(cancelled) => Err(self.give_up(&call, &attempt, Phase::Disconnecting, cancelled)),
        }
    }

    /// Ends the calls that wait, or else the next one. Safe in a signal handler.
    pub fn cancel(&self) {
        self.execution.cancel();
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
        self.execution.close(|| drop(self.state.disconnect()));
    }

    /// The connect under way, which is started if there is none.
    fn begin(&self, call: &Call<'_>) -> Result<Arc<Attempt>, Failure> {
        let (attempt, before) = self.state.begin();
        match before {
            Phase::Disconnecting => {
                return Err(Failure::new(Status::InvalidState, Stage::None, "a disconnect is under way")
                    .hint("Wait for it with cognito_client_disconnect"));
            }
            Phase::Idle => {
                let (dial, settings, state) =
                    (Arc::clone(&self.dial), Arc::clone(&self.settings), Arc::clone(&self.state));
                call.spawn(boxed(|| driver::run(dial, settings, state, Arc::clone(&attempt))));
            }
            Phase::Connecting | Phase::Connected => {}
        }
        Ok(attempt)
    }

    /// Drops an attempt that is still in this phase, now and not with the next call.
    fn give_up(&self, call: &Call<'_>, attempt: &Arc<Attempt>, phase: Phase, cancelled: Failure) -> Failure {
        self.state.abort(attempt, phase);
        call.turn();
        cancelled
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.close();
    }
}
