//! MQTT packets of both versions: what a server sends, cut in any way, and what we send. The other decoder is that of
//! mqtt-protocol-core, which takes all that ours takes, and reads the same in it.

use crate::check_failure;
use arbitrary::{Result, Unstructured};
use bytes::{Bytes, BytesMut};
use cognito_connect::Stage;
use cognito_connect::fuzzing::codec::{
    self, Alias, Connect, Message, MqttVersion, Properties, Qos, Received, UserProperties, Will,
};
use cognito_connect::fuzzing::{framing, topics};
use mqtt_protocol_core::mqtt::Arc;
use mqtt_protocol_core::mqtt::packet::{self as other, v3_1_1, v5_0};

/// The first byte chooses the version, whether to decode or to encode, and how small the pieces are.
pub fn mqtt(data: &[u8]) {
    let Some((choice, rest)) = data.split_first() else { return };
    let version = if choice & 1 == 0 { MqttVersion::V3_1_1 } else { MqttVersion::V5 };
    if choice & 2 == 0 {
        decode(version, rest, usize::from(choice >> 2) + 1);
    } else {
        // Input that is too short for a whole message ends in an error of `Unstructured`.
        let _ = encode(version, &mut Unstructured::new(rest));
    }
}

fn decode(version: MqttVersion, stream: &[u8], piece: usize) {
    let whole = decode_in_pieces(version, stream, stream.len().max(1));
    let in_pieces = decode_in_pieces(version, stream, piece);
    assert_eq!(whole, in_pieces, "the cuts between reads change what is read");
}

/// Gives what was read, in words.
fn decode_in_pieces(version: MqttVersion, stream: &[u8], piece: usize) -> Vec<String> {
    let (mut buffer, mut begin, mut read) = (BytesMut::new(), 0, Vec::new());
    for piece in stream.chunks(piece) {
        buffer.extend_from_slice(piece);
        loop {
            let before = buffer.len();
            match codec::decode(version, &mut buffer) {
                Ok(None) => {
                    assert_eq!(buffer.len(), before, "a packet that is not whole was taken");
                    break;
                }
                Ok(Some(received)) => {
                    let end = begin + before - buffer.len();
                    assert!((begin + 2..=begin + codec::MAX_PACKET).contains(&end));
                    compare(version, &stream[begin..end], &received);
                    begin = end;
                    read.push(format!("{received:?}"));
                }
                Err(error) => {
                    check_failure(&error.failure(Stage::Session), stream);
                    read.push(format!("{error:?}"));
                    return read;
                }
            }
            // A packet that is not whole is held to its largest size.
            assert!(buffer.len() <= stream.len());
        }
        assert!(buffer.len() <= codec::MAX_PACKET + piece.len(), "{} bytes are kept of a packet", buffer.len());
    }
    read
}

fn body(packet: &[u8]) -> &[u8] {
    let length = packet[1..].iter().position(|byte| byte & 0x80 == 0).expect("a length") + 1;
    &packet[1 + length..]
}

