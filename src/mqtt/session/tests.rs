//! A session driven by hand.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod v5;

use super::*;
use bytes::{Bytes, BytesMut};
use std::time::Duration;

const NOW: Now = Now { boot: Duration::from_secs(1000), awake: Duration::from_secs(1000) };

const LIMITS: Limits =
    Limits { queue_messages: 100, queue_bytes: 10_000, in_flight: 3, receive_maximum: 2, topic_alias_maximum: 8 };

fn session() -> Session<&'static str> {
    Session::new(MqttVersion::V3_1_1, LIMITS)
}

fn keep_alive() -> KeepAlive {
    KeepAlive::new(Duration::from_secs(60), Duration::from_secs(10), NOW)
}

fn open(session: &mut Session<&'static str>, session_present: bool) {
    session.opened(Accepted::plainly(session_present), keep_alive());
}

fn message(payload: &'static str, qos: Qos) -> Message {
    Message { topic: "t".to_owned(), payload: Bytes::from_static(payload.as_bytes()), qos, ..Message::default() }
}

/// The next packet.
fn next(session: &mut Session<&'static str>, now: Now) -> Option<BytesMut> {
    let mut packet = BytesMut::new();
    match session.next(now, true, &mut packet) {
        Some(Next::Packet { .. }) => Some(packet),
        _ => None,
    }
}

/// All that is sent now, decoded as far as it is a PUBLISH, else its first byte.
fn sent(session: &mut Session<&'static str>) -> Vec<(String, u16, bool)> {
    let mut all = Vec::new();
    while let Some(bytes) = next(session, NOW) {
        if bytes[0] >> 4 == 3 {
            let Some(Received::Publish(message, 0)) =
                codec::decode(MqttVersion::V3_1_1, &mut BytesMut::from(&bytes[..])).unwrap()
            else {
                panic!("no PUBLISH");
            };
            all.push((String::from_utf8(message.payload.to_vec()).unwrap(), message.packet_id, message.duplicate));
        } else {
            let id = u16::from_be_bytes([bytes[2], bytes[3]]);
            all.push((format!("{:x}", bytes[0]), id, false));
        }
    }
    all
}

fn puback(session: &mut Session<&'static str>, id: u16) -> Option<Output> {
    session.received(Received::Puback(id, Reason::SUCCESS), NOW).unwrap()
}

fn expect(payloads: &[(&str, u16, bool)]) -> Vec<(String, u16, bool)> {
    payloads.iter().map(|(payload, id, duplicate)| ((*payload).to_owned(), *id, *duplicate)).collect()
}

#[test]
fn messages_go_out_in_order_and_no_more_than_the_server_takes_unacknowledged() {
    let mut session = session();
    open(&mut session, false);
    let operations: Vec<u64> = ["a", "b", "c", "d"]
        .map(|payload| session.publish(message(payload, Qos::AtLeastOnce), || NOW).unwrap())
        .to_vec();
    assert_eq!(sent(&mut session), expect(&[("a", 1, false), ("b", 2, false), ("c", 3, false)]));
    assert_eq!(puback(&mut session, 2), Some(Output::Done(operations[1], Outcome::Published)));
    assert_eq!(sent(&mut session), expect(&[("d", 4, false)]));
    // Acknowledged twice, because it was sent twice: that is in order.
    assert_eq!(puback(&mut session, 2), None);
}

#[test]
fn a_session_that_goes_on_gets_the_same_ids_with_dup_and_in_the_same_order() {
    let mut session = session();
    open(&mut session, false);
    for payload in ["a", "b", "c", "d"] {
        session.publish(message(payload, Qos::AtLeastOnce), || NOW).unwrap();
    }
    sent(&mut session);
    puback(&mut session, 1);
    session.closed();
    open(&mut session, true);
    assert_eq!(sent(&mut session), expect(&[("b", 2, true), ("c", 3, true), ("d", 4, false)]));
}

