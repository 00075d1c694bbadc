//! With MQTT 5.

use super::*;

/// A session with MQTT 5 whose server said this.
fn new_session(accepted: Accepted) -> Session<&'static str> {
    let mut session = Session::new(MqttVersion::V5, LIMITS);
    session.opened(accepted, keep_alive());
    session
}

fn at(topic: &str) -> Message {
    Message { topic: topic.to_owned(), ..Message::default() }
}

fn expiring(seconds: u32, qos: Qos) -> Message {
    let properties = codec::Properties { message_expiry_s: Some(seconds), ..codec::Properties::default() };
    Message { properties: Some(Box::new(properties)), ..message("x", qos) }
}

fn after(seconds: u64) -> Now {
    let more = Duration::from_secs(seconds);
    Now { boot: NOW.boot + more, awake: NOW.awake }
}

/// The topic and topic alias of the next packet.
fn next_topic(session: &mut Session<&'static str>) -> (String, u16) {
    let bytes = next(session, NOW).unwrap();
    let topic_length = usize::from(u16::from_be_bytes([bytes[2], bytes[3]]));
    let topic = String::from_utf8(bytes[4..4 + topic_length].to_vec()).unwrap();
    // Property length, and the alias as the only property.
    let alias = match &bytes[4 + topic_length..] {
        [3, 0x23, high, low, ..] => u16::from_be_bytes([*high, *low]),
        _ => 0,
    };
    (topic, alias)
}

#[test]
fn a_topic_is_sent_once_for_each_connection_and_then_as_its_alias() {
    let accepted = Accepted { topic_alias_maximum: 2, ..Accepted::plainly(true) };
    let mut session = new_session(accepted.clone());
    let (one, two, three) = ("devices/1", "devices/2", "devices/3");
    for topic in [one, two, one, three, two, one, "abc"] {
        session.publish(at(topic), || NOW).unwrap();
    }
    let sent: Vec<(String, u16)> = (0..7).map(|_| next_topic(&mut session)).collect();
    // The third topic takes the alias that was used longest ago, and so on.
    let expected = [(one, 1), (two, 2), ("", 1), (three, 2), (two, 1), (one, 2), ("abc", 0)];
    assert_eq!(sent, expected.map(|(topic, alias)| (topic.to_owned(), alias)));
    session.closed();
    session.opened(accepted, keep_alive());
    session.publish(at(one), || NOW).unwrap();
    assert_eq!(next_topic(&mut session), (one.to_owned(), 1));
    let mut session = new_session(Accepted::plainly(true));
    session.publish(at(one), || NOW).unwrap();
    assert_eq!(next_topic(&mut session), (one.to_owned(), 0));
}

#[test]
fn a_topic_alias_of_the_server_stands_for_its_topic_on_the_same_connection() {
    let mut session = new_session(Accepted::plainly(true));
    let mut come = |topic: &str, alias| session.received(Received::Publish(at(topic), alias), NOW);
    assert_eq!(come("a/b", 8), Ok(Some(Output::Message(at("a/b")))));
    assert_eq!(come("", 8), Ok(Some(Output::Message(at("a/b")))));
    assert_eq!(come("c", 8), Ok(Some(Output::Message(at("c")))));
    assert_eq!(come("", 8), Ok(Some(Output::Message(at("c")))));
    assert!(come("", 7).is_err());
    assert!(come("d", 9).is_err());
    session.closed();
    session.opened(Accepted::plainly(true), keep_alive());
    assert!(session.received(Received::Publish(at(""), 8), NOW).is_err());
}

#[test]
fn no_more_is_sent_unacknowledged_than_the_server_says() {
    let mut session = new_session(Accepted { receive_maximum: 1, ..Accepted::plainly(true) });
    for payload in ["a", "b"] {
        session.publish(message(payload, Qos::AtLeastOnce), || NOW).unwrap();
    }
    assert!(next(&mut session, NOW).is_some());
    assert!(next(&mut session, NOW).is_none() && !session.has_something_to_send(true));
    puback(&mut session, 1);
    assert!(next(&mut session, NOW).is_some());
}

#[test]
fn a_message_that_the_server_does_not_take_is_not_sent() {
    let cases = [
        (Accepted { maximum_qos: Qos::AtMostOnce, ..Accepted::plainly(false) }, "QoS 1"),
        (Accepted { retain_available: false, ..Accepted::plainly(false) }, "keeps no message"),
        (Accepted { maximum_packet_size: 8, topic_alias_maximum: 2, ..Accepted::plainly(false) }, "Packet Size"),
    ];
    for (accepted, word) in cases {
        let mut session = new_session(accepted);
        let refused = Message { retain: true, topic: "devices".to_owned(), ..message("x", Qos::AtLeastOnce) };
        let operation = session.publish(refused, || NOW).unwrap();
        let mut packets = BytesMut::from("before");
        match session.next(NOW, true, &mut packets) {
            Some(Next::Done(done, Outcome::NotTaken(why))) => assert!(done == operation && why.contains(word), "{why}"),
            _ => panic!("{word}: was sent"),
        }
        assert_eq!((session.unacknowledged(), &packets[..]), (0, &b"before"[..]));
    }
}

