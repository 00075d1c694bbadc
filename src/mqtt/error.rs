//! What can go wrong with the server's side of MQTT.

use crate::error::{Failure, Stage};
use crate::status::Status;

/// One cause each.
#[derive(Debug, PartialEq)]
pub enum Error {
    /// A packet breaks MQTT 3.1.1.
    Malformed(&'static str),
    /// A packet is larger than AWS IoT Core's largest.
    TooLarge(usize),
    /// CONNECT was refused with this return code.
    Refused(u8),
    /// PINGREQ was not answered.
    PingTimedOut,
    /// A packet of ours cannot be written.
    Unwritable(&'static str),
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Malformed(problem) => write!(f, "the server broke MQTT 3.1.1: {problem}"),
            Self::TooLarge(length) => write!(f, "the server sent an MQTT packet of {length} bytes"),
            Self::Refused(code) => write!(f, "the server refused CONNECT with return code {code}, {}", meaning(*code)),
            Self::PingTimedOut => f.write_str("the server did not answer PINGREQ"),
            Self::Unwritable(what) => write!(f, "{what} cannot be written"),
        }
    }
}

impl std::error::Error for Error {}

/// The table of MQTT 3.1.1, section 3.2.2.3.
fn meaning(code: u8) -> &'static str {
    match code {
        1 => "unacceptable protocol version",
        2 => "identifier rejected",
        3 => "server unavailable",
        4 => "bad user name or password",
        5 => "not authorized",
        _ => "which MQTT 3.1.1 does not define",
    }
}

impl Error {
    /// What it is to the application, when it happened in `stage`.
    pub fn failure(&self, stage: Stage) -> Failure {
        let status = match self {
            Self::Malformed(_) | Self::TooLarge(_) => Status::MqttProtocol,
            Self::Refused(1) => Status::ConnackProtocolVersion,
            Self::Refused(2) => Status::ConnackIdentifierRejected,
            Self::Refused(3) => Status::ConnackServerUnavailable,
            Self::Refused(4) => Status::ConnackBadUserNameOrPassword,
            Self::Refused(5) => Status::ConnackNotAuthorized,
            Self::Refused(_) => Status::ConnackRefused,
            Self::PingTimedOut => Status::KeepAliveTimedOut,
            Self::Unwritable(_) => Status::Internal,
        };
        let mut failure = Failure::new(status, stage, self.to_string());
        if let Self::Refused(code) = self {
            failure.connack_code = Some(*code);
        }
        failure
    }
}