#[test]
fn a_new_session_gets_what_was_not_acknowledged_as_new() {
    let mut session = session();
    open(&mut session, false);
    for payload in ["a", "b"] {
        session.publish(message(payload, Qos::AtLeastOnce), || NOW).unwrap();
    }
    sent(&mut session);
    session.closed();
    open(&mut session, false);
    assert_eq!(sent(&mut session), expect(&[("a", 3, false), ("b", 4, false)]));
}

#[test]
fn packet_ids_wrap_around_and_leave_out_those_in_use() {
    let mut session = session();
    open(&mut session, false);
    session.requests.last_packet_id = u16::MAX - 1;
    for payload in ["a", "b"] {
        session.publish(message(payload, Qos::AtLeastOnce), || NOW).unwrap();
    }
    assert_eq!(sent(&mut session), expect(&[("a", u16::MAX, false), ("b", 1, false)]));
    session.requests.last_packet_id = u16::MAX - 1;
    session.publish(message("c", Qos::AtLeastOnce), || NOW).unwrap();
    assert_eq!(sent(&mut session), expect(&[("c", 2, false)]));
}

#[test]
fn the_queue_is_bounded_in_messages_and_bytes_but_takes_one_message_of_any_size() {
    let limits = Limits { queue_messages: 2, queue_bytes: 10, ..LIMITS };
    let mut session = Session::<()>::new(MqttVersion::V3_1_1, limits);
    session.publish(message("more than ten bytes", Qos::AtMostOnce), || NOW).unwrap();
    assert_eq!(session.publish(message("a", Qos::AtMostOnce), || NOW), Err(QueueFull(message("a", Qos::AtMostOnce))));
    let mut session = Session::<()>::new(MqttVersion::V3_1_1, limits);
    for _ in 0..2 {
        session.publish(message("a", Qos::AtMostOnce), || NOW).unwrap();
    }
    assert_eq!(session.publish(message("a", Qos::AtMostOnce), || NOW), Err(QueueFull(message("a", Qos::AtMostOnce))));
}

#[test]
fn an_operation_can_be_taken_back_until_it_is_sent() {
    let mut session = session();
    let first = session.publish(message("a", Qos::AtLeastOnce), || NOW).unwrap();
    let second = session.publish(message("b", Qos::AtLeastOnce), || NOW).unwrap();
    assert_eq!(session.withdraw(first), Some(Withdrawn::Unsent));
    open(&mut session, false);
    assert_eq!(sent(&mut session), expect(&[("b", 1, false)]));
    assert_eq!(session.withdraw(second), Some(Withdrawn::Sent));
    session.closed();
    assert_eq!(session.withdraw(second), Some(Withdrawn::Sent));
    open(&mut session, true);
    sent(&mut session);
    puback(&mut session, 1);
    assert_eq!(session.withdraw(second), None);
}

#[test]
fn subscriptions_are_made_again_in_packets_of_eight_unless_the_session_goes_on() {
    let mut session = session();
    open(&mut session, false);
    for index in 0..10 {
        session.subscribe(&format!("f/{index}"), Qos::AtLeastOnce, "handler");
        let (_, id, _) = sent(&mut session).remove(0);
        session.received(Received::Suback(id, vec![Ok(Qos::AtLeastOnce)]), NOW).unwrap();
    }
    session.closed();
    open(&mut session, true);
    assert_eq!(sent(&mut session), []);
    session.closed();
    open(&mut session, false);
    session.publish(message("behind", Qos::AtLeastOnce), || NOW).unwrap();
    assert_eq!(sent(&mut session), expect(&[("82", 11, false), ("82", 12, false), ("behind", 13, false)]));
    // The connection is lost before the second is answered: the session goes on, and may lack some.
    session.received(Received::Suback(11, vec![Ok(Qos::AtLeastOnce); 8]), NOW).unwrap();
    session.closed();
    open(&mut session, true);
    let again = sent(&mut session);
    assert_eq!(again.iter().filter(|(kind, ..)| kind == "82").count(), 2);
    assert_eq!(again[2], ("behind".to_owned(), 13, true));
}

