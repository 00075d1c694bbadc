//! MQTT 3.1.1 by mqttbytes, with the checks that it leaves out.

use super::framing::{CONNACK, PUBACK, PUBLISH, Packet, SUBACK, UNSUBACK, packet_id, suback_codes, topic_and_id};
use super::{Accepted, Connect, MAX_PACKET, Message, Qos, Received};
use crate::mqtt::{Error, Reason};
use bytes::{Bytes, BytesMut};
use mqttbytes::QoS;
use mqttbytes::v4::{self, LastWill, Login, Subscribe, SubscribeFilter, SubscribeReasonCode, Unsubscribe};

/// Section 2.2.
const LONGEST_FIXED_HEADER: usize = 5;

pub fn connect(from: &Connect<'_>) -> Result<Bytes, Error> {
    let mut connect = v4::Connect::new(from.client_id);
    connect.keep_alive = from.keep_alive_s;
    connect.clean_session = from.clean_session;
    connect.login = from.user_name.map(|name| Login::new(name, ""));
    connect.last_will = from.will.map(|will| LastWill {
        topic: will.topic.clone(),
        message: will.payload.clone(),
        qos: of_packet(will.qos),
        retain: will.retain,
    });
    // mqttbytes patches the flags at a fixed offset: the buffer must be empty.
    written("CONNECT", connect.len(), |packet| connect.write(packet))
}

pub fn publish(message: &Message, packets: &mut BytesMut) -> Result<(), Error> {
    let mut publish = v4::Publish::from_bytes(message.topic.as_str(), of_packet(message.qos), message.payload.clone());
    publish.retain = message.retain;
    publish.dup = message.duplicate;
    publish.pkid = message.packet_id;
    packets.reserve(publish.len() + LONGEST_FIXED_HEADER);
    publish.write(packets).map(drop).map_err(|_| Error::Unwritable("PUBLISH"))
}

pub fn subscribe(packet_id: u16, filters: &[(String, Qos)]) -> Result<Bytes, Error> {
    let filters = filters.iter().map(|(filter, qos)| SubscribeFilter::new(filter.clone(), of_packet(*qos)));
    let subscribe = Subscribe { pkid: packet_id, filters: filters.collect() };
    written("SUBSCRIBE", subscribe.len(), |packet| subscribe.write(packet))
}

pub fn unsubscribe(packet_id: u16, filter: &str) -> Result<Bytes, Error> {
    let unsubscribe = Unsubscribe { pkid: packet_id, topics: vec![filter.to_owned()] };
    written("UNSUBSCRIBE", filter.len() + 4, |packet| unsubscribe.write(packet))
}

fn written(
    what: &'static str,
    len: usize,
    write: impl FnOnce(&mut BytesMut) -> Result<usize, mqttbytes::Error>,
) -> Result<Bytes, Error> {
    let mut packet = BytesMut::with_capacity(len + LONGEST_FIXED_HEADER);
    write(&mut packet).map_err(|_| Error::Unwritable(what))?;
    Ok(packet.freeze())
}

pub fn decode(packet: Packet) -> Result<Received, Error> {
    check(packet.kind, packet.flags, packet.body())?;
    match v4::read(&mut packet.bytes.into(), MAX_PACKET) {
        Ok(v4::Packet::ConnAck(connack)) => Ok(Received::Connack(Accepted::plainly(connack.session_present))),
        Ok(v4::Packet::PingResp) => Ok(Received::Pingresp),
        Ok(v4::Packet::Publish(publish)) => {
            let message = Message {
                qos: from_packet(publish.qos),
                topic: publish.topic,
                payload: publish.payload,
                retain: publish.retain,
                duplicate: publish.dup,
                packet_id: publish.pkid,
                properties: None,
            };
            Ok(Received::Publish(message, 0))
        }
        Ok(v4::Packet::SubAck(suback)) => Ok(Received::Suback(suback.pkid, granted(&suback.return_codes))),
        Ok(v4::Packet::UnsubAck(unsuback)) => Ok(Received::Unsuback(unsuback.pkid, Reason::SUCCESS)),
        Ok(v4::Packet::PubAck(puback)) => Ok(Received::Puback(puback.pkid, Reason::SUCCESS)),
        Ok(_) => Err(Error::Malformed("a packet that a server may not send")),
        Err(_) => Err(Error::Malformed("a malformed packet")),
    }
}

fn granted(codes: &[SubscribeReasonCode]) -> Vec<Result<Qos, Reason>> {
    let granted = |code: &SubscribeReasonCode| match code {
        SubscribeReasonCode::Success(qos) => Ok(from_packet(*qos)),
        SubscribeReasonCode::Failure => Err(Reason::new(0x80)),
    };
    codes.iter().map(granted).collect()
}

/// What mqttbytes does not know.
fn check(kind: u8, flags: u8, body: &[u8]) -> Result<(), Error> {
    match (kind, body) {
        (CONNACK, [acknowledge, _]) if acknowledge & !1 != 0 => Err(Error::Malformed("reserved bits in CONNACK")),
        (CONNACK, [0, code]) if *code != 0 => Err(Error::Refused(Reason::new(*code))),
        (CONNACK, [_, code]) if *code != 0 => Err(Error::Malformed("session present in a refusing CONNACK")),
        (PUBACK | UNSUBACK, [high, low]) => packet_id([*high, *low]).map(drop),
        (PUBLISH, body) => match topic_and_id(flags, body)? {
            ("", ..) => Err(Error::Malformed("an empty topic")),
            _ => Ok(()),
        },
        (SUBACK, [high, low, codes @ ..]) => {
            packet_id([*high, *low])?;
            suback_codes(codes, |code| code == 0x80)
        }
        _ => Ok(()),
    }
}

fn of_packet(qos: Qos) -> QoS {
    match qos {
        Qos::AtMostOnce => QoS::AtMostOnce,
        Qos::AtLeastOnce => QoS::AtLeastOnce,
    }
}

fn from_packet(qos: QoS) -> Qos {
    match qos {
        QoS::AtMostOnce => Qos::AtMostOnce,
        QoS::AtLeastOnce | QoS::ExactlyOnce => Qos::AtLeastOnce,
    }
}
