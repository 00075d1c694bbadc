//! Faults below TLS, each from a place on that is known to the byte.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod common;

use std::io::{Read, Write};
use std::time::{Duration, Instant};

use common::LocalAws;
use local_aws::{mqtt, websocket};

#[test]
fn a_cut_comes_behind_so_many_bytes_to_the_client() {
    let aws = LocalAws::start(&[]);
    for bytes in [1, 5, 100, 500] {
        // A FIN lets all bytes before it be read.
        aws.fault(&format!("iot.network=fin@sent:{bytes}*1"));
        let mut recorded = Recorded { tcp: aws.tcp("iot_port"), read: 0 };
        let failed = handshake(&aws, &mut recorded).unwrap_err();
        assert_eq!((failed.as_str(), recorded.read), ("closed", bytes));
    }
    aws.wait("iot_network_faults=4");
    aws.tls("iot_port").unwrap();
}

#[test]
fn each_stage_is_met_by_each_way_to_break() {
    let aws = LocalAws::start(&[]);
    for (stage, met) in [("tls", "tls"), ("answer", "head"), ("connect", "frame"), ("connack", "frame")] {
        for (fault, seen) in [("rst", "reset"), ("fin", "eof"), ("silence", "stalled"), ("flip", "")] {
            aws.reset();
            aws.fault(&format!("iot.network={fault}@{stage}*1"));
            let seen = format!("{met}: {seen}");
            aws.expect(&seen);
            let failed = aws.mqtt("test-1").err().unwrap();
            assert!(failed.starts_with(&seen), "{fault} at {stage}: {failed}");
            aws.wait("iot_network_faults=1");
        }
    }
    aws.reset();
    aws.fault("cognito.network=rst@answer*1");
    let failed = aws.cognito("GetCredentialsForIdentity", "{}").unwrap_err();
    assert_eq!(failed, "head: reset");
    aws.mqtt("test-1").unwrap();
}

#[test]
fn a_session_goes_on_over_a_slow_network() {
    let aws = LocalAws::start(&["--broker", "echo"]);
    let packet = mqtt::publish("a", &[9; 100], 0);
    for (fault, at_least_ms) in [("slices@sent", 0), ("delay:100@sent", 200), ("rate:1000@sent", 200)] {
        aws.reset();
        let mut socket = aws.mqtt("test-1").unwrap();
        let (status, body) = aws.control("POST", &format!("/network?service=iot&fault={fault}"));
        assert_eq!((status, &body["connections"]), (200, &1.into()));
        let start = Instant::now();
        for _ in 0..2 {
            socket.send(websocket::BINARY, &packet);
            assert_eq!(socket.receive().unwrap().1, packet, "{fault}");
        }
        assert!(start.elapsed() >= Duration::from_millis(at_least_ms), "{fault}: {:?}", start.elapsed());
        aws.wait("iot_network_faults=1");
        aws.control("POST", "/network?service=iot&fault=off");
        socket.send(websocket::BINARY, &packet);
        assert_eq!(socket.receive().unwrap().1, packet, "{fault}");
        socket.close();
    }
}

#[test]
fn what_the_client_sends_is_cut_and_changed_too() {
    let aws = LocalAws::start(&[]);
    for (fault, seen) in [("rst@received:3", "frame: reset"), ("flip@received:9", "frame: ")] {
        let _older = aws.mqtt("test-2").unwrap();
        let mut socket = aws.mqtt("test-1").unwrap();
        let (_, body) = aws.control("POST", &format!("/network?newest=1&fault={fault}"));
        assert_eq!(body["connections"], 1);
        socket.send(websocket::BINARY, &mqtt::publish("a", b"one", 0));
        let failed = socket.receive().unwrap_err();
        assert!(failed.starts_with(seen), "{fault}: {failed}");
    }
    assert_eq!(aws.counter("publishes"), 0);
    aws.wait("iot_open_connections_at_most=0&iot_network_faults=2&iot_bytes_sent=1000&iot_bytes_received=1000");
}

#[test]
fn a_wrong_fault_is_refused_with_the_form() {
    let aws = LocalAws::start(&[]);
    for target in ["/faults?iot.network=rst", "/network?service=iot", "/network?service=iot&fault=rst@nowhere"] {
        let (status, body) = aws.control("POST", target);
        assert_eq!(status, 400);
        assert!(body["error"].as_str().unwrap().contains("slices"), "{body}");
    }
}

/// A connection that counts what was read.
struct Recorded {
    tcp: std::net::TcpStream,
    read: usize,
}

impl Read for Recorded {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.tcp.read(buffer)?;
        self.read += read;
        Ok(read)
    }
}

impl Write for Recorded {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.tcp.write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.tcp.flush()
    }
}

/// A handshake to its end, or to that of the bytes.
fn handshake(aws: &LocalAws, stream: &mut Recorded) -> Result<(), String> {
    let mut tls = aws.tls_client();
    while tls.is_handshaking() {
        match tls.complete_io(stream) {
            Err(e) if e.kind() == std::io::ErrorKind::UnexpectedEof => return Err("closed".to_owned()),
            other => other.map_err(|e| e.to_string())?,
        };
    }
    Ok(())
}
