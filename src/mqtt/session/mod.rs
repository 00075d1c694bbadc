//! The rules of an MQTT session, as a state machine: requests, packets and time in; packets and answers out. It outlives the
//! connections that it runs over. Pure.

mod connection;
mod keep_alive;
mod requests;
mod subscriptions;

pub use keep_alive::{KeepAlive, Now};
pub use requests::{Limits, Withdrawn};

use super::codec::{self, Accepted, Message, MqttVersion, Qos, Received};
use super::{Error, Reason};
use bytes::BytesMut;
use connection::Connection;
use requests::{OWN, Request, Requests, What};
use std::collections::VecDeque;
use std::time::Duration;
use subscriptions::Subscriptions;

/// While so many acknowledgements wait to be written, because the server does not read, nothing of it is read.
const ACKNOWLEDGEMENTS_MAX: usize = 4096;

/// A session. `H` is what a subscription's messages are for.
pub struct Session<H> {
    version: MqttVersion,
    topic_alias_maximum: u16,
    requests: Requests,
    subscriptions: Subscriptions<H>,
    acknowledgements: VecDeque<u16>,
    connection: Option<Connection>,
    /// Counts connections, so that an acknowledgement of one does not go out on another.
    connections: u64,
}

/// What came of an operation.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// PUBACK.
    Published,
    /// PUBACK refused the message. MQTT 5.
    PublishRefused(Reason),
    /// SUBACK with what was granted.
    Subscribed(Qos),
    /// SUBACK refused the filter.
    SubscribeRefused(Reason),
    /// UNSUBACK.
    Unsubscribed,
    /// UNSUBACK refused. MQTT 5.
    UnsubscribeRefused(Reason),
    /// By what CONNACK said, the server does not take the message, for this reason. It is not sent. MQTT 5.
    NotTaken(String),
    /// The message expired before it could be sent. MQTT 5.
    Expired,
    /// No server is sent such a packet, for this reason.
    Unsendable(String),
}

/// What follows from a packet.
#[derive(Debug, PartialEq)]
pub enum Output {
    /// An operation is done.
    Done(u64, Outcome),
    /// A message is to be delivered, and acknowledged then.
    Message(Message),
    /// The server does not make a subscription again.
    Unsubscribed(Vec<String>),
}

/// What is to be done next.
pub enum Next {
    /// Send the packet that was appended.
    Packet {
        /// The operation that is done when it is written.
        done: Option<u64>,
    },
    /// An operation is done without being sent.
    Done(u64, Outcome),
}

/// The queue holds as much as it may. Gives the message back.
#[derive(Debug, PartialEq)]
pub struct QueueFull(pub Message);

impl<H: Clone> Session<H> {
    /// Nothing is open, sent or subscribed.
    pub fn new(version: MqttVersion, limits: Limits) -> Self {
        Self {
            version,
            topic_alias_maximum: limits.topic_alias_maximum,
            requests: Requests::new(limits),
            subscriptions: Subscriptions::new(),
            acknowledgements: VecDeque::new(),
            connection: None,
            connections: 0,
        }
    }

    /// Takes a message to be sent. Gives its operation. The time is asked for when the message expires.
    pub fn publish(&mut self, message: Message, now: impl FnOnce() -> Now) -> Result<u64, QueueFull> {
        if !self.requests.has_room_for(&message) {
            return Err(QueueFull(message));
        }
        let expiry_s = message.properties.as_ref().and_then(|properties| properties.message_expiry_s);
        let expires_at = expiry_s.map(|seconds| now().boot + Duration::from_secs(seconds.into()));
        Ok(self.requests.ask(What::Publish(message), expires_at))
    }

    /// Subscribes, in place of an earlier subscription with this filter, which stays unless this one is made. Gives the operation.
    pub fn subscribe(&mut self, filter: &str, qos: Qos, handler: H) -> u64 {
        let operation = self.requests.ask(What::Subscribe(vec![(filter.to_owned(), qos)]), None);
        self.subscriptions.ask(operation, filter, qos, handler);
        operation
    }

    /// Unsubscribes. Gives the operation.
    pub fn unsubscribe(&mut self, filter: &str) -> u64 {
        self.requests.ask(What::Unsubscribe(filter.to_owned()), None)
    }

    /// Changes whenever there may be room for another message.
    pub fn departures(&self) -> u64 {
        self.requests.departures
    }

