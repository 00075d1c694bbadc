//! What went wrong, in the terms that a caller acts on: a [`Status`], the [`Stage`] it happened in, and a [`Failure`]
//! that keeps AWS's own words beside ours.
//!
//! Every layer has an error enum of its own and turns it into a `Failure` in its own file; nothing here knows a layer.

use crate::status::Status;
use std::borrow::Cow;

/// The part of the way from identity to session that a failure or a log line is about.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// No stage: the call was refused before any work began.
    None = 0,
    /// Settings and trusted roots.
    Config = 1,
    /// Resolving a host name.
    Dns = 2,
    /// Opening a TCP connection.
    Tcp = 3,
    /// The tunnel through the proxy.
    Proxy = 4,
    /// The TLS handshake.
    Tls = 5,
    /// Cognito's answer to the request for credentials.
    Cognito = 6,
    /// Signing the URL.
    Signing = 7,
    /// The WebSocket upgrade.
    Upgrade = 8,
    /// MQTT CONNECT, until CONNACK.
    Connack = 9,
    /// The open MQTT session.
    Session = 10,
    /// The orderly end of a session.
    Disconnect = 11,
}

impl Stage {
    /// Every stage, in the order of the way.
    pub const ALL: &'static [Stage] = &[
        Stage::None,
        Stage::Config,
        Stage::Dns,
        Stage::Tcp,
        Stage::Proxy,
        Stage::Tls,
        Stage::Cognito,
        Stage::Signing,
        Stage::Upgrade,
        Stage::Connack,
        Stage::Session,
        Stage::Disconnect,
    ];

    /// A short name for logs and messages.
    pub fn name(self) -> &'static std::ffi::CStr {
        match self {
            Stage::None => c"none",
            Stage::Config => c"config",
            Stage::Dns => c"DNS",
            Stage::Tcp => c"TCP",
            Stage::Proxy => c"proxy",
            Stage::Tls => c"TLS",
            Stage::Cognito => c"Cognito",
            Stage::Signing => c"signing",
            Stage::Upgrade => c"upgrade",
            Stage::Connack => c"CONNACK",
            Stage::Session => c"session",
            Stage::Disconnect => c"disconnect",
        }
    }

    /// What was being waited for, to complete "timed out …".
    pub fn waiting_for(self) -> &'static str {
        match self {
            Stage::None | Stage::Config => "before anything was sent",
            Stage::Dns => "resolving the name (DNS)",
            Stage::Tcp => "opening the TCP connection",
            Stage::Proxy => "waiting for the proxy",
            Stage::Tls => "in the TLS handshake",
            Stage::Cognito => "waiting for Cognito's answer",
            Stage::Signing => "signing",
            Stage::Upgrade => "waiting for the answer to the WebSocket upgrade",
            Stage::Connack => "waiting for CONNACK",
            Stage::Session => "in the open session",
            Stage::Disconnect => "waiting for the server to end the connection",
        }
    }
}

/// Everything known about one failure. Holds no secret: no key, token, signature or password ever enters it.
#[derive(Clone, Debug)]
pub struct Failure {
    /// What it is.
    pub status: Status,
    /// Where it happened.
    pub stage: Stage,
    /// What happened, in one line, without the hint.
    pub message: String,
    /// What to do about it, in one line; empty when there is nothing to advise.
    pub hint: Cow<'static, str>,
    /// What AWS said, when it said something.
    pub aws: Option<Box<AwsReason>>,
    /// What the MQTT server said, when it said something.
    pub mqtt: Option<Box<MqttReason>>,
    /// What was known about the device, when a connect or a session failed.
    pub device: Option<Box<Device>>,
}

/// Who it was that failed, and by which time.
#[derive(Clone, Debug, Default)]
pub struct Device {
    /// The Cognito identity id; empty while it is not known.
    pub identity: String,
    /// How far server time is ahead of the device's clock, in milliseconds, once it is known.
    pub clock_offset_ms: Option<i64>,
}

