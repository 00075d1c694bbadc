//! An open WebSocket that carries MQTT: its limits, its end and its errors.

use super::framing::MAX_PACKET;
use super::{Error, tls};
use crate::error::Stage;
use tokio_tungstenite::tungstenite;
use tokio_tungstenite::tungstenite::Utf8Bytes;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, WebSocketConfig};

/// The largest frame or message that is taken. AWS's largest packet is a PUBLISH of 128 KiB; a server may put several packets
/// into one message.
pub const MAX_MESSAGE: usize = MAX_PACKET;

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
        // Written out by flush, so that packets sent together leave in as few TLS records as they need.
        .write_buffer_size(MAX_MESSAGE)
        .max_write_buffer_size(2 * MAX_MESSAGE)
        .max_message_size(Some(MAX_MESSAGE))
        .max_frame_size(Some(MAX_MESSAGE))
}

/// The Close of an orderly end.
pub fn normal_close() -> CloseFrame {
    CloseFrame { code: CloseCode::Normal, reason: Utf8Bytes::default() }
}

/// A Close as the end of a sentence: " with WebSocket Close 1008, policy".
pub fn describe(frame: Option<CloseFrame>) -> String {
    match frame {
        None => String::new(),
        Some(frame) if frame.reason.is_empty() => format!(" with WebSocket Close {}", u16::from(frame.code)),
        Some(frame) => format!(" with WebSocket Close {}, {}", u16::from(frame.code), frame.reason),
    }
}
