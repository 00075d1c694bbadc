//! What lasts as long as one connection of a session: keep-alive, what the server said in CONNACK, topic aliases. Pure.

use super::{KeepAlive, Outcome};
use crate::mqtt::Error;
use crate::mqtt::codec::{Accepted, Alias, MAX_PACKET, Message};
use std::collections::BTreeMap;

/// A shorter topic takes no more room than its alias.
const WORTH_AN_ALIAS: usize = 4;

/// One connection.
pub struct Connection {
    pub keep_alive: KeepAlive,
    accepted: Accepted,
    /// Topics that were given an alias, the one used last at the end.
    sent: Vec<(String, u16)>,
    /// Topics that the server has given an alias.
    received: BTreeMap<u16, String>,
}

impl Connection {
    /// CONNACK has come.
    pub fn new(accepted: Accepted, keep_alive: KeepAlive) -> Self {
        Self { keep_alive, accepted, sent: Vec::new(), received: BTreeMap::new() }
    }

    /// How many messages the server takes ahead of their acknowledgement.
    pub fn receive_maximum(&self) -> u16 {
        self.accepted.receive_maximum
    }

    /// Why the server does not take a message like this, if so.
    pub fn refuses(&self, message: &Message) -> Option<String> {
        if message.qos > self.accepted.maximum_qos {
            return Some("the server takes no message of QoS 1 (Maximum QoS in CONNACK)".to_owned());
        }
        let is_refused = message.retain && !self.accepted.retain_available;
        is_refused.then(|| "the server keeps no message (Retain Available in CONNACK)".to_owned())
    }

    /// Whether a packet of this length may be sent.
    pub fn takes_length(&self, length: usize) -> Result<(), Outcome> {
        let maximum = self.accepted.maximum_packet_size;
        if length > MAX_PACKET {
            let why = format!("the packet has {length} bytes; the largest that is sent has {MAX_PACKET}");
            return Err(Outcome::Unsendable(why));
        }
        let problem = || {
            format!("the packet has {length} bytes, and the server takes {maximum} (Maximum Packet Size in CONNACK)")
        };
        if length > maximum { Err(Outcome::NotTaken(problem())) } else { Ok(()) }
    }

    /// The alias for a topic that is to be sent. The one used longest ago makes room for a new one.
    pub fn alias(&mut self, topic: &str) -> Alias {
        let maximum = self.accepted.topic_alias_maximum;
        if maximum == 0 || topic.len() < WORTH_AN_ALIAS {
            return Alias::No;
        }
        if let Some(index) = self.sent.iter().position(|(known, _)| known == topic) {
            let known = self.sent.remove(index);
            let alias = known.1;
            self.sent.push(known);
            return Alias::Known(alias);
        }
        let alias = match u16::try_from(self.sent.len()) {
            Ok(count) if count < maximum => count + 1,
            _ => self.sent.remove(0).1,
        };
        self.sent.push((topic.to_owned(), alias));
        Alias::New(alias)
    }

    /// The packet that gave this alias to its topic is not sent.
    pub fn forget_alias(&mut self, alias: Alias) {
        if let (Alias::New(_), Some((topic, _))) = (alias, self.sent.last_mut()) {
            // The number stays taken, by no topic.
            topic.clear();
        }
    }

    /// A message has come. Its topic may be an alias.
    pub fn received(&mut self, message: &mut Message, alias: u16, topic_alias_maximum: u16) -> Result<(), Error> {
        if alias > topic_alias_maximum {
            return Err(Error::Malformed("a topic alias above the Topic Alias Maximum"));
        }
        if message.topic.is_empty() {
            let topic = self.received.get(&alias).ok_or(Error::Malformed("a topic alias that stands for nothing"))?;
            message.topic.clone_from(topic);
        } else if alias != 0 {
            self.received.insert(alias, message.topic.clone());
        }
        Ok(())
    }
}