/// AWS's own account of a refusal, kept word for word.
#[derive(Clone, Debug, Default)]
pub struct AwsReason {
    /// HTTP status, 0 when there was no HTTP answer.
    pub http_status: u16,
    /// `x-amzn-ErrorType` or Cognito's `__type`.
    pub error_type: String,
    /// The `message` of the JSON body.
    pub message: String,
    /// `x-amzn-RequestId`, or the `traceId` of the JSON body.
    pub request_id: String,
}

/// An MQTT server's own account of a refusal or an end.
#[derive(Clone, Debug, PartialEq)]
pub struct MqttReason {
    /// Reason code of MQTT 5, or return code of MQTT 3.1.1.
    pub code: u8,
    /// Reason String of MQTT 5; empty when there is none.
    pub text: String,
}

impl Failure {
    /// A failure with the cure that its status has. Of a refused call the message is all there is to say.
    pub fn new(status: Status, stage: Stage, message: impl Into<String>) -> Self {
        let is_of_a_call = status as i32 > Status::DnsFailed as i32;
        Self {
            status,
            stage,
            message: one_line(message.into()),
            hint: Cow::Borrowed(if is_of_a_call { "" } else { status.cure() }),
            aws: None,
            mqtt: None,
            device: None,
        }
    }

    /// The failure that a caught panic becomes.
    pub fn defect() -> Self {
        Self::new(Status::Internal, Stage::None, "a defect in cognito_connect was caught")
            .hint("Free the handle, and report this with the log at level Fatal")
    }

    /// Says more precisely what to do about it; nothing, when the hint is empty.
    pub fn hint(mut self, hint: impl Into<Cow<'static, str>>) -> Self {
        self.hint = match hint.into() {
            Cow::Borrowed("") => return self,
            Cow::Borrowed(hint) => Cow::Borrowed(hint),
            Cow::Owned(hint) => Cow::Owned(one_line(hint)),
        };
        self
    }

    /// Adds what AWS said.
    pub fn aws(mut self, aws: AwsReason) -> Self {
        self.aws = Some(Box::new(AwsReason {
            http_status: aws.http_status,
            error_type: one_line(aws.error_type),
            message: one_line(aws.message),
            request_id: one_line(aws.request_id),
        }));
        self
    }

    /// Adds who it was.
    pub fn device(mut self, device: Device) -> Self {
        self.device = Some(Box::new(device));
        self
    }

    /// A bad argument: `field` as the header calls it, and what is wrong with it.
    pub fn argument(field: &str, problem: impl std::fmt::Display) -> Self {
        Self::new(Status::InvalidArgument, Stage::None, format!("{field} {problem}"))
    }

    /// A handle that was made before fork() is used in the child: the two share descriptors, but no thread.
    pub fn forked(what: &str) -> Self {
        Self::new(Status::Forked, Stage::None, format!("the {what} was made before fork()"))
            .hint(format!("Make a new {what} in the child"))
    }

    /// The end that a cancel makes of `stage`.
    pub fn cancelled(stage: Stage) -> Self {
        Self::new(Status::Cancelled, stage, "cancelled")
    }

    /// The whole line for `cognito_last_error`: message and hint.
    pub fn text(&self) -> String {
        match (self.message.is_empty(), self.hint.is_empty()) {
            (true, _) => self.status.description().to_string_lossy().into_owned(),
            (false, true) => self.message.clone(),
            (false, false) => format!("{}. {}", self.message.trim_end_matches('.'), self.hint),
        }
    }
}

/// What a server says may hold line ends and escape sequences; what is shown to people stays one line of text.
pub fn one_line(text: String) -> String {
    if text.chars().any(char::is_control) {
        return text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    }
    text
}

/// The same, behind what is there already.
pub fn one_line_into(line: &mut String, text: &str) {
    line.reserve(text.len());
    line.extend(text.chars().map(|c| if c.is_control() { ' ' } else { c }));
}

impl std::fmt::Display for Failure {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.text())
    }
}

impl std::error::Error for Failure {}
