#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "tests")]

use super::*;
use crate::error::Stage;

fn one(bytes: &[u8]) -> Result<Option<Received>, Error> {
    decode(MqttVersion::V3_1_1, &mut BytesMut::from(bytes))
}

#[test]
fn packets_are_taken_when_whole_and_one_by_one() {
    let mut buffer = BytesMut::new();
    for byte in b"\x20\x02\x01" {
        buffer.extend_from_slice(&[*byte]);
        assert_eq!(decode(MqttVersion::V3_1_1, &mut buffer), Ok(None));
    }
    assert!(!has_packet(MqttVersion::V3_1_1, &buffer) && has_packet(MqttVersion::V3_1_1, b"\x00\x00"));
    buffer.extend_from_slice(b"\x00\xd0\x00\x30\x03\x00\x01a");
    assert!(has_packet(MqttVersion::V3_1_1, &buffer));
    assert_eq!(decode(MqttVersion::V3_1_1, &mut buffer), Ok(Some(Received::Connack(Accepted::plainly(true)))));
    assert_eq!(decode(MqttVersion::V3_1_1, &mut buffer), Ok(Some(Received::Pingresp)));
    let message = Message { topic: "a".to_owned(), ..Message::default() };
    assert_eq!(decode(MqttVersion::V3_1_1, &mut buffer), Ok(Some(Received::Publish(message, 0))));
    assert!(buffer.is_empty());
}

#[test]
fn every_reason_code_is_told_apart() {
    for code in 1..=255 {
        assert_eq!(one(&[0x20, 2, 0, code]), Err(Error::Refused(Reason::new(code))));
    }
    assert_eq!(
        Error::Refused(Reason::new(5)).failure(Stage::Connack).status,
        crate::status::Status::ConnackNotAuthorized
    );
    assert_eq!(Error::Refused(Reason::new(7)).failure(Stage::Connack).mqtt.map(|reason| reason.code), Some(7));
}

#[test]
fn what_breaks_the_protocol_is_an_error_and_never_a_packet() {
    let cases: [(&[u8], &str); 33] = [
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
        (b"\x90\x03\x00\x01\x03", "a code that SUBACK"),
        (b"\x90\x03\x00\x01\x02", "SUBACK with QoS 2"),
        (b"\xb0\x02\x00\x00", "packet identifier 0"),
        (b"\x36\x05\x00\x01a\x00\x01", "QoS 3"),
        (b"\x34\x05\x00\x01a\x00\x01", "PUBLISH with QoS 2"),
        (b"\x50\x02\x00\x01", "a packet of QoS 2"),
        (b"\x62\x02\x00\x01", "a packet of QoS 2"),
        (b"\x70\x02\x00\x01", "a packet of QoS 2"),
        (b"\x38\x03\x00\x01a", "DUP and QoS 0"),
        (b"\x32\x05\x00\x01a\x00\x00", "packet identifier 0"),
        (b"\x32\x03\x00\x01a", "without a packet identifier"),
        (b"\x30\x02\x00\x00", "empty"),
        (b"\x30\x03\x00\x01#", "wildcard"),
        (b"\x30\x03\x00\x01\x00", "NUL"),
        (b"\x30\x03\x00\x01\xff", "UTF-8"),
        (b"\x30\x05\x00\x03\xed\xa0\x80", "UTF-8"),
        (b"\x30\x03\x00\x01\x1f", "control character"),
        (b"\x30\x04\x00\x02\xc2\x9f", "control character"),
        (b"\x30\x05\x00\x03\xef\xbf\xbf", "noncharacter"),
        (b"\x30\x03\x00\x05a", "longer than its packet"),
        (b"\x10\x02\x00\x00", "may not send"),
        (b"\x00\x00", "may not send"),
        (b"\xf0\x00", "may not send"),
    ];
    for (bytes, reason) in cases {
        let error = one(bytes).unwrap_err();
        assert!(error.to_string().contains(reason), "{bytes:x?}: {error}");
    }
}

#[test]
fn acknowledgements_say_of_what() {
    assert_eq!(one(b"\x40\x02\x12\x34"), Ok(Some(Received::Puback(0x1234, Reason::SUCCESS))));
    assert_eq!(one(b"\xb0\x02\x00\x07"), Ok(Some(Received::Unsuback(7, Reason::SUCCESS))));
    let granted = vec![Ok(Qos::AtLeastOnce), Err(Reason::new(0x80)), Ok(Qos::AtMostOnce)];
    assert_eq!(one(b"\x90\x05\x00\x07\x01\x80\x00"), Ok(Some(Received::Suback(7, granted))));
}