/// The group of a shared subscription does not count for AWS's limit.
#[test]
fn subscriptions_are_made_again_in_packets_that_can_be_sent() {
    let mut session = session();
    for index in 0..8 {
        session.subscribe(&format!("$share/{}/{index}", "g".repeat(60_000)), Qos::AtLeastOnce, "handler");
    }
    session.abandon();
    open(&mut session, false);
    let lengths: Vec<usize> = std::iter::from_fn(|| next(&mut session, NOW)).map(|packet| packet.len()).collect();
    assert!(lengths.len() == 3 && lengths.iter().all(|length| *length <= codec::MAX_PACKET), "{lengths:?}");
}

#[test]
fn a_subscription_that_the_server_refuses_is_none() {
    let mut session = session();
    open(&mut session, false);
    let operation = session.subscribe("f/+", Qos::AtLeastOnce, "handler");
    sent(&mut session);
    assert_eq!(session.handlers("f/1"), ["handler"]);
    let done = session.received(Received::Suback(1, vec![Err(Reason::new(0x80))]), NOW).unwrap();
    assert_eq!(done, Some(Output::Done(operation, Outcome::SubscribeRefused(Reason::new(0x80)))));
    assert!(session.handlers("f/1").is_empty());
}

#[test]
fn each_matching_subscription_gets_a_message_once_and_a_newer_one_replaces_its_filter() {
    let mut session = session();
    session.subscribe("a/#", Qos::AtMostOnce, "old");
    session.subscribe("a/+", Qos::AtMostOnce, "plus");
    session.subscribe("a/#", Qos::AtLeastOnce, "new");
    session.subscribe("b", Qos::AtMostOnce, "other");
    assert_eq!(session.handlers("a/1"), ["plus", "new"]);
}

/// A session with a subscription to a/#, whose connection is gone.
fn cut_off_subscriber() -> Session<&'static str> {
    let mut session = session();
    open(&mut session, false);
    session.subscribe("a/#", Qos::AtLeastOnce, "old");
    sent(&mut session);
    session.received(Received::Suback(1, vec![Ok(Qos::AtLeastOnce)]), NOW).unwrap();
    session.closed();
    session
}

#[test]
fn a_subscription_stays_when_another_in_its_place_is_withdrawn() {
    for session_present in [false, true] {
        let mut session = cut_off_subscriber();
        for _ in 0..2 {
            let operation = session.subscribe("a/#", Qos::AtMostOnce, "new");
            assert_eq!(session.handlers("a/1"), ["new"]);
            assert_eq!(session.withdraw(operation), Some(Withdrawn::Unsent));
        }
        assert_eq!(session.handlers("a/1"), ["old"]);
        open(&mut session, session_present);
        let made_again = expect(&[("82", 2, false)]);
        assert_eq!(sent(&mut session), if session_present { Vec::new() } else { made_again });
    }
}

/// The withdrawal may come when the new connection was asked for the subscriptions already.
#[test]
fn a_subscription_is_made_again_also_while_another_in_its_place_waits() {
    let mut session = cut_off_subscriber();
    let operation = session.subscribe("a/#", Qos::AtMostOnce, "new");
    open(&mut session, false);
    assert!(next(&mut session, NOW).is_some());
    session.received(Received::Suback(2, vec![Ok(Qos::AtLeastOnce)]), NOW).unwrap();
    assert_eq!(session.withdraw(operation), Some(Withdrawn::Unsent));
    assert_eq!(session.handlers("a/1"), ["old"]);
    session.closed();
    open(&mut session, false);
    assert_eq!(sent(&mut session), expect(&[("82", 3, false)]));
}

#[test]
fn a_subscription_stays_when_the_server_refuses_another_in_its_place_and_ends_when_that_is_made() {
    let mut session = cut_off_subscriber();
    open(&mut session, true);
    for (id, granted, handler) in [(2, Err(Reason::new(0x80)), "old"), (3, Ok(Qos::AtMostOnce), "new")] {
        session.subscribe("a/#", Qos::AtMostOnce, "new");
        sent(&mut session);
        session.received(Received::Suback(id, vec![granted]), NOW).unwrap();
        assert_eq!(session.handlers("a/1"), [handler]);
    }
    session.closed();
    open(&mut session, false);
    assert_eq!(sent(&mut session), expect(&[("82", 4, false)]));
}

