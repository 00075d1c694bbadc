//! TLS 1.2 and 1.3 by rustls, and what its errors mean.

use super::certificates::{CertificateTime, Untrusted, Verifier, issuer};
use super::socket::Socket;
use super::{Error, Progress, trust};
use crate::boxed::boxed;
use crate::clock::Clock;
use crate::config::Network;
use crate::error::{Failure, Stage};
use crate::log::log;
use crate::names::Host;
use crate::status::Status;
use rustls::client::Resumption;
use rustls::pki_types::{DnsName, ServerName};
use rustls::{CertificateError, ClientConfig, ProtocolVersion};
use std::borrow::Cow;
use std::sync::Arc;
use tokio_rustls::TlsConnector;

/// An open TLS connection. Boxed: it is over a kilobyte, and futures move what they hand over through the stack.
pub type TlsStream = Box<tokio_rustls::client::TlsStream<Socket>>;

/// The TLS settings of one dialer, with its trusted roots.
pub struct Tls {
    config: Arc<ClientConfig>,
    verifier: Arc<Verifier>,
    clock: Arc<Clock>,
}

impl Tls {
    /// Loads what `network` trusts.
    pub fn new(network: &Network, clock: &Arc<Clock>) -> Result<Self, Failure> {
        let internal = |error: &dyn std::fmt::Display| Failure::new(Status::Internal, Stage::Config, error.to_string());
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let verifier = Verifier::new(trust::roots(network)?, Arc::clone(&provider), clock).map_err(|e| internal(&e))?;
        let verifier = Arc::new(verifier);
        let mut config = ClientConfig::builder_with_details(provider, Arc::new(CertificateTime(Arc::clone(clock))))
            .with_safe_default_protocol_versions()
            .map_err(|error| internal(&error))?
            .dangerous()
            .with_custom_certificate_verifier(Arc::clone(&verifier) as _)
            .with_no_client_auth();
        // AWS's endpoints give no tickets to count on, and the cache for them would be a client's largest allocation.
        config.resumption = Resumption::disabled();
        Ok(Self { config: Arc::new(config), verifier, clock: Arc::clone(clock) })
    }

    /// The TLS handshake over an open connection. SNI is sent for every name; RFC 6066 has none for addresses.
    pub async fn handshake(
        &self,
        host: &Host,
        peer: &str,
        socket: Socket,
        progress: &Progress,
    ) -> Result<TlsStream, Error> {
        let name = server_name(host).map_err(|source| failed(source, peer))?;
        let stream = boxed(|| connect(TlsConnector::from(Arc::clone(&self.config)), name, socket))
            .await
            .map_err(|error| from_io(error, Stage::Tls, peer))?;
        let (_, connection) = stream.get_ref();
        if let (Some(version), Some(suite)) = (connection.protocol_version(), connection.negotiated_cipher_suite()) {
            log!(Debug, Stage::Tls, "{peer}: {version:?} with {:?}", suite.suite());
            progress.found(match version {
                ProtocolVersion::TLSv1_3 => "TLS 1.3",
                _ => "TLS 1.2",
            });
        }
        if let Some(issuer) = connection.peer_certificates().and_then(|chain| chain.first()).and_then(issuer) {
            progress.found(&format!("certificate issued by {issuer}"));
        }
        Ok(stream)
    }

    /// Checks the certificates of a connection that a board without a clock has opened, by server time. Must succeed before
    /// anything signed leaves; for other boards it has nothing to do.
    pub fn check_again(&self, stream: &TlsStream, host: &Host, peer: &str) -> Result<(), Error> {
        if !self.clock.was_missing() {
            return Ok(());
        }
        if self.clock.is_missing() {
            return Err(Error::NoServerTime { peer: peer.to_owned() });
        }
        let (_, connection) = stream.get_ref();
        let chain = connection.peer_certificates().unwrap_or_default();
        let name = server_name(host).map_err(|source| failed(source, peer))?;
        self.verifier.check_again(chain, &name).map_err(|source| failed(source, peer))
    }
}

fn failed(source: rustls::Error, peer: &str) -> Error {
    Error::Tls { stage: Stage::Tls, peer: peer.to_owned(), source }
}

fn server_name(host: &Host) -> Result<ServerName<'static>, rustls::Error> {
    match host.address() {
        Some(address) => Ok(ServerName::from(address)),
        None => match DnsName::try_from(host.as_str().to_owned()) {
            Ok(name) => Ok(ServerName::DnsName(name)),
            Err(_) => Err(rustls::Error::UnsupportedNameType),
        },
    }
}

