//! What is asked of the server: in order, numbered, and kept until it is answered. Pure.

use crate::mqtt::Error;
use crate::mqtt::codec::{Message, Qos};
use std::collections::VecDeque;
use std::time::Duration;

/// Of the session's own: a request that no operation waits for.
pub const OWN: u64 = 0;

/// What a session holds at most.
#[derive(Clone, Copy)]
pub struct Limits {
    /// Messages that wait to be sent.
    pub queue_messages: usize,
    /// Bytes of topics, payloads and properties that wait to be sent.
    pub queue_bytes: usize,
    /// Messages that were sent and not acknowledged.
    pub in_flight: usize,
    /// Messages of QoS 1 that the server may send ahead of their acknowledgement. MQTT 5.
    pub receive_maximum: u16,
    /// Topic aliases that the server may give. MQTT 5.
    pub topic_alias_maximum: u16,
}

/// One of them.
pub struct Request {
    pub operation: u64,
    /// 0 when it has none yet.
    pub packet_id: u16,
    pub what: What,
    /// Whether it was sent, on this connection or an earlier one.
    pub was_sent: bool,
    /// The boot time after which it is not sent for the first time.
    pub expires_at: Option<Duration>,
}

/// What is asked for.
pub enum What {
    Publish(Message),
    Subscribe(Vec<(String, Qos)>),
    Unsubscribe(String),
}

impl What {
    fn bytes(&self) -> usize {
        match self {
            Self::Publish(message) => message.bytes(),
            Self::Subscribe(_) | Self::Unsubscribe(_) => 0,
        }
    }

    /// Whether the server does not answer it.
    pub fn is_unanswered(&self) -> bool {
        matches!(self, Self::Publish(Message { qos: Qos::AtMostOnce, .. }))
    }
}

/// What withdrawing an operation has come to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Withdrawn {
    /// It was never sent, and will not be.
    Unsent,
    /// It was sent, and goes its way.
    Sent,
}

/// All of them.
pub struct Requests {
    limits: Limits,
    last_operation: u64,
    pub last_packet_id: u16,
    /// What is to be sent, in order.
    queue: VecDeque<Request>,
    queued_bytes: usize,
    /// How many have left the queue, so that somebody who waits for room knows when to look again.
    pub departures: u64,
    /// How many in the queue have kept the packet identifier of an earlier connection.
    queued_with_id: usize,
    /// What was sent on this connection and waits for its acknowledgement, in order.
    in_flight: VecDeque<Request>,
}

