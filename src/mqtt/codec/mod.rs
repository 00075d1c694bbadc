//! MQTT packets to bytes and back: what a client sends, what a server sends, and what their parts are. The two versions of MQTT
//! differ in here and nowhere else, but for what MQTT 5 alone can say.

mod framing;
mod message;
mod v3_1_1;
#[cfg_attr(not(feature = "mqtt5"), path = "v5_left_out.rs")]
mod v5;

#[cfg_attr(not(feature = "mqtt5"), expect(unused_imports, reason = "what MQTT 5 alone makes"))]
pub use message::UserProperties;
pub use message::{Message, Properties, Will};

use super::{Error, Reason};
use bytes::{Bytes, BytesMut};

/// AWS IoT Core's limit on a payload, in bytes.
pub const PAYLOAD_MAX: usize = 128 * 1024;

/// The largest packet that is taken: AWS's largest payload, and room for topic, header, and the properties of MQTT 5.
pub const MAX_PACKET: usize = PAYLOAD_MAX + 18 * 1024;

/// AWS IoT Core's limit on the filters of a SUBSCRIBE.
pub const FILTERS_MAX: usize = 8;

/// The version of MQTT; its number is the protocol level in CONNECT.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MqttVersion {
    /// MQTT 3.1.1.
    V3_1_1 = 4,
    /// MQTT 5.
    V5 = 5,
}

/// How surely a message arrives. AWS IoT Core knows no QoS 2.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd)]
pub enum Qos {
    /// QoS 0.
    #[default]
    AtMostOnce,
    /// QoS 1.
    AtLeastOnce,
}

/// What CONNECT says.
#[cfg_attr(not(feature = "mqtt5"), expect(dead_code, reason = "what MQTT 5 alone says"))]
pub struct Connect<'a> {
    /// Client identifier.
    pub client_id: &'a str,
    /// Keep-alive in seconds.
    pub keep_alive_s: u16,
    /// Clean session flag, or Clean Start.
    pub clean_session: bool,
    /// User name.
    pub user_name: Option<&'a str>,
    /// Will.
    pub will: Option<&'a Will>,
    /// Session Expiry Interval in seconds. MQTT 5.
    pub session_expiry_s: u32,
    /// Receive Maximum. MQTT 5.
    pub receive_maximum: u16,
    /// Topic Alias Maximum. MQTT 5.
    pub topic_alias_maximum: u16,
}

/// What an accepting CONNACK says. MQTT 3.1.1 says no more than the first; the rest is what holds when MQTT 5 does not say it.
#[derive(Clone, Debug, PartialEq)]
pub struct Accepted {
    /// The session of an earlier connection goes on.
    pub session_present: bool,
    /// How many messages of QoS 1 may be sent ahead of their acknowledgement.
    pub receive_maximum: u16,
    /// The highest QoS that may be published with.
    pub maximum_qos: Qos,
    /// Whether RETAIN may be set.
    pub retain_available: bool,
    /// The largest packet that may be sent, in bytes.
    pub maximum_packet_size: usize,
    /// How many topic aliases may be sent.
    pub topic_alias_maximum: u16,
    /// The keep-alive to use in place of our own, in seconds.
    pub server_keep_alive_s: Option<u16>,
}

impl Accepted {
    /// What holds when nothing else is said.
    pub fn plainly(session_present: bool) -> Self {
        Self {
            session_present,
            receive_maximum: u16::MAX,
            maximum_qos: Qos::AtLeastOnce,
            retain_available: true,
            maximum_packet_size: usize::MAX,
            topic_alias_maximum: 0,
            server_keep_alive_s: None,
        }
    }
}

/// A number that stands for a topic while a connection lasts. MQTT 5, section 3.3.2.3.4.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alias {
    /// None.
    No,
    /// From now on it stands for the topic.
    New(u16),
    /// It stands in place of the topic.
    Known(u16),
}

/// What a server may send, but for a DISCONNECT and a refusing CONNACK, which are errors.
#[derive(Debug, PartialEq)]
pub enum Received {
    /// CONNACK that accepts.
    Connack(Accepted),
    /// PINGRESP.
    Pingresp,
    /// PUBLISH, and its topic alias, or 0. With an alias the topic may be empty.
    Publish(Message, u16),
    /// PUBACK of this packet identifier.
    Puback(u16, Reason),
    /// SUBACK: packet identifier, and for each filter the QoS that was granted, or why it was refused.
    Suback(u16, Vec<Result<Qos, Reason>>),
    /// UNSUBACK of this packet identifier.
    Unsuback(u16, Reason),
}

/// Takes the next packet off `buffer`, if all of it is there. Any error ends the session.
pub fn decode(version: MqttVersion, buffer: &mut BytesMut) -> Result<Option<Received>, Error> {
    let Some(packet) = framing::next(version, buffer)? else { return Ok(None) };
    match version {
        // What does not know MQTT 5 says so in MQTT 3.1.1's own terms.
        MqttVersion::V5 if !packet.is_old_refusal() => v5::decode(packet).map(Some),
        MqttVersion::V3_1_1 | MqttVersion::V5 => v3_1_1::decode(packet).map(Some),
    }
}

/// Whether [`decode`] has something: a packet to its end, or an error.
pub fn has_packet(version: MqttVersion, bytes: &[u8]) -> bool {
    framing::has_next(version, bytes)
}

/// CONNECT, section 3.1. All strings were checked by `config`.
pub fn connect(version: MqttVersion, connect: &Connect<'_>) -> Result<Bytes, Error> {
    match version {
        MqttVersion::V3_1_1 => v3_1_1::connect(connect),
        MqttVersion::V5 => v5::connect(connect),
    }
}

/// PUBLISH, section 3.3, which may be large: appended where it goes out from.
pub fn publish(version: MqttVersion, message: &Message, alias: Alias, packets: &mut BytesMut) -> Result<(), Error> {
    match version {
        MqttVersion::V3_1_1 => v3_1_1::publish(message, packets),
        MqttVersion::V5 => v5::publish(message, alias, packets),
    }
}

/// SUBSCRIBE, section 3.8.
pub fn subscribe(version: MqttVersion, packet_id: u16, filters: &[(String, Qos)]) -> Result<Bytes, Error> {
    match version {
        MqttVersion::V3_1_1 => v3_1_1::subscribe(packet_id, filters),
        MqttVersion::V5 => v5::subscribe(packet_id, filters),
    }
}

/// UNSUBSCRIBE of one filter, section 3.10.
pub fn unsubscribe(version: MqttVersion, packet_id: u16, filter: &str) -> Result<Bytes, Error> {
    match version {
        MqttVersion::V3_1_1 => v3_1_1::unsubscribe(packet_id, filter),
        MqttVersion::V5 => v5::unsubscribe(packet_id, filter),
    }
}

/// PUBACK, section 3.4, the same in both versions.
pub fn puback(packet_id: u16) -> Bytes {
    let [high, low] = packet_id.to_be_bytes();
    Bytes::copy_from_slice(&[0x40, 2, high, low])
}

/// DISCONNECT, section 3.14, for an end in order: the same in both versions.
pub const DISCONNECT: Bytes = Bytes::from_static(&[0xe0, 0]);

/// DISCONNECT of MQTT 5 because the server broke the protocol.
pub const DISCONNECT_PROTOCOL_ERROR: Bytes = Bytes::from_static(&[0xe0, 1, 0x82]);

/// PINGREQ, section 3.12.
pub const PINGREQ: Bytes = Bytes::from_static(&[0xc0, 0]);

#[cfg(test)]
mod tests;
