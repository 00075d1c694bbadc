//! IoT Core behind the upgrade: CONNECT, client-id policy, and the bridge to the broker.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::json;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt, ReadHalf, WriteHalf};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::answers;
use crate::connection::{Connection, End, Order};
use crate::events::Service;
use crate::faults;
use crate::frames::{self, Out};
use crate::mqtt::{self, Connect, PacketTracker, Seen};
use crate::random;
use crate::sessions;
use crate::tls::{self, GOODBYE, PATIENCE, Tls};
use crate::websocket::{self, Frame, FrameError, FrameReader};

/// A packet of the broker above this is not for this bridge.
const MAX_PACKET: usize = 16 * 1024 * 1024;
const READ_AHEAD: usize = 16 * 1024;

/// Why a session ended.
#[derive(Debug)]
enum Ending {
    /// The client ended TLS or TCP.
    Gone,
    /// The client sent a Close frame with this code.
    ClientClose(u16),
    /// The client broke WebSocket or MQTT: a Close frame with this code.
    Violation(u16, &'static str),
    /// A Close frame with this code, for no fault of the client.
    ServerClose(u16),
    /// close_notify and FIN without a Close frame.
    Drop,
    /// RST.
    Reset,
    /// Silence.
    Hold,
}

/// The client's side of a session.
struct Client<'a> {
    connection: &'a Arc<Connection>,
    frames: FrameReader,
    tracker: PacketTracker,
    connack_sent: &'a AtomicBool,
}

/// Runs a session on an open WebSocket. `buffer` came behind the upgrade request.
pub async fn run(connection: &Arc<Connection>, mut stream: Tls, buffer: Vec<u8>) -> End {
    let connack_sent = AtomicBool::new(false);
    let mut client = Client {
        connection,
        frames: FrameReader::new(buffer),
        tracker: PacketTracker::default(),
        connack_sent: &connack_sent,
    };
    let ended = tokio::select! {
        ended = timeout(PATIENCE, client.first_packet(&mut stream)) => ended,
        _ = connection.ordered(|order| order == Order::Close) => Ok(Err(Ending::ServerClose(1001))),
    };
    let ending = match ended {
        Ok(Ok((connect, bytes))) => {
            let (ending, same_stream) = session(&mut client, stream, &connect, bytes).await;
            stream = same_stream;
            ending
        }
        Ok(Err(ending)) => ending,
        Err(_) => Ending::Drop,
    };
    connection.event("session-end", json!({"why": format!("{ending:?}")}));
    client.finish(&mut stream, ending).await
}

async fn session(client: &mut Client<'_>, mut stream: Tls, connect: &Connect, mut bytes: Vec<u8>) -> (Ending, Tls) {
    let connection = client.connection;
    let state = &connection.state;
    let early = match before_broker(connection, connect, &mut stream).await {
        Ok(early) => early,
        Err(ending) => return (ending, stream),
    };
    let registration = sessions::register(connection, &connect.client_id).await;
    if connect.keep_alive_s == 0
        && state.broker.refuses_keep_alive_0()
        && let Some(field) = bytes.get_mut(connect.keep_alive_at..connect.keep_alive_at + 2)
    {
        // AWS takes 0 as its maximum.
        field.copy_from_slice(&1200_u16.to_be_bytes());
    }
    let broker = match state.broker.connect(connect.level).await {
        Ok(broker) => broker,
        Err(e) => {
            connection.event("broker-unreachable", json!({"error": e.to_string()}));
            return (Ending::Drop, stream);
        }
    };
    let (from_broker, mut to_broker) = broker.into_split();
    if to_broker.write_all(&bytes).await.is_err() {
        return (Ending::Drop, stream);
    }

    let mode = state.faults.take(Service::Iot, "frames");
    let (mut read, mut write) = tokio::io::split(stream);
    let connack_sent = client.connack_sent;
    let (out, queue) = mpsc::channel(32);
    let ending = {
        let writing = frames::write(connection, &mut write, queue, mode);
        tokio::pin!(writing);
        let mut closing_writer = false;
        let ending = tokio::select! {
            ending = client.bridge(&mut read, to_broker, out.clone()) => ending,
            ending = bridge_back(connection, from_broker, &out, early, connack_sent) => ending,
            _ = &mut writing => {
                closing_writer = true;
                Ending::Gone
            }
            _ = connection.ordered(|order| order == Order::Close) => Ending::ServerClose(1001),
        };
        drop(registration);
        // What the broker sent before still goes out, and no frame is left half written.
        drop(out);
        if !closing_writer && !matches!(ending, Ending::Reset) {
            let _ = timeout(GOODBYE, writing).await;
        }
        ending
    };
    (ending, unsplit(read, write))
}

fn unsplit(read: ReadHalf<Tls>, write: WriteHalf<Tls>) -> Tls {
    read.unsplit(write)
}

