//! How a client gets from one phase to the next. Everything here is done under the client's lock, and nothing waits.

use super::deliveries::{Deliveries, Delivery, Event, EventKind, OnMessage};
use super::descriptors::Descriptors;
use super::dialing::{Dialing, Dialled};
use super::operations::Operations;
use super::phase::{Phase, Renewal, Run};
use super::reconnect::{Reconnect, is_final};
use crate::config::ClientSettings;
use crate::dial::{Attempt, Dial};
use crate::error::{Failure, Stage};
use crate::log::log;
use crate::mqtt::Reason;
use crate::mqtt::codec::{self, Accepted, MqttVersion};
use crate::mqtt::session::{KeepAlive, Session};
use crate::status::Status;
use crate::sys::{boot_time, random};
use crate::transport::{ByteStream, Progress};
use bytes::BytesMut;
use std::os::fd::AsFd;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// What the lock of a client guards.
pub struct State {
    pub dial: Arc<Dial>,
    pub settings: ClientSettings,
    pub phase: Phase,
    /// From the last connect() to the end of its sessions.
    pub run: Arc<Run>,
    /// The current or last dial.
    pub attempt: Arc<Attempt>,
    /// Dials since the last session.
    pub attempts: u32,
    pub reconnect: Reconnect,
    pub session: Session<OnMessage>,
    pub operations: Operations,
    pub deliveries: Deliveries,
    /// The last failure of any connect or session.
    pub failure: Option<Failure>,
    /// Packets that have come and are not handled yet.
    pub incoming: BytesMut,
    /// Packets that the stream has not taken yet.
    pub outgoing: BytesMut,
    /// A thread waits for the network on behalf of all that wait.
    pub has_leader: bool,
    /// Calls that wait for an operation.
    pub waiting: usize,
    /// What [`Session::departures`] was when one of them found no room in the queue.
    pub full_at: Option<u64>,
    pub descriptors: Descriptors,
    pub wake: watch::Sender<()>,
}

impl State {
    /// Idle.
    pub fn new(dial: Arc<Dial>, settings: ClientSettings, descriptors: Descriptors, wake: watch::Sender<()>) -> Self {
        let run = Run::new();
        let _ = run.end.set(None);
        Self {
            dial,
            phase: Phase::Idle,
            run,
            attempt: Arc::new(Attempt::new()),
            attempts: 0,
            reconnect: Reconnect::new(settings.backoff),
            session: Session::new(settings.version, settings.limits),
            settings,
            operations: Operations::new(),
            deliveries: Deliveries::new(),
            failure: None,
            incoming: BytesMut::new(),
            outgoing: BytesMut::new(),
            has_leader: false,
            waiting: 0,
            full_at: None,
            descriptors,
            wake,
        }
    }

    /// Whether the session is open.
    pub fn is_connected(&self) -> bool {
        matches!(self.phase, Phase::Open { .. })
    }

    /// Whether there is something to tell the application, which nobody is doing.
    pub fn has_undelivered(&self) -> bool {
        !self.deliveries.is_empty() && !self.deliveries.is_delivering
    }

    /// Whether calls that wait may have what they wait for since this was asked last: their outcome, or room in the queue.
    pub fn take_news(&mut self) -> bool {
        let has_room = self.full_at.take_if(|departures| *departures != self.session.departures()).is_some();
        self.operations.take_news() || has_room
    }

    /// Begins to connect if nothing is under way. A delay before the next dial ends.
    pub fn connect(&mut self) -> Result<Arc<Run>, Failure> {
        match self.phase {
            Phase::Ending { renews: false, .. } => {
                return Err(Failure::new(Status::InvalidState, Stage::None, "a disconnect is under way")
                    .hint("Wait for it with cognito_client_disconnect"));
            }
            Phase::Idle => {
                self.run = Run::new();
                self.reconnect.reset();
                self.attempts = 0;
                self.begin_dial();
            }
            Phase::Delayed { .. } => self.begin_dial(),
            Phase::Dialing { .. } | Phase::Greeting(_) | Phase::Open { .. } | Phase::Ending { .. } => {}
        }
        Ok(Arc::clone(&self.run))
    }

    /// Whether a dial waits for somebody to drive it for the first time.
    pub fn is_dial_to_begin(&self) -> bool {
        matches!(self.phase, Phase::Dialing { is_spawned: false, .. })
    }

