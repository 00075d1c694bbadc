//! The subscriptions of a session, and which of them have to be made again on a new connection. Pure.

use crate::mqtt::codec::{FILTERS_MAX, MAX_PACKET, Qos};
use crate::mqtt::topics::matches;

/// So many bytes of filters fit into a SUBSCRIBE with all that is around them.
const BYTES_MAX: usize = MAX_PACKET - 64;

/// All subscriptions that are made or wanted. One that is asked for in place of an earlier one stands behind that until the server
/// has made it: what comes of the operation decides which of them stays.
pub struct Subscriptions<H> {
    all: Vec<Subscription<H>>,
    /// How many filters were sent again and are not answered yet. While there are any, a session that goes on may lack them.
    unanswered: usize,
}

struct Subscription<H> {
    filter: String,
    qos: Qos,
    handler: H,
    /// The last operation that asked for it.
    operation: u64,
    /// Whether that is still to be answered.
    is_pending: bool,
    is_made: bool,
}

impl<H: Clone> Subscriptions<H> {
    /// None.
    pub fn new() -> Self {
        Self { all: Vec::new(), unanswered: 0 }
    }

    /// An operation asks for one, in place of an earlier one with the same filter.
    pub fn ask(&mut self, operation: u64, filter: &str, qos: Qos, handler: H) {
        let filter = filter.to_owned();
        self.all.push(Subscription { filter, qos, handler, operation, is_pending: true, is_made: false });
    }

    /// The server has made one, and by that ended an earlier one.
    pub fn made(&mut self, operation: u64, filter: &str) {
        self.answered(operation);
        let asked_for = |subscription: &Subscription<H>| match operation {
            super::OWN => !subscription.is_pending,
            _ => subscription.operation == operation,
        };
        for subscription in self.all.iter_mut().filter(|subscription| subscription.filter == filter) {
            if asked_for(subscription) {
                (subscription.is_pending, subscription.is_made) = (false, true);
            }
        }
        self.all.retain(|subscription| subscription.filter != filter || subscription.operation >= operation);
    }

    /// The server refuses one. An earlier one stays.
    pub fn refused(&mut self, operation: u64, filter: &str) {
        self.answered(operation);
        self.all.retain(|subscription| {
            let is_it = subscription.filter == filter
                && (subscription.operation == operation || operation == super::OWN && !subscription.is_pending);
            !is_it
        });
    }

    /// The server has ended one. A newer one with the same filter is another.
    pub fn removed(&mut self, operation: u64, filter: &str) {
        self.all.retain(|subscription| subscription.filter != filter || subscription.operation > operation);
    }

    /// An operation was taken back before it was sent. An earlier one stays.
    pub fn withdrawn(&mut self, operation: u64) {
        self.all.retain(|subscription| subscription.operation != operation);
    }

    /// All operations were given up; the subscriptions are still wanted, of those with the same filter the last.
    pub fn abandoned(&mut self) {
        let all = std::mem::take(&mut self.all);
        for mut subscription in all {
            self.all.retain(|earlier| earlier.filter != subscription.filter);
            subscription.is_pending = false;
            self.all.push(subscription);
        }
    }

    /// The filters that a new connection has to ask for, in packets of as many as AWS takes. Those with an operation of their own
    /// are not among them.
    pub fn make_again(&mut self, session_present: bool) -> Vec<Vec<(String, Qos)>> {
        let all = !session_present || self.unanswered > 0;
        let wanted: Vec<(String, Qos)> = self
            .all
            .iter()
            .filter(|subscription| !subscription.is_pending && (all || !subscription.is_made))
            .map(|subscription| (subscription.filter.clone(), subscription.qos))
            .collect();
        self.unanswered = wanted.len();
        let mut batches: Vec<Vec<(String, Qos)>> = Vec::new();
        let mut bytes = 0;
        for wanted in wanted {
            bytes += wanted.0.len();
            match batches.last_mut() {
                Some(batch) if batch.len() < FILTERS_MAX && bytes <= BYTES_MAX => batch.push(wanted),
                _ => {
                    bytes = wanted.0.len();
                    batches.push(vec![wanted]);
                }
            }
        }
        batches
    }

    /// The handlers of all that match, in the order in which they were asked for; of those with the same filter, that of the last.
    pub fn handlers(&self, topic: &str) -> Vec<H> {
        let is_last = |index: usize, filter: &str| self.all.iter().skip(index + 1).all(|later| later.filter != filter);
        self.all
            .iter()
            .enumerate()
            .filter(|(index, subscription)| {
                matches(&subscription.filter, topic) && is_last(*index, &subscription.filter)
            })
            .map(|(_, subscription)| subscription.handler.clone())
            .collect()
    }

    fn answered(&mut self, operation: u64) {
        if operation == super::OWN {
            self.unanswered = self.unanswered.saturating_sub(1);
        }
    }
}
