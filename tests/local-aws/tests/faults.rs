//! Every fault, as a client sees it.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod common;

use std::io::{self, Read, Write};
use std::time::Instant;

use common::{LocalAws, read_head};
use local_aws::{mqtt, websocket};

/// What becomes of one attempt to get an MQTT session.
fn attempt(aws: &LocalAws) -> String {
    aws.mqtt("test-1").map_or_else(|error| error, |_| "session".to_owned())
}

#[test]
fn faults_before_the_request_break_both_services_alike() {
    let aws = LocalAws::start(&[]);
    for (fault, seen) in [
        ("accept=stall", "tls: stalled"),
        ("accept=reset", "tls: reset"),
        ("accept=close", "tls: eof"),
        ("tls=stall", "tls: stalled"),
        ("tls=stall-mid", "tls: stalled"),
        ("tls=reset", "tls: reset"),
        ("tls=close", "tls: eof"),
        ("tls=plain-http", "tls: received corrupt message"),
        ("tls=garbage", "tls: received corrupt message"),
        ("certificate=expired", "tls: invalid peer certificate: certificate expired"),
        ("certificate=not-yet-valid", "tls: invalid peer certificate: certificate not valid yet"),
        ("certificate=wrong-host", "tls: invalid peer certificate: certificate not valid for name"),
        ("certificate=self-signed", "tls: invalid peer certificate"),
        ("certificate=untrusted", "tls: invalid peer certificate"),
        ("certificate=inspected", "tls: invalid peer certificate"),
        ("request=stall", "head: stalled"),
        ("request=reset", "head: reset"),
        ("request=close", "head: closed"),
    ] {
        // The credentials for IoT Core come from Cognito, where the fault is off.
        aws.fault(&format!("iot.{fault}*1"));
        aws.expect(seen);
        let iot = attempt(&aws);
        aws.expect("session");
        assert!(iot.starts_with(seen), "iot.{fault}: {iot}");
        assert_eq!(attempt(&aws), "session", "after iot.{fault}");
        aws.fault(&format!("cognito.{fault}*1"));
        aws.expect(seen);
        let cognito = aws.cognito("GetId", "{}").unwrap_err();
        aws.expect("session");
        assert!(cognito.starts_with(seen), "cognito.{fault}: {cognito}");
        assert!(aws.cognito("GetId", "{}").is_ok(), "after cognito.{fault}");
    }
}

#[test]
fn cognito_answers_as_the_fault_demands() {
    let aws = LocalAws::start(&[]);
    let body = format!("{{\"IdentityId\":\"{}\"}}", aws.text("identity"));
    for (fault, seen) in [
        ("throttled", "400 TooManyRequestsException: "),
        ("throttled-429", "429 TooManyRequestsException: "),
        ("not-authorized", "400 NotAuthorizedException: "),
        ("invalid-pool-configuration", "400 InvalidIdentityPoolConfigurationException: "),
        ("internal-error", "500 InternalErrorException: "),
        ("unavailable", "503  <html>"),
        ("html", "200  <!DOCTYPE html>"),
        ("redirect", "302  <!DOCTYPE html>"),
        ("malformed-json", "200  {\"IdentityId\":\"us-east-1:"),
        ("missing-fields", "200  {\"Credentials\":{\"AccessKeyId\":"),
        ("empty", "200  "),
        ("truncated", "body: closed"),
        ("stall-mid-body", "body: stalled"),
        ("endless-head", "endless head"),
        ("endless-body", "endless body"),
        ("huge-body", "endless body"),
        ("drip:0", "200  {\"Credentials\":"),
        ("chunked", "200  20\r\n{\"Credentials\":"),
        ("close-delimited", "200  {\"Credentials\":"),
        ("continue-100", "200  {\"Credentials\":"),
        ("expired", "200  {\"Credentials\":"),
        ("no-expiration", "200  {\"Credentials\":"),
        ("other-identity", "200  {\"Credentials\":"),
    ] {
        aws.fault(&format!("cognito.response={fault}*1"));
        aws.expect(seen);
        let answer = match aws.cognito("GetCredentialsForIdentity", &body) {
            Ok((status, kind, body)) => format!("{status} {kind} {}", String::from_utf8_lossy(&body)),
            Err(error) => error,
        };
        assert!(answer.starts_with(seen), "{fault}: {answer}");
        let has = |part: &str| answer.contains(part);
        match fault {
            "missing-fields" => assert!(!has("SessionToken")),
            "no-expiration" => assert!(has("SessionToken") && !has("Expiration")),
            "other-identity" => assert!(!has(aws.text("identity"))),
            "drip:0" | "continue-100" => assert!(has("Expiration") && has(aws.text("identity"))),
            _ => {}
        }
    }
}

