//! What a server sends, with the checks in front of mqttbytes that it leaves out: reserved bits, lengths that a packet type fixes,
//! lengths encoded longer than needed.

use super::{MAX_PACKET, Message, Qos};
use crate::mqtt::Error;
use bytes::BytesMut;
use mqttbytes::v4::{self, Packet, SubscribeReasonCode};

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
    /// PUBLISH.
    Publish(Message),
    /// PUBACK of this packet identifier.
    Puback(u16),
    /// SUBACK: packet identifier, and for each filter the QoS that was granted, or `None` for one that was refused.
    Suback(u16, Vec<Option<Qos>>),
    /// UNSUBACK of this packet identifier.
    Unsuback(u16),
}

/// Takes the next packet off `buffer`, if all of it is there. Any error ends the session.
pub fn decode(buffer: &mut BytesMut) -> Result<Option<Received>, Error> {
    let Some(length) = strictly_checked(buffer)? else { return Ok(None) };
    let mut packet = buffer.split_to(length);
    match v4::read(&mut packet, MAX_PACKET) {
        Ok(Packet::ConnAck(connack)) => Ok(Some(Received::Connack { session_present: connack.session_present })),
        Ok(Packet::PingResp) => Ok(Some(Received::Pingresp)),
        Ok(Packet::Publish(publish)) => Ok(Some(Received::Publish(Message {
            qos: Qos::from_packet(publish.qos),
            topic: publish.topic,
            payload: publish.payload,
            retain: publish.retain,
            duplicate: publish.dup,
            packet_id: publish.pkid,
        }))),
        Ok(Packet::SubAck(suback)) => Ok(Some(Received::Suback(suback.pkid, granted(&suback.return_codes)))),
        Ok(Packet::UnsubAck(unsuback)) => Ok(Some(Received::Unsuback(unsuback.pkid))),
        Ok(Packet::PubAck(puback)) => Ok(Some(Received::Puback(puback.pkid))),
        Ok(_) => Err(Error::Malformed("a packet that a server may not send")),
        Err(_) => Err(Error::Malformed("a malformed packet")),
    }
}

fn granted(codes: &[SubscribeReasonCode]) -> Vec<Option<Qos>> {
    let granted = |code: &SubscribeReasonCode| match code {
        SubscribeReasonCode::Success(qos) => Some(Qos::from_packet(*qos)),
        SubscribeReasonCode::Failure => None,
    };
    codes.iter().map(granted).collect()
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
        (SUBACK, [_, _, codes @ ..]) if codes.iter().any(|code| !matches!(code, 0..=2 | 0x80)) => {
            Err(Error::Malformed("a return code that SUBACK does not have"))
        }
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
    use bytes::Bytes;

    fn one(bytes: &[u8]) -> Result<Option<Received>, Error> {
        decode(&mut BytesMut::from(bytes))
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
        let message = Message {
            topic: "a".to_owned(),
            payload: Bytes::new(),
            qos: Qos::AtMostOnce,
            retain: false,
            duplicate: false,
            packet_id: 0,
        };
        assert_eq!(decode(&mut buffer), Ok(Some(Received::Publish(message))));
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
        let cases: [(&[u8], &str); 23] = [
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
            (b"\x90\x03\x00\x01\x03", "return code"),
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
    fn acknowledgements_say_of_what() {
        assert_eq!(one(b"\x40\x02\x12\x34"), Ok(Some(Received::Puback(0x1234))));
        assert_eq!(one(b"\xb0\x02\x00\x07"), Ok(Some(Received::Unsuback(7))));
        let granted = vec![Some(Qos::AtLeastOnce), None, Some(Qos::AtMostOnce)];
        assert_eq!(one(b"\x90\x05\x00\x07\x01\x80\x00"), Ok(Some(Received::Suback(7, granted))));
    }

    #[test]
    fn a_packet_that_is_too_large_is_refused_by_its_header_alone() {
        assert!(matches!(one(b"\x30\xff\xff\xff\x7f"), Err(Error::TooLarge(_))));
        assert!(matches!(one(b"\x30\x81\x88\x08"), Err(Error::TooLarge(_))));
        assert_eq!(one(b"\x30\x80\x80\x08"), Ok(None));
    }
}