/// Holds what we have read against what the other decoder reads.
fn compare(version: MqttVersion, packet: &[u8], ours: &Received) {
    let (flags, body) = (packet[0] & 0x0f, body(packet));
    match (version, ours) {
        (MqttVersion::V3_1_1, Received::Publish(message, alias)) => {
            let (theirs, _) = v3_1_1::Publish::parse(flags, Arc::from(body)).expect("PUBLISH");
            assert_eq!((message.topic.as_str(), *alias), (theirs.topic_name(), 0));
            let payload = theirs.payload().as_slice();
            same_publish(message, (payload, theirs.qos(), theirs.retain(), theirs.dup(), theirs.packet_id()));
        }
        (MqttVersion::V5, Received::Publish(message, alias)) => {
            let (theirs, _) = v5_0::Publish::parse(flags, Arc::from(body)).expect("PUBLISH");
            assert_eq!(message.topic, theirs.topic_name());
            let payload = theirs.payload().as_slice();
            same_publish(message, (payload, theirs.qos(), theirs.retain(), theirs.dup(), theirs.packet_id()));
            let named = theirs.props().iter().find_map(|property| match property {
                other::Property::TopicAlias(alias) => Some(alias.val()),
                _ => None,
            });
            assert_eq!(*alias, named.unwrap_or(0));
        }
        (MqttVersion::V3_1_1, Received::Suback(id, granted)) => {
            let (theirs, _) = v3_1_1::Suback::parse(body).expect("SUBACK");
            let refused = theirs.return_codes().into_iter().map(|code| code as u8 == 0x80);
            assert_eq!(*id, theirs.packet_id());
            assert!(granted.iter().map(std::result::Result::is_err).eq(refused));
        }
        (MqttVersion::V5, Received::Suback(id, granted)) => {
            // It knows no reason codes but those of MQTT; ours has to live with those of a later version.
            let Ok((theirs, _)) = v5_0::Suback::parse(body) else { return };
            let refused = theirs.reason_codes().into_iter().map(|code| code as u8 >= 0x80);
            assert_eq!(*id, theirs.packet_id());
            assert!(granted.iter().map(std::result::Result::is_err).eq(refused));
        }
        (MqttVersion::V3_1_1, Received::Puback(id, _)) => {
            assert_eq!(*id, v3_1_1::Puback::parse(body).expect("PUBACK").0.packet_id());
        }
        (MqttVersion::V5, Received::Puback(id, reason)) => {
            let Ok((theirs, _)) = v5_0::Puback::parse(body) else { return };
            assert_eq!((*id, reason.code), (theirs.packet_id(), theirs.reason_code().map_or(0, |code| code as u8)));
        }
        (MqttVersion::V3_1_1, Received::Unsuback(id, _)) => {
            assert_eq!(*id, v3_1_1::Unsuback::parse(body).expect("UNSUBACK").0.packet_id());
        }
        (MqttVersion::V5, Received::Unsuback(id, reason)) => {
            let Ok((theirs, _)) = v5_0::Unsuback::parse(body) else { return };
            assert_eq!(
                (*id, Some(reason.code)),
                (theirs.packet_id(), theirs.reason_codes().first().map(|code| *code as u8))
            );
        }
        (MqttVersion::V3_1_1, Received::Connack(accepted)) => {
            let (theirs, _) = v3_1_1::Connack::parse(body).expect("CONNACK");
            assert_eq!((accepted.session_present, 0), (theirs.session_present(), theirs.return_code() as u8));
        }
        // A server that does not know MQTT 5 answers so.
        (MqttVersion::V5, Received::Connack(_)) if body.len() == 2 => {}
        (MqttVersion::V5, Received::Connack(accepted)) => {
            let (theirs, _) = v5_0::Connack::parse(body).expect("CONNACK");
            assert_eq!((accepted.session_present, 0), (theirs.session_present(), theirs.reason_code() as u8));
            assert!(accepted.receive_maximum > 0 && accepted.maximum_packet_size > 0);
        }
        (_, Received::Pingresp) => assert_eq!(packet, [0xd0, 0]),
    }
}

type OtherPublish<'a> = (&'a [u8], other::Qos, bool, bool, Option<u16>);

fn same_publish(message: &Message, (payload, qos, retain, duplicate, id): OtherPublish<'_>) {
    assert_eq!(message.payload, payload);
    assert_eq!((message.retain, message.duplicate, message.packet_id), (retain, duplicate, id.unwrap_or(0)));
    assert_eq!(message.qos == Qos::AtMostOnce, qos == other::Qos::AtMostOnce);
}

fn encode(version: MqttVersion, input: &mut Unstructured<'_>) -> Result<()> {
    match input.int_in_range(0..=3)? {
        0 => encode_connect(version, input),
        1 => encode_publish(version, input),
        2 => encode_subscribe(version, input),
        _ => encode_unsubscribe(version, input),
    }
}

/// A text that a setting or a call takes.
fn text(input: &mut Unstructured<'_>) -> Result<String> {
    let text: String = input.arbitrary()?;
    Ok(text.chars().filter(|c| *c != '\0').take(16_000).collect())
}

fn qos(input: &mut Unstructured<'_>) -> Result<Qos> {
    Ok(if input.arbitrary()? { Qos::AtLeastOnce } else { Qos::AtMostOnce })
}

