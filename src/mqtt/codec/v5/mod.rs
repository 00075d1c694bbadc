//! MQTT 5: the properties by mqtt-protocol-core, and the packets around them, which are as those of MQTT 3.1.1.

mod properties;

use super::framing::{
    CONNACK, DISCONNECT, PINGRESP, PUBACK, PUBLISH, Packet, SUBACK, packet_id, suback_codes, topic_and_id,
};
use super::{Accepted, Alias, Connect, MAX_PACKET, Message, Qos, Received};
use crate::mqtt::{Error, Reason};
use bytes::{BufMut, Bytes, BytesMut};
use mqtt_protocol_core::mqtt::packet::{
    MaximumPacketSize, Properties as Wire, ReceiveMaximum, SessionExpiryInterval, TopicAlias, TopicAliasMaximum,
    VariableByteInteger,
};
use properties::Unread;

/// CONNECT with Request Problem Information, which is on by itself, so that the server gives its reasons.
pub fn connect(from: &Connect<'_>) -> Result<Bytes, Error> {
    let unwritable = |_| Error::Unwritable("CONNECT");
    let mut wire = Wire::new();
    if from.session_expiry_s != 0 {
        wire.push(SessionExpiryInterval::new(from.session_expiry_s).map_err(unwritable)?.into());
    }
    wire.push(ReceiveMaximum::new(from.receive_maximum).map_err(unwritable)?.into());
    wire.push(MaximumPacketSize::new(u32::try_from(MAX_PACKET).unwrap_or(u32::MAX)).map_err(unwritable)?.into());
    wire.push(TopicAliasMaximum::new(from.topic_alias_maximum).map_err(unwritable)?.into());

    let mut body = BytesMut::new();
    put_string(&mut body, "MQTT")?;
    body.put_u8(5);
    let will = from.will.map_or(0, |will| 0x04 | qos_bits(will.qos) << 3 | u8::from(will.retain) << 5);
    body.put_u8(will | u8::from(from.clean_session) << 1 | u8::from(from.user_name.is_some()) << 7);
    body.put_u16(from.keep_alive_s);
    properties::put(&mut body, &wire)?;
    put_string(&mut body, from.client_id)?;
    if let Some(will) = from.will {
        properties::put(&mut body, &properties::to_wire(will.properties.as_deref())?)?;
        put_string(&mut body, &will.topic)?;
        put_binary(&mut body, &will.payload)?;
    }
    if let Some(user_name) = from.user_name {
        put_string(&mut body, user_name)?;
    }
    packet(0x10, &[&body])
}

pub fn publish(message: &Message, alias: Alias, packets: &mut BytesMut) -> Result<(), Error> {
    let mut wire = properties::to_wire(message.properties.as_deref())?;
    let topic = match alias {
        Alias::Known(_) => "",
        Alias::No | Alias::New(_) => &message.topic,
    };
    if let Alias::New(alias) | Alias::Known(alias) = alias {
        wire.push(TopicAlias::new(alias).map_err(|_| Error::Unwritable("PUBLISH"))?.into());
    }
    let mut head = BytesMut::new();
    put_string(&mut head, topic)?;
    if message.qos != Qos::AtMostOnce {
        head.put_u16(message.packet_id);
    }
    properties::put(&mut head, &wire)?;
    let first = 0x30 | u8::from(message.duplicate) << 3 | qos_bits(message.qos) << 1 | u8::from(message.retain);
    put_packet(packets, first, &[&head, &message.payload])
}

pub fn subscribe(packet_id: u16, filters: &[(String, Qos)]) -> Result<Bytes, Error> {
    let mut body = BytesMut::new();
    body.put_u16(packet_id);
    properties::put(&mut body, &Wire::new())?;
    for (filter, qos) in filters {
        put_string(&mut body, filter)?;
        body.put_u8(qos_bits(*qos));
    }
    packet(0x82, &[&body])
}

pub fn unsubscribe(packet_id: u16, filter: &str) -> Result<Bytes, Error> {
    let mut body = BytesMut::new();
    body.put_u16(packet_id);
    properties::put(&mut body, &Wire::new())?;
    put_string(&mut body, filter)?;
    packet(0xa2, &[&body])
}

pub fn decode(packet: Packet) -> Result<Received, Error> {
    let body = packet.body();
    match packet.kind {
        CONNACK => connack(body),
        PINGRESP => Ok(Received::Pingresp),
        PUBLISH => received_publish(&packet),
        PUBACK => {
            let (id, rest) = id_and_rest(body)?;
            let reason = reason(rest, properties::of_acknowledgement)?;
            match reason.code {
                0 | 0x10 | 0x80 | 0x83 | 0x87 | 0x90 | 0x91 | 0x97 | 0x99 => Ok(Received::Puback(id, reason)),
                _ => Err(Error::Malformed("a reason code that PUBACK does not have")),
            }
        }
        DISCONNECT => match reason(body, properties::of_disconnect)? {
            // What a client may say is among them.
            Reason { code: 1..=0x7f, .. } => Err(Error::Malformed("a reason code that DISCONNECT does not have")),
            reason => Err(Error::Disconnected(reason)),
        },
        SUBACK => {
            let (id, text, codes) = acknowledgement(body)?;
            suback_codes(codes, |code| code >= 0x80)?;
            let granted = |code: &u8| match code {
                0 => Ok(Qos::AtMostOnce),
                1 => Ok(Qos::AtLeastOnce),
                _ => Err(Reason { code: *code, text: text.clone() }),
            };
            Ok(Received::Suback(id, codes.iter().map(granted).collect()))
        }
        _ => {
            let (id, text, codes) = acknowledgement(body)?;
            // It is never asked for more than one.
            let [code] = codes else { return Err(Error::Malformed("UNSUBACK without exactly one reason code")) };
            Ok(Received::Unsuback(id, Reason { code: *code, text }))
        }
    }
}

