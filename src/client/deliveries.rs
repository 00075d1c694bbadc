//! What the application is told: events, messages and completions, in order. Queued where they happen, delivered outside of all
//! locks by a thread that processes or waits.

use crate::error::Failure;
use crate::mqtt::codec::{Message, Qos};
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

/// While so many messages wait for the application, no more are read.
const MESSAGES_MAX: usize = 64;

/// While so many bytes of messages wait for the application, no more are read.
const BYTES_MAX: usize = 256 * 1024;

/// So many times as much is read where an answer may lie behind it that a call waits for.
const FAR: usize = 8;

/// What has become of the session.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventKind {
    /// A dial has begun.
    Connecting = 1,
    /// The session is open.
    Connected = 2,
    /// The dial has failed, or was given up.
    ConnectFailed = 3,
    /// The session has ended.
    Disconnected = 4,
}

/// One step in the life of a session.
#[derive(Clone, Debug)]
pub struct Event {
    /// Which.
    pub kind: EventKind,
    /// Why it failed or ended; `None` for an end that was ordered.
    pub failure: Option<Failure>,
    /// The number of the dial since the last session, from 1.
    pub attempt: u32,
    /// When the next dial begins, if there will be one.
    pub next_delay: Option<Duration>,
    /// The session of an earlier connection goes on.
    pub session_present: bool,
}

/// Told of events.
pub type OnEvent = Box<dyn Fn(&Event) + Send + Sync>;

/// Given the messages of a subscription.
pub type OnMessage = Arc<dyn Fn(&Message) + Send + Sync>;

/// Told what came of an operation; the QoS is that of a subscription.
pub type OnComplete = Box<dyn FnOnce(Result<Option<Qos>, Failure>) + Send>;

/// Something to tell.
pub enum Delivery {
    /// To the event callback.
    Event(Event),
    /// To the handlers of all subscriptions that match; then it is acknowledged on this connection.
    Message { message: Message, handlers: Vec<OnMessage>, connection: u64 },
    /// To the completion callback.
    Completion(OnComplete, Result<Option<Qos>, Failure>),
}

impl Delivery {
    fn bytes(&self) -> Option<usize> {
        match self {
            Self::Message { message, .. } => Some(message.bytes()),
            Self::Event(_) | Self::Completion(..) => None,
        }
    }

    /// Tells the application.
    pub fn run(self, on_event: Option<&OnEvent>) {
        match self {
            Self::Event(event) => {
                may_panic!("event");
                if let Some(on_event) = on_event {
                    on_event(&event);
                }
            }
            Self::Message { message, handlers, .. } => {
                may_panic!("message");
                handlers.iter().for_each(|handler| handler(&message));
            }
            Self::Completion(on_complete, result) => {
                may_panic!("completion");
                on_complete(result);
            }
        }
    }
}

/// What waits to be told.
pub struct Deliveries {
    queue: VecDeque<Delivery>,
    messages: usize,
    bytes: usize,
    /// Whether a thread is telling it. One at a time, so that the order is kept.
    pub is_delivering: bool,
}

impl Deliveries {
    /// Nothing.
    pub fn new() -> Self {
        Self { queue: VecDeque::new(), messages: 0, bytes: 0, is_delivering: false }
    }

    /// Queues one.
    pub fn push(&mut self, delivery: Delivery) {
        if let Some(bytes) = delivery.bytes() {
            self.messages += 1;
            self.bytes += bytes;
        }
        self.queue.push_back(delivery);
    }

    /// Takes the next one.
    pub fn pop(&mut self) -> Option<Delivery> {
        let delivery = self.queue.pop_front()?;
        if let Some(bytes) = delivery.bytes() {
            self.messages -= 1;
            self.bytes -= bytes;
        }
        if self.queue.is_empty() {
            // An idle client keeps no memory for a burst that is over.
            self.queue = VecDeque::new();
        }
        Some(delivery)
    }

    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    /// Whether the application is so far behind that no more should be read.
    pub fn is_behind(&self) -> bool {
        self.messages >= MESSAGES_MAX || self.bytes >= BYTES_MAX
    }

    /// Whether it is so far behind that no more is read whoever waits for it.
    pub fn is_far_behind(&self) -> bool {
        self.messages >= FAR * MESSAGES_MAX || self.bytes >= FAR * BYTES_MAX
    }

    /// Drops the messages: the server sends those of QoS 1 again to whoever takes the session up.
    pub fn drop_messages(&mut self) {
        self.queue.retain(|delivery| delivery.bytes().is_none());
        (self.messages, self.bytes) = (0, 0);
    }
}