fn topic(input: &mut Unstructured<'_>) -> Result<String> {
    let topic = text(input)?;
    topics::check_topic("topic", &topic).map(|()| topic).map_err(|_| arbitrary::Error::IncorrectFormat)
}

fn properties(version: MqttVersion, is_will: bool, input: &mut Unstructured<'_>) -> Result<Option<Box<Properties>>> {
    if version != MqttVersion::V5 || input.arbitrary()? {
        return Ok(None);
    }
    let mut properties = Properties {
        payload_is_utf8: input.arbitrary()?,
        message_expiry_s: input.arbitrary()?,
        content_type: if input.arbitrary()? { Some(text(input)?) } else { None },
        response_topic: if input.arbitrary()? { Some(topic(input)?) } else { None },
        correlation_data: input.arbitrary::<Option<&[u8]>>()?.map(Bytes::copy_from_slice),
        user_properties: UserProperties::default(),
        will_delay_s: if is_will { input.arbitrary()? } else { None },
    };
    while input.arbitrary()? {
        properties.user_properties.push(&text(input)?, &text(input)?);
    }
    Ok((properties != Properties::default()).then(|| Box::new(properties)))
}

fn encode_connect(version: MqttVersion, input: &mut Unstructured<'_>) -> Result<()> {
    let (client_id, user_name) = (text(input)?, if input.arbitrary()? { Some(text(input)?) } else { None });
    let user_name = user_name.filter(|name| !name.is_empty());
    let will = match input.arbitrary()? {
        false => None,
        true => Some(Will {
            topic: topic(input)?,
            payload: Bytes::copy_from_slice(input.arbitrary()?),
            qos: qos(input)?,
            retain: input.arbitrary()?,
            properties: properties(version, true, input)?,
        }),
    };
    let connect = Connect {
        client_id: &client_id,
        keep_alive_s: input.arbitrary()?,
        clean_session: input.arbitrary()?,
        user_name: user_name.as_deref(),
        will: will.as_ref(),
        session_expiry_s: input.arbitrary()?,
        receive_maximum: input.int_in_range(1..=u16::MAX)?,
        topic_alias_maximum: input.arbitrary()?,
    };
    let packet = codec::connect(version, &connect).expect("CONNECT");
    assert_eq!(packet[0], 0x10);
    let ours = (client_id.as_str(), user_name.as_deref(), connect.keep_alive_s, connect.clean_session);
    let will_of = |will: &Will| (will.topic.clone(), will.payload.to_vec());
    if version == MqttVersion::V5 {
        let (theirs, length) = v5_0::Connect::parse(body(&packet)).expect("CONNECT");
        assert_eq!(length, body(&packet).len());
        assert_eq!(ours, (theirs.client_id(), theirs.user_name(), theirs.keep_alive(), theirs.clean_start()));
        let theirs =
            theirs.will_topic().map(|topic| (topic.to_owned(), theirs.will_payload().unwrap_or_default().to_vec()));
        assert_eq!(will.as_ref().map(will_of), theirs);
    } else {
        let (theirs, length) = v3_1_1::Connect::parse(body(&packet)).expect("CONNECT");
        assert_eq!(length, body(&packet).len());
        assert_eq!(ours, (theirs.client_id(), theirs.user_name(), theirs.keep_alive(), theirs.clean_session()));
        let theirs =
            theirs.will_topic().map(|topic| (topic.to_owned(), theirs.will_payload().unwrap_or_default().to_vec()));
        assert_eq!(will.as_ref().map(will_of), theirs);
    }
    let shown = Some(client_id.as_str()).filter(|id| !id.is_empty() && !id.chars().any(char::is_control));
    assert_eq!(framing::client_id(&packet), shown, "the client identifier that a refusal names");
    Ok(())
}

