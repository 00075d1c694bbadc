//! TLS 1.2 and 1.3 by rustls, and what its errors mean.

use super::socket::Socket;
use super::{Error, trust};
use crate::boxed::boxed;
use crate::config::Network;
use crate::error::{Failure, Stage};
use crate::log::log;
use crate::names::Host;
use crate::status::Status;
use rustls::client::Resumption;
use rustls::pki_types::{DnsName, ServerName};
use rustls::{CertificateError, ClientConfig};
use std::sync::Arc;
use tokio_rustls::TlsConnector;

/// An open TLS connection. Boxed: it is over a kilobyte, and futures move what they hand over through the stack.
pub type TlsStream = Box<tokio_rustls::client::TlsStream<Socket>>;

/// The TLS settings of one dialer, with its trusted roots.
pub fn config(network: &Network) -> Result<Arc<ClientConfig>, Failure> {
    let roots = trust::roots(network)?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| Failure::new(Status::Internal, Stage::Config, error.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    // AWS's endpoints give no tickets to count on, and the cache for them would be a client's largest allocation.
    config.resumption = Resumption::disabled();
    Ok(Arc::new(config))
}

/// The TLS handshake over an open connection. SNI is sent for every name; RFC 6066 has none for addresses.
pub async fn handshake(
    config: &Arc<ClientConfig>,
    host: &Host,
    peer: &str,
    socket: Socket,
) -> Result<TlsStream, Error> {
    let name = match host.address() {
        Some(address) => ServerName::from(address),
        None => match DnsName::try_from(host.as_str().to_owned()) {
            Ok(name) => ServerName::DnsName(name),
            Err(_) => {
                let source = rustls::Error::UnsupportedNameType;
                return Err(Error::Tls { stage: Stage::Tls, peer: peer.to_owned(), source });
            }
        },
    };
    let stream = boxed(|| connect(TlsConnector::from(Arc::clone(config)), name, socket))
        .await
        .map_err(|error| from_io(error, Stage::Tls, peer))?;
    let (_, connection) = stream.get_ref();
    if let (Some(version), Some(suite)) = (connection.protocol_version(), connection.negotiated_cipher_suite()) {
        log!(Debug, Stage::Tls, "{peer}: {version:?} with {:?}", suite.suite());
    }
    Ok(stream)
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
        // What `openssl req -x509` makes is a CA; as a server's certificate nobody else has signed it.
        CertificateError::Other(other) if format!("{other:?}").contains("CaUsedAsEndEntity") => {
            Status::CertificateUntrusted
        }
        _ => Status::CertificateInvalid,
    }
}

/// What to do about a TLS error.
pub fn hint(error: &rustls::Error) -> &'static str {
    match (status(error), error) {
        (Status::CertificateUntrusted, _) => {
            "Use the -ats endpoint; behind a proxy that inspects TLS, trust its CA by ca_file"
        }
        (Status::CertificateExpired | Status::CertificateNotYetValid, _) => "Check the clock of this device",
        (Status::CertificateWrongHost, _) => {
            "Check the endpoint, and that no proxy or name server answers in its place"
        }
        (_, rustls::Error::InvalidMessage(_)) => "Check that the port is one that speaks TLS",
        _ => "",
    }
}