#[test]
fn what_no_server_can_be_sent_ends_with_the_first_try_and_lets_others_pass() {
    let mut many = codec::Properties::default();
    (0..5).for_each(|_| many.user_properties.push("name", &"x".repeat(60_000)));
    let long = codec::Properties { correlation_data: Some(vec![0; 65_536].into()), ..codec::Properties::default() };
    let mut session = new_session(Accepted { topic_alias_maximum: 1, ..Accepted::plainly(false) });
    for (properties, word) in [(many, "largest"), (long, "property")] {
        let limits = Limits { queue_bytes: 1_000_000, ..LIMITS };
        session.requests = Requests::new(limits);
        let properties = Some(Box::new(properties));
        let unsendable = Message { properties, topic: "devices/1".to_owned(), ..message("x", Qos::AtLeastOnce) };
        let operation = session.publish(unsendable, || NOW).unwrap();
        session.publish(Message { topic: "devices/1".to_owned(), ..message("y", Qos::AtMostOnce) }, || NOW).unwrap();
        let mut packets = BytesMut::from("before");
        match session.next(NOW, true, &mut packets) {
            Some(Next::Done(done, Outcome::Unsendable(why))) => {
                assert!(done == operation && why.contains(word), "{why}")
            }
            _ => panic!("{word}: was sent"),
        }
        assert_eq!(&packets[..], b"before");
        assert_eq!(next_topic(&mut session), ("devices/1".to_owned(), 1));
        session.closed();
        session.opened(Accepted { topic_alias_maximum: 1, ..Accepted::plainly(true) }, keep_alive());
        assert!(next(&mut session, NOW).is_none());
    }
}

#[test]
fn a_message_expires_while_it_waits_and_not_once_it_was_sent() {
    let mut session = Session::<&str>::new(MqttVersion::V5, LIMITS);
    let gone = session.publish(expiring(10, Qos::AtLeastOnce), || NOW).unwrap();
    session.publish(expiring(60, Qos::AtLeastOnce), || NOW).unwrap();
    session.opened(Accepted::plainly(true), keep_alive());
    // Behind fixed header, topic, packet identifier, property length and identifier.
    let expiry = |packet: Option<BytesMut>| u32::from_be_bytes(packet.unwrap()[9..13].try_into().unwrap());
    let first = session.next(after(10), true, &mut BytesMut::new());
    assert!(matches!(first, Some(Next::Done(done, Outcome::Expired)) if done == gone));
    assert_eq!(expiry(next(&mut session, after(10))), 50);
    session.closed();
    let since = KeepAlive::new(Duration::from_secs(60), Duration::from_secs(10), after(100));
    session.opened(Accepted::plainly(true), since);
    assert_eq!(expiry(next(&mut session, after(100))), 1);
}

#[test]
fn a_refusal_says_why() {
    let mut session = new_session(Accepted::plainly(false));
    let operation = session.publish(message("x", Qos::AtLeastOnce), || NOW).unwrap();
    let filter = session.subscribe("a/#", Qos::AtLeastOnce, "handler");
    let end = session.unsubscribe("b");
    while next(&mut session, NOW).is_some() {}
    let why = Reason { code: 0x87, text: "not this topic".to_owned() };
    let mut come = |packet| session.received(packet, NOW).unwrap().unwrap();
    assert_eq!(come(Received::Puback(1, why.clone())), Output::Done(operation, Outcome::PublishRefused(why.clone())));
    let refused = Output::Done(filter, Outcome::SubscribeRefused(why.clone()));
    assert_eq!(come(Received::Suback(2, vec![Err(why.clone())])), refused);
    assert_eq!(come(Received::Unsuback(3, why.clone())), Output::Done(end, Outcome::UnsubscribeRefused(why)));
    assert!(session.handlers("a/b").is_empty());
}

#[test]
fn an_acknowledgement_that_does_not_fit_leaves_its_request() {
    let mut session = new_session(Accepted::plainly(false));
    let operation = session.subscribe("a", Qos::AtLeastOnce, "handler");
    assert!(next(&mut session, NOW).is_some() && session.received(Received::Suback(1, Vec::new()), NOW).is_err());
    assert_eq!(session.abandon(), [(operation, Withdrawn::Sent)]);
}