#[test]
fn a_packet_that_is_too_large_is_refused_by_its_header_alone() {
    assert!(matches!(one(b"\x30\xff\xff\xff\x7f"), Err(Error::TooLarge(_))));
    assert!(matches!(one(b"\x30\xfd\x8f\x09"), Err(Error::TooLarge(_))));
    assert_eq!(one(b"\x30\xfc\x8f\x09"), Ok(None));
}

const PLAIN: Connect<'_> = Connect {
    client_id: "t",
    keep_alive_s: 60,
    clean_session: true,
    user_name: None,
    will: None,
    session_expiry_s: 0,
    receive_maximum: 100,
    topic_alias_maximum: 8,
};

const OLD: MqttVersion = MqttVersion::V3_1_1;
const NEW: MqttVersion = MqttVersion::V5;

fn will(properties: Option<Box<Properties>>) -> Will {
    let payload = Bytes::from_static(b"gone");
    Will { topic: "w".to_owned(), payload, qos: Qos::AtLeastOnce, retain: true, properties }
}

#[test]
fn connect_is_that_of_section_3_1() {
    let packet = connect(OLD, &Connect { client_id: "test-1", ..PLAIN }).unwrap();
    assert_eq!(&packet[..], b"\x10\x12\x00\x04MQTT\x04\x02\x00\x3c\x00\x06test-1");
    let packet = connect(OLD, &Connect { keep_alive_s: 1200, clean_session: false, ..PLAIN }).unwrap();
    assert_eq!(&packet[..], b"\x10\x0d\x00\x04MQTT\x04\x00\x04\xb0\x00\x01t");
}

#[test]
fn connect_says_user_name_and_will() {
    let will = will(None);
    let packet = connect(OLD, &Connect { user_name: Some("?SDK=x"), will: Some(&will), ..PLAIN }).unwrap();
    let expected = b"\x10\x1e\x00\x04MQTT\x04\xae\x00\x3c\x00\x01t\x00\x01w\x00\x04gone\x00\x06?SDK=x";
    assert_eq!(&packet[..], expected);
}

fn published(version: MqttVersion, message: &Message, alias: Alias) -> BytesMut {
    let mut packet = BytesMut::new();
    publish(version, message, alias, &mut packet).unwrap();
    packet
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
        properties: None,
    };
    assert_eq!(&published(OLD, &message, Alias::No)[..], b"\x3b\x09\x00\x03a/b\x00\x0ahi");
    assert_eq!(&published(NEW, &message, Alias::No)[..], b"\x3b\x0a\x00\x03a/b\x00\x0a\x00hi");
    assert_eq!(&published(NEW, &message, Alias::New(2))[..], b"\x3b\x0d\x00\x03a/b\x00\x0a\x03\x23\x00\x02hi");
    assert_eq!(&published(NEW, &message, Alias::Known(2))[..], b"\x3b\x0a\x00\x00\x00\x0a\x03\x23\x00\x02hi");
    let message = Message { qos: Qos::AtMostOnce, retain: false, duplicate: false, packet_id: 0, ..message };
    assert_eq!(&published(OLD, &message, Alias::No)[..], b"\x30\x07\x00\x03a/bhi");
    let filters = [("a/b".to_owned(), Qos::AtLeastOnce), ("c/d".to_owned(), Qos::AtMostOnce)];
    let packet = subscribe(OLD, 10, &filters).unwrap();
    assert_eq!(&packet[..], b"\x82\x0e\x00\x0a\x00\x03a/b\x01\x00\x03c/d\x00");
    let packet = subscribe(NEW, 10, &filters).unwrap();
    assert_eq!(&packet[..], b"\x82\x0f\x00\x0a\x00\x00\x03a/b\x01\x00\x03c/d\x00");
    assert_eq!(&unsubscribe(OLD, 10, "a/b").unwrap()[..], b"\xa2\x07\x00\x0a\x00\x03a/b");
    assert_eq!(&unsubscribe(NEW, 10, "a/b").unwrap()[..], b"\xa2\x08\x00\x0a\x00\x00\x03a/b");
    assert_eq!(&puback(0x1234)[..], b"\x40\x02\x12\x34");
}

