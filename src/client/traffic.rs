//! One turn of a client: everything that can be done without waiting, under its lock.

use super::deliveries::{Deliveries, Delivery};
use super::dialing::Dialled;
use super::operations::Operations;
use super::phase::{Phase, Renewal};
use super::state::State;
use crate::dial::diagnosis;
use crate::error::{Failure, Stage};
use crate::log::log;
use crate::mqtt::Error as MqttError;
use crate::mqtt::codec::{self, Connect, Received};
use crate::mqtt::session::{KeepAlive, Next, Now, Output};
use crate::status::Status;
use crate::sys::{awake_time, boot_time, random};
use crate::transport::{ByteStream, Ended, Last};
use bytes::BytesMut;
use std::time::{Duration, Instant};

/// AWS ends a connection after 24 hours; a planned end comes between this and as much again as [`RENEWAL_SPREAD`].
const RENEWAL: Duration = Duration::from_secs(23 * 3600);

/// So that devices which were switched on together do not come together.
const RENEWAL_SPREAD: u64 = 45 * 60;

/// How often an event loop looks after a dial, whose sockets and timers are the runtime's.
const DIAL_TURNS: Duration = Duration::from_millis(10);

/// How long a planned end waits for acknowledgements.
const HOLD: Duration = Duration::from_secs(5);

/// So much is put together for one write.
const BATCH: usize = 16 * 1024;

impl Renewal {
    /// For a connection that opened now.
    pub fn planned(now: Duration) -> Self {
        Self::At(now + RENEWAL + Duration::from_secs(random() % RENEWAL_SPREAD))
    }
}

impl State {
    /// Does what can be done now. Whether anything was.
    pub fn turn(&mut self) -> bool {
        may_panic!("turn");
        match &mut self.phase {
            Phase::Idle => false,
            Phase::Delayed { until } => {
                let is_due = boot_time() >= *until;
                if is_due {
                    self.begin_dial();
                }
                is_due
            }
            Phase::Dialing { dialing, .. } => {
                let outcome = dialing.take();
                outcome.map(|outcome| self.dialled(outcome)).is_some()
            }
            Phase::Greeting(_) => self.await_connack(),
            Phase::Open { .. } => self.keep_open(),
            Phase::Ending { .. } => self.end(),
        }
    }

    /// Sends what can be sent now, without looking for what has come.
    pub fn send_now(&mut self) {
        if let Err(failure) = self.send() {
            self.lost(failure);
        }
    }

    /// CONNECT. Nothing else may be sent before CONNACK comes.
    pub fn greet(&mut self, dialled: Dialled) {
        let Dialled { mut stream, progress, deadline } = dialled;
        progress.enter(Stage::Connack);
        self.incoming = BytesMut::new();
        let connect = Connect {
            client_id: &self.settings.client_id,
            keep_alive_s: u16::try_from(self.settings.keep_alive.as_secs()).unwrap_or(u16::MAX),
            clean_session: self.settings.clean_session,
            user_name: self.settings.user_name.as_deref(),
            will: self.settings.will.as_ref(),
            session_expiry_s: self.settings.session_expiry_s,
            receive_maximum: self.settings.limits.receive_maximum,
            topic_alias_maximum: self.settings.limits.topic_alias_maximum,
        };
        match codec::connect(self.settings.version, &connect) {
            Ok(packet) => {
                stream.send(std::iter::once(packet.as_ref()));
                self.phase = Phase::Greeting(Dialled { stream, progress, deadline });
            }
            Err(error) => self.connect_failed(error.failure(Stage::Connack)),
        }
    }

    fn await_connack(&mut self) -> bool {
        let Phase::Greeting(mut dialled) = std::mem::replace(&mut self.phase, Phase::Idle) else { return false };
        let Dialled { stream, progress, deadline } = &mut dialled;
        let has_come = stream.recv_all(&mut self.incoming);
        let received = match (has_come, stream.ended()) {
            (false, Some(Ended::Closed(how))) => Err(diagnosis::closed_before_connack(&self.dial, None, how)),
            (false, Some(Ended::Broken(error))) if error.is_end() => {
                Err(diagnosis::closed_before_connack(&self.dial, None, ""))
            }
            (false, Some(ended)) => {
                let failure = diagnosis::ended(&self.dial, ended, stream.peer());
                Err(Failure { stage: Stage::Connack, ..failure })
            }
            _ => codec::decode(self.settings.version, &mut self.incoming).map_err(|error| self.refused(&error)),
        };
        let failure = match received {
            // Sections 3.2.2.2 of MQTT 3.1.1 and 3.2.2.1.1 of MQTT 5.
            Ok(Some(Received::Connack(accepted))) if accepted.session_present && self.settings.clean_session => {
                self.refused(&MqttError::Malformed("session present in CONNACK, though a new one was asked for"))
            }
            Ok(Some(Received::Connack(accepted))) => {
                let Dialled { stream, progress, .. } = dialled;
                self.connected(stream, &progress, accepted);
                return true;
            }
            Ok(Some(_)) => self.refused(&MqttError::Malformed("a packet ahead of CONNACK")),
            Ok(None) if Instant::now() >= *deadline => self.dial.timed_out(&[progress]),
            Ok(None) => {
                self.phase = Phase::Greeting(dialled);
                return has_come;
            }
            Err(failure) => failure,
        };
        self.let_go(dialled.stream);
        self.connect_failed(failure);
        true
    }

