//! MQTT CONNECT over an open WebSocket, until CONNACK.

use crate::config::ClientSettings;
use crate::dial::{Dial, diagnosis};
use crate::error::{Failure, Stage};
use crate::log::log;
use crate::mqtt::Error as MqttError;
use crate::mqtt::codec::{self, Connect, Received};
use crate::mqtt::session::Session;
use crate::status::Status;
use crate::sys::boot_time;
use crate::transport::packets::{Incoming, PacketStream};
use crate::transport::{Error, Progress, Upgraded};
use bytes::BytesMut;
use std::io::ErrorKind;

/// An open MQTT session and the stream it runs over.
pub struct Connection {
    pub packets: PacketStream,
    pub session: Session,
    /// Bytes of MQTT that came behind CONNACK.
    pub buffer: BytesMut,
}

/// Sends CONNECT and waits for CONNACK. Nothing else may be sent before it comes.
pub async fn connack(
    upgraded: Upgraded,
    settings: &ClientSettings,
    dial: &Dial,
    progress: &Progress,
) -> Result<Box<Connection>, Failure> {
    progress.enter(Stage::Connack);
    let mut packets = PacketStream::new(upgraded).await;
    let connect = Connect {
        client_id: &settings.client_id,
        keep_alive_s: u16::try_from(settings.keep_alive.as_secs()).unwrap_or(u16::MAX),
        clean_session: settings.clean_session,
    };
    let mqtt = |error: MqttError| refused(dial, &error);
    packets.send(connect.encode().map_err(mqtt)?).await.map_err(|error| ended(dial, error))?;
    let mut buffer = BytesMut::new();
    let session_present = loop {
        match codec::decode(&mut buffer).map_err(mqtt)? {
            Some(Received::Connack { session_present }) => break session_present,
            Some(_) => return Err(mqtt(MqttError::Malformed("a packet ahead of CONNACK"))),
            None => match packets.next().await.map_err(|error| ended(dial, error))? {
                Incoming::Bytes(bytes) => buffer.extend_from_slice(&bytes),
                Incoming::Closed(how) => return Err(diagnosis::closed_before_connack(dial, None, &how)),
            },
        }
    };
    progress.found(if session_present { "accepted, session present" } else { "accepted, no session present" });
    log!(Info, Stage::Connack, "connected to {}; session present: {session_present}", packets.peer());
    Ok(Box::new(Connection { packets, session: Session::new(settings.keep_alive, boot_time()), buffer }))
}

/// A CONNACK that refuses, or is none.
fn refused(dial: &Dial, error: &MqttError) -> Failure {
    let failure = error.failure(Stage::Connack);
    match failure.status {
        Status::ConnackNotAuthorized | Status::ConnackRefused => {
            failure.hint(diagnosis::not_allowed(dial, dial.client_id()))
        }
        _ => failure,
    }
}

/// An error of the connection while CONNACK was waited for.
fn ended(dial: &Dial, error: Error) -> Failure {
    match error {
        Error::Lost { source: None, .. } => diagnosis::closed_before_connack(dial, None, ""),
        Error::Lost { source: Some(source), .. }
            if matches!(source.kind(), ErrorKind::ConnectionReset | ErrorKind::BrokenPipe) =>
        {
            diagnosis::closed_before_connack(dial, None, "")
        }
        error => Failure { stage: Stage::Connack, ..error.into() },
    }
}