#[test]
fn of_subscriptions_in_the_place_of_each_other_the_last_is_wanted_when_all_are_abandoned() {
    let mut session = cut_off_subscriber();
    session.subscribe("a/#", Qos::AtMostOnce, "new");
    session.abandon();
    assert_eq!(session.handlers("a/1"), ["new"]);
    open(&mut session, true);
    assert_eq!(sent(&mut session), expect(&[("82", 2, false)]));
    session.received(Received::Suback(2, vec![Ok(Qos::AtMostOnce)]), NOW).unwrap();
    assert_eq!(session.handlers("a/1"), ["new"]);
}

#[test]
fn an_unsubscribe_does_not_end_the_subscription_that_came_after_it() {
    let mut session = session();
    open(&mut session, false);
    session.subscribe("a", Qos::AtMostOnce, "first");
    session.unsubscribe("a");
    session.subscribe("a", Qos::AtMostOnce, "second");
    sent(&mut session);
    session.received(Received::Unsuback(2, Reason::SUCCESS), NOW).unwrap();
    assert_eq!(session.handlers("a"), ["second"]);
    session.unsubscribe("a");
    sent(&mut session);
    session.received(Received::Suback(1, vec![Ok(Qos::AtMostOnce)]), NOW).unwrap();
    sent(&mut session);
    session.received(Received::Unsuback(4, Reason::SUCCESS), NOW).unwrap();
    assert!(session.handlers("a").is_empty());
}

#[test]
fn subscriptions_that_were_wanted_before_a_failed_connect_are_made_with_the_next() {
    let mut session = session();
    let operation = session.subscribe("a", Qos::AtLeastOnce, "handler");
    assert_eq!(session.abandon(), [(operation, Withdrawn::Unsent)]);
    open(&mut session, false);
    assert_eq!(sent(&mut session), expect(&[("82", 1, false)]));
}

#[test]
fn acknowledgements_go_out_on_their_own_connection_only() {
    let mut session = session();
    open(&mut session, false);
    let connection = session.connection();
    session.delivered(connection, 7);
    assert_eq!(sent(&mut session), expect(&[("40", 7, false)]));
    session.delivered(connection, 8);
    session.closed();
    session.delivered(connection, 9);
    open(&mut session, true);
    session.delivered(connection, 10);
    assert_eq!(sent(&mut session), []);
}

#[test]
fn acknowledgements_that_nobody_reads_are_waited_for() {
    let mut session = session();
    open(&mut session, false);
    for id in 1..=4096 {
        assert!(!session.is_behind());
        session.delivered(1, id);
    }
    assert!(session.is_behind());
    assert!(next(&mut session, NOW).is_some() && !session.is_behind());
    session.delivered(1, 4097);
    session.closed();
    assert!(!session.is_behind());
}

#[test]
fn what_nobody_asked_for_breaks_the_protocol() {
    let mut session = session();
    open(&mut session, false);
    session.publish(message("a", Qos::AtLeastOnce), || NOW).unwrap();
    sent(&mut session);
    for packet in [
        Received::Connack(Accepted::plainly(false)),
        Received::Unsuback(1, Reason::SUCCESS),
        Received::Suback(1, vec![Err(Reason::new(0x80))]),
    ] {
        assert!(session.received(packet, NOW).is_err());
    }
    session.subscribe("f", Qos::AtMostOnce, "handler");
    sent(&mut session);
    assert!(session.received(Received::Suback(2, vec![Err(Reason::new(0x80)), Err(Reason::new(0x80))]), NOW).is_err());
}

#[test]
fn what_answers_nothing_changes_nothing() {
    let mut session = session();
    open(&mut session, false);
    for packet in [Received::Puback(1, Reason::SUCCESS), Received::Unsuback(1, Reason::SUCCESS), Received::Pingresp] {
        assert_eq!(session.received(packet, NOW), Ok(None));
    }
}
