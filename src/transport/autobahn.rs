//! A WebSocket as transports and clients have it, from the upgrade over TLS to its limits, in the part that the Autobahn test suite
//! has for a client: an echo. `tests/autobahn/run` starts the suite, and runs the test here with it.
//!
//! What is left out is [`super::ByteStream`] itself, which carries MQTT in binary messages, and ends at a text or at what is no MQTT.

use super::frames::config;
use super::nonblocking::NonBlocking;
use super::{Dialer, Progress, Upgraded, websocket};
use crate::clock::Clock;
use crate::config::{ClockSettings, Network, Trust};
use crate::names::Host;
use crate::sys::{Interest, wait_for};
use crate::trace::Trace;
use std::io::{ErrorKind, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::protocol::Role;
use tokio_tungstenite::tungstenite::{Error, Message, WebSocket};

/// The suite's port on this machine, the file of its CA, and the number of its cases, parted by spaces.
const SUITE: &str = "COGNITO_AUTOBAHN";

/// The name under which the suite reports.
const AGENT: &str = "cognito_connect";

/// No case pauses for as long.
const PATIENCE: Duration = Duration::from_secs(30);

/// Sends every message back until the connection ends, in whatever way. `wait` waits until there is something to read, or also
/// room to write.
fn echo<S: Read + Write>(socket: &mut WebSocket<S>, mut wait: impl FnMut(&mut S, Interest)) -> Error {
    let would_block = |error: &Error| matches!(error, Error::Io(error) if error.kind() == ErrorKind::WouldBlock);
    loop {
        // Pongs and the answer to Close wait too. Writing that has ended is told by reading, as ByteStream has it.
        let is_blocked = socket.flush().is_err_and(|error| would_block(&error));
        match socket.read() {
            Ok(message) if message.is_text() || message.is_binary() => {
                let _ = socket.write(message);
            }
            Ok(_) => {}
            Err(error) if would_block(&error) => {
                wait(socket.get_mut(), if is_blocked { Interest::ReadWrite } else { Interest::Read });
            }
            Err(error) => return error,
        }
    }
}

/// One connection to the suite, whose cases are paths.
async fn echo_to_the_suite(dialer: &Dialer, port: u16, path: &str) {
    let (host, trace) = (Host::parse("host", "localhost").unwrap(), Arc::new(Trace::new()));
    let progress = Progress::new(c"Autobahn", host.with_port(port), &trace);
    let stream = dialer.open(&host, port, b"", &progress).await.unwrap();
    let deadline = Instant::now() + PATIENCE;
    let Upgraded { stream, rest, .. } =
        websocket::upgrade(stream, &host.host_header(port), path, deadline, &progress).await.unwrap();
    let stream = NonBlocking::new(stream).unwrap();
    let mut socket = WebSocket::from_partially_read(stream, rest, Role::Client, Some(config()));
    let wait = |stream: &mut NonBlocking, interest| {
        if stream.is_drained() {
            wait_for([Some((stream.as_fd(), interest))], Some(PATIENCE));
        }
        stream.allow_reads(1);
    };
    echo(&mut socket, wait);
    end(socket.get_mut());
}

/// As ByteStream ends a connection, and then waits for the suite to end it too.
fn end(stream: &mut NonBlocking) {
    stream.end();
    let begin = std::time::Instant::now();
    while begin.elapsed() < PATIENCE {
        stream.allow_reads(1);
        match stream.read(&mut [0; 512]) {
            Ok(0) => return,
            Err(error) if error.kind() != ErrorKind::WouldBlock => return,
            _ => wait_for([Some((stream.as_fd(), Interest::Read))], Some(PATIENCE)),
        }
    }
}

fn echo_to_every_case(port: u16, ca_file: &str, cases: u32) {
    let clock = ClockSettings { correction: false, max_offset: None, without_clock: false };
    let network =
        Network { proxy: None, trust: Some(Trust::OnlyGiven), ca_file: Some(ca_file.to_owned()), ca_pem: None };
    let dialer = Dialer::new(&network, &Arc::new(Clock::new(clock))).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    for case in 1..=cases {
        runtime.block_on(echo_to_the_suite(&dialer, port, &format!("/runCase?case={case}&agent={AGENT}")));
    }
    runtime.block_on(echo_to_the_suite(&dialer, port, &format!("/updateReports?agent={AGENT}")));
}

/// The echo alone, where there is no suite.
fn echo_in_this_process() {
    let (ours, theirs) = UnixStream::pair().unwrap();
    ours.set_nonblocking(true).unwrap();
    let client = std::thread::spawn(move || {
        let mut socket = WebSocket::from_raw_socket(ours, Role::Client, Some(config()));
        let wait = |stream: &mut UnixStream, interest| wait_for([Some((stream.as_fd(), interest))], Some(PATIENCE));
        echo(&mut socket, wait)
    });
    let mut server = WebSocket::from_raw_socket(theirs, Role::Server, None);
    let large = vec![7; 200_000];
    for message in [Message::text("text"), Message::binary(large), Message::binary(Vec::new())] {
        server.send(message.clone()).unwrap();
        assert_eq!(server.read().unwrap(), message);
    }
    server.send(Message::Ping("ping".into())).unwrap();
    assert_eq!(server.read().unwrap(), Message::Pong("ping".into()));
    server.close(None).unwrap();
    assert_eq!(server.read().unwrap(), Message::Close(None));
    drop(server);
    assert!(matches!(client.join().unwrap(), Error::ConnectionClosed));
}

#[test]
fn every_message_is_echoed() {
    let Ok(suite) = std::env::var(SUITE) else { return echo_in_this_process() };
    let words: Vec<&str> = suite.split(' ').collect();
    let [port, ca_file, cases] = words.as_slice() else { panic!("{SUITE}={suite}") };
    echo_to_every_case(port.parse().unwrap(), ca_file, cases.parse().unwrap());
}
