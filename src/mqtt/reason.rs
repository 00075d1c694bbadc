//! What a server says of its own doing: a number, and with MQTT 5 perhaps a text.

use crate::error::{Failure, MqttReason};

/// A reason code of MQTT 5, section 2.4, or a return code of MQTT 3.1.1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// Below 0x80 it is no failure, but for CONNACK of MQTT 3.1.1.
    pub code: u8,
    /// The Reason String; empty when there is none.
    pub text: String,
}

impl Reason {
    /// Success.
    pub const SUCCESS: Self = Self::new(0);

    /// The end that another connection with the same client identifier brings.
    pub const SESSION_TAKEN_OVER: u8 = 0x8e;

    /// Without a text.
    pub const fn new(code: u8) -> Self {
        Self { code, text: String::new() }
    }

    /// The failure with this as its reason.
    pub fn of(&self, mut failure: Failure) -> Failure {
        failure.mqtt = Some(Box::new(MqttReason { code: self.code, text: self.text.clone() }));
        failure
    }

    /// Whether it refuses what was asked for.
    pub fn refuses(&self) -> bool {
        self.code >= 0x80
    }
}

impl std::fmt::Display for Reason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}, {}", self.code, meaning(self.code))?;
        if self.text.is_empty() { Ok(()) } else { write!(f, ": {:?}", self.text) }
    }
}

/// The tables of MQTT 3.1.1, section 3.2.2.3, and of MQTT 5, section 2.4.
fn meaning(code: u8) -> &'static str {
    match code {
        0x00 => "normal",
        0x01 => "unacceptable protocol version",
        0x02 => "identifier rejected",
        0x03 => "server unavailable",
        0x04 => "bad user name or password",
        0x05 => "not authorized",
        0x80 => "unspecified error",
        0x81 => "malformed packet",
        0x82 => "protocol error",
        0x83 => "implementation specific error",
        0x84 => "unsupported protocol version",
        0x85 => "client identifier not valid",
        0x86 => "bad user name or password",
        0x87 => "not authorized",
        0x88 => "server unavailable",
        0x89 => "server busy",
        0x8a => "banned",
        0x8b => "server shutting down",
        0x8c => "bad authentication method",
        0x8d => "keep alive timeout",
        0x8e => "session taken over",
        0x8f => "topic filter invalid",
        0x90 => "topic name invalid",
        0x91 => "packet identifier in use",
        0x92 => "packet identifier not found",
        0x93 => "receive maximum exceeded",
        0x94 => "topic alias invalid",
        0x95 => "packet too large",
        0x96 => "message rate too high",
        0x97 => "quota exceeded",
        0x98 => "administrative action",
        0x99 => "payload format invalid",
        0x9a => "retain not supported",
        0x9b => "QoS not supported",
        0x9c => "use another server",
        0x9d => "server moved",
        0x9e => "shared subscriptions not supported",
        0x9f => "connection rate exceeded",
        0xa0 => "maximum connect time",
        0xa1 => "subscription identifiers not supported",
        0xa2 => "wildcard subscriptions not supported",
        _ => "which MQTT does not define",
    }
}