#[test]
fn iot_core_answers_the_upgrade_as_the_fault_demands() {
    let aws = LocalAws::start(&[]);
    for (fault, seen) in [
        ("refuse", "status 403 {\"message\":\"Forbidden\",\"traceId\":"),
        ("refuse-skewed:600", "status 403 {\"message\":\"Signature expired: "),
        ("refuse-late-body:200", "status 403 {\"message\":\"Forbidden\",\"traceId\":"),
        ("refuse-chunked", "status 403 20\r\n{\"message\":\"Forbidden\""),
        ("status:503", "status 503 {\"message\":"),
        ("html", "status 200 <!DOCTYPE html>"),
        ("wrong-accept", "accept Some("),
        ("no-accept", "accept None"),
        ("no-subprotocol", "subprotocol None"),
        ("wrong-subprotocol", "subprotocol Some(\"graphql-ws\")"),
        ("endless-head", "endless head"),
        ("endless-body", "endless body"),
        ("stall", "head: stalled"),
        ("stall-mid-head", "head: stalled"),
        ("reset", "head: reset"),
        ("close", "head: closed"),
        ("with-first-frame", "frame 0x89 [66, 69, 72, 73, 74]"),
    ] {
        aws.fault(&format!("iot.upgrade={fault}*1"));
        aws.expect(seen);
        let seen_now = attempt(&aws);
        assert!(seen_now.starts_with(seen), "{fault}: {seen_now}");
    }
}

#[test]
fn the_body_of_a_late_refusal_comes_in_its_own_record() {
    let aws = LocalAws::start(&[]);
    aws.fault("iot.upgrade=refuse-late-body:200");
    let target = aws.signed_target(&aws.credentials(), 0);
    let mut tls = aws.tls("iot_port").unwrap();
    let start = Instant::now();
    let (head, rest) = aws.upgrade(&mut tls, &target).unwrap();
    assert!(rest.is_empty());
    let early = start.elapsed();
    common::read_body(&mut tls, rest, &head).unwrap();
    assert!((start.elapsed() - early).as_millis() >= 150);
}

#[test]
fn connect_and_connack_are_answered_as_the_fault_demands() {
    let aws = LocalAws::start(&[]);
    for (fault, seen) in [
        ("connect=stall", "frame: stalled"),
        ("connect=reset", "frame: reset"),
        ("connect=close", "frame: closed"),
        ("connect=ws-close:1013", "frame 0x88 [03, f5]"),
        ("connack=code:5", "frame 0x82 [20, 02, 00, 05]"),
        ("connack=stall-mid", "frame 0x82 [20, 02]"),
        ("connack=reset-mid", "frame 0x82 [20, 02]"),
        ("connack=garbage", "frame 0x82 [00, "),
        ("connack=text-frame", "frame 0x81 [20, 02, 00, 00]"),
        ("connack=oversize", "frame 0x82 [20, ff, ff, ff, 7f"),
        ("connack=session-present-on-refusal", "frame 0x82 [20, 02, 01, 05]"),
        ("connack=other-packet", "frame 0x82 [30, "),
        ("connack=session-present", "frame 0x82 [20, 02, 01, 00]"),
        ("connack=reserved-flags", "frame 0x82 [21, 02, 00, 00]"),
        ("connack=trailing-bytes", "frame 0x82 [20, 03, 00, 00, 00]"),
        ("connack=extra-ping", "frame 0x89 [70, 69, 6e, 67]"),
        ("frames=bytes:3", "frame 0x82 [20, 02, 00]"),
        ("frames=fragments:3", "frame 0x02 [20, 02, 00]"),
        ("frames=coalesce", "session"),
        ("frames=tls-bytes:1", "session"),
    ] {
        aws.fault(&format!("iot.{fault}*1"));
        aws.expect(seen);
        let seen_now = attempt(&aws);
        assert!(seen_now.starts_with(seen), "{fault}: {seen_now}");
    }
}

#[test]
fn a_pong_to_the_extra_ping_is_counted() {
    let aws = LocalAws::start(&[]);
    aws.fault("iot.connack=extra-ping");
    let mut socket = aws.websocket().unwrap();
    socket.send(websocket::BINARY, &mqtt::connect("test-1"));
    assert_eq!(socket.receive().unwrap().0, 0x89);
    socket.send(websocket::PONG, b"ping");
    assert_eq!(socket.receive().unwrap().1, [0x20, 2, 0, 0]);
    aws.wait("websocket_pings_sent=1&websocket_pongs=1");
}

#[test]
fn the_end_is_as_the_fault_demands() {
    let aws = LocalAws::start(&[]);
    let close = 1000_u16.to_be_bytes();

    aws.expect("frame: stalled");
    aws.fault("iot.end=no-close-answer");
    let mut socket = aws.mqtt("test-1").unwrap();
    socket.send(websocket::CLOSE, &close);
    assert_eq!(socket.receive().unwrap_err(), "frame: stalled");
    drop(socket);
    aws.wait("iot_open_connections_at_most=0");
    aws.expect("frame: reset");

    aws.fault("iot.end=reset-on-disconnect");
    let mut socket = aws.mqtt("test-1").unwrap();
    socket.send(websocket::BINARY, &[mqtt::DISCONNECT << 4, 0]);
    assert_eq!(socket.receive().unwrap_err(), "frame: reset");

    aws.expect("frame: stalled");
    aws.fault("iot.end=no-fin");
    let mut socket = aws.mqtt("test-1").unwrap();
    socket.send(websocket::CLOSE, &close);
    assert_eq!(socket.receive().unwrap().0, 0x88);
    assert_eq!(socket.receive().unwrap_err(), "frame: closed");
    let error = socket.tls.sock.read(&mut [0; 1]).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::WouldBlock);
}

