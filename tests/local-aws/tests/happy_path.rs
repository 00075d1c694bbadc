//! The whole way of a device, with plain sockets.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod common;

use common::LocalAws;
use local_aws::{mqtt, websocket};
use serde_json::Value;

const SUBSCRIBE: &[u8] = b"\x82\x08\0\x01\0\x03a/b\x01";

#[test]
fn a_device_goes_from_its_pool_to_a_message_and_leaves_in_order() {
    let aws = LocalAws::start(&[]);
    let pool = format!("{{\"IdentityPoolId\":\"{}\"}}", aws.text("identity_pool"));
    let (status, _, body) = aws.cognito("GetId", &pool).unwrap();
    assert_eq!(status, 200);
    let identity: Value = serde_json::from_slice(&body).unwrap();
    assert!(identity["IdentityId"].as_str().unwrap().starts_with("us-east-1:"));

    let mut socket = aws.mqtt("test-1").unwrap();
    socket.send(websocket::BINARY, SUBSCRIBE);
    assert_eq!(socket.receive().unwrap(), (0x82, b"\x90\x03\0\x01\x01".to_vec()));
    let (status, _) = aws.control("POST", "/publish?topic=a/b&payload=hello&qos=1");
    assert_eq!(status, 200);
    let (_, message) = socket.receive().unwrap();
    assert!(message.ends_with(b"hello"));
    socket.send(websocket::PING, b"are you there");
    assert_eq!(socket.receive().unwrap(), (0x8a, b"are you there".to_vec()));
    socket.close();

    aws.wait("open_connections_at_most=0");
    for counter in [
        "upgrades",
        "sigv4_valid",
        "token_outside_signature",
        "connects_v4",
        "connacks",
        "websocket_closes",
        "iot_close_notify",
        "iot_fin",
        "cognito_get_id",
        "cognito_get_credentials",
    ] {
        assert_eq!(aws.counter(counter), 1, "{counter}");
    }
    for counter in ["iot_rst", "split_packets", "packets_before_connack", "upgrades_refused"] {
        assert_eq!(aws.counter(counter), 0, "{counter}");
    }
}

#[test]
fn a_second_connection_with_the_same_client_id_drops_the_first() {
    let aws = LocalAws::start(&[]);
    let mut first = aws.mqtt("test-same").unwrap();
    let mut second = aws.mqtt("test-same").unwrap();
    assert_eq!(first.receive().unwrap().0, 0x88);
    second.send(websocket::BINARY, SUBSCRIBE);
    assert_eq!(second.receive().unwrap().1[0], 0x90);
    assert_eq!(aws.counter("takeovers"), 1);
}

#[test]
fn a_forbidden_client_id_gets_no_connack() {
    let aws = LocalAws::start(&[]);
    assert_eq!(aws.mqtt("prod-1").err().unwrap(), "frame: closed");
    assert_eq!(aws.counter("connects_forbidden"), 1);
    assert_eq!(aws.counter("connacks"), 0);
}

#[test]
fn disconnect_is_answered_with_an_orderly_end() {
    let aws = LocalAws::start(&[]);
    let mut socket = aws.mqtt("test-1").unwrap();
    socket.send(websocket::BINARY, &[mqtt::DISCONNECT << 4, 0]);
    assert_eq!(socket.receive().unwrap(), (0x88, 1000_u16.to_be_bytes().to_vec()));
    socket.send(websocket::CLOSE, &1000_u16.to_be_bytes());
    assert_eq!(socket.receive().unwrap_err(), "frame: closed");
    aws.wait("disconnects=1&websocket_closes=1");
}

#[test]
fn a_packet_in_two_frames_is_counted_and_still_works() {
    let aws = LocalAws::start(&[]);
    let mut socket = aws.mqtt("test-1").unwrap();
    let (left, right) = SUBSCRIBE.split_at(4);
    socket.send(websocket::BINARY, left);
    socket.send(websocket::BINARY, right);
    assert_eq!(socket.receive().unwrap().1[0], 0x90);
    assert_eq!(aws.counter("split_packets"), 1);
    assert_eq!(aws.counter("coalesced_packets"), 0);
}

#[test]
fn a_text_frame_is_a_violation() {
    let aws = LocalAws::start(&[]);
    let mut socket = aws.mqtt("test-1").unwrap();
    socket.send(websocket::TEXT, b"hello");
    assert_eq!(socket.receive().unwrap(), (0x88, 1003_u16.to_be_bytes().to_vec()));
    assert_eq!(aws.counter("websocket_violations"), 1);
}

#[test]
fn unknown_and_malformed_ids_are_told_apart() {
    let aws = LocalAws::start(&[]);
    let ask = |id: &str| {
        let body = format!("{{\"IdentityId\":\"{id}\"}}");
        let (status, kind, body) = aws.cognito("GetCredentialsForIdentity", &body).unwrap();
        assert_eq!(status, 400);
        let body: Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(format!("{}:", body["__type"].as_str().unwrap()), kind);
        (kind, body["message"].as_str().unwrap().to_owned())
    };
    let pool = aws.text("identity_pool");
    let (kind, message) = ask(pool);
    assert_eq!(kind, "ResourceNotFoundException:");
    assert_eq!(message, format!("Identity '{pool}' not found."));
    assert_eq!(ask("us-east-1_AbCdEf").0, "ValidationException:");
    let unknown = "us-east-1:00000000-1111-2222-3333-444444444444";
    assert_eq!(ask(unknown).0, "ResourceNotFoundException:");
    aws.control("POST", &format!("/identities?add={unknown}"));
    let body = format!("{{\"IdentityId\":\"{unknown}\"}}");
    assert_eq!(aws.cognito("GetCredentialsForIdentity", &body).unwrap().0, 200);
}

#[test]
fn a_clock_offset_moves_date_and_signature_window() {
    let aws = LocalAws::start(&["--iot-clock-offset-s", "3600"]);
    let credentials = aws.credentials();
    let mut answers = Vec::new();
    for skew_s in [0, 3500] {
        let mut tls = aws.tls("iot_port").unwrap();
        let (head, _) = aws.upgrade(&mut tls, &aws.signed_target(&credentials, skew_s)).unwrap();
        let date = head.header("Date").unwrap();
        let expected = [0, 1, 2].map(|s| local_aws::clock::http_date(local_aws::clock::now() + 3600 - s));
        assert!(expected.iter().any(|e| e == date), "{date}");
        answers.push(head.status);
    }
    assert_eq!(answers, [403, 101]);
    aws.fault("iot.clock_offset_s=-3600");
    let mut tls = aws.tls("iot_port").unwrap();
    let (head, _) = aws.upgrade(&mut tls, &aws.signed_target(&credentials, -3600)).unwrap();
    assert_eq!(head.status, 101);
}

#[test]
fn expired_credentials_are_refused() {
    let aws = LocalAws::start(&[]);
    aws.fault("cognito.response=expired");
    let error = aws.mqtt("test-1").err().unwrap();
    assert!(error.contains("The security token included in the request is expired"), "{error}");
}

#[test]
fn only_the_wanted_tls_version_is_spoken() {
    for (option, counter) in [("1.2", "iot_tls_1_2"), ("1.3", "iot_tls_1_3")] {
        let aws = LocalAws::start(&["--tls", option]);
        aws.mqtt("test-1").unwrap();
        assert_eq!(aws.counter(counter), 1, "{option}");
    }
}
