//! MQTT 3.1.1 packets by mqttbytes, with the checks in front of it that it leaves out: reserved bits, lengths that a packet
//! type fixes, lengths encoded longer than needed.

use super::Error;
use bytes::{Bytes, BytesMut};
use mqttbytes::v4::{self, Packet};

/// The largest packet that is taken: AWS's largest payload, 128 KiB, and room for topic and header.
pub const MAX_PACKET: usize = 128 * 1024 + 1024;

/// What CONNECT says.
pub struct Connect<'a> {
    /// Client identifier.
    pub client_id: &'a str,
    /// Keep-alive in seconds.
    pub keep_alive_s: u16,
    /// Clean session flag.
    pub clean_session: bool,
}

impl Connect<'_> {
    /// The packet. Strings were checked by `config`: no more than 128 bytes.
    pub fn encode(&self) -> Result<Bytes, Error> {
        let mut connect = v4::Connect::new(self.client_id);
        connect.keep_alive = self.keep_alive_s;
        connect.clean_session = self.clean_session;
        // mqttbytes patches the flags at a fixed offset: the buffer must be empty.
        let mut packet = BytesMut::with_capacity(connect.len() + 5);
        connect.write(&mut packet).map_err(|_| Error::Malformed("CONNECT cannot be written"))?;
        Ok(packet.freeze())
    }
}

/// DISCONNECT, section 3.14.
pub const DISCONNECT: Bytes = Bytes::from_static(&[0xe0, 0]);

/// PINGREQ, section 3.12.
pub const PINGREQ: Bytes = Bytes::from_static(&[0xc0, 0]);

/// What a server may send.
#[derive(Debug, PartialEq)]
pub enum Received {
    /// CONNACK with return code 0.
    Connack {
        /// The session of an earlier connection goes on.
        session_present: bool,
    },
    /// PINGRESP.
    Pingresp,
    /// PUBLISH, from a subscription of an earlier connection.
    Publish,
    /// SUBACK, UNSUBACK or PUBACK, which nothing sent so far asks for.
    Unsolicited(&'static str),
}

/// Takes the next packet off `buffer`, if all of it is there. Any error ends the session.
pub fn decode(buffer: &mut BytesMut) -> Result<Option<Received>, Error> {
    let Some(length) = strictly_checked(buffer)? else { return Ok(None) };
    let mut packet = buffer.split_to(length);
    match v4::read(&mut packet, MAX_PACKET) {
        Ok(Packet::ConnAck(connack)) => Ok(Some(Received::Connack { session_present: connack.session_present })),
        Ok(Packet::PingResp) => Ok(Some(Received::Pingresp)),
        Ok(Packet::Publish(_)) => Ok(Some(Received::Publish)),
        Ok(Packet::SubAck(_)) => Ok(Some(Received::Unsolicited("SUBACK"))),
        Ok(Packet::UnsubAck(_)) => Ok(Some(Received::Unsolicited("UNSUBACK"))),
        Ok(Packet::PubAck(_)) => Ok(Some(Received::Unsolicited("PUBACK"))),
        Ok(_) => Err(Error::Malformed("a packet that a server may not send")),
        Err(_) => Err(Error::Malformed("a malformed packet")),
    }
}

/// The length of the first packet, once all of it is there and nothing in it breaks a rule that mqttbytes does not know.
fn strictly_checked(buffer: &[u8]) -> Result<Option<usize>, Error> {
    let Some((&first, rest)) = buffer.split_first() else { return Ok(None) };
    let (kind, flags) = (first >> 4, first & 0x0f);
    check_flags(kind, flags)?;
    let Some((remaining, header)) = remaining_length(rest)? else { return Ok(None) };
    let total = 1 + header + remaining;
    if total > MAX_PACKET {
        return Err(Error::TooLarge(total));
    }
    check_remaining(kind, remaining)?;
    let Some(body) = buffer.get(1 + header..total) else { return Ok(None) };
    check_body(kind, flags, body)?;
    Ok(Some(total))
}

const CONNACK: u8 = 2;
const PUBLISH: u8 = 3;
const PUBACK: u8 = 4;
const SUBACK: u8 = 9;
const UNSUBACK: u8 = 11;
const PINGRESP: u8 = 13;

/// Section 2.2.2: the flags of all packets but PUBLISH are fixed.
fn check_flags(kind: u8, flags: u8) -> Result<(), Error> {
    match kind {
        PUBLISH if flags & 0x06 == 0x06 => Err(Error::Malformed("PUBLISH with QoS 3")),
        PUBLISH if flags & 0x06 == 0 && flags & 0x08 != 0 => Err(Error::Malformed("PUBLISH with DUP and QoS 0")),
        PUBLISH => Ok(()),
        CONNACK | PUBACK | SUBACK | UNSUBACK | PINGRESP if flags == 0 => Ok(()),
        CONNACK | PUBACK | SUBACK | UNSUBACK | PINGRESP => Err(Error::Malformed("reserved flags are set")),
        // PUBREC, PUBREL and PUBCOMP answer QoS 2, which is never sent.
        _ => Err(Error::Malformed("a packet that a server may not send")),
    }
}

/// Section 2.2.3: up to four bytes, seven bits each; gives the value and its own length.
fn remaining_length(bytes: &[u8]) -> Result<Option<(usize, usize)>, Error> {
    let mut value = 0;
    for (index, byte) in bytes.iter().take(4).enumerate() {
        value |= usize::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            if index > 0 && *byte == 0 {
                return Err(Error::Malformed("a remaining length encoded longer than needed"));
            }
            return Ok(Some((value, index + 1)));
        }
    }
    if bytes.len() >= 4 { Err(Error::Malformed("a remaining length of more than four bytes")) } else { Ok(None) }
}

