//! The client's side of a session: its frames, the packets in them, and its end.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use serde_json::json;
use tokio::io::{AsyncRead, AsyncWriteExt, ReadHalf};
use tokio::net::tcp::OwnedWriteHalf;
use tokio::sync::mpsc;
use tokio::time::{sleep, timeout};

use super::{Ending, Heard};
use crate::answers;
use crate::connection::{Connection, End};
use crate::events::Service;
use crate::faults;
use crate::frames::Out;
use crate::mqtt::{self, Connect, PacketTracker, Seen};
use crate::network::Stage;
use crate::resends::Again;
use crate::tls::{self, GOODBYE, Tls};
use crate::websocket::{self, Frame, FrameError, FrameReader};

/// A broker that sends nothing for so long has nothing on its way.
const QUIET: Duration = Duration::from_millis(10);

/// So often is looked for that.
const QUIET_AFTER_AT_MOST: u32 = 50;

/// The client's side of a session.
pub struct Client<'a> {
    /// Where it is.
    pub connection: &'a Arc<Connection>,
    frames: FrameReader,
    tracker: PacketTracker,
    first: Vec<u8>,
    /// As CONNECT said.
    client_id: String,
    level: u8,
    /// The broker got its DISCONNECT.
    pub said_goodbye: bool,
    /// What the broker has sent.
    pub heard: &'a Heard,
}

impl<'a> Client<'a> {
    /// A client of which nothing was read yet but `buffer`.
    pub fn new(connection: &'a Arc<Connection>, buffer: Vec<u8>, heard: &'a Heard) -> Client<'a> {
        let (frames, tracker) = (FrameReader::new(buffer), PacketTracker::default());
        Client {
            connection,
            frames,
            tracker,
            first: Vec::new(),
            client_id: String::new(),
            level: 0,
            said_goodbye: false,
            heard,
        }
    }

    /// Reads until a whole CONNECT is there. Nothing is lost when it is given up and called again.
    pub async fn first_packet(&mut self, stream: &mut Tls) -> Result<(Connect, Vec<u8>), Ending> {
        loop {
            let frame = self.next(stream).await?;
            if frame.opcode == websocket::PING {
                let pong = websocket::encode(websocket::PONG, true, &frame.payload);
                answers::send(stream, &pong).await.map_err(|_| Ending::Gone)?;
                continue;
            }
            self.track(&frame.payload)?;
            self.first.extend_from_slice(&frame.payload);
            let parsed = mqtt::parse_connect(&self.first);
            if let Some(connect) = parsed.map_err(|what| Ending::Violation(1002, what))? {
                let journal = &self.connection.state.journal;
                journal.count("connects");
                self.connection.network.reached(Stage::Connack);
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
                (self.client_id, self.level) = (connect.client_id.clone(), connect.level);
                return Ok((connect, std::mem::take(&mut self.first)));
            }
        }
    }

    /// From the client to the broker.
    pub async fn bridge(
        &mut self,
        stream: &mut ReadHalf<Tls>,
        broker: &mut OwnedWriteHalf,
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
            if disconnect && self.connection.state.broker.is_hurt_by_disconnect() {
                self.until_quiet().await;
            }
            if broker.write_all(&frame.payload).await.is_err() {
                // Its end of the bridge says the rest.
                return std::future::pending().await;
            }
            self.said_goodbye |= disconnect;
            let faults = &self.connection.state.faults;
            let reset = |fault: &faults::Value| fault.word == "reset-on-disconnect";
            if disconnect && faults.take_if(Service::Iot, "end", reset).is_some() {
                return Ending::Reset;
            }
        }
    }

    /// Waits until the broker has sent nothing for a moment.
    async fn until_quiet(&self) {
        for _ in 0..QUIET_AFTER_AT_MOST {
            let packets = self.heard.packets.load(Ordering::Acquire);
            sleep(QUIET).await;
            if self.heard.packets.load(Ordering::Acquire) == packets {
                return;
            }
        }
    }

    /// The next frame with MQTT or a ping in it.
    async fn next<R: AsyncRead + Unpin>(&mut self, stream: &mut R) -> Result<Frame, Ending> {
        let state = &self.connection.state;
        let journal = &state.journal;
        loop {
            let paused = || state.faults.peek(Service::Iot, "reading").is_some();
            let mut changes = journal.changes();
            if paused() {
                journal.count("reading_pauses");
                while paused() && changes.changed().await.is_ok() {}
            }
            // A read that is under way is given up; what it has of a frame is kept.
            let pausing = async { while !paused() && changes.changed().await.is_ok() {} };
            let read = tokio::select! {
                () = pausing => continue,
                read = self.frames.next(stream) => read,
            };
            let frame = match read {
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
        for Seen { kind, flags, split, begin } in &seen {
            journal.count("mqtt_packets_received");
            match *kind {
                mqtt::PUBLISH => self.published(*flags, begin),
                mqtt::SUBSCRIBE => journal.count("subscribes"),
                _ => {}
            }
            if *split {
                journal.count("split_packets");
                self.connection.event("split-packet", json!({"type": kind}));
            } else if seen.len() > 1 {
                journal.count("coalesced_packets");
            }
            if *kind != mqtt::CONNECT && !self.heard.connack.load(Ordering::Acquire) {
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

    fn published(&self, flags: u8, begin: &[u8]) {
        let state = &self.connection.state;
        let is_again = flags & mqtt::DUP != 0;
        state.journal.count(if is_again { "publishes_again" } else { "publishes" });
        let Some(published) = mqtt::parse_publish(self.level, begin) else { return };
        match state.resends.saw(&self.client_id, &published) {
            Again::SameId if is_again => state.journal.count("publishes_again_same_id"),
            Again::OtherId if is_again => state.journal.count("publishes_again_other_id"),
            _ => {}
        }
    }

    /// Ends the connection as the session's end demands.
    pub async fn finish(&mut self, stream: &mut Tls, ending: Ending) -> End {
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