#[test]
fn connect_of_mqtt_5_says_what_it_takes() {
    let packet = connect(NEW, &Connect { session_expiry_s: 3600, ..PLAIN }).unwrap();
    let expected = b"\x10\x1e\x00\x04MQTT\x05\x02\x00\x3c\x10\
        \x11\x00\x00\x0e\x10\x21\x00\x64\x27\x00\x02\x48\x00\x22\x00\x08\x00\x01t";
    assert_eq!(&packet[..], expected);
    let will = will(Some(Box::new(Properties { will_delay_s: Some(5), ..Properties::default() })));
    let packet = connect(NEW, &Connect { user_name: Some("u"), will: Some(&will), ..PLAIN }).unwrap();
    let expected = b"\x10\x2b\x00\x04MQTT\x05\xae\x00\x3c\x0b\
        \x21\x00\x64\x27\x00\x02\x48\x00\x22\x00\x08\x00\x01t\
        \x05\x18\x00\x00\x00\x05\x00\x01w\x00\x04gone\x00\x01u";
    assert_eq!(&packet[..], expected);
}

fn one_new(bytes: &[u8]) -> Result<Option<Received>, Error> {
    decode(NEW, &mut BytesMut::from(bytes))
}

#[test]
fn all_properties_of_a_message_go_there_and_back() {
    let mut user_properties = UserProperties::default();
    user_properties.push("k", "v");
    user_properties.push("k", "");
    let message = Message {
        topic: "a/b".to_owned(),
        payload: Bytes::from_static(b"hi"),
        properties: Some(Box::new(Properties {
            payload_is_utf8: true,
            message_expiry_s: Some(60),
            content_type: Some("text/plain".to_owned()),
            response_topic: Some("r".to_owned()),
            correlation_data: Some(Bytes::from_static(b"\x00\xff")),
            user_properties,
            will_delay_s: None,
        })),
        ..Message::default()
    };
    let packet = published(NEW, &message, Alias::New(1));
    let expected = b"\x30\x35\x00\x03a/b\x2d\x01\x01\x02\x00\x00\x00\x3c\x03\x00\x0atext/plain\x08\x00\x01r\
        \x09\x00\x02\x00\xff\x26\x00\x01k\x00\x01v\x26\x00\x01k\x00\x00\x23\x00\x01hi";
    assert_eq!(&packet[..], expected);
    assert_eq!(one_new(&packet), Ok(Some(Received::Publish(message, 1))));
}

#[test]
fn what_a_message_counts_is_what_its_properties_take_and_no_more_than_twice_their_packet() {
    const PAIRS: usize = (MAX_PACKET - 10) / 5;
    let mut properties = Properties::default();
    (0..PAIRS).for_each(|_| properties.user_properties.push("", ""));
    let message =
        Message { topic: "a".to_owned(), properties: Some(Box::new(properties.clone())), ..Message::default() };
    let packet = published(NEW, &message, Alias::No);
    let Ok(Some(Received::Publish(come, 0))) = one_new(&packet) else { panic!("no PUBLISH") };
    assert_eq!(come, message);
    let of_a_pair = size_of::<(u32, u32)>() + 2;
    let at_most = 2 * packet.len() + size_of::<Properties>();
    assert!((PAIRS * of_a_pair..at_most).contains(&come.bytes()), "{} of {at_most}", come.bytes());
    let with_one_more = |name, value| {
        let mut properties = properties.clone();
        properties.user_properties.push(name, value);
        Message { properties: Some(Box::new(properties)), ..message.clone() }.bytes() - message.bytes()
    };
    assert_eq!((with_one_more("", ""), with_one_more("name", "value")), (of_a_pair, of_a_pair + 9));
}

#[test]
fn a_message_is_refused_when_its_packet_is_longer_than_any_that_is_sent() {
    let mut properties = Properties {
        payload_is_utf8: true,
        message_expiry_s: Some(60),
        content_type: Some("text/plain".to_owned()),
        response_topic: Some("r".to_owned()),
        correlation_data: Some(Bytes::from_static(b"1")),
        ..Properties::default()
    };
    properties.user_properties.push("name", "");
    for (version, properties) in [(OLD, None), (NEW, Some(Box::new(properties)))] {
        for qos in [Qos::AtMostOnce, Qos::AtLeastOnce] {
            let sized = |len| {
                let (topic, payload) = ("a/b".to_owned(), Bytes::from(vec![0; len]));
                Message { topic, payload, qos, properties: properties.clone(), packet_id: 1, ..Message::default() }
            };
            let rest = published(version, &sized(PAYLOAD_MAX), Alias::No).len() - PAYLOAD_MAX;
            let longest = sized(MAX_PACKET - rest);
            assert_eq!(published(version, &longest, Alias::No).len(), MAX_PACKET);
            assert!(longest.check_len().is_ok() && sized(MAX_PACKET - rest + 1).check_len().is_err());
        }
    }
}

