//! What can go wrong between a host name and an open WebSocket.

use super::framing::Problem;
use crate::error::{AwsReason, Failure, Stage};
use crate::status::Status;
use crate::sys::ResolveError;
use rustls::pki_types::CertificateDer;
use std::borrow::Cow;
use std::io::{self, ErrorKind};

/// What to do about an answer that AWS would not give.
pub const PORTAL: &str = "Something on the way, such as a captive portal or a filtering proxy, answers in place of AWS: log in to the network, or \
     allow this host";

/// One cause each. `peer` is `host:port` as the application knows it.
#[derive(Debug)]
pub enum Error {
    /// The name has no address, or the resolver could not say.
    Resolve { host: String, source: ResolveError },
    /// No thread for the resolver.
    ResolverThread(io::Error),
    /// No address took the connection.
    Connect { peer: String, source: io::Error },
    /// The connection broke or ended in the middle of `stage`.
    Lost { stage: Stage, peer: String, source: Option<io::Error> },
    /// The proxy could not be reached.
    ProxyUnreachable { proxy: String, source: Box<Error> },
    /// The proxy broke off or broke the protocol.
    ProxyMalformed { proxy: String, problem: &'static str },
    /// The proxy answered CONNECT with something else than 2xx.
    ProxyRefused { proxy: String, peer: String, http_status: u16 },
    /// The proxy answered 407.
    ProxyAuthentication { proxy: String, sent: bool },
    /// TLS failed.
    Tls { stage: Stage, peer: String, source: rustls::Error },
    /// What answers does not speak TLS.
    NotTls { peer: String },
    /// A board without a clock was told no time, so that the certificates it has admitted could not be checked.
    NoServerTime { peer: String },
    /// The answer to an HTTP request is not HTTP, or more than it may be.
    Http { stage: Stage, peer: String, problem: &'static str },
    /// The upgrade was answered with an HTTP status other than 101.
    UpgradeRefused {
        peer: String,
        aws: Box<AwsReason>,
        date: Option<String>,
        /// The certificates of the connection, by which the date is judged.
        chain: Vec<CertificateDer<'static>>,
    },
    /// The upgrade was answered with 101, but not as RFC 6455 demands.
    UpgradeMalformed { peer: String, problem: String },
    /// The peer broke RFC 6455 in the open WebSocket.
    WebSocket { peer: String, source: Box<tokio_tungstenite::tungstenite::Error> },
    /// The peer sent a text message, which carries no MQTT.
    TextMessage { peer: String },
    /// What the peer sent are no MQTT packets.
    NoMqtt { peer: String, problem: Problem },
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Resolve { host, source } => write!(f, "{host} could not be resolved: {}", source.reason),
            Self::ResolverThread(source) => write!(f, "no thread to resolve a name with: {source}"),
            Self::Connect { peer, source } => write!(f, "no TCP connection to {peer}: {source}"),
            Self::Lost { stage, peer, source: Some(source) } => {
                write!(f, "the connection to {peer} broke {}: {source}", stage.waiting_for())
            }
            Self::Lost { stage, peer, source: None } => {
                write!(f, "{peer} closed the connection {}", stage.waiting_for())
            }
            Self::ProxyUnreachable { proxy, source } => write!(f, "the proxy {proxy} could not be reached: {source}"),
            Self::ProxyMalformed { proxy, problem } => write!(f, "the proxy {proxy} {problem}"),
            Self::ProxyRefused { proxy, peer, http_status } => {
                write!(f, "the proxy {proxy} refused a tunnel to {peer} with HTTP status {http_status}")
            }
            Self::ProxyAuthentication { proxy, sent: false } => {
                write!(f, "the proxy {proxy} demands authentication (HTTP status 407)")
            }
            Self::ProxyAuthentication { proxy, sent: true } => {
                write!(f, "the proxy {proxy} refused the user and password (HTTP status 407)")
            }
            Self::Tls { peer, source, .. } => write!(f, "TLS with {peer} failed: {}", super::tls::describe(source)),
            Self::NotTls { peer } => write!(f, "TLS with {peer} failed: what answers there does not speak it"),
            Self::NoServerTime { peer } => {
                write!(f, "the certificate of {peer} could not be checked: Cognito's answer has no usable Date")
            }
            Self::Http { peer, problem, .. } => write!(f, "the answer of {peer} {problem}"),
            Self::UpgradeRefused { peer, aws, .. } => {
                write!(f, "{peer} refused the WebSocket upgrade with HTTP status {}", aws.http_status)?;
                if !aws.error_type.is_empty() {
                    write!(f, ", {}", aws.error_type)?;
                }
                if !aws.message.is_empty() {
                    write!(f, ": {}", aws.message)?;
                }
                Ok(())
            }
            Self::UpgradeMalformed { peer, problem } => write!(f, "the WebSocket upgrade by {peer} {problem}"),
            Self::WebSocket { peer, source } => write!(f, "{peer} broke the WebSocket protocol: {source}"),
            Self::NoMqtt { peer, problem } => write!(f, "{peer} broke MQTT: {problem}"),
            Self::TextMessage { peer } => write!(f, "{peer} sent a WebSocket text message, which carries no MQTT"),
        }
    }
}

impl Error {
    /// Whether the server has ended the connection, in whatever way.
    pub fn is_end(&self) -> bool {
        matches!(self, Self::Lost { source, .. } if source
            .as_ref()
            .is_none_or(|error| matches!(error.kind(), ErrorKind::ConnectionReset | ErrorKind::BrokenPipe)))
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::ResolverThread(source) | Self::Connect { source, .. } => Some(source),
            Self::Lost { source, .. } => source.as_ref().map(|source| source as _),
            Self::ProxyUnreachable { source, .. } => Some(source),
            Self::Tls { source, .. } => Some(source),
            Self::WebSocket { source, .. } => Some(source),
            _ => None,
        }
    }
}

