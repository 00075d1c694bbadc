//! What can go wrong with the server's side of MQTT.

use super::Reason;
use crate::error::{Failure, Stage};
use crate::status::Status;

/// One cause each.
#[derive(Debug, PartialEq)]
pub enum Error {
    /// A packet breaks MQTT.
    Malformed(&'static str),
    /// A packet is larger than AWS IoT Core's largest.
    TooLarge(usize),
    /// CONNECT was refused.
    Refused(Reason),
    /// The server ended the session by DISCONNECT.
    #[cfg_attr(not(feature = "mqtt5"), expect(dead_code, reason = "a server of MQTT 3.1.1 sends none"))]
    Disconnected(Reason),
    /// PINGREQ was not answered.
    PingTimedOut,
    /// A packet of ours cannot be written.
    Unwritable(&'static str),
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Malformed(problem) => write!(f, "the server broke MQTT: {problem}"),
            Self::TooLarge(length) => write!(f, "the server sent an MQTT packet of {length} bytes"),
            Self::Refused(reason) => {
                // The codes of MQTT 3.1.1 are the lower ones.
                let name = if reason.refuses() { "reason" } else { "return" };
                write!(f, "the server refused CONNECT with {name} code {reason}")
            }
            Self::Disconnected(reason) => write!(f, "the server sent DISCONNECT with reason code {reason}"),
            Self::PingTimedOut => f.write_str("the server did not answer PINGREQ"),
            Self::Unwritable(what) => write!(f, "{what} cannot be written"),
        }
    }
}

impl std::error::Error for Error {}

impl Error {
    /// What it is to the application, when it happened in `stage`.
    pub fn failure(&self, stage: Stage) -> Failure {
        let (status, reason) = match self {
            Self::Malformed(_) | Self::TooLarge(_) => (Status::MqttProtocol, None),
            Self::Refused(reason) => (refusal(reason.code), Some(reason)),
            Self::Disconnected(reason) => (Status::DisconnectedByServer, Some(reason)),
            Self::PingTimedOut => (Status::KeepAliveTimedOut, None),
            Self::Unwritable(_) => (Status::Internal, None),
        };
        let mut failure = Failure::new(status, stage, self.to_string());
        if let Some(reason) = reason {
            failure = reason.of(failure);
        }
        failure
    }
}

/// What a refusing CONNACK means to the application. The numbers of MQTT 3.1.1 and of MQTT 5 do not overlap.
fn refusal(code: u8) -> Status {
    match code {
        1 | 0x84 => Status::ConnackProtocolVersion,
        2 | 0x85 => Status::ConnackIdentifierRejected,
        // Busy, out of quota, or asked too often: these pass.
        3 | 0x88 | 0x89 | 0x97 | 0x9f => Status::ConnackServerUnavailable,
        4 | 0x86 => Status::ConnackBadUserNameOrPassword,
        5 | 0x87 => Status::ConnackNotAuthorized,
        _ => Status::ConnackRefused,
    }
}