#[test]
fn the_largest_will_fits_into_a_connect_that_can_be_sent() {
    let mut will = will(Some(Box::default()));
    let user_name = "u".repeat(65_535);
    let mut add = |name: &str| {
        let before = will.clone();
        will.properties.as_mut().unwrap().user_properties.push(name, "");
        let fits = will.check_len().is_ok();
        if !fits {
            will = before;
        }
        fits
    };
    assert!(add(&"x".repeat(65_535)) && add(&"x".repeat(65_535)) && !add(&"x".repeat(65_535)));
    while add(&"x".repeat(100)) {}
    let client_id = "c".repeat(128);
    let packet = Connect { client_id: &client_id, user_name: Some(&user_name), will: Some(&will), ..PLAIN };
    let packet = connect(NEW, &packet).unwrap();
    assert!((210_000..256 * 1024).contains(&packet.len()), "{}", packet.len());
}

/// A payload that lay in the bytes of its packet would keep those, and all that came with them.
#[test]
fn a_message_keeps_nothing_of_what_came_beside_it() {
    for (version, packet) in [(OLD, &b"\x30\x04\x00\x01ax"[..]), (NEW, b"\x30\x05\x00\x01a\x00x")] {
        let mut buffer = BytesMut::with_capacity(100_000);
        buffer.extend_from_slice(packet);
        let Ok(Some(Received::Publish(message, 0))) = decode(version, &mut buffer) else { panic!("no PUBLISH") };
        assert_eq!(&message.payload[..], b"x");
        assert!(buffer.try_reclaim(100_000), "{version:?}");
    }
}

/// Each code that refuses would have a copy of the reason string.
#[test]
fn a_suback_has_no_more_codes_than_any_subscribe_has_filters() {
    let mut eight = b"\x90\x0b\x00\x07\x00".to_vec();
    eight.extend([0x87; 8]);
    assert!(matches!(one_new(&eight), Ok(Some(Received::Suback(7, codes))) if codes.len() == 8));
    for (version, begin) in [(OLD, &b"\x90\x0b\x00\x07"[..]), (NEW, b"\x90\x0c\x00\x07\x00")] {
        let mut nine = begin.to_vec();
        nine.extend([0x80; 9]);
        let error = decode(version, &mut BytesMut::from(&nine[..])).unwrap_err();
        assert!(error.to_string().contains("more codes"), "{error}");
    }
}

#[test]
fn a_server_of_mqtt_5_says_what_it_takes_and_why_it_refuses() {
    let connack =
        b"\x20\x17\x01\x00\x14\x21\x00\x0a\x24\x00\x25\x00\x27\x00\x00\x01\x00\x22\x00\x08\x13\x00\x1e\x2a\x01";
    let accepted = Accepted {
        session_present: true,
        receive_maximum: 10,
        maximum_qos: Qos::AtMostOnce,
        retain_available: false,
        maximum_packet_size: 256,
        topic_alias_maximum: 8,
        server_keep_alive_s: Some(30),
    };
    assert_eq!(one_new(connack), Ok(Some(Received::Connack(accepted))));
    assert_eq!(one_new(b"\x20\x03\x00\x00\x00"), Ok(Some(Received::Connack(Accepted::plainly(false)))));
    let why = |code| Reason { code, text: "no".to_owned() };
    assert_eq!(one_new(b"\x20\x08\x00\x87\x05\x1f\x00\x02no"), Err(Error::Refused(why(0x87))));
    // Of a server that knows MQTT 3.1.1 only.
    assert_eq!(one_new(b"\x20\x02\x00\x01"), Err(Error::Refused(Reason::new(1))));
    assert_eq!(one_new(b"\xe0\x00"), Err(Error::Disconnected(Reason::SUCCESS)));
    assert_eq!(one_new(b"\xe0\x01\x8e"), Err(Error::Disconnected(Reason::new(0x8e))));
    assert_eq!(one_new(b"\xe0\x07\x98\x05\x1f\x00\x02no"), Err(Error::Disconnected(why(0x98))));
    assert_eq!(one_new(b"\x40\x02\x00\x07"), Ok(Some(Received::Puback(7, Reason::SUCCESS))));
    assert_eq!(one_new(b"\x40\x03\x00\x07\x10"), Ok(Some(Received::Puback(7, Reason::new(0x10)))));
    assert_eq!(one_new(b"\x40\x09\x00\x07\x87\x05\x1f\x00\x02no"), Ok(Some(Received::Puback(7, why(0x87)))));
    let granted = vec![Ok(Qos::AtLeastOnce), Err(why(0x8f))];
    assert_eq!(one_new(b"\x90\x0a\x00\x07\x05\x1f\x00\x02no\x01\x8f"), Ok(Some(Received::Suback(7, granted))));
    assert_eq!(one_new(b"\xb0\x04\x00\x07\x00\x11"), Ok(Some(Received::Unsuback(7, Reason::new(0x11)))));
}

