//! Which packet identifier each message of QoS 1 came with, so that one that is sent again can be held against it.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Mutex, PoisonError};

use crate::mqtt::Published;

/// What is kept of a client at most; behind that everything is forgotten.
const MESSAGES_MAX: usize = 100_000;

/// The packet identifiers of messages, by client id and payload.
#[derive(Default)]
pub struct Resends(Mutex<HashMap<String, HashMap<u64, u16>>>);

/// A message that is sent again, as far as it was seen before.
#[derive(Debug, PartialEq, Eq)]
pub enum Again {
    /// It has not come before: it was lost on its way.
    Unseen,
    /// With its packet identifier.
    SameId,
    /// With another one.
    OtherId,
}

impl Resends {
    /// A PUBLISH above QoS 0 came. Says how it stands to an earlier one with its payload.
    pub fn saw(&self, client_id: &str, published: &Published<'_>) -> Again {
        let mut hasher = DefaultHasher::new();
        published.payload.hash(&mut hasher);
        let mut clients = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let messages = clients.entry(client_id.to_owned()).or_default();
        if messages.len() >= MESSAGES_MAX {
            messages.clear();
        }
        match messages.insert(hasher.finish(), published.packet_id) {
            None => Again::Unseen,
            Some(earlier) if earlier == published.packet_id => Again::SameId,
            Some(_) => Again::OtherId,
        }
    }

    /// Forgets everything.
    pub fn reset(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_known_by_its_client_and_its_payload() {
        let resends = Resends::default();
        let of = |packet_id, payload| Published { packet_id, payload };
        assert_eq!(resends.saw("a", &of(1, b"x")), Again::Unseen);
        assert_eq!(resends.saw("a", &of(1, b"x")), Again::SameId);
        assert_eq!(resends.saw("b", &of(1, b"x")), Again::Unseen);
        assert_eq!(resends.saw("a", &of(1, b"y")), Again::Unseen);
        assert_eq!(resends.saw("a", &of(2, b"x")), Again::OtherId);
        resends.reset();
        assert_eq!(resends.saw("a", &of(2, b"x")), Again::Unseen);
    }
}