    /// A CONNACK that refuses, or is none.
    fn refused(&self, error: &MqttError) -> Failure {
        let failure = error.failure(Stage::Connack);
        match failure.status {
            Status::ConnackNotAuthorized | Status::ConnackRefused => {
                failure.hint(diagnosis::not_allowed(&self.dial, self.dial.client_id()))
            }
            _ => failure,
        }
    }

    /// Receives, answers, sends, and keeps alive.
    fn keep_open(&mut self) -> bool {
        let worked = match self.receive() {
            Ok(received) => self.send().and_then(|()| self.check_time()).map(|()| received),
            Err(failure) => Err(failure),
        };
        if matches!(worked, Ok(false)) && self.outgoing.is_empty() {
            // An idle session keeps no memory for a burst that is over.
            self.outgoing = BytesMut::new();
        }
        worked.unwrap_or_else(|failure| {
            self.lost(failure);
            true
        })
    }

    /// Handles what has come. Whether anything had.
    fn receive(&mut self) -> Result<bool, Failure> {
        if self.is_held_back() {
            return Ok(false);
        }
        // What was held back goes first.
        let has_packet = self.has_packet();
        let Phase::Open { stream, .. } = &mut self.phase else { return Ok(false) };
        let mut has_come = !has_packet && stream.recv_all(&mut self.incoming);
        let now = now();
        // One WebSocket message can hold fifty thousand packets.
        while !self.is_held_back()
            && let Some(packet) = codec::decode(self.settings.version, &mut self.incoming).map_err(failure)?
        {
            // Also what came together with CONNACK.
            has_come = true;
            match self.session.received(packet, now).map_err(failure)? {
                None => {}
                Some(Output::Done(operation, outcome)) => {
                    self.operations.done(operation, outcome, &mut self.deliveries);
                }
                Some(Output::Message(message)) => {
                    let handlers = self.session.handlers(&message.topic);
                    let connection = self.session.connection();
                    if handlers.is_empty() {
                        log!(
                            Warn,
                            Stage::Session,
                            "a message to {:?} is for no subscription of this client",
                            message.topic
                        );
                    }
                    self.deliveries.push(Delivery::Message { message, handlers, connection });
                }
                Some(Output::Unsubscribed(filters)) => {
                    log!(Error, Stage::Session, "the server does not subscribe again to {}", filters.join(", "));
                }
            }
        }
        if self.incoming.is_empty() {
            // An idle session keeps no memory for a burst that is over.
            self.incoming = BytesMut::new();
        }
        // An end lies behind what has come.
        match self.phase.stream() {
            Some(stream) if !has_come => match stream.ended() {
                Some(ended) => Err(diagnosis::ended(&self.dial, ended, stream.peer())),
                None => Ok(false),
            },
            _ => Ok(has_come),
        }
    }

    /// Whether no more is read until the application has caught up. While a call waits for an answer more is read, because the answer
    /// may be behind it; but that has an end, too.
    pub fn is_held_back(&self) -> bool {
        // Whoever waits: what is not read of us holds up its request as well.
        let is_unread = self.session.is_behind() && self.is_blocked();
        is_unread || self.deliveries.is_behind() && (self.waiting == 0 || self.deliveries.is_far_behind())
    }

    /// Whether a packet has come that was not handled yet.
    fn has_packet(&self) -> bool {
        codec::has_packet(self.settings.version, &self.incoming)
    }

    /// Whether requests may go out, which are held back before a planned end.
    pub fn may_ask(&self) -> bool {
        matches!(self.phase, Phase::Open { renewal: Renewal::At(_), .. })
    }

    fn send(&mut self) -> Result<(), Failure> {
        let may_ask = self.may_ask();
        let Phase::Open { stream, .. } = &mut self.phase else { return Ok(()) };
        let now = now();
        loop {
            let told = (&mut self.operations, &mut self.deliveries);
            put_together(&mut self.outgoing, BATCH, told, |packets| self.session.next(now, may_ask, packets));
            if !self.outgoing.is_empty() || stream.is_blocked() {
                // An end is found and said by receiving.
                stream.send_packets(&mut self.outgoing);
            }
            if stream.is_blocked() || stream.ended().is_some() || !self.outgoing.is_empty() {
                return Ok(());
            }
            self.operations.written(&mut self.deliveries);
            if !self.session.has_something_to_send(may_ask) {
                if self.has_leader {
                    // It may be long until that thread comes by to give the memory back.
                    self.outgoing = BytesMut::new();
                }
                return Ok(());
            }
        }
    }