fn encode_publish(version: MqttVersion, input: &mut Unstructured<'_>) -> Result<()> {
    let qos = qos(input)?;
    let is_counted = qos == Qos::AtLeastOnce;
    let message = Message {
        topic: topic(input)?,
        payload: Bytes::copy_from_slice(input.arbitrary()?),
        qos,
        retain: input.arbitrary()?,
        duplicate: is_counted && input.arbitrary()?,
        packet_id: if is_counted { input.int_in_range(1..=u16::MAX)? } else { 0 },
        properties: properties(version, false, input)?,
    };
    let number = input.int_in_range(1..=u16::MAX)?;
    let alias = match input.int_in_range(0..=2)? {
        0 => Alias::No,
        1 => Alias::New(number),
        _ => Alias::Known(number),
    };
    // Behind others that wait for the socket.
    let mut packets = BytesMut::from(&[0xc0, 0][..]);
    codec::publish(version, &message, alias, &mut packets).expect("PUBLISH");
    let mut packet = packets.split_off(2);
    assert_eq!(packets.as_ref(), [0xc0, 0]);
    let expected = match (version, alias) {
        (MqttVersion::V3_1_1, _) | (_, Alias::No) => Received::Publish(message, 0),
        (_, Alias::New(alias)) => Received::Publish(message, alias),
        (_, Alias::Known(alias)) => Received::Publish(Message { topic: String::new(), ..message }, alias),
    };
    compare(version, &packet, &expected);
    if packet.len() <= codec::MAX_PACKET {
        assert_eq!(codec::decode(version, &mut packet), Ok(Some(expected)), "what we write is not what we read");
        assert!(packet.is_empty());
    }
    Ok(())
}

fn filter(input: &mut Unstructured<'_>) -> Result<String> {
    let filter = text(input)?;
    topics::check_filter(&filter).map(|()| filter).map_err(|_| arbitrary::Error::IncorrectFormat)
}

fn encode_subscribe(version: MqttVersion, input: &mut Unstructured<'_>) -> Result<()> {
    let id = input.int_in_range(1..=u16::MAX)?;
    let mut filters = vec![(filter(input)?, qos(input)?)];
    while filters.len() < 8 && input.arbitrary()? {
        filters.push((filter(input)?, qos(input)?));
    }
    let packet = codec::subscribe(version, id, &filters).expect("SUBSCRIBE");
    assert_eq!(packet[0], 0x82);
    let entries = |entries: &[other::SubEntry]| -> Vec<(String, bool)> {
        let entry = |entry: &other::SubEntry| {
            (entry.topic_filter().to_owned(), entry.sub_opts().qos() == other::Qos::AtLeastOnce)
        };
        entries.iter().map(entry).collect()
    };
    let theirs = if version == MqttVersion::V5 {
        let (theirs, length) = v5_0::Subscribe::parse(body(&packet)).expect("SUBSCRIBE");
        assert_eq!((theirs.packet_id(), length), (id, body(&packet).len()));
        entries(theirs.entries())
    } else {
        let (theirs, length) = v3_1_1::Subscribe::parse(body(&packet)).expect("SUBSCRIBE");
        assert_eq!((theirs.packet_id(), length), (id, body(&packet).len()));
        entries(theirs.entries())
    };
    let ours: Vec<_> = filters.into_iter().map(|(filter, qos)| (filter, qos == Qos::AtLeastOnce)).collect();
    assert_eq!(ours, theirs);
    Ok(())
}

fn encode_unsubscribe(version: MqttVersion, input: &mut Unstructured<'_>) -> Result<()> {
    let (id, filter) = (input.int_in_range(1..=u16::MAX)?, filter(input)?);
    let packet = codec::unsubscribe(version, id, &filter).expect("UNSUBSCRIBE");
    assert_eq!(packet[0], 0xa2);
    let (their_id, entries) = if version == MqttVersion::V5 {
        let (theirs, _) = v5_0::Unsubscribe::parse(body(&packet)).expect("UNSUBSCRIBE");
        (theirs.packet_id(), theirs.entries().clone())
    } else {
        let (theirs, _) = v3_1_1::Unsubscribe::parse(body(&packet)).expect("UNSUBSCRIBE");
        (theirs.packet_id(), theirs.entries().clone())
    };
    assert_eq!((id, 1), (their_id, entries.len()));
    assert_eq!(entries[0].as_str(), filter);
    Ok(())
}
