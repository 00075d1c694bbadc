//! The echo in place of a broker, and the ways in which its bytes come back.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod common;

use std::io::{Read, Write};
use std::net::TcpListener;
use std::time::{Duration, Instant};

use common::{LocalAws, Socket};
use local_aws::{mqtt, websocket};

const PING: u8 = 0x80 | websocket::PING;
const LAST: u8 = 0x80;

/// The payloads of frames until `len` bytes are there, how many frames they were, and the pings.
fn receive(socket: &mut Socket, len: usize) -> (Vec<u8>, usize, usize) {
    let (mut payload, mut frames, mut pings) = (Vec::new(), 0, 0);
    while payload.len() < len {
        let (first, bytes) = socket.receive().unwrap();
        if first == PING {
            pings += 1;
        } else {
            assert!(matches!(first & !LAST, websocket::BINARY | websocket::CONTINUATION), "{first:#x}");
            frames += 1;
            payload.extend(bytes);
        }
    }
    (payload, frames, pings)
}

#[test]
fn an_echo_sends_each_packet_back_and_ends_at_disconnect() {
    let aws = LocalAws::start(&["--broker", "echo"]);
    let mut socket = aws.mqtt("test-1").unwrap();
    let packets = [mqtt::publish("a", b"one", 1), mqtt::publish("b", &[7; 60], 0)];
    for packet in &packets {
        socket.send(websocket::BINARY, packet);
        assert_eq!(socket.receive().unwrap(), (0x82, packet.clone()));
    }
    // Two in one frame come back in two.
    socket.send(websocket::BINARY, &packets.concat());
    assert_eq!(socket.receive().unwrap().1, packets[0]);
    assert_eq!(socket.receive().unwrap().1, packets[1]);
    socket.send(websocket::BINARY, &[mqtt::DISCONNECT << 4, 0]);
    assert_eq!(socket.receive().unwrap(), (0x88, 1000_u16.to_be_bytes().to_vec()));
}

#[test]
fn an_echo_comes_back_whole_however_it_is_cut() {
    let aws = LocalAws::start(&["--broker", "echo"]);
    let packet = mqtt::publish("a", &[9; 100], 0);
    for (fault, frames_at_least, pings_at_least) in [
        ("iot.frames=random:7", 1, 0),
        ("iot.frames=fragments:10&iot.pings=between-frames", 11, 11),
        ("iot.frames=bytes:3&iot.pace_ms=1", 35, 0),
        ("iot.frames=tcp-bytes:5&iot.pace_ms=1", 1, 0),
        ("iot.frames=&iot.pings=between-frames", 1, 1),
    ] {
        aws.fault(fault);
        let mut socket = aws.websocket().unwrap();
        socket.send(websocket::BINARY, &mqtt::connect("test-1"));
        assert_eq!(receive(&mut socket, 4).0, [0x20, 2, 0, 0], "{fault}");
        for _ in 0..5 {
            socket.send(websocket::BINARY, &packet);
            let (payload, frames, pings) = receive(&mut socket, packet.len());
            assert!(payload == packet && frames >= frames_at_least && pings >= pings_at_least, "{fault}");
        }
        aws.reset();
    }
}

#[test]
fn a_pace_keeps_pieces_apart() {
    let aws = LocalAws::start(&["--broker", "echo"]);
    for fault in ["iot.frames=bytes:10", "iot.frames=tls-bytes:10", "iot.frames=tcp-bytes:10"] {
        aws.fault(&format!("{fault}&iot.pace_ms=20"));
        let mut socket = aws.websocket().unwrap();
        socket.send(websocket::BINARY, &mqtt::connect("test-1"));
        receive(&mut socket, 4);
        let start = Instant::now();
        socket.send(websocket::BINARY, &mqtt::publish("a", &[9; 100], 0));
        receive(&mut socket, 105);
        assert!(start.elapsed() >= Duration::from_millis(180), "{fault}: {:?}", start.elapsed());
        aws.reset();
    }
}

