//! MQTT 3.1.1 packets by mqttbytes: what a client sends, and what its parts are.

mod decode;

pub use decode::{Received, decode};

use super::Error;
use bytes::{Bytes, BytesMut};
use mqttbytes::QoS;
use mqttbytes::v4::{self, LastWill, Login, Subscribe, SubscribeFilter, Unsubscribe};

/// The largest packet that is taken: AWS's largest payload, 128 KiB, and room for topic and header.
pub const MAX_PACKET: usize = 128 * 1024 + 1024;

/// AWS IoT Core's limit on a payload, in bytes.
pub const PAYLOAD_MAX: usize = 128 * 1024;

/// How surely a message arrives. AWS IoT Core knows no QoS 2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Qos {
    /// QoS 0.
    AtMostOnce,
    /// QoS 1.
    AtLeastOnce,
}

impl Qos {
    fn of_packet(self) -> QoS {
        match self {
            Self::AtMostOnce => QoS::AtMostOnce,
            Self::AtLeastOnce => QoS::AtLeastOnce,
        }
    }

    fn from_packet(qos: QoS) -> Self {
        match qos {
            QoS::AtMostOnce => Self::AtMostOnce,
            QoS::AtLeastOnce | QoS::ExactlyOnce => Self::AtLeastOnce,
        }
    }
}

/// A PUBLISH.
#[derive(Clone, Debug, PartialEq)]
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
}

/// What CONNECT says.
pub struct Connect<'a> {
    /// Client identifier.
    pub client_id: &'a str,
    /// Keep-alive in seconds.
    pub keep_alive_s: u16,
    /// Clean session flag.
    pub clean_session: bool,
    /// User name.
    pub user_name: Option<&'a str>,
    /// Will.
    pub will: Option<&'a Will>,
}

impl Connect<'_> {
    /// The packet. All strings were checked by `config`.
    pub fn encode(&self) -> Result<Bytes, Error> {
        let mut connect = v4::Connect::new(self.client_id);
        connect.keep_alive = self.keep_alive_s;
        connect.clean_session = self.clean_session;
        connect.login = self.user_name.map(|name| Login::new(name, ""));
        connect.last_will = self.will.map(|will| LastWill {
            topic: will.topic.clone(),
            message: will.payload.clone(),
            qos: will.qos.of_packet(),
            retain: will.retain,
        });
        // mqttbytes patches the flags at a fixed offset: the buffer must be empty.
        written("CONNECT", connect.len(), |packet| connect.write(packet))
    }
}

impl Message {
    /// The packet.
    pub fn encode(&self) -> Result<Bytes, Error> {
        let mut publish = v4::Publish::from_bytes(self.topic.as_str(), self.qos.of_packet(), self.payload.clone());
        publish.retain = self.retain;
        publish.dup = self.duplicate;
        publish.pkid = self.packet_id;
        written("PUBLISH", publish.len(), |packet| publish.write(packet))
    }
}

/// SUBSCRIBE, section 3.8.
pub fn subscribe<'a>(packet_id: u16, filters: impl Iterator<Item = (&'a str, Qos)>) -> Result<Bytes, Error> {
    let filters = filters.map(|(filter, qos)| SubscribeFilter::new(filter.to_owned(), qos.of_packet()));
    let subscribe = Subscribe { pkid: packet_id, filters: filters.collect() };
    written("SUBSCRIBE", subscribe.len(), |packet| subscribe.write(packet))
}

/// UNSUBSCRIBE, section 3.10.
pub fn unsubscribe<'a>(packet_id: u16, filters: impl Iterator<Item = &'a str>) -> Result<Bytes, Error> {
    let unsubscribe = Unsubscribe { pkid: packet_id, topics: filters.map(str::to_owned).collect() };
    let len = unsubscribe.topics.iter().map(|topic| topic.len() + 2).sum::<usize>() + 2;
    written("UNSUBSCRIBE", len, |packet| unsubscribe.write(packet))
}

/// PUBACK, section 3.4.
pub fn puback(packet_id: u16) -> Bytes {
    let [high, low] = packet_id.to_be_bytes();
    Bytes::copy_from_slice(&[0x40, 2, high, low])
}

/// DISCONNECT, section 3.14.
pub const DISCONNECT: Bytes = Bytes::from_static(&[0xe0, 0]);

/// PINGREQ, section 3.12.
pub const PINGREQ: Bytes = Bytes::from_static(&[0xc0, 0]);

fn written(
    what: &'static str,
    len: usize,
    write: impl FnOnce(&mut BytesMut) -> Result<usize, mqttbytes::Error>,
) -> Result<Bytes, Error> {
    let mut packet = BytesMut::with_capacity(len + 5);
    write(&mut packet).map_err(|_| Error::Unwritable(what))?;
    Ok(packet.freeze())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connect_is_that_of_section_3_1() {
        let packet =
            Connect { client_id: "test-1", keep_alive_s: 60, clean_session: true, user_name: None, will: None }
                .encode()
                .unwrap();
        assert_eq!(&packet[..], b"\x10\x12\x00\x04MQTT\x04\x02\x00\x3c\x00\x06test-1");
        let packet = Connect { client_id: "t", keep_alive_s: 1200, clean_session: false, user_name: None, will: None }
            .encode()
            .unwrap();
        assert_eq!(&packet[..], b"\x10\x0d\x00\x04MQTT\x04\x00\x04\xb0\x00\x01t");
    }

    #[test]
    fn connect_says_user_name_and_will() {
        let will =
            Will { topic: "w".to_owned(), payload: Bytes::from_static(b"gone"), qos: Qos::AtLeastOnce, retain: true };
        let connect = Connect {
            client_id: "t",
            keep_alive_s: 60,
            clean_session: true,
            user_name: Some("?SDK=x"),
            will: Some(&will),
        };
        let expected = b"\x10\x1e\x00\x04MQTT\x04\xae\x00\x3c\x00\x01t\x00\x01w\x00\x04gone\x00\x06?SDK=x";
        assert_eq!(&connect.encode().unwrap()[..], expected);
    }

    #[test]
    fn packets_of_a_session_are_those_of_the_standard() {
        let message = Message {
            topic: "a/b".to_owned(),
            payload: Bytes::from_static(b"hi"),
            qos: Qos::AtLeastOnce,
            retain: true,
            duplicate: true,
            packet_id: 10,
        };
        assert_eq!(&message.encode().unwrap()[..], b"\x3b\x09\x00\x03a/b\x00\x0ahi");
        let message = Message { qos: Qos::AtMostOnce, retain: false, duplicate: false, packet_id: 0, ..message };
        assert_eq!(&message.encode().unwrap()[..], b"\x30\x07\x00\x03a/bhi");
        let filters = [("a/b", Qos::AtLeastOnce), ("c/d", Qos::AtMostOnce)];
        let packet = subscribe(10, filters.into_iter()).unwrap();
        assert_eq!(&packet[..], b"\x82\x0e\x00\x0a\x00\x03a/b\x01\x00\x03c/d\x00");
        let packet = unsubscribe(10, ["a/b", "c/d"].into_iter()).unwrap();
        assert_eq!(&packet[..], b"\xa2\x0c\x00\x0a\x00\x03a/b\x00\x03c/d");
        assert_eq!(&puback(0x1234)[..], b"\x40\x02\x12\x34");
    }
}