async fn connect(connector: TlsConnector, name: ServerName<'static>, socket: Socket) -> std::io::Result<TlsStream> {
    connector.connect(name, socket).await.map(Box::new)
}

/// What an error of a TLS stream is: TLS's own, or the connection's.
pub fn from_io(error: std::io::Error, stage: Stage, peer: &str) -> Error {
    let peer = peer.to_owned();
    match error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
        Some(source) => Error::Tls { stage, peer, source: source.clone() },
        None if error.kind() == std::io::ErrorKind::UnexpectedEof => Error::Lost { stage, peer, source: None },
        None => Error::Lost { stage, peer, source: Some(error) },
    }
}

/// The status of a TLS error.
pub fn status(error: &rustls::Error) -> Status {
    let rustls::Error::InvalidCertificate(error) = error else { return Status::TlsFailed };
    match error {
        CertificateError::UnknownIssuer => Status::CertificateUntrusted,
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => Status::CertificateExpired,
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => Status::CertificateNotYetValid,
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            Status::CertificateWrongHost
        }
        CertificateError::Other(other) if other.0.is::<Untrusted>() => Status::CertificateUntrusted,
        _ => Status::CertificateInvalid,
    }
}

/// A TLS error in words. rustls shows errors of a verifier in Rust's form.
pub fn describe(error: &rustls::Error) -> String {
    match untrusted(error) {
        Some(untrusted) => untrusted.to_string(),
        None => error.to_string(),
    }
}

fn untrusted(error: &rustls::Error) -> Option<&Untrusted> {
    match error {
        rustls::Error::InvalidCertificate(CertificateError::Other(other)) => other.0.downcast_ref(),
        _ => None,
    }
}

/// What to do about a TLS error with `peer`, `host:port`.
pub fn hint(error: &rustls::Error, peer: &str) -> Cow<'static, str> {
    let hint = match (status(error), error) {
        (Status::CertificateUntrusted, _) => return untrusted_hint(error, peer),
        (Status::CertificateExpired | Status::CertificateNotYetValid, _) => {
            "Set the clock of this device, or, when it is right, have the server's certificate renewed; a board without a \
             clock can be told so by cognito_config_set_without_clock"
        }
        (Status::CertificateWrongHost, _) => {
            "Check the endpoint, and that no proxy or name server answers in its place"
        }
        (_, rustls::Error::InvalidMessage(_)) => "Check that the port is one that speaks TLS",
        _ => "",
    };
    Cow::Borrowed(hint)
}

/// Of an AWS host, a certificate that Amazon did not issue is that of an old endpoint or of somebody on the way.
fn untrusted_hint(error: &rustls::Error, peer: &str) -> Cow<'static, str> {
    let issuer = untrusted(error).map_or("", |untrusted| untrusted.issuer.as_str());
    if let Some((account, rest)) = peer.split_once(".iot.").filter(|(_, rest)| rest.contains(".amazonaws."))
        && !account.ends_with("-ats")
    {
        return format!("Use the -ats endpoint, {account}-ats.iot.{}", rest.split(':').next().unwrap_or_default())
            .into();
    }
    match issuer {
        "" => "Behind a proxy that inspects TLS, trust its CA by ca_file, or exempt this host from inspection".into(),
        issuer => format!(
            "If {issuer} is a proxy that inspects TLS, trust its CA by ca_file or exempt this host from inspection; if it is \
             your own CA, give it by ca_file"
        )
        .into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustls::OtherError;

    #[test]
    fn an_endpoint_that_is_not_the_ats_one_is_told_its_name() {
        let issuer = "VeriSign".to_owned();
        let other = OtherError(Arc::new(Untrusted { issuer }));
        let error = rustls::Error::InvalidCertificate(CertificateError::Other(other));
        assert_eq!(
            hint(&error, "a1b2c3.iot.us-east-1.amazonaws.com:443"),
            "Use the -ats endpoint, a1b2c3-ats.iot.us-east-1.amazonaws.com"
        );
        assert!(hint(&error, "a1b2c3-ats.iot.us-east-1.amazonaws.com:443").contains("If VeriSign is a proxy"));
        assert!(hint(&error, "localhost:8443").contains("If VeriSign is a proxy"));
    }
}