#[test]
fn pings_and_any_bytes_are_sent_on_demand() {
    let aws = LocalAws::start(&[]);
    let mut socket = aws.websocket().unwrap();
    let (_, body) = aws.control("POST", "/ping");
    assert_eq!(body["connections"], 1);
    assert_eq!(socket.receive().unwrap(), (PING, b"pppp".to_vec()), "before CONNECT");
    socket.send(websocket::BINARY, &mqtt::connect("test-1"));
    assert_eq!(socket.receive().unwrap().1, [0x20, 2, 0, 0]);
    assert_eq!(aws.control("POST", "/ping?count=3&bytes=125").0, 200);
    for _ in 0..3 {
        assert_eq!(socket.receive().unwrap(), (PING, vec![b'p'; 125]));
    }
    assert_eq!(aws.control("POST", "/send?hex=8102fF00").0, 200);
    assert_eq!(socket.receive().unwrap(), (0x81, vec![0xff, 0]));
    assert_eq!(aws.counter("websocket_pings_sent"), 4);
    for target in ["/ping?count=0", "/ping?bytes=126", "/send?hex=0", "/send"] {
        assert_eq!(aws.control("POST", target).0, 400, "{target}");
    }
}

/// Where a broker listens that follows CONNACK with what is no MQTT.
fn broken_broker() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (mut stream, mut connect) = (stream.unwrap(), [0; 256]);
            let len = stream.read(&mut connect).unwrap();
            stream.write_all(&[0x20, 2, 0, 0]).unwrap();
            if connect[..len].ends_with(b"test-1") {
                stream.write_all(&[0x30, 0xff, 0xff, 0xff, 0xff]).unwrap();
            } else {
                // Local AWS itself, which looks whether it answers: DISCONNECT.
                stream.read_exact(&mut [0; 2]).unwrap();
            }
        }
    });
    address
}

#[test]
fn a_raw_broker_reaches_the_client_with_what_is_no_mqtt() {
    let broker = broken_broker();
    let aws = LocalAws::start(&["--broker", &broker, "--raw-broker"]);
    let mut socket = aws.websocket().unwrap();
    socket.send(websocket::BINARY, &mqtt::connect("test-1"));
    assert_eq!(receive(&mut socket, 9).0, [0x20, 2, 0, 0, 0x30, 0xff, 0xff, 0xff, 0xff]);
    // Another does not.
    let aws = LocalAws::start(&["--broker", &broker]);
    let mut socket = aws.websocket().unwrap();
    socket.send(websocket::BINARY, &mqtt::connect("test-1"));
    while let Ok((_, payload)) = socket.receive() {
        assert!(!payload.contains(&0x30), "{payload:x?}");
    }
}

#[test]
fn nothing_is_read_while_reading_is_paused() {
    let aws = LocalAws::start(&["--broker", "echo"]);
    let mut socket = aws.mqtt("test-1").unwrap();
    aws.fault("iot.reading=paused");
    aws.wait("reading_pauses=1");
    let packet = mqtt::publish("a", b"x", 0);
    for _ in 0..10 {
        socket.send(websocket::BINARY, &packet);
    }
    let (status, _) = aws.control("GET", "/wait?mqtt_packets_received=2&timeout_ms=200");
    assert_eq!(status, 408);
    aws.fault("iot.reading=");
    for _ in 0..10 {
        assert_eq!(socket.receive().unwrap().1, packet);
    }
}

#[test]
fn a_long_token_is_given_and_taken() {
    for len in [16_384, 40_000] {
        let aws = LocalAws::start(&["--session-token-bytes", &len.to_string()]);
        let credentials = aws.credentials();
        let token = credentials["Credentials"]["SessionToken"].as_str().unwrap();
        assert!((len - 4..=len).contains(&token.len()));
        let mut tls = aws.tls("iot_port").unwrap();
        assert_eq!(aws.upgrade(&mut tls, &aws.signed_target(&credentials, 0)).unwrap().0.status, 101);
    }
}