#[test]
fn what_breaks_mqtt_5_is_an_error_and_never_a_packet() {
    let cases: [(&[u8], &str); 26] = [
        (b"\x20\x03\x01\x87\x00", "session present in a refusing"),
        (b"\x20\x03\x00\x07\x00", "reason code that CONNACK"),
        (b"\x20\x06\x00\x00\x03\x21\x00\x00", "malformed properties"),
        (b"\x20\x09\x00\x00\x06\x21\x00\x01\x21\x00\x01", "twice"),
        (b"\x20\x0d\x00\x00\x0a\x11\x00\x00\x00\x01\x11\x00\x00\x00\x01", "twice"),
        (b"\x20\x06\x00\x00\x03\x23\x00\x01", "does not have"),
        (b"\x20\x04\x00\x00\x00\x00", "behind its properties"),
        (b"\x20\x04\x00\x00\x05\x21", "malformed properties"),
        (b"\x20\x02\x00\x00", "malformed properties"),
        (b"\x30\x03\x00\x00\x00", "empty topic"),
        (b"\x30\x03\x00\x01a", "malformed properties"),
        (b"\x30\x07\x00\x01a\x03\x21\x00\x01", "does not have"),
        (b"\x30\x08\x00\x01a\x04\x08\x00\x01+", "wildcard"),
        (b"\x30\x07\x00\x01a\x03\x08\x00\x00", "empty response topic"),
        (b"\x30\x06\x00\x01a\x02\x0b\x00", "malformed properties"),
        (b"\x40\x05\x00\x07\x00\x01\x26", "malformed properties"),
        (b"\x40\x04\x00\x07\xff\x00", "reason code that PUBACK"),
        (b"\x40\x09\x00\x07\x00\x05\x11\x00\x00\x00\x01", "does not have"),
        (b"\x40\x08\x00\x07\x00\x04\x1c\x00\x01s", "does not have"),
        (b"\x90\x04\x00\x07\x00\x03", "a code that SUBACK"),
        (b"\x90\x04\x00\x07\x00\x02", "SUBACK with QoS 2"),
        (b"\xb0\x05\x00\x07\x00\x00\x00", "exactly one"),
        (b"\xe1\x00", "reserved flags"),
        (b"\xe0\x01\x04", "reason code that DISCONNECT"),
        (b"\xe0\x07\x00\x05\x11\x00\x00\x00\x01", "does not have"),
        (b"\xf0\x00", "AUTH"),
    ];
    for (bytes, reason) in cases {
        let error = one_new(bytes).expect_err(reason);
        assert!(error.to_string().contains(reason), "{bytes:x?}: {error}");
    }
}

/// Of a session that another program has subscribed for, which goes on with this one.
#[test]
fn the_numbers_of_subscriptions_that_others_made_are_let_be() {
    let message = Message { topic: "a".to_owned(), ..Message::default() };
    let packet = b"\x30\x08\x00\x01a\x04\x0b\x01\x0b\x7f";
    assert_eq!(one_new(packet), Ok(Some(Received::Publish(message, 0))));
}

/// Also what mqtt-protocol-core makes of it.
#[test]
fn no_bytes_make_the_decoder_panic() {
    let mut random = 0x9E37_79B9_7F4A_7C15_u64;
    let mut next = || {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        random
    };
    let mut packets = 0;
    for _ in 0..300_000 {
        let kind = [0x20, 0x30, 0x32, 0x40, 0x90, 0xb0, 0xd0, 0xe0][usize::try_from(next() % 8).unwrap()];
        let length = u8::try_from(next() % 24).unwrap();
        let mut bytes = vec![kind, length];
        // Small numbers and the identifiers of properties, of which packets are made.
        bytes.extend((0..length).map(|_| u8::try_from(next() % if next() % 4 == 0 { 256 } else { 0x2b }).unwrap()));
        for version in [OLD, NEW] {
            packets += u32::from(matches!(decode(version, &mut BytesMut::from(&bytes[..])), Ok(Some(_))));
        }
    }
    assert!(packets > 1000, "{packets}");
}
