//! Where a packet begins and ends, and the checks that go before either codec: reserved bits, lengths that a packet type fixes,
//! lengths encoded longer than needed.

use super::{FILTERS_MAX, MAX_PACKET, MqttVersion};
use crate::mqtt::{Error, topics};
use bytes::{Bytes, BytesMut};

pub const CONNACK: u8 = 2;
pub const PUBLISH: u8 = 3;
pub const PUBACK: u8 = 4;
const PUBREC: u8 = 5;
const PUBCOMP: u8 = 7;
pub const SUBACK: u8 = 9;
pub const UNSUBACK: u8 = 11;
pub const PINGRESP: u8 = 13;
/// From a server with MQTT 5 only.
pub const DISCONNECT: u8 = 14;
const AUTH: u8 = 15;

/// A whole packet.
pub struct Packet {
    pub kind: u8,
    pub flags: u8,
    /// All of it.
    pub bytes: Bytes,
    /// The length of its fixed header.
    pub header: usize,
}

impl Packet {
    /// What follows the fixed header.
    pub fn body(&self) -> &[u8] {
        self.bytes.get(self.header..).unwrap_or_default()
    }

    /// A CONNACK that refuses, without the properties that MQTT 5 demands.
    pub fn is_old_refusal(&self) -> bool {
        self.kind == CONNACK && matches!(self.body(), [_, code] if *code != 0)
    }
}

/// Takes the next packet off `buffer`, once all of it is there.
pub fn next(version: MqttVersion, buffer: &mut BytesMut) -> Result<Option<Packet>, Error> {
    let Some(begin) = begin(version, buffer)? else { return Ok(None) };
    let Begin { kind, flags, header, total } = begin;
    if buffer.len() < total {
        return Ok(None);
    }
    Ok(Some(Packet { kind, flags, bytes: buffer.split_to(total).freeze(), header }))
}

/// Whether [`next`] gives a packet, or says what is wrong with one.
pub fn has_next(version: MqttVersion, bytes: &[u8]) -> bool {
    match begin(version, bytes) {
        Ok(None) => false,
        Ok(Some(begin)) => bytes.len() >= begin.total,
        Err(_) => true,
    }
}

/// A fixed header.
struct Begin {
    kind: u8,
    flags: u8,
    header: usize,
    total: usize,
}

fn begin(version: MqttVersion, bytes: &[u8]) -> Result<Option<Begin>, Error> {
    let Some((&first, rest)) = bytes.split_first() else { return Ok(None) };
    let (kind, flags) = (first >> 4, first & 0x0f);
    check_flags(version, kind, flags)?;
    let Some((remaining, length)) = variable_byte_integer(rest)? else { return Ok(None) };
    let header = 1 + length;
    let total = header + remaining;
    if total > MAX_PACKET {
        return Err(Error::TooLarge(total));
    }
    check_remaining(version, kind, remaining)?;
    Ok(Some(Begin { kind, flags, header, total }))
}

/// Section 2.2.2: the flags of all packets but PUBLISH are fixed.
fn check_flags(version: MqttVersion, kind: u8, flags: u8) -> Result<(), Error> {
    match kind {
        PUBLISH if flags & 0x06 == 0x06 => Err(Error::Malformed("PUBLISH with QoS 3")),
        PUBLISH if flags & 0x04 != 0 => Err(Error::Malformed("PUBLISH with QoS 2, which nothing was subscribed with")),
        PUBLISH if flags & 0x06 == 0 && flags & 0x08 != 0 => Err(Error::Malformed("PUBLISH with DUP and QoS 0")),
        PUBLISH => Ok(()),
        DISCONNECT if version == MqttVersion::V3_1_1 => Err(Error::Malformed("a packet that a server may not send")),
        CONNACK | PUBACK | SUBACK | UNSUBACK | PINGRESP | DISCONNECT if flags == 0 => Ok(()),
        CONNACK | PUBACK | SUBACK | UNSUBACK | PINGRESP | DISCONNECT => Err(Error::Malformed("reserved flags are set")),
        PUBREC..=PUBCOMP => Err(Error::Malformed("a packet of QoS 2, with which nothing was sent")),
        AUTH if version == MqttVersion::V5 => Err(Error::Malformed("AUTH, though CONNECT named no method of it")),
        _ => Err(Error::Malformed("a packet that a server may not send")),
    }
}

/// Section 2.2.3: up to four bytes, seven bits each; gives the value and its own length.
fn variable_byte_integer(bytes: &[u8]) -> Result<Option<(usize, usize)>, Error> {
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

fn check_remaining(version: MqttVersion, kind: u8, remaining: usize) -> Result<(), Error> {
    let is_v5 = version == MqttVersion::V5;
    let fits = match kind {
        PINGRESP => remaining == 0,
        DISCONNECT => true,
        CONNACK | PUBACK if is_v5 => remaining >= 2,
        SUBACK | UNSUBACK if is_v5 => remaining >= 4,
        CONNACK | PUBACK | UNSUBACK => remaining == 2,
        SUBACK => remaining >= 3,
        _ => remaining >= 2,
    };
    if fits { Ok(()) } else { Err(Error::Malformed("a packet of a length that its type does not have")) }
}

/// Splits a topic name off the body of a PUBLISH, and the packet identifier if there is one: topic, identifier, rest.
pub fn topic_and_id(flags: u8, body: &[u8]) -> Result<(&str, u16, &[u8]), Error> {
    let (length, rest) = body.split_first_chunk().ok_or(Error::Malformed("PUBLISH without a topic"))?;
    let length = usize::from(u16::from_be_bytes(*length));
    let (topic, rest) = rest.split_at_checked(length).ok_or(Error::Malformed("a topic longer than its packet"))?;
    let topic = std::str::from_utf8(topic).map_err(|_| Error::Malformed("a topic that is not UTF-8"))?;
    check_topic(topic)?;
    if flags & 0x06 == 0 {
        return Ok((topic, 0, rest));
    }
    let (id, rest) = rest.split_first_chunk().ok_or(Error::Malformed("PUBLISH without a packet identifier"))?;
    Ok((topic, packet_id(*id)?, rest))
}

/// What no topic of a message holds.
pub fn check_topic(topic: &str) -> Result<(), Error> {
    if topic.contains(['\0', '+', '#']) {
        return Err(Error::Malformed("a topic that holds NUL or a wildcard"));
    }
    match topics::forbidden(topic) {
        Some(_) => Err(Error::Malformed("a topic that holds a control character or a noncharacter")),
        None => Ok(()),
    }
}

/// The codes of SUBACK: a QoS that was granted, or one of those that refuse.
pub fn suback_codes(codes: &[u8], refuses: impl Fn(u8) -> bool) -> Result<(), Error> {
    if codes.len() > FILTERS_MAX {
        return Err(Error::Malformed("SUBACK with more codes than anything was subscribed with"));
    }
    if codes.contains(&2) {
        return Err(Error::Malformed("SUBACK with QoS 2, which nothing was subscribed with"));
    }
    let is_known = codes.iter().all(|code| *code <= 1 || refuses(*code));
    if is_known { Ok(()) } else { Err(Error::Malformed("a code that SUBACK does not have")) }
}

/// A packet identifier is never 0.
pub fn packet_id(bytes: [u8; 2]) -> Result<u16, Error> {
    match u16::from_be_bytes(bytes) {
        0 => Err(Error::Malformed("packet identifier 0")),
        id => Ok(id),
    }
}