fn check_remaining(kind: u8, remaining: usize) -> Result<(), Error> {
    let fits = match kind {
        CONNACK | PUBACK | UNSUBACK => remaining == 2,
        PINGRESP => remaining == 0,
        SUBACK => remaining >= 3,
        _ => remaining >= 2,
    };
    if fits { Ok(()) } else { Err(Error::Malformed("a packet of a length that its type does not have")) }
}

fn check_body(kind: u8, flags: u8, body: &[u8]) -> Result<(), Error> {
    match (kind, body) {
        (CONNACK, [acknowledge, _]) if acknowledge & !1 != 0 => Err(Error::Malformed("reserved bits in CONNACK")),
        (CONNACK, [0, code]) if *code != 0 => Err(Error::Refused(*code)),
        (CONNACK, [_, code]) if *code != 0 => Err(Error::Malformed("session present in a refusing CONNACK")),
        (PUBACK | SUBACK | UNSUBACK, [0, 0, ..]) => Err(Error::Malformed("packet identifier 0")),
        (PUBLISH, body) => check_publish(flags, body),
        _ => Ok(()),
    }
}

fn check_publish(flags: u8, body: &[u8]) -> Result<(), Error> {
    let (length, rest) = body.split_at_checked(2).ok_or(Error::Malformed("PUBLISH without a topic"))?;
    let length = length.iter().fold(0, |length, byte| length << 8 | usize::from(*byte));
    let (topic, rest) = rest.split_at_checked(length).ok_or(Error::Malformed("a topic longer than its packet"))?;
    if topic.is_empty() || topic.iter().any(|byte| matches!(byte, 0 | b'+' | b'#')) {
        return Err(Error::Malformed("a topic that is empty or holds NUL or a wildcard"));
    }
    if std::str::from_utf8(topic).is_err() {
        return Err(Error::Malformed("a topic that is not UTF-8"));
    }
    match (flags & 0x06, rest) {
        (0, _) => Ok(()),
        (_, [0, 0, ..]) => Err(Error::Malformed("packet identifier 0")),
        (_, [_, _, ..]) => Ok(()),
        _ => Err(Error::Malformed("PUBLISH without a packet identifier")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Stage;

    fn one(bytes: &[u8]) -> Result<Option<Received>, Error> {
        decode(&mut BytesMut::from(bytes))
    }

    #[test]
    fn connect_is_that_of_section_3_1() {
        let packet = Connect { client_id: "test-1", keep_alive_s: 60, clean_session: true }.encode().unwrap();
        assert_eq!(&packet[..], b"\x10\x12\x00\x04MQTT\x04\x02\x00\x3c\x00\x06test-1");
        let packet = Connect { client_id: "t", keep_alive_s: 1200, clean_session: false }.encode().unwrap();
        assert_eq!(&packet[..], b"\x10\x0d\x00\x04MQTT\x04\x00\x04\xb0\x00\x01t");
    }

    #[test]
    fn packets_are_taken_when_whole_and_one_by_one() {
        let mut buffer = BytesMut::new();
        for byte in b"\x20\x02\x01" {
            buffer.extend_from_slice(&[*byte]);
            assert_eq!(decode(&mut buffer), Ok(None));
        }
        buffer.extend_from_slice(b"\x00\xd0\x00\x30\x03\x00\x01a");
        assert_eq!(decode(&mut buffer), Ok(Some(Received::Connack { session_present: true })));
        assert_eq!(decode(&mut buffer), Ok(Some(Received::Pingresp)));
        assert_eq!(decode(&mut buffer), Ok(Some(Received::Publish)));
        assert!(buffer.is_empty());
    }

    #[test]
    fn every_connack_code_is_told_apart() {
        for code in 1..=255 {
            assert_eq!(one(&[0x20, 2, 0, code]), Err(Error::Refused(code)));
        }
        assert_eq!(Error::Refused(5).failure(Stage::Connack).status, crate::status::Status::ConnackNotAuthorized);
        assert_eq!(Error::Refused(7).failure(Stage::Connack).connack_code, Some(7));
    }

    #[test]
    fn what_breaks_the_protocol_is_an_error_and_never_a_packet() {
        let cases: [(&[u8], &str); 22] = [
            (b"\x21\x02\x00\x00", "reserved flags"),
            (b"\xd1\x00", "reserved flags"),
            (b"\x20\x02\x02\x00", "reserved bits"),
            (b"\x20\x02\x01\x05", "session present in a refusing"),
            (b"\x20\x03\x00\x00\x00", "length that its type"),
            (b"\x20\x82\x00\x00\x00", "longer than needed"),
            (b"\x20\xff\xff\xff\xff", "more than four bytes"),
            (b"\xd0\x01\x00", "length that its type"),
            (b"\x40\x02\x00\x00", "packet identifier 0"),
            (b"\x90\x03\x00\x00\x00", "packet identifier 0"),
            (b"\xb0\x02\x00\x00", "packet identifier 0"),
            (b"\x36\x05\x00\x01a\x00\x01", "QoS 3"),
            (b"\x38\x03\x00\x01a", "DUP and QoS 0"),
            (b"\x32\x05\x00\x01a\x00\x00", "packet identifier 0"),
            (b"\x32\x03\x00\x01a", "without a packet identifier"),
            (b"\x30\x02\x00\x00", "empty"),
            (b"\x30\x03\x00\x01#", "wildcard"),
            (b"\x30\x03\x00\x01\x00", "NUL"),
            (b"\x30\x03\x00\x01\xff", "UTF-8"),
            (b"\x30\x03\x00\x05a", "longer than its packet"),
            (b"\x10\x02\x00\x00", "may not send"),
            (b"\x00\x00", "may not send"),
        ];
        for (bytes, reason) in cases {
            let error = one(bytes).unwrap_err();
            assert!(error.to_string().contains(reason), "{bytes:x?}: {error}");
        }
    }

    #[test]
    fn a_packet_that_is_too_large_is_refused_by_its_header_alone() {
        assert!(matches!(one(b"\x30\xff\xff\xff\x7f"), Err(Error::TooLarge(_))));
        assert!(matches!(one(b"\x30\x81\x88\x08"), Err(Error::TooLarge(_))));
        assert_eq!(one(b"\x30\x80\x80\x08"), Ok(None));
    }
}