    /// How a connect stands; `None` while it is under way.
    pub fn outcome(&self, run: &Run) -> Option<Result<(), Failure>> {
        if let Some(end) = run.end.get() {
            return Some(Err(end.clone().unwrap_or_else(|| Failure::cancelled(Stage::Disconnect))));
        }
        match self.phase {
            Phase::Open { .. } => Some(Ok(())),
            Phase::Ending { renews: false, .. } => Some(Err(Failure::cancelled(Stage::Disconnect))),
            _ => None,
        }
    }

    /// Orders an open session to end in order, and everything else at once.
    pub fn disconnect(&mut self) -> Arc<Run> {
        match std::mem::replace(&mut self.phase, Phase::Idle) {
            Phase::Idle => {}
            Phase::Delayed { .. } => self.stop(None),
            Phase::Dialing { dialing, is_spawned } => {
                dialing.abort();
                if !is_spawned {
                    dialing.end(Err(Failure::cancelled(Stage::None)));
                }
                self.phase = Phase::Dialing { dialing, is_spawned };
            }
            Phase::Greeting(Dialled { stream, .. }) => {
                self.let_go(stream);
                self.connect_failed(Failure::cancelled(Stage::None));
            }
            Phase::Open { stream, .. } => {
                self.phase = Phase::Ending { stream, since: Instant::now(), renews: false };
                self.end();
            }
            Phase::Ending { stream, since, .. } => self.phase = Phase::Ending { stream, since, renews: false },
        }
        Arc::clone(&self.run)
    }

    /// Gives a connect up that has never been connected.
    pub fn give_up(&mut self, run: &Arc<Run>) {
        let is_first = Arc::ptr_eq(run, &self.run) && run.connected.get().is_none();
        if is_first && matches!(self.phase, Phase::Dialing { .. } | Phase::Greeting(_)) {
            self.disconnect();
        }
    }

    /// A dial begins, with the next turn of whoever waits.
    pub fn begin_dial(&mut self) {
        self.attempts = self.attempts.saturating_add(1);
        self.attempt = Arc::new(Attempt::new());
        let dialing = Dialing::new(Arc::clone(&self.attempt), self.wake.clone());
        self.phase = Phase::Dialing { dialing, is_spawned: false };
        self.tell(EventKind::Connecting, None, None, false);
    }

    /// The dial is over.
    pub fn dialled(&mut self, outcome: Result<Dialled, Failure>) {
        match outcome {
            Ok(dialled) => self.greet(dialled),
            Err(failure) => self.connect_failed(failure),
        }
    }

    /// CONNACK accepts.
    pub fn connected(&mut self, stream: ByteStream, progress: &Progress, accepted: Accepted) {
        let session_present = accepted.session_present;
        progress.found(|| if session_present { "accepted, session present" } else { "accepted, no session present" });
        self.attempt.trace().close(None);
        log!(Info, Stage::Connack, "connected to {}; session present: {session_present}", stream.peer());
        let now = boot_time();
        self.phase = Phase::Open { stream, opened_at: now, renewal: Renewal::planned(now) };
        let keep_alive = match accepted.server_keep_alive_s {
            // What the server never ends a silent session for needs no more than what was asked for.
            None | Some(0) => self.settings.keep_alive,
            Some(seconds) => Duration::from_secs(seconds.into()),
        };
        let keep_alive = KeepAlive::new(keep_alive, self.settings.ping_time, super::traffic::now());
        self.session.opened(accepted, keep_alive);
        let _ = self.run.connected.set(());
        self.tell(EventKind::Connected, None, None, session_present);
        self.attempts = 0;
    }

    /// The dial, or the wait for CONNACK, has failed.
    pub fn connect_failed(&mut self, failure: Failure) {
        let failure = self.dial.identified(failure);
        self.attempt.trace().close(Some(&failure));
        let was_ordered = failure.status == Status::Cancelled;
        let delay = match self.run.connected.get() {
            Some(()) if !was_ordered => self.reconnect.dial_failed(&failure, random()),
            _ => None,
        };
        self.tell(EventKind::ConnectFailed, Some(failure.clone()), delay, false);
        self.delay_or_stop(delay, Some(failure));
    }