impl Requests {
    /// None.
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            last_operation: OWN,
            last_packet_id: 0,
            queue: VecDeque::new(),
            queued_bytes: 0,
            departures: 0,
            queued_with_id: 0,
            in_flight: VecDeque::new(),
        }
    }

    /// Whether a message may wait to be sent. One of any size may when nothing else does.
    pub fn has_room_for(&self, message: &Message) -> bool {
        let bytes = message.bytes();
        self.queue.len() < self.limits.queue_messages && self.queued_bytes + bytes <= self.limits.queue_bytes.max(bytes)
    }

    /// Takes one. Gives its operation.
    pub fn ask(&mut self, what: What, expires_at: Option<Duration>) -> u64 {
        self.last_operation += 1;
        let operation = self.last_operation;
        self.queued_bytes += what.bytes();
        self.queue.push_back(Request { operation, packet_id: 0, what, was_sent: false, expires_at });
        operation
    }

    /// Takes one of the session's own, ahead of all others.
    pub fn ask_first(&mut self, what: What) {
        self.queued_bytes += what.bytes();
        self.queue.push_front(Request { operation: OWN, packet_id: 0, what, was_sent: false, expires_at: None });
    }

    /// Takes an operation back that nobody waits for any more; `None` when there is no such operation, because it is done.
    pub fn withdraw(&mut self, operation: u64) -> Option<Withdrawn> {
        if let Some(index) = self.queue.iter().position(|request| request.operation == operation) {
            if self.queue.get(index).is_some_and(|request| request.was_sent) {
                return Some(Withdrawn::Sent);
            }
            if let Some(request) = self.queue.remove(index) {
                self.queued_bytes -= request.what.bytes();
                self.departures += 1;
            }
            return Some(Withdrawn::Unsent);
        }
        self.in_flight.iter().any(|request| request.operation == operation).then_some(Withdrawn::Sent)
    }

    /// The connection is gone. What was not acknowledged will be sent again, ahead of what was not sent yet.
    pub fn closed(&mut self) {
        while let Some(mut request) = self.in_flight.pop_back() {
            if !matches!(request.what, What::Publish(_)) {
                request.packet_id = 0;
            }
            self.queued_bytes += request.what.bytes();
            self.queue.push_front(request);
        }
        self.queue.retain(|request| request.operation != OWN);
        self.queued_with_id = self.queue.iter().filter(|request| request.packet_id != 0).count();
    }

    /// The server knows none of what it has not acknowledged: section 4.4 is about sessions that go on.
    pub fn forget_packet_ids(&mut self) {
        for request in &mut self.queue {
            request.packet_id = 0;
        }
        self.queued_with_id = 0;
    }

    /// Gives up everything. Gives the operations, and whether each was sent.
    pub fn abandon(&mut self) -> Vec<(u64, Withdrawn)> {
        self.closed();
        (self.queued_bytes, self.queued_with_id) = (0, 0);
        self.departures += 1;
        let how =
            |request: Request| (request.operation, if request.was_sent { Withdrawn::Sent } else { Withdrawn::Unsent });
        self.queue.drain(..).map(how).collect()
    }

    /// Whether [`Requests::take`] has one.
    pub fn has_next(&self, receive_maximum: u16) -> bool {
        let may_wait = self.may_wait(receive_maximum);
        self.queue.front().is_some_and(|request| may_wait || request.what.is_unanswered())
    }

    /// The next one to send, while the server takes it.
    pub fn take(&mut self, receive_maximum: u16) -> Option<Request> {
        let request = if self.has_next(receive_maximum) { self.queue.pop_front() } else { None }?;
        self.queued_bytes -= request.what.bytes();
        self.departures += 1;
        self.queued_with_id -= usize::from(request.packet_id != 0);
        Some(request)
    }

    /// One was sent that will be answered.
    pub fn sent(&mut self, request: Request) {
        self.in_flight.push_back(request);
    }

    /// Takes the one that is answered, which stays when it is not one `of` these; `None` for what was acknowledged already: a server
    /// may answer both a PUBLISH and its repetition.
    pub fn answered(&mut self, packet_id: u16, of: impl Fn(&What) -> bool) -> Result<Option<Request>, Error> {
        match self.in_flight.iter().position(|request| request.packet_id == packet_id) {
            Some(index) if self.in_flight.get(index).is_some_and(|request| of(&request.what)) => {
                Ok(self.in_flight.remove(index))
            }
            Some(_) => Err(Error::Malformed("an acknowledgement that does not fit its request")),
            None => Ok(None),
        }
    }

    /// How many messages were sent and not acknowledged.
    pub fn unacknowledged(&self) -> usize {
        self.in_flight.iter().filter(|request| matches!(request.what, What::Publish(_))).count()
    }

    /// One that is not in use.
    pub fn new_packet_id(&mut self) -> u16 {
        // A long queue is not gone through for every message.
        let queue = (self.queued_with_id > 0).then_some(&self.queue).into_iter().flatten();
        let in_use = self.in_flight.iter().chain(queue);
        loop {
            self.last_packet_id = self.last_packet_id.checked_add(1).unwrap_or(1);
            let id = self.last_packet_id;
            if !in_use.clone().any(|request| request.packet_id == id) {
                return id;
            }
        }
    }

    fn may_wait(&self, receive_maximum: u16) -> bool {
        self.in_flight.len() < self.limits.in_flight.min(receive_maximum.into())
    }
}