    /// Keep-alive, and the planned end.
    fn check_time(&mut self) -> Result<(), Failure> {
        if self.answer_due().is_some_and(|due| awake_time() >= due) {
            return Err(failure(MqttError::PingTimedOut));
        }
        let Phase::Open { renewal, .. } = &mut self.phase else { return Ok(()) };
        let now = boot_time();
        match *renewal {
            Renewal::At(due) if now >= due => *renewal = Renewal::Holding { until: now + HOLD },
            Renewal::Holding { until } if now >= until || self.session.unacknowledged() == 0 => {
                log!(Info, Stage::Session, "a planned end, before AWS's limit of 24 hours");
                if let Phase::Open { stream, .. } = std::mem::replace(&mut self.phase, Phase::Idle) {
                    self.phase = Phase::Ending { stream, since: Instant::now(), renews: true };
                    self.end();
                }
            }
            Renewal::At(_) | Renewal::Holding { .. } => {}
        }
        Ok(())
    }

    /// Begins or goes on with the orderly end: DISCONNECT and WebSocket Close, behind what was accepted before.
    pub fn end(&mut self) -> bool {
        let Self { phase, session, operations, deliveries, outgoing, .. } = self;
        let Phase::Ending { stream, since, .. } = phase else { return false };
        let now = now();
        let mut more = |packets: &mut BytesMut| {
            put_together(packets, BATCH, (operations, deliveries), |packets| session.next(now, true, packets));
        };
        let last = Last { packets: outgoing, more: &mut more, disconnect: codec::DISCONNECT };
        let is_over = stream.end_in_time(last, since.elapsed());
        if stream.has_sent_close() && outgoing.is_empty() {
            operations.written(deliveries);
        }
        if is_over {
            self.ended();
        }
        is_over
    }

    /// When something is due by itself; `None` when nothing is.
    pub fn due(&self) -> Option<Due> {
        match &self.phase {
            Phase::Idle => None,
            Phase::Delayed { until } => Some(Due::At(*until)),
            // Its timers are the runtime's own.
            Phase::Dialing { .. } => Some(Due::In(DIAL_TURNS)),
            Phase::Greeting(Dialled { deadline, .. }) => {
                Some(Due::In(deadline.saturating_duration_since(Instant::now())))
            }
            Phase::Open { .. } if self.has_packet() && !self.is_held_back() => Some(Due::At(boot_time())),
            Phase::Open { renewal, .. } => {
                let planned = match *renewal {
                    Renewal::At(at) | Renewal::Holding { until: at } => at,
                };
                // Without room in the socket, nothing can be asked.
                let ping = self.session.keep_alive().filter(|_| !self.is_blocked()).map(KeepAlive::ping_due);
                let at = Due::At(ping.map_or(planned, |ping| planned.min(ping)));
                // Mostly no answer is due, and then there is nothing to compare by the clock.
                let Some(answer) = self.answer_due() else { return Some(at) };
                let answer = Due::In(answer.saturating_sub(awake_time()));
                Some(if answer.left() < at.left() { answer } else { at })
            }
            Phase::Ending { since, .. } => Some(Due::In(ByteStream::close_due_in(since.elapsed()))),
        }
    }

    /// When the connection is over unless something comes, by the clock that stands still while the board sleeps. While nothing is
    /// read, what should come may lie in the socket.
    fn answer_due(&self) -> Option<Duration> {
        self.session.keep_alive().filter(|_| !self.is_held_back()).and_then(KeepAlive::answer_due)
    }

    /// Whether output waits for the socket to have room.
    pub fn is_blocked(&self) -> bool {
        self.phase.stream().is_some_and(ByteStream::is_blocked)
    }
}

/// When something is due by itself.
#[derive(Clone, Copy)]
pub enum Due {
    /// At this boot time, which goes on while the board is suspended.
    At(Duration),
    /// After this time, which does not.
    In(Duration),
}

impl Due {
    /// How long from now.
    pub fn left(self) -> Duration {
        match self {
            Self::At(at) => at.saturating_sub(boot_time()),
            Self::In(left) => left,
        }
    }
}

/// The time by both clocks.
pub fn now() -> Now {
    Now { boot: boot_time(), awake: awake_time() }
}

/// Appends packets until there are no more, or as many bytes as this.
fn put_together(
    outgoing: &mut BytesMut,
    limit: usize,
    (operations, deliveries): (&mut Operations, &mut Deliveries),
    mut next: impl FnMut(&mut BytesMut) -> Option<Next>,
) {
    while outgoing.len() < limit {
        match next(outgoing) {
            None => break,
            Some(Next::Done(operation, outcome)) => operations.done(operation, outcome, deliveries),
            Some(Next::Packet { done }) => {
                done.into_iter().for_each(|operation| operations.handed_over(operation));
            }
        }
    }
}

fn failure(error: MqttError) -> Failure {
    error.failure(Stage::Session)
}