    /// Takes an operation back that nobody waits for any more; `None` when there is no such operation, because it is done.
    pub fn withdraw(&mut self, operation: u64) -> Option<Withdrawn> {
        let withdrawn = self.requests.withdraw(operation);
        if withdrawn == Some(Withdrawn::Unsent) {
            self.subscriptions.withdrawn(operation);
        }
        withdrawn
    }

    /// Gives up everything that is to be sent or acknowledged, because there will be no connection. Gives the operations, and
    /// whether each was sent. Subscriptions stay, and are made with the next connection.
    pub fn abandon(&mut self) -> Vec<(u64, Withdrawn)> {
        self.closed();
        self.subscriptions.abandoned();
        self.requests.abandon()
    }

    /// CONNACK has come.
    pub fn opened(&mut self, accepted: Accepted, keep_alive: KeepAlive) {
        self.connections += 1;
        let session_present = accepted.session_present;
        self.connection = Some(Connection::new(accepted, keep_alive));
        if !session_present {
            self.requests.forget_packet_ids();
        }
        for batch in self.subscriptions.make_again(session_present).into_iter().rev() {
            self.requests.ask_first(What::Subscribe(batch));
        }
    }

    /// The connection is gone. What was not acknowledged will be sent again, ahead of what was not sent yet.
    pub fn closed(&mut self) {
        self.connection = None;
        self.acknowledgements.clear();
        self.requests.closed();
    }

    /// Counts connections.
    pub fn connection(&self) -> u64 {
        self.connections
    }

    /// A message that came on this connection has been delivered.
    pub fn delivered(&mut self, connection: u64, packet_id: u16) {
        if connection == self.connections && self.connection.is_some() && packet_id != 0 {
            self.acknowledgements.push_back(packet_id);
        }
    }

    /// Whether the server has sent so much that is to be acknowledged, and read so little, that no more should be read.
    pub fn is_behind(&self) -> bool {
        self.acknowledgements.len() >= ACKNOWLEDGEMENTS_MAX
    }

    /// Who a message is for: everybody with a filter that matches, once.
    pub fn handlers(&self, topic: &str) -> Vec<H> {
        self.subscriptions.handlers(topic)
    }

    /// How many messages were sent and not acknowledged.
    pub fn unacknowledged(&self) -> usize {
        self.requests.unacknowledged()
    }

    /// The keep-alive of the connection, if there is one.
    pub fn keep_alive(&self) -> Option<&KeepAlive> {
        self.connection.as_ref().map(|connection| &connection.keep_alive)
    }

    /// A packet came.
    pub fn received(&mut self, packet: Received, now: Now) -> Result<Option<Output>, Error> {
        let connection = self.connection.as_mut().ok_or(Error::Malformed("a packet without a session"))?;
        connection.keep_alive.received(now);
        match packet {
            Received::Pingresp => {
                connection.keep_alive.answered();
                Ok(None)
            }
            Received::Connack { .. } => Err(Error::Malformed("a second CONNACK")),
            Received::Publish(mut message, alias) => {
                connection.received(&mut message, alias, self.topic_alias_maximum)?;
                Ok(Some(Output::Message(message)))
            }
            Received::Puback(packet_id, reason) => {
                let of = |what: &What| matches!(what, What::Publish(_));
                let Some(request) = self.requests.answered(packet_id, of)? else { return Ok(None) };
                let outcome = if reason.refuses() { Outcome::PublishRefused(reason) } else { Outcome::Published };
                Ok(Some(Output::Done(request.operation, outcome)))
            }
            Received::Suback(packet_id, granted) => {
                let of = |what: &What| matches!(what, What::Subscribe(filters) if filters.len() == granted.len());
                let Some(request) = self.requests.answered(packet_id, of)? else { return Ok(None) };
                Ok(self.subscribed(&request, granted))
            }
            Received::Unsuback(packet_id, reason) => {
                let of = |what: &What| matches!(what, What::Unsubscribe(_));
                let Some(request) = self.requests.answered(packet_id, of)? else { return Ok(None) };
                if reason.refuses() {
                    return Ok(Some(Output::Done(request.operation, Outcome::UnsubscribeRefused(reason))));
                }
                if let What::Unsubscribe(filter) = &request.what {
                    self.subscriptions.removed(request.operation, filter);
                }
                Ok(Some(Output::Done(request.operation, Outcome::Unsubscribed)))
            }
        }
    }

