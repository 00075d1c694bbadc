//! The rules of an MQTT session, as a state machine: requests, packets and time in; packets and answers out. It outlives the
//! connections that it runs over. Pure.

mod keep_alive;
mod subscriptions;

pub use keep_alive::{Due, KeepAlive, Now};

use super::Error;
use super::codec::{self, Message, Qos, Received};
use bytes::Bytes;
use std::collections::VecDeque;
use subscriptions::Subscriptions;

/// Of the session's own: a request that no operation waits for.
const OWN: u64 = 0;

/// What a session holds at most.
#[derive(Clone, Copy)]
pub struct Limits {
    /// Messages that wait to be sent.
    pub queue_messages: usize,
    /// Bytes of topics and payloads that wait to be sent.
    pub queue_bytes: usize,
    /// Messages that were sent and not acknowledged.
    pub in_flight: usize,
}

/// A session. `H` is what a subscription's messages are for.
pub struct Session<H> {
    limits: Limits,
    last_operation: u64,
    last_packet_id: u16,
    /// What is to be sent, in order.
    queue: VecDeque<Request>,
    queued_bytes: usize,
    /// What was sent on this connection and waits for its acknowledgement, in order.
    in_flight: VecDeque<Request>,
    subscriptions: Subscriptions<H>,
    acknowledgements: VecDeque<u16>,
    keep_alive: Option<KeepAlive>,
    /// Counts connections, so that an acknowledgement of one does not go out on another.
    connection: u64,
}

struct Request {
    operation: u64,
    /// 0 when it has none yet.
    packet_id: u16,
    what: What,
    /// Whether it was sent, on this connection or an earlier one.
    was_sent: bool,
}

enum What {
    Publish(Message),
    Subscribe(Vec<(String, Qos)>),
    Unsubscribe(String),
}

impl What {
    fn bytes(&self) -> usize {
        match self {
            Self::Publish(message) => message.topic.len() + message.payload.len(),
            Self::Subscribe(_) | Self::Unsubscribe(_) => 0,
        }
    }
}

/// What came of an operation.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// PUBACK.
    Published,
    /// SUBACK with what was granted.
    Subscribed(Qos),
    /// SUBACK refused the filter.
    SubscribeRefused,
    /// UNSUBACK.
    Unsubscribed,
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

/// A packet to send.
pub struct Packet {
    /// All of it.
    pub bytes: Bytes,
    /// The operation that is done when this is written.
    pub done: Option<u64>,
}

/// What withdrawing an operation has come to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Withdrawn {
    /// It was never sent, and will not be.
    Unsent,
    /// It was sent, and goes its way.
    Sent,
}

/// The queue holds as much as it may. Gives the message back.
#[derive(Debug, PartialEq)]
pub struct QueueFull(pub Message);