/// Policy and faults between CONNECT and the broker. `Ok`: the fault that changes the CONNACK.
async fn before_broker(
    connection: &Connection,
    connect: &Connect,
    stream: &mut Tls,
) -> Result<Option<faults::Value>, Ending> {
    let state = &connection.state;
    if let Some(fault) = state.faults.take(Service::Iot, "connect") {
        return Err(match fault.word.as_str() {
            "reset" => Ending::Reset,
            "close" => Ending::Drop,
            "ws-close" => Ending::ServerClose(u16::try_from(fault.number).unwrap_or(0)),
            _ => Ending::Hold,
        });
    }
    if !mqtt::matches(&state.options.client_id_policy, &connect.client_id) {
        state.journal.count("connects_forbidden");
        connection.event("connect-forbidden", json!({"client_id": connect.client_id}));
        return Err(Ending::Drop);
    }
    let Some(fault) = state.faults.take(Service::Iot, "connack") else {
        return Ok(None);
    };
    let refused = |code| (mqtt::connack(connect.level, false, code), Ending::ServerClose(1000));
    let (packet, ending) = match fault.word.as_str() {
        "code" => refused(u8::try_from(fault.number).unwrap_or(5)),
        "session-present-on-refusal" => (mqtt::connack(connect.level, true, 5), Ending::ServerClose(1000)),
        "stall-mid" => (vec![0x20, 2], Ending::Hold),
        "reset-mid" => (vec![0x20, 2], Ending::Reset),
        "garbage" => {
            let mut bytes: [u8; 64] = random::bytes();
            // A packet type that does not exist.
            bytes[0] = 0x00;
            (bytes.to_vec(), Ending::Hold)
        }
        "oversize" => {
            let mut bytes = vec![0x20, 0xff, 0xff, 0xff, 0x7f];
            bytes.extend_from_slice(&[0; 100]);
            (bytes, Ending::Hold)
        }
        _ => return Ok(Some(fault)),
    };
    if matches!(fault.word.as_str(), "code" | "session-present-on-refusal") {
        state.journal.count("connacks");
        connection.event("connack", json!({"code": packet.get(3)}));
    }
    let frame = websocket::encode(websocket::BINARY, true, &packet);
    match answers::send(stream, &frame).await {
        Ok(()) => Err(ending),
        Err(_) => Err(Ending::Gone),
    }
}