fn connack(body: &[u8]) -> Result<Received, Error> {
    let [acknowledge, code, rest @ ..] = body else { return Err(Error::Malformed("CONNACK without a reason code")) };
    if acknowledge & !1 != 0 {
        return Err(Error::Malformed("reserved bits in CONNACK"));
    }
    let (unread, rest) = properties::take(rest)?;
    if !rest.is_empty() {
        return Err(Error::Malformed("CONNACK goes on behind its properties"));
    }
    let mut accepted = Accepted::plainly(*acknowledge != 0);
    let text = properties::of_connack(unread, &mut accepted)?;
    match (*code, *acknowledge) {
        (0, _) => Ok(Received::Connack(accepted)),
        (0x80.., 0) => Err(Error::Refused(Reason { code: *code, text })),
        (0x80.., _) => Err(Error::Malformed("session present in a refusing CONNACK")),
        _ => Err(Error::Malformed("a reason code that CONNACK does not have")),
    }
}

fn received_publish(packet: &Packet) -> Result<Received, Error> {
    let (topic, packet_id, rest) = topic_and_id(packet.flags, packet.body())?;
    let (unread, payload) = properties::take(rest)?;
    let (properties, alias) = properties::of_publish(unread)?;
    if topic.is_empty() && alias == 0 {
        return Err(Error::Malformed("an empty topic without a topic alias"));
    }
    let message = Message {
        topic: topic.to_owned(),
        // A copy, because what it lies in may be a hundred thousand times as large.
        payload: Bytes::copy_from_slice(payload),
        qos: if packet.flags & 0x06 == 0 { Qos::AtMostOnce } else { Qos::AtLeastOnce },
        retain: packet.flags & 1 != 0,
        duplicate: packet.flags & 8 != 0,
        packet_id,
        properties,
    };
    Ok(Received::Publish(message, alias))
}

/// Reason code and properties at the end of a packet, both of which may be left out. Sections 3.4.2 and 3.14.2.
fn reason(bytes: &[u8], text: impl Fn(Unread<'_>) -> Result<String, Error>) -> Result<Reason, Error> {
    let (code, rest) = match bytes {
        [] => return Ok(Reason::SUCCESS),
        [code] => return Ok(Reason::new(*code)),
        [code, rest @ ..] => (*code, rest),
    };
    match properties::take(rest)? {
        (unread, []) => Ok(Reason { code, text: text(unread)? }),
        _ => Err(Error::Malformed("a packet goes on behind its properties")),
    }
}

/// Packet identifier, reason string and reason codes of SUBACK and UNSUBACK.
fn acknowledgement(body: &[u8]) -> Result<(u16, String, &[u8]), Error> {
    let (id, rest) = id_and_rest(body)?;
    let (unread, codes) = properties::take(rest)?;
    if codes.is_empty() {
        return Err(Error::Malformed("an acknowledgement without a reason code"));
    }
    Ok((id, properties::of_acknowledgement(unread)?, codes))
}

fn id_and_rest(body: &[u8]) -> Result<(u16, &[u8]), Error> {
    let (id, rest) = body.split_first_chunk().ok_or(Error::Malformed("a packet without a packet identifier"))?;
    Ok((packet_id(*id)?, rest))
}

fn qos_bits(qos: Qos) -> u8 {
    match qos {
        Qos::AtMostOnce => 0,
        Qos::AtLeastOnce => 1,
    }
}

fn put_string(out: &mut BytesMut, text: &str) -> Result<(), Error> {
    put_binary(out, text.as_bytes())
}

fn put_binary(out: &mut BytesMut, bytes: &[u8]) -> Result<(), Error> {
    out.put_u16(u16::try_from(bytes.len()).map_err(|_| Error::Unwritable("a string or bytes above 65535"))?);
    out.put_slice(bytes);
    Ok(())
}

fn packet(first: u8, parts: &[&[u8]]) -> Result<Bytes, Error> {
    let mut packet = BytesMut::new();
    put_packet(&mut packet, first, parts)?;
    Ok(packet.freeze())
}

fn put_packet(out: &mut BytesMut, first: u8, parts: &[&[u8]]) -> Result<(), Error> {
    let remaining = parts.iter().map(|part| part.len()).sum::<usize>();
    let length = variable_byte_integer(remaining)?;
    out.reserve(1 + length.size() + remaining);
    out.put_u8(first);
    out.put_slice(length.as_bytes());
    parts.iter().for_each(|part| out.put_slice(part));
    Ok(())
}

fn variable_byte_integer(value: usize) -> Result<VariableByteInteger, Error> {
    let value = u32::try_from(value).ok().and_then(VariableByteInteger::from_u32);
    value.ok_or(Error::Unwritable("a packet above 256 MiB"))
}
