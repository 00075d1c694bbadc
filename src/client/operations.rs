//! Who waits for what: the publishes, subscriptions and unsubscriptions whose outcome somebody wants to know.

use super::deliveries::{Deliveries, Delivery, OnComplete};
use crate::error::{Failure, Stage};
use crate::mqtt::Reason;
use crate::mqtt::codec::Qos;
use crate::mqtt::session::{Outcome, Withdrawn};
use crate::status::Status;
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

/// What came of an operation; the QoS is that of a subscription.
pub type Done = Result<Option<Qos>, Failure>;

/// Who is told of the end of an operation.
pub enum Listener {
    /// A call that waits.
    Call(Arc<OnceLock<Done>>),
    /// A callback.
    Callback(OnComplete),
}

/// All operations that somebody listens for.
pub struct Operations {
    listeners: BTreeMap<u64, Listener>,
    /// Messages of QoS 0 that were handed to a connection whose socket has not taken them yet.
    unwritten: Vec<u64>,
    /// How many calls that wait have got their outcome since somebody looked.
    news: usize,
}

impl Operations {
    /// None.
    pub fn new() -> Self {
        Self { listeners: BTreeMap::new(), unwritten: Vec::new(), news: 0 }
    }

    /// Somebody listens for an operation.
    pub fn listen(&mut self, operation: u64, listener: Listener) {
        self.listeners.insert(operation, listener);
    }

    /// Nobody listens any more.
    pub fn forget(&mut self, operation: u64) {
        self.listeners.remove(&operation);
    }

    /// Whether a call that waits has got its outcome since this was asked last.
    pub fn take_news(&mut self) -> bool {
        std::mem::take(&mut self.news) > 0
    }

    /// A call has found its own outcome, of which nobody else has to be told.
    pub fn found(&mut self) {
        self.news = self.news.saturating_sub(1);
    }

    /// A message of QoS 0 was handed to the connection.
    pub fn handed_over(&mut self, operation: u64) {
        self.unwritten.push(operation);
    }

    /// The socket has taken all that was handed over.
    pub fn written(&mut self, deliveries: &mut Deliveries) {
        for operation in std::mem::take(&mut self.unwritten) {
            self.end(operation, Ok(None), deliveries);
        }
    }

    /// The connection is gone with what it had not taken.
    pub fn cut_off(&mut self, deliveries: &mut Deliveries) {
        for operation in std::mem::take(&mut self.unwritten) {
            self.end(operation, Err(unknown("the connection was lost")), deliveries);
        }
    }

    /// The server has answered.
    pub fn done(&mut self, operation: u64, outcome: Outcome, deliveries: &mut Deliveries) {
        let done = match outcome {
            Outcome::Published | Outcome::Unsubscribed => Ok(None),
            Outcome::Subscribed(qos) => Ok(Some(qos)),
            Outcome::SubscribeRefused(reason) => {
                Err(refused(Status::SubscribeRefused, "the server refused the subscription (SUBACK", &reason))
            }
            Outcome::PublishRefused(reason) => {
                Err(refused(Status::PublishRefused, "the server refused the message (PUBACK", &reason))
            }
            Outcome::UnsubscribeRefused(reason) => {
                Err(refused(Status::UnsubscribeRefused, "the server refused to unsubscribe (UNSUBACK", &reason))
            }
            Outcome::NotTaken(why) => Err(Failure::new(Status::PublishRefused, Stage::Session, why)),
            Outcome::Unsendable(why) => Err(Failure::new(Status::InvalidArgument, Stage::Session, why)),
            Outcome::Expired => Err(withdrawn("the message expired before it could be sent")),
        };
        self.end(operation, done, deliveries);
    }

    /// There will be no connection.
    pub fn given_up(&mut self, operation: u64, how: Withdrawn, why: Option<&Failure>, deliveries: &mut Deliveries) {
        let why = why.map_or_else(|| "the client was disconnected".to_owned(), |failure| failure.message.clone());
        let failure = match how {
            Withdrawn::Unsent => withdrawn(&why),
            Withdrawn::Sent => unknown(&why),
        };
        self.end(operation, Err(failure), deliveries);
    }

    fn end(&mut self, operation: u64, done: Done, deliveries: &mut Deliveries) {
        match self.listeners.remove(&operation) {
            None => {}
            Some(Listener::Call(outcome)) => {
                let _ = outcome.set(done);
                self.news += 1;
            }
            Some(Listener::Callback(on_complete)) => deliveries.push(Delivery::Completion(on_complete, done)),
        }
    }
}

fn refused(status: Status, what: &str, reason: &Reason) -> Failure {
    reason.of(Failure::new(status, Stage::Session, format!("{what} {reason})")))
}

/// It was never sent.
pub fn withdrawn(why: &str) -> Failure {
    Failure::new(Status::Withdrawn, Stage::Session, format!("{why}; the request was withdrawn, and never sent"))
}

/// It was sent and not acknowledged.
pub fn unknown(why: &str) -> Failure {
    let message = format!("{why}; the request was sent and not acknowledged, so it may have arrived or not");
    Failure::new(Status::OutcomeUnknown, Stage::Session, message)
}