impl<H: Clone> Session<H> {
    /// Nothing is open, sent or subscribed.
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            last_operation: OWN,
            last_packet_id: 0,
            queue: VecDeque::new(),
            queued_bytes: 0,
            in_flight: VecDeque::new(),
            subscriptions: Subscriptions::new(),
            acknowledgements: VecDeque::new(),
            keep_alive: None,
            connection: 0,
        }
    }

    /// Takes a message to be sent. Gives its operation.
    pub fn publish(&mut self, message: Message) -> Result<u64, QueueFull> {
        let bytes = message.topic.len() + message.payload.len();
        let is_full = self.queue.len() >= self.limits.queue_messages
            || self.queued_bytes + bytes > self.limits.queue_bytes.max(bytes);
        if is_full { Err(QueueFull(message)) } else { Ok(self.ask(What::Publish(message))) }
    }

    /// Subscribes, in place of an earlier subscription with this filter. Gives the operation.
    pub fn subscribe(&mut self, filter: &str, qos: Qos, handler: H) -> u64 {
        let operation = self.ask(What::Subscribe(vec![(filter.to_owned(), qos)]));
        self.subscriptions.ask(operation, filter, qos, handler);
        operation
    }

    /// Unsubscribes. Gives the operation.
    pub fn unsubscribe(&mut self, filter: &str) -> u64 {
        self.ask(What::Unsubscribe(filter.to_owned()))
    }

    /// Takes an operation back that nobody waits for any more; `None` when there is no such operation, because it is done.
    pub fn withdraw(&mut self, operation: u64) -> Option<Withdrawn> {
        if let Some(index) = self.queue.iter().position(|request| request.operation == operation) {
            if self.queue.get(index).is_some_and(|request| request.was_sent) {
                return Some(Withdrawn::Sent);
            }
            if let Some(request) = self.queue.remove(index) {
                self.queued_bytes -= request.what.bytes();
                self.subscriptions.withdrawn(operation);
            }
            return Some(Withdrawn::Unsent);
        }
        self.in_flight.iter().any(|request| request.operation == operation).then_some(Withdrawn::Sent)
    }

    /// Gives up everything that is to be sent or acknowledged, because there will be no connection. Gives the operations, and
    /// whether each was sent. Subscriptions stay, and are made with the next connection.
    pub fn abandon(&mut self) -> Vec<(u64, Withdrawn)> {
        self.closed();
        self.queued_bytes = 0;
        self.subscriptions.abandoned();
        let how =
            |request: Request| (request.operation, if request.was_sent { Withdrawn::Sent } else { Withdrawn::Unsent });
        self.queue.drain(..).map(how).collect()
    }

    /// CONNACK has come.
    pub fn opened(&mut self, session_present: bool, keep_alive: KeepAlive) {
        self.connection += 1;
        self.keep_alive = Some(keep_alive);
        if !session_present {
            // The server knows none of what it has not acknowledged: MQTT 3.1.1, section 4.4, is about sessions that go on.
            for request in &mut self.queue {
                request.packet_id = 0;
            }
        }
        for batch in self.subscriptions.make_again(session_present).into_iter().rev() {
            let what = What::Subscribe(batch);
            self.queue.push_front(Request { operation: OWN, packet_id: 0, what, was_sent: false });
        }
    }

    /// The connection is gone. What was not acknowledged will be sent again, ahead of what was not sent yet.
    pub fn closed(&mut self) {
        self.keep_alive = None;
        self.acknowledgements.clear();
        while let Some(mut request) = self.in_flight.pop_back() {
            if !matches!(request.what, What::Publish(_)) {
                request.packet_id = 0;
            }
            self.queued_bytes += request.what.bytes();
            self.queue.push_front(request);
        }
        self.queue.retain(|request| request.operation != OWN);
    }

    /// Counts connections.
    pub fn connection(&self) -> u64 {
        self.connection
    }

    /// A message that came on this connection has been delivered.
    pub fn delivered(&mut self, connection: u64, packet_id: u16) {
        if connection == self.connection && self.keep_alive.is_some() && packet_id != 0 {
            self.acknowledgements.push_back(packet_id);
        }
    }

    /// Who a message is for: everybody with a filter that matches, once.
    pub fn handlers(&self, topic: &str) -> Vec<H> {
        self.subscriptions.handlers(topic)
    }

    /// How many messages were sent and not acknowledged.
    pub fn unacknowledged(&self) -> usize {
        self.in_flight.iter().filter(|request| matches!(request.what, What::Publish(_))).count()
    }

    /// When keep-alive wants something; `None` without a connection.
    pub fn due(&self, now: Now) -> Option<Due> {
        self.keep_alive.as_ref().map(|keep_alive| keep_alive.due(now))
    }

    /// A packet came.
    pub fn received(&mut self, packet: Received, now: Now) -> Result<Option<Output>, Error> {
        let keep_alive = self.keep_alive.as_mut().ok_or(Error::Malformed("a packet without a session"))?;
        keep_alive.received(now);
        match packet {
            Received::Pingresp if keep_alive.answered() => Ok(None),
            Received::Pingresp => Err(Error::Malformed("PINGRESP without PINGREQ")),
            Received::Connack { .. } => Err(Error::Malformed("a second CONNACK")),
            Received::Publish(message) => Ok(Some(Output::Message(message))),
            Received::Puback(packet_id) => {
                let of = |what: &What| matches!(what, What::Publish(_));
                Ok(self
                    .take_in_flight(packet_id, of)?
                    .map(|request| Output::Done(request.operation, Outcome::Published)))
            }
            Received::Suback(packet_id, granted) => {
                let of = |what: &What| matches!(what, What::Subscribe(_));
                let Some(request) = self.take_in_flight(packet_id, of)? else { return Ok(None) };
                self.subscribed(request, &granted)
            }
            Received::Unsuback(packet_id) => {
                let of = |what: &What| matches!(what, What::Unsubscribe(_));
                let Some(request) = self.take_in_flight(packet_id, of)? else { return Ok(None) };
                if let What::Unsubscribe(filter) = &request.what {
                    self.subscriptions.removed(request.operation, filter);
                }
                Ok(Some(Output::Done(request.operation, Outcome::Unsubscribed)))
            }
        }
    }

    /// The next packet to send now, if there is one. Counts as sent. Requests are held back unless they may go.
    pub fn next(&mut self, now: Now, may_ask: bool) -> Result<Option<Packet>, Error> {
        let Some(keep_alive) = &mut self.keep_alive else { return Ok(None) };
        if let Some(packet_id) = self.acknowledgements.pop_front() {
            keep_alive.sent(now);
            return Ok(Some(Packet { bytes: codec::puback(packet_id), done: None }));
        }
        if keep_alive.due(now) == Due::Ping {
            keep_alive.ping_sent(now);
            return Ok(Some(Packet { bytes: codec::PINGREQ, done: None }));
        }
        let may_wait = self.in_flight.len() < self.limits.in_flight;
        let may_go = |request: &mut Request| may_ask && (may_wait || is_unanswered(&request.what));
        let Some(mut request) = self.queue.pop_front_if(may_go) else { return Ok(None) };
        keep_alive.sent(now);
        self.queued_bytes -= request.what.bytes();
        let done = is_unanswered(&request.what).then_some(request.operation);
        let is_resent = request.packet_id != 0;
        if done.is_none() && !is_resent {
            request.packet_id = self.new_packet_id();
        }
        let packet_id = request.packet_id;
        let bytes = match &mut request.what {
            What::Publish(message) => {
                (message.packet_id, message.duplicate) = (packet_id, is_resent);
                message.encode()
            }
            What::Subscribe(filters) => codec::subscribe(packet_id, filters.iter().map(|(f, qos)| (f.as_str(), *qos))),
            What::Unsubscribe(filter) => codec::unsubscribe(packet_id, std::iter::once(filter.as_str())),
        }?;
        request.was_sent = true;
        if done.is_none() {
            self.in_flight.push_back(request);
        }
        Ok(Some(Packet { bytes, done }))
    }

    /// Whether [`Session::next`] has a packet now, but for a ping.
    pub fn has_something_to_send(&self, may_ask: bool) -> bool {
        let may_wait = self.in_flight.len() < self.limits.in_flight;
        let may_go = |request: &Request| may_ask && (may_wait || is_unanswered(&request.what));
        self.keep_alive.is_some() && (!self.acknowledgements.is_empty() || self.queue.front().is_some_and(may_go))
    }

    fn ask(&mut self, what: What) -> u64 {
        self.last_operation += 1;
        self.queued_bytes += what.bytes();
        self.queue.push_back(Request { operation: self.last_operation, packet_id: 0, what, was_sent: false });
        self.last_operation
    }

    fn subscribed(&mut self, request: Request, granted: &[Option<Qos>]) -> Result<Option<Output>, Error> {
        let What::Subscribe(filters) = &request.what else { return Ok(None) };
        if filters.len() != granted.len() {
            return Err(Error::Malformed("SUBACK with another number of return codes than SUBSCRIBE has filters"));
        }
        let mut refused = Vec::new();
        for ((filter, _), granted) in filters.iter().zip(granted) {
            if granted.is_some() {
                self.subscriptions.made(request.operation, filter);
            } else {
                self.subscriptions.refused(request.operation, filter);
                refused.push(filter.clone());
            }
        }
        Ok(match (request.operation, granted.first().copied().flatten()) {
            (OWN, _) if refused.is_empty() => None,
            (OWN, _) => Some(Output::Unsubscribed(refused)),
            (operation, Some(qos)) => Some(Output::Done(operation, Outcome::Subscribed(qos))),
            (operation, None) => Some(Output::Done(operation, Outcome::SubscribeRefused)),
        })
    }

    /// `None` for what was acknowledged already: a server may answer both a PUBLISH and its repetition.
    fn take_in_flight(&mut self, packet_id: u16, of: impl Fn(&What) -> bool) -> Result<Option<Request>, Error> {
        match self.in_flight.iter().position(|request| request.packet_id == packet_id) {
            Some(index) if self.in_flight.get(index).is_some_and(|request| of(&request.what)) => {
                Ok(self.in_flight.remove(index))
            }
            Some(_) => Err(Error::Malformed("an acknowledgement of another type than its request")),
            None => Ok(None),
        }
    }

    fn new_packet_id(&mut self) -> u16 {
        loop {
            self.last_packet_id = self.last_packet_id.checked_add(1).unwrap_or(1);
            let id = self.last_packet_id;
            if !self.in_flight.iter().chain(&self.queue).any(|request| request.packet_id == id) {
                return id;
            }
        }
    }
}

/// Whether nothing answers a request.
fn is_unanswered(what: &What) -> bool {
    matches!(what, What::Publish(Message { qos: Qos::AtMostOnce, .. }))
}

#[cfg(test)]
mod tests;
