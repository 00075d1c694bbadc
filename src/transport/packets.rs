//! A stream of MQTT bytes over an open WebSocket: each packet of ours in one binary frame of its own, the server's in whatever
//! frames it likes.

use super::{Error, TlsStream, Upgraded, tls};
use crate::error::Stage;
use crate::log::log;
use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{self, Message, Utf8Bytes};

/// The largest frame or message that is taken. AWS's largest packet is a PUBLISH of 128 KiB; a server may put several packets
/// into one message.
pub const MAX_MESSAGE: usize = 256 * 1024;

/// What comes next out of a [`PacketStream`].
pub enum Incoming {
    /// Bytes of MQTT.
    Bytes(Bytes),
    /// The server closed the WebSocket or the connection. Says with which Close, if with one.
    Closed(String),
}

/// An open WebSocket that carries MQTT.
pub struct PacketStream {
    socket: Box<WebSocketStream<TlsStream>>,
    peer: String,
}

impl PacketStream {
    /// Takes a connection after its upgrade.
    pub async fn new(upgraded: Upgraded) -> Self {
        let Upgraded { stream, rest, peer } = upgraded;
        let socket = WebSocketStream::from_partially_read(stream, rest, Role::Client, Some(config())).await;
        Self { socket: Box::new(socket), peer }
    }

    /// Sends one MQTT packet in one frame.
    pub async fn send(&mut self, packet: Bytes) -> Result<(), Error> {
        self.socket.send(Message::Binary(packet)).await.map_err(|error| self.error(error))
    }

    /// Sends the last MQTT packet and the WebSocket Close behind it, in one write.
    pub async fn send_last(&mut self, packet: Bytes) -> Result<(), Error> {
        let normal = CloseFrame { code: CloseCode::Normal, reason: Utf8Bytes::default() };
        self.socket.feed(Message::Binary(packet)).await.map_err(|error| self.error(error))?;
        self.socket.as_mut().close(Some(normal)).await.map_err(|error| self.error(error))
    }

    /// The next bytes of MQTT, or the end. Answers pings on the way. May be dropped and called again without losing anything.
    pub async fn next(&mut self) -> Result<Incoming, Error> {
        loop {
            let message = match self.socket.next().await {
                None => return Ok(Incoming::Closed(String::new())),
                Some(Err(tungstenite::Error::ConnectionClosed)) => return Ok(Incoming::Closed(String::new())),
                Some(Err(error)) => return Err(self.error(error)),
                Some(Ok(message)) => message,
            };
            match message {
                Message::Binary(bytes) => return Ok(Incoming::Bytes(bytes)),
                Message::Text(_) => return Err(Error::TextMessage { peer: self.peer.clone() }),
                Message::Close(frame) => return Ok(Incoming::Closed(describe(frame))),
                // tungstenite has queued the pong and writes it with the next read.
                Message::Ping(_) => log!(Trace, Stage::Session, "{}: WebSocket ping", self.peer),
                Message::Pong(_) | Message::Frame(_) => {}
            }
        }
    }

    /// Ends the connection in order: the Close that answers the server's, if there is one, then close_notify and FIN.
    pub async fn finish(mut self) {
        // tungstenite has queued its Close when it read the server's, and writes it with the next flush.
        let _ = timeout(super::LINGER, self.socket.flush()).await;
        super::finish(self.socket.into_inner()).await;
    }

    /// `host:port` of the server.
    pub fn peer(&self) -> &str {
        &self.peer
    }

    fn error(&self, error: tungstenite::Error) -> Error {
        from_tungstenite(error, &self.peer)
    }
}

/// What an error of an open WebSocket is.
pub fn from_tungstenite(error: tungstenite::Error, peer: &str) -> Error {
    match error {
        tungstenite::Error::Io(error) => tls::from_io(error, Stage::Session, peer),
        tungstenite::Error::ConnectionClosed
        | tungstenite::Error::AlreadyClosed
        | tungstenite::Error::Protocol(
            tungstenite::error::ProtocolError::ResetWithoutClosingHandshake
            | tungstenite::error::ProtocolError::SendAfterClosing,
        ) => Error::Lost { stage: Stage::Session, peer: peer.to_owned(), source: None },
        source => Error::WebSocket { peer: peer.to_owned(), source: Box::new(source) },
    }
}

/// The limits of a WebSocket that carries MQTT.
pub fn config() -> WebSocketConfig {
    WebSocketConfig::default()
        .read_buffer_size(4096)
        // Written out by flush, so that packets sent together leave in one TLS record.
        .write_buffer_size(4096)
        .max_write_buffer_size(2 * MAX_MESSAGE)
        .max_message_size(Some(MAX_MESSAGE))
        .max_frame_size(Some(MAX_MESSAGE))
}

/// A Close as the end of a sentence: " with WebSocket Close 1008, policy".
pub fn describe(frame: Option<CloseFrame>) -> String {
    match frame {
        None => String::new(),
        Some(frame) if frame.reason.is_empty() => format!(" with WebSocket Close {}", u16::from(frame.code)),
        Some(frame) => format!(" with WebSocket Close {}, {}", u16::from(frame.code), frame.reason),
    }
}