    /// What is to be done next, if there is something now. A packet is appended to `packets`, and counts as sent. Requests are
    /// held back unless they may go.
    pub fn next(&mut self, now: Now, may_ask: bool, packets: &mut BytesMut) -> Option<Next> {
        let connection = self.connection.as_mut()?;
        if let Some(packet_id) = self.acknowledgements.pop_front() {
            connection.keep_alive.sent(now);
            packets.extend_from_slice(&codec::puback(packet_id));
            return Some(Next::Packet { done: None });
        }
        if now.boot >= connection.keep_alive.ping_due() {
            connection.keep_alive.ping_sent(now);
            packets.extend_from_slice(&codec::PINGREQ);
            return Some(Next::Packet { done: None });
        }
        let mut request = if may_ask { self.requests.take(connection.receive_maximum()) } else { None }?;
        let is_resent = request.packet_id != 0;
        if !is_resent && !request.what.is_unanswered() {
            request.packet_id = self.requests.new_packet_id();
        }
        let before = packets.len();
        if let Err(outcome) = encode(self.version, connection, &mut request, is_resent, now, packets) {
            // It would come to the same on every connection.
            packets.truncate(before);
            self.subscriptions.withdrawn(request.operation);
            return Some(Next::Done(request.operation, outcome));
        }
        connection.keep_alive.sent(now);
        request.was_sent = true;
        let done = request.what.is_unanswered().then_some(request.operation);
        if done.is_none() {
            self.requests.sent(request);
        }
        Some(Next::Packet { done })
    }

    /// Whether [`Session::next`] has something now, but for a ping.
    pub fn has_something_to_send(&self, may_ask: bool) -> bool {
        let Some(connection) = &self.connection else { return false };
        !self.acknowledgements.is_empty() || may_ask && self.requests.has_next(connection.receive_maximum())
    }

    fn subscribed(&mut self, request: &Request, granted: Vec<Result<Qos, Reason>>) -> Option<Output> {
        let What::Subscribe(filters) = &request.what else { return None };
        let mut refused = Vec::new();
        for ((filter, _), granted) in filters.iter().zip(&granted) {
            match granted {
                Ok(_) => self.subscriptions.made(request.operation, filter),
                Err(reason) => {
                    self.subscriptions.refused(request.operation, filter);
                    refused.push(format!("{filter} ({reason})"));
                }
            }
        }
        match (request.operation, granted.into_iter().next()) {
            (OWN, _) if refused.is_empty() => None,
            (OWN, _) => Some(Output::Unsubscribed(refused)),
            (_, None) => None,
            (operation, Some(Ok(qos))) => Some(Output::Done(operation, Outcome::Subscribed(qos))),
            (operation, Some(Err(reason))) => Some(Output::Done(operation, Outcome::SubscribeRefused(reason))),
        }
    }
}

/// Appends the packet of a request, or gives what has become of the request without one.
fn encode(
    version: MqttVersion,
    connection: &mut Connection,
    request: &mut Request,
    is_resent: bool,
    now: Now,
    packets: &mut BytesMut,
) -> Result<(), Outcome> {
    let unwritable = |error: Error| Outcome::Unsendable(error.to_string());
    let packet_id = request.packet_id;
    let message = match &mut request.what {
        What::Publish(message) => message,
        What::Subscribe(filters) => {
            packets.extend_from_slice(&codec::subscribe(version, packet_id, filters).map_err(unwritable)?);
            return Ok(());
        }
        What::Unsubscribe(filter) => {
            packets.extend_from_slice(&codec::unsubscribe(version, packet_id, filter).map_err(unwritable)?);
            return Ok(());
        }
    };
    if let (Some(at), Some(properties)) = (request.expires_at, &mut message.properties) {
        let left = at.saturating_sub(now.boot);
        if left.is_zero() && !request.was_sent {
            return Err(Outcome::Expired);
        }
        // In whole seconds, and no 0 for what is sent again: the server may have it already.
        let left_s = left.as_secs() + u64::from(left.subsec_nanos() > 0);
        properties.message_expiry_s = Some(u32::try_from(left_s.max(1)).unwrap_or(u32::MAX));
    }
    if let Some(why) = connection.refuses(message) {
        return Err(Outcome::NotTaken(why));
    }
    (message.packet_id, message.duplicate) = (packet_id, is_resent);
    let alias = connection.alias(&message.topic);
    let before = packets.len();
    let written = codec::publish(version, message, alias, packets).map_err(unwritable);
    let sent = written.and_then(|()| connection.takes_length(packets.len() - before));
    if sent.is_err() {
        connection.forget_alias(alias);
    }
    sent
}

#[cfg(test)]
mod tests;