#[test]
fn open_sessions_are_dropped_on_demand() {
    let aws = LocalAws::start(&[]);
    for (how, seen) in
        [("rst", "frame: reset"), ("fin", "frame: eof"), ("close", "(136, [3, 233])"), ("stall", "frame: stalled")]
    {
        aws.expect(seen);
        let mut socket = aws.mqtt("test-1").unwrap();
        let (_, body) = aws.control("POST", &format!("/drop?service=iot&how={how}"));
        assert_eq!(body["connections"], 1, "{how}");
        let seen_now = socket.receive().map_or_else(|error| error, |frame| format!("{frame:?}"));
        assert_eq!(seen_now, seen, "{how}");
        drop(socket);
        aws.wait("iot_open_connections_at_most=0");
    }
}

#[test]
fn the_proxy_tunnels_and_fails_on_demand() {
    let aws = LocalAws::start(&["--proxy-user", "Aladdin", "--proxy-password", "open sesame"]);
    let connect = |authorization: &str| {
        let mut tcp = aws.tcp("proxy_port");
        let request = format!("CONNECT {} HTTP/1.1\r\n{authorization}\r\n", aws.text("cognito_endpoint"));
        // A proxy that resets the connection may do so before. A write that was told of it is told alone.
        match tcp.write_all(request.as_bytes()) {
            Err(error) if error.kind() == io::ErrorKind::ConnectionReset => return Err("head: reset".to_owned()),
            _ => {}
        }
        let mut rest = Vec::new();
        read_head(&mut tcp, &mut rest).map(|head| (head.status, tcp))
    };
    let right = "Proxy-Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n";
    let (status, tcp) = connect(right).unwrap();
    assert_eq!(status, 200);
    let mut tls = aws.tls_over(tcp).unwrap();
    assert_eq!(aws.cognito_over(&mut tls, "GetId", "{}").unwrap().0, 400);
    assert_eq!(connect("").unwrap().0, 407);
    assert_eq!(connect("Proxy-Authorization: Basic d3Jvbmc=\r\n").unwrap().0, 407);
    assert_eq!((aws.counter("proxy_tunnels"), aws.counter("proxy_auth_failures")), (1, 2));
    for (fault, seen) in [
        ("response=refuse", "403"),
        ("response=407", "407"),
        ("response=502", "502"),
        ("response=stall", "head: stalled"),
        ("response=reset", "head: reset"),
        ("response=endless-head", "endless head"),
        ("response=stall-tunnel", "200"),
        ("accept=stall", "head: stalled"),
        ("accept=reset", "head: reset"),
        ("accept=close", "head: closed"),
    ] {
        aws.fault(&format!("proxy.{fault}*1"));
        aws.expect(seen);
        let seen_now = connect(right).map_or_else(|error| error, |(status, _)| status.to_string());
        assert_eq!(seen_now, seen, "{fault}");
    }
}

#[test]
fn wrong_settings_are_refused_with_what_is_known() {
    let aws = LocalAws::start(&[]);
    for (method, target, part) in [
        ("POST", "/faults?iot.bogus=1", "iot.upgrade"),
        ("POST", "/faults?iot.tls=bogus", "stall-mid"),
        ("POST", "/drop?how=bogus", "rst|fin|close|stall"),
        ("GET", "/wait?bogus=1", "websocket_pongs"),
    ] {
        let (status, body) = aws.control(method, target);
        assert_eq!(status, 400);
        assert!(body["error"].as_str().unwrap().contains(part), "{body}");
    }
    assert_eq!(aws.control("GET", "/bogus").0, 404);
}

#[test]
fn a_reset_clears_faults_counters_and_events() {
    let aws = LocalAws::start(&[]);
    aws.fault("cognito.response=throttled");
    aws.cognito("GetId", "{}").unwrap();
    assert!(!aws.control("GET", "/events").1.as_array().unwrap().is_empty());
    aws.wait("cognito_open_connections_at_most=0");
    aws.reset();
    assert_eq!(aws.control("GET", "/faults").1, serde_json::json!({}));
    assert_eq!(aws.counter("cognito_errors"), 0);
    assert!(aws.control("GET", "/events").1.as_array().unwrap().is_empty());
}

#[test]
fn no_secret_is_in_the_events() {
    let aws = LocalAws::start(&[]);
    let credentials = aws.credentials();
    let target = aws.signed_target(&credentials, 0);
    let mut tls = aws.tls("iot_port").unwrap();
    assert_eq!(aws.upgrade(&mut tls, &target).unwrap().0.status, 101);
    let events = aws.control("GET", "/events").1.to_string();
    assert!(events.contains("upgrade-request"));
    let secrets = ["SecretKey", "SessionToken"].map(|name| credentials["Credentials"][name].as_str().unwrap());
    for secret in [secrets[0], &secrets[1][30..60], "X-Amz-Signature"] {
        assert!(!events.contains(secret));
    }
}
