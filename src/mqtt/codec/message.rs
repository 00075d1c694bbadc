//! What a message and a will say, and how much memory that takes.

use super::{MAX_PACKET, Qos};
use crate::error::Failure;
use bytes::Bytes;
use std::ffi::CStr;

/// A PUBLISH.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Message {
    /// Topic name.
    pub topic: String,
    /// Payload.
    pub payload: Bytes,
    /// QoS.
    pub qos: Qos,
    /// RETAIN flag.
    pub retain: bool,
    /// DUP flag.
    pub duplicate: bool,
    /// Packet identifier; 0 with QoS 0.
    pub packet_id: u16,
    /// What MQTT 5 says beside it.
    pub properties: Option<Box<Properties>>,
}

impl Message {
    /// Bytes of memory that topic, payload and properties take.
    pub fn bytes(&self) -> usize {
        let properties = self.properties.as_ref().map_or(0, |properties| properties.bytes());
        self.topic.len() + self.payload.len() + properties
    }

    /// Checks that its packet is none that no server would be sent.
    pub fn check_len(&self) -> Result<(), Failure> {
        let packet_id = if self.qos == Qos::AtMostOnce { 0 } else { 2 };
        let properties = self.properties.as_ref().map_or(0, |properties| prefixed(properties.packet_len()));
        check_len("PUBLISH", prefixed(2 + self.topic.len() + packet_id + properties + self.payload.len()) + 1)
    }
}

/// What the server publishes when the client ends without DISCONNECT.
#[derive(Clone)]
pub struct Will {
    /// Topic name.
    pub topic: String,
    /// Payload.
    pub payload: Bytes,
    /// QoS.
    pub qos: Qos,
    /// RETAIN flag.
    pub retain: bool,
    /// What MQTT 5 says beside it.
    pub properties: Option<Box<Properties>>,
}

impl Will {
    /// Checks that what it adds to CONNECT leaves room for the longest client identifier and user name.
    pub fn check_len(&self) -> Result<(), Failure> {
        let properties = self.properties.as_ref().map_or(0, |properties| prefixed(properties.packet_len()));
        check_len("will", properties + 2 + self.topic.len() + 2 + self.payload.len())
    }
}

fn check_len(what: &str, len: usize) -> Result<(), Failure> {
    if len > MAX_PACKET {
        let problem = format!("make a {what} of {len} bytes; the largest that is sent has {MAX_PACKET}");
        return Err(Failure::argument("topic, payload and properties", problem));
    }
    Ok(())
}

/// With their length ahead of them, in up to four bytes of seven bits.
fn prefixed(len: usize) -> usize {
    let bits = usize::BITS - len.leading_zeros();
    len + usize::try_from(bits.div_ceil(7).max(1)).unwrap_or_default()
}

/// What MQTT 5 says about a message, section 3.3.2.3, or a will, section 3.1.3.2.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Properties {
    /// Payload Format Indicator: the payload is UTF-8.
    pub payload_is_utf8: bool,
    /// Message Expiry Interval in seconds.
    pub message_expiry_s: Option<u32>,
    /// Content Type.
    pub content_type: Option<String>,
    /// Response Topic.
    pub response_topic: Option<String>,
    /// Correlation Data.
    pub correlation_data: Option<Bytes>,
    /// User Properties, in order.
    pub user_properties: UserProperties,
    /// Will Delay Interval in seconds. Of a will only.
    pub will_delay_s: Option<u32>,
}

impl Properties {
    /// Adds a user property, unless no packet has room for them then. Neither text holds NUL.
    pub fn add_user_property(&mut self, name: &str, value: &str) -> Result<(), Failure> {
        let len = self.packet_len() + 5 + name.len() + value.len();
        if len > MAX_PACKET {
            let problem = format!("have {len} bytes with this one; the largest packet that is sent has {MAX_PACKET}");
            return Err(Failure::argument("properties", problem));
        }
        self.user_properties.push(name, value);
        Ok(())
    }

    /// Their bytes in a packet: one for what each is, and two for the length of each text.
    fn packet_len(&self) -> usize {
        let texts = [&self.content_type, &self.response_topic].into_iter().flatten().map(|text| 3 + text.len());
        let data = self.correlation_data.as_ref().map_or(0, |data| 3 + data.len());
        let numbers = [self.message_expiry_s, self.will_delay_s].into_iter().flatten().count();
        let users = 3 * self.user_properties.count() + self.user_properties.texts.len();
        2 * usize::from(self.payload_is_utf8) + texts.sum::<usize>() + data + 5 * numbers + users
    }

    fn bytes(&self) -> usize {
        let texts = [&self.content_type, &self.response_topic].into_iter().flatten().map(String::len);
        let data = self.correlation_data.as_ref().map_or(0, Bytes::len);
        size_of::<Self>() + texts.sum::<usize>() + data + self.user_properties.bytes()
    }
}

/// Names and values, in order. A server may send as many as fit into a packet, of five bytes each: they lie one behind the other,
/// so that they take no more than twice their bytes in the packet.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct UserProperties {
    /// With a NUL behind each.
    texts: Vec<u8>,
    /// Where each name and its value begin.
    begins: Vec<(u32, u32)>,
}

impl UserProperties {
    /// None, with room for so many bytes of names and values.
    #[cfg_attr(not(feature = "mqtt5"), expect(dead_code, reason = "what MQTT 5 alone says"))]
    pub fn with_capacity(bytes: usize) -> Self {
        Self { texts: Vec::with_capacity(bytes), begins: Vec::new() }
    }

    /// Adds one, behind the others. Neither text holds NUL.
    pub fn push(&mut self, name: &str, value: &str) {
        let begins = (self.append(name), self.append(value));
        self.begins.push(begins);
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.begins.len()
    }

    /// Name and value of one.
    pub fn get(&self, index: usize) -> Option<(&CStr, &CStr)> {
        self.begins.get(index).map(|(name, value)| (self.text(*name), self.text(*value)))
    }

    /// Name and value of each.
    #[cfg_attr(not(feature = "mqtt5"), expect(dead_code, reason = "what MQTT 5 alone says"))]
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        let texts = self.begins.iter().map(|(name, value)| (self.text(*name), self.text(*value)));
        texts.map(|(name, value)| (name.to_str().unwrap_or_default(), value.to_str().unwrap_or_default()))
    }

    /// Gives back the room that was not needed.
    #[cfg_attr(not(feature = "mqtt5"), expect(dead_code, reason = "what MQTT 5 alone says"))]
    pub fn shrink(&mut self) {
        self.texts.shrink_to_fit();
        self.begins.shrink_to_fit();
    }

    fn bytes(&self) -> usize {
        self.texts.len() + self.begins.len() * size_of::<(u32, u32)>()
    }

    fn append(&mut self, text: &str) -> u32 {
        let begin = u32::try_from(self.texts.len()).unwrap_or(u32::MAX);
        self.texts.extend_from_slice(text.as_bytes());
        self.texts.push(0);
        begin
    }

    fn text(&self, begin: u32) -> &CStr {
        let bytes = usize::try_from(begin).ok().and_then(|begin| self.texts.get(begin..));
        bytes.and_then(|bytes| CStr::from_bytes_until_nul(bytes).ok()).unwrap_or_default()
    }
}