    /// An open session was lost.
    pub fn lost(&mut self, failure: Failure) {
        if !self.is_connected() {
            return;
        }
        let Phase::Open { mut stream, opened_at, .. } = std::mem::replace(&mut self.phase, Phase::Idle) else { return };
        if failure.status == Status::MqttProtocol && self.settings.version == MqttVersion::V5 {
            // Section 4.13: the server is told, if the socket takes it at once.
            stream.close_behind(codec::DISCONNECT_PROTOCOL_ERROR, false);
        }
        self.let_go(stream);
        let mut failure = self.dial.identified(failure);
        log!(Info, failure.stage, "the session ended: {}", failure.message);
        self.close_session();
        let delay = match is_final(&failure) {
            true => None,
            false => self.reconnect.session_lost(boot_time().saturating_sub(opened_at), random()),
        };
        let is_taken_over = failure.mqtt.as_ref().is_some_and(|reason| reason.code == Reason::SESSION_TAKEN_OVER);
        if is_taken_over {
            failure = failure.hint(format!(
                "Another connection uses the client_id '{}': give every device its own",
                self.settings.client_id
            ));
        } else if self.reconnect.ends_are_a_pattern() {
            failure = failure.hint(format!(
                "Session after session ends soon: look for another device with the client_id '{}', and for a publish or \
                 subscription that the policy forbids",
                self.settings.client_id
            ));
        }
        self.tell(EventKind::Disconnected, Some(failure.clone()), delay, false);
        self.delay_or_stop(delay, Some(failure));
    }

    /// The orderly end is done, or was cut short.
    pub fn ended(&mut self) {
        if !matches!(self.phase, Phase::Ending { .. }) {
            return;
        }
        let Phase::Ending { stream, renews, .. } = std::mem::replace(&mut self.phase, Phase::Idle) else { return };
        self.let_go(stream);
        log!(Info, Stage::Disconnect, "disconnected");
        self.close_session();
        let delay = renews.then_some(Duration::ZERO);
        self.tell(EventKind::Disconnected, None, delay, false);
        self.delay_or_stop(delay, None);
    }

    /// Ends everything now, because a defect was caught in the middle of it.
    pub fn broken(&mut self) {
        (self.has_leader, self.deliveries.is_delivering) = (false, false);
        let failure = self.dial.identified(Failure::defect());
        self.failure = Some(failure.clone());
        let ended = match std::mem::replace(&mut self.phase, Phase::Idle) {
            // There is nobody to be told but who asks.
            Phase::Idle if self.run.end.get().is_some() => return,
            Phase::Idle | Phase::Delayed { .. } => None,
            Phase::Dialing { dialing, .. } => {
                dialing.abort();
                Some(EventKind::ConnectFailed)
            }
            Phase::Greeting(Dialled { stream, .. }) => {
                self.let_go(stream);
                Some(EventKind::ConnectFailed)
            }
            Phase::Open { stream, .. } | Phase::Ending { stream, .. } => {
                self.let_go(stream);
                Some(EventKind::Disconnected)
            }
        };
        self.attempt.trace().close(Some(&failure));
        self.close_session();
        if let Some(kind) = ended {
            self.tell(kind, Some(failure.clone()), None, false);
        }
        self.delay_or_stop(None, Some(failure));
    }

    /// Ends everything now, because the client is being freed.
    pub fn finish(&mut self) {
        self.deliveries.drop_messages();
        if let Phase::Dialing { dialing, .. } = &self.phase {
            let dialing = dialing.clone();
            dialing.abort();
            self.connect_failed(Failure::cancelled(Stage::None));
        }
        self.disconnect();
        if let Phase::Ending { stream, .. } = &mut self.phase {
            stream.close(true);
            self.ended();
        }
        // Subscriptions may wait for a connect that does not come.
        self.give_up_requests(None);
    }

    fn delay_or_stop(&mut self, delay: Option<Duration>, end: Option<Failure>) {
        if end.is_some() {
            self.failure.clone_from(&end);
        }
        match delay {
            Some(delay) => self.phase = Phase::Delayed { until: boot_time() + delay },
            None => self.stop(end),
        }
    }

    fn stop(&mut self, end: Option<Failure>) {
        self.phase = Phase::Idle;
        self.give_up_requests(end.as_ref());
        let _ = self.run.end.set(end);
    }

    fn give_up_requests(&mut self, why: Option<&Failure>) {
        for (operation, how) in self.session.abandon() {
            self.operations.given_up(operation, how, why, &mut self.deliveries);
        }
    }

    fn close_session(&mut self) {
        self.session.closed();
        self.operations.cut_off(&mut self.deliveries);
        (self.incoming, self.outgoing) = (BytesMut::new(), BytesMut::new());
    }

    /// Closes a connection, which the descriptor for an event loop has to be told before.
    pub fn let_go(&mut self, stream: ByteStream) {
        self.descriptors.detach(stream.as_fd());
    }

    fn tell(&mut self, kind: EventKind, failure: Option<Failure>, next_delay: Option<Duration>, session_present: bool) {
        let attempt = self.attempts;
        self.deliveries.push(Delivery::Event(Event { kind, failure, attempt, next_delay, session_present }));
    }
}