impl Client<'_> {
    /// Reads until a whole CONNECT is there.
    async fn first_packet(&mut self, stream: &mut Tls) -> Result<(Connect, Vec<u8>), Ending> {
        let mut bytes = Vec::new();
        loop {
            let frame = self.next(stream).await?;
            if frame.opcode == websocket::PING {
                let pong = websocket::encode(websocket::PONG, true, &frame.payload);
                answers::send(stream, &pong).await.map_err(|_| Ending::Gone)?;
                continue;
            }
            self.track(&frame.payload)?;
            bytes.extend_from_slice(&frame.payload);
            let parsed = mqtt::parse_connect(&bytes);
            if let Some(connect) = parsed.map_err(|what| Ending::Violation(1002, what))? {
                let journal = &self.connection.state.journal;
                journal.count("connects");
                journal.count(if connect.level == 5 { "connects_v5" } else { "connects_v4" });
                self.connection.event(
                    "connect",
                    json!({
                        "client_id": connect.client_id,
                        "level": connect.level,
                        "clean": connect.clean,
                        "keep_alive_s": connect.keep_alive_s,
                        "will": connect.will,
                        "username": connect.username,
                    }),
                );
                return Ok((connect, bytes));
            }
        }
    }

    /// From the client to the broker.
    async fn bridge(
        &mut self,
        stream: &mut ReadHalf<Tls>,
        mut broker: OwnedWriteHalf,
        out: mpsc::Sender<Out>,
    ) -> Ending {
        loop {
            let frame = match self.next(stream).await {
                Ok(frame) => frame,
                Err(ending) => return ending,
            };
            if frame.opcode == websocket::PING {
                let pong = websocket::encode(websocket::PONG, true, &frame.payload);
                if out.send(Out::Frame(pong)).await.is_err() {
                    return Ending::Gone;
                }
                continue;
            }
            let disconnect = match self.track(&frame.payload) {
                Ok(disconnect) => disconnect,
                Err(ending) => return ending,
            };
            if broker.write_all(&frame.payload).await.is_err() {
                // Its end of the bridge says the rest.
                return std::future::pending().await;
            }
            let faults = &self.connection.state.faults;
            let reset = |fault: &faults::Value| fault.word == "reset-on-disconnect";
            if disconnect && faults.take_if(Service::Iot, "end", reset).is_some() {
                return Ending::Reset;
            }
        }
    }

    /// The next frame with MQTT or a ping in it.
    async fn next<R: AsyncRead + Unpin>(&mut self, stream: &mut R) -> Result<Frame, Ending> {
        let journal = &self.connection.state.journal;
        loop {
            let frame = match self.frames.next(stream).await {
                Ok(Some(frame)) => frame,
                Ok(None) => {
                    self.connection.saw_close_notify();
                    return Err(Ending::Gone);
                }
                Err(FrameError::Io(_)) => return Err(Ending::Gone),
                Err(FrameError::Violation(code, what)) => return Err(Ending::Violation(code, what)),
            };
            match frame.opcode {
                websocket::BINARY | websocket::CONTINUATION => return Ok(frame),
                websocket::PING => {
                    journal.count("websocket_pings_received");
                    return Ok(frame);
                }
                websocket::PONG => journal.count("websocket_pongs"),
                websocket::CLOSE => {
                    let code = websocket::close_code(&frame.payload);
                    journal.count("websocket_closes");
                    self.connection.event("websocket-close", json!({"code": code}));
                    return Err(Ending::ClientClose(code));
                }
                _ => return Err(Ending::Violation(1003, "text frame")),
            }
        }
    }

    /// Follows the packets in a frame; says whether DISCONNECT was among them.
    fn track(&mut self, payload: &[u8]) -> Result<bool, Ending> {
        let journal = &self.connection.state.journal;
        let seen = self.tracker.frame(payload).map_err(|what| Ending::Violation(1002, what))?;
        let mut disconnect = false;
        for Seen { kind, split } in &seen {
            journal.count("mqtt_packets_received");
            if *split {
                journal.count("split_packets");
                self.connection.event("split-packet", json!({"type": kind}));
            } else if seen.len() > 1 {
                journal.count("coalesced_packets");
            }
            if *kind != mqtt::CONNECT && !self.connack_sent.load(Ordering::Acquire) {
                journal.count("packets_before_connack");
                self.connection.event("packet-before-connack", json!({"type": kind}));
            }
            if *kind == mqtt::DISCONNECT {
                disconnect = true;
                journal.count("disconnects");
                self.connection.event("disconnect", json!({}));
            }
        }
        Ok(disconnect)
    }

    /// Ends the connection as the session's end demands.
    async fn finish(&mut self, stream: &mut Tls, ending: Ending) -> End {
        let connection = self.connection;
        let code = match ending {
            Ending::Reset => return End::Reset,
            Ending::Hold => return tls::hold(connection, stream).await,
            Ending::Gone | Ending::Drop => return tls::close(connection, stream).await,
            Ending::ClientClose(code) => {
                let silent = |fault: &faults::Value| fault.word == "no-close-answer";
                if connection.state.faults.take_if(Service::Iot, "end", silent).is_some() {
                    tls::drain(connection, stream).await;
                    return End::Hold;
                }
                let answer = websocket::close_frame(code);
                let _ = timeout(GOODBYE, answers::send(stream, &answer)).await;
                return tls::close(connection, stream).await;
            }
            Ending::ServerClose(code) => code,
            Ending::Violation(code, what) => {
                connection.state.journal.count("websocket_violations");
                connection.event("violation", json!({"what": what, "code": code}));
                code
            }
        };
        let close = websocket::close_frame(code);
        let _ = timeout(GOODBYE, answers::send(stream, &close)).await;
        // The client's Close frame, behind whatever it was sending.
        let answer = async { while let Ok(_) | Err(Ending::Violation(..)) = self.next(stream).await {} };
        let _ = timeout(GOODBYE, answer).await;
        tls::close(connection, stream).await
    }
}

/// From the broker to the client.
async fn bridge_back(
    connection: &Connection,
    mut broker: OwnedReadHalf,
    out: &mpsc::Sender<Out>,
    mut fault: Option<faults::Value>,
    connack_sent: &AtomicBool,
) -> Ending {
    let mut bytes = Vec::new();
    loop {
        bytes.reserve(READ_AHEAD);
        match broker.read_buf(&mut bytes).await {
            Ok(0) | Err(_) => return Ending::ServerClose(1000),
            Ok(_) => {}
        }
        let Ok(packets) = split_packets(&mut bytes) else {
            connection.event("broker-error", json!({}));
            return Ending::Drop;
        };
        let mut plain = Vec::with_capacity(packets.len());
        for packet in packets {
            if packet.first().is_some_and(|first| first >> 4 == mqtt::CONNACK) {
                connection.state.journal.count("connacks");
                connection.event("connack", json!({"code": packet.get(3)}));
                connack_sent.store(true, Ordering::Release);
                for sent in frames::connack(connection, packet, fault.take()) {
                    if out.send(sent).await.is_err() {
                        return Ending::Gone;
                    }
                }
            } else {
                plain.push(packet);
            }
        }
        if !plain.is_empty() && out.send(Out::Packets(plain)).await.is_err() {
            return Ending::Gone;
        }
    }
}

fn split_packets(bytes: &mut Vec<u8>) -> io::Result<Vec<Vec<u8>>> {
    let wrong = |what: &str| io::Error::new(io::ErrorKind::InvalidData, what.to_owned());
    let mut packets = Vec::new();
    let mut rest = bytes.as_slice();
    while let Some(len) = mqtt::complete_packet(rest).map_err(wrong)? {
        let Some((packet, behind)) = rest.split_at_checked(len) else { break };
        packets.push(packet.to_vec());
        rest = behind;
    }
    let taken = bytes.len() - rest.len();
    bytes.drain(..taken);
    if bytes.len() > MAX_PACKET { Err(wrong("packet too large")) } else { Ok(packets) }
}