impl Error {
    /// Whether the name of the host is not known.
    pub fn is_unknown_host(&self) -> bool {
        matches!(self, Self::Resolve { source, .. } if source.not_found)
    }

    fn status_and_stage(&self) -> (Status, Stage) {
        match self {
            Self::Resolve { .. } => (Status::DnsFailed, Stage::Dns),
            Self::ResolverThread(_) => (Status::OutOfResources, Stage::Dns),
            Self::Connect { source, .. } if out_of_resources(source) => (Status::OutOfResources, Stage::Tcp),
            Self::Connect { .. } => (Status::TcpFailed, Stage::Tcp),
            Self::Lost { stage, .. } => (Status::ConnectionLost, *stage),
            Self::ProxyUnreachable { source, .. } if source.status_and_stage().0 == Status::OutOfResources => {
                source.status_and_stage()
            }
            Self::ProxyUnreachable { .. } | Self::ProxyMalformed { .. } => (Status::ProxyFailed, Stage::Proxy),
            Self::ProxyRefused { .. } => (Status::ProxyRefused, Stage::Proxy),
            Self::ProxyAuthentication { .. } => (Status::ProxyAuthentication, Stage::Proxy),
            Self::Tls { stage, source, .. } => (super::tls::status(source), *stage),
            Self::NotTls { .. } => (Status::NotTls, Stage::Tls),
            Self::NoServerTime { .. } => (Status::CertificateNotYetValid, Stage::Tls),
            Self::Http { stage: Stage::Upgrade, .. } => (Status::UpgradeMalformed, Stage::Upgrade),
            Self::Http { stage, .. } => (Status::CognitoMalformed, *stage),
            Self::UpgradeRefused { .. } => (Status::UpgradeRefused, Stage::Upgrade),
            Self::UpgradeMalformed { .. } => (Status::UpgradeMalformed, Stage::Upgrade),
            Self::NoMqtt { .. } => (Status::MqttProtocol, Stage::Session),
            Self::WebSocket { .. } | Self::TextMessage { .. } => (Status::WebsocketProtocol, Stage::Session),
        }
    }

    fn hint(&self) -> Cow<'static, str> {
        let hint = match self {
            Self::Resolve { source, .. } if source.not_found => {
                "Check the spelling of the endpoint, which `aws iot describe-endpoint --endpoint-type iot:Data-ATS` prints; if \
                 it is right, check the name server of this device"
            }
            Self::Resolve { .. } => "Check the network connection and the name server of this device",
            Self::Connect { .. } => "Check the network connection, the port, and firewalls on the way",
            Self::ProxyUnreachable { .. } | Self::ProxyMalformed { .. } => "Check the proxy's host and port",
            Self::ProxyRefused { http_status: 500.., .. } => {
                "The proxy does not reach this host: check the proxy's own network connection and name server"
            }
            Self::ProxyRefused { .. } => "Allow CONNECT to this host and port on the proxy",
            Self::ProxyAuthentication { sent: false, .. } => {
                "Set user and password of the proxy by cognito_config_set_proxy_credentials"
            }
            Self::ProxyAuthentication { sent: true, .. } => "Check user and password of the proxy",
            Self::Tls { source, peer, .. } => return super::tls::hint(source, peer),
            Self::NoServerTime { .. } => "Check that it is Cognito that answers: its answers have a Date",
            Self::Http { problem, .. } if *problem == super::http::NOT_HTTP => {
                "Check that the port is one that speaks HTTPS"
            }
            Self::Lost { stage: Stage::Tls, .. } => {
                "Check that no firewall on the way cuts off TLS with this host, and try again"
            }
            Self::UpgradeRefused { aws, .. } if aws.http_status >= 500 => "Connect again later, with a growing delay",
            Self::UpgradeRefused { aws, .. } if aws.http_status == 429 => {
                "Connect again later, with a growing and random delay"
            }
            Self::UpgradeRefused { aws, .. } if aws.http_status == 404 => {
                "Check that the endpoint is the one that `aws iot describe-endpoint --endpoint-type iot:Data-ATS` prints"
            }
            Self::UpgradeRefused { aws, .. } if (300..400).contains(&aws.http_status) => PORTAL,
            // AWS gives its reasons as JSON; what has none comes from somebody on the way.
            Self::UpgradeRefused { aws, .. } if aws.message.is_empty() && aws.error_type.is_empty() => PORTAL,
            _ => "",
        };
        Cow::Borrowed(hint)
    }
}

/// Whether the system, and not the peer, refused.
fn out_of_resources(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::EMFILE | libc::ENFILE | libc::ENOBUFS | libc::ENOMEM))
}

impl From<&Error> for Failure {
    fn from(error: &Error) -> Self {
        let (status, stage) = error.status_and_stage();
        let failure = Failure::new(status, stage, error.to_string()).hint(error.hint());
        match error {
            Error::UpgradeRefused { aws, .. } => failure.aws(AwsReason::clone(aws)),
            Error::UpgradeMalformed { .. } => failure.aws(AwsReason { http_status: 101, ..AwsReason::default() }),
            Error::ProxyRefused { http_status, .. } => {
                failure.aws(AwsReason { http_status: *http_status, ..AwsReason::default() })
            }
            Error::ProxyAuthentication { .. } => failure.aws(AwsReason { http_status: 407, ..AwsReason::default() }),
            _ => failure,
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::from(&error)
    }
}
