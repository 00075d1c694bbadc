//! TLS 1.2 and 1.3 by rustls, and what its errors mean.

use super::certificates::{CertificateTime, Verifier};
use super::socket::Socket;
use super::untrusted::{Untrusted, issuer};
use super::weak::Weak;
use super::{Error, Progress, cryptography, trust};
use crate::boxed::boxed;
use crate::clock::{Clock, plausible_date};
use crate::config::Network;
use crate::error::{Failure, Stage};
use crate::log::log;
use crate::names::Host;
use crate::status::Status;
use rustls::client::Resumption;
use rustls::pki_types::{CertificateDer, DnsName, ServerName};
use rustls::{AlertDescription, CertificateError, ClientConfig, InvalidMessage, PeerIncompatible, ProtocolVersion};
use std::borrow::Cow;
use std::io::Write;
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};
use tokio_rustls::TlsConnector;

/// An open TLS connection. Boxed: it is over a kilobyte, and futures move what they hand over through the stack.
pub type TlsStream = Box<tokio_rustls::client::TlsStream<Socket>>;

/// As much of a request goes out together with the end of the handshake, and so in the same segment.
pub const BEHIND_HANDSHAKE: usize = 4096;

/// Times this close are one to a certificate.
pub const SAME_TIME: Duration = Duration::from_secs(60);

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
        let provider = Arc::new(cryptography::provider());
        let algorithms = provider.signature_verification_algorithms;
        let verifier = Arc::new(Verifier::new(trust::roots(network)?, algorithms, clock));
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

    /// The TLS handshake over an open connection, and what is to follow it at once, [`BEHIND_HANDSHAKE`] at most: it leaves when
    /// the server's certificates are checked. SNI is sent for every name; RFC 6066 has none for addresses.
    pub async fn handshake(
        &self,
        host: &Host,
        peer: &str,
        socket: Socket,
        behind: &[u8],
        progress: &Progress,
    ) -> Result<TlsStream, Error> {
        let name = server_name(host).map_err(|source| failed(source, peer))?;
        let stream = boxed(|| connect(TlsConnector::from(Arc::clone(&self.config)), name, socket, behind))
            .await
            .map_err(|error| from_io(error, Stage::Tls, peer))?;
        let (_, connection) = stream.get_ref();
        if let (Some(version), Some(suite)) = (connection.protocol_version(), connection.negotiated_cipher_suite()) {
            log!(Debug, Stage::Tls, "{peer}: {version:?} with {:?}", suite.suite());
            progress.found(|| match version {
                ProtocolVersion::TLSv1_3 => "TLS 1.3",
                _ => "TLS 1.2",
            });
        }
        if let Some(issuer) = chain(&stream).first().and_then(issuer) {
            progress.found(|| format!("certificate issued by {issuer}"));
        }
        Ok(stream)
    }

    /// Takes the time that an answer over a connection tells, if the certificates of that connection are valid at it. Gives
    /// whether it is gone by. Where a time has to be learned it is an error if they are not.
    pub fn learn(&self, told: &Told<'_>, chain: &[CertificateDer<'_>], host: &Host, peer: &str) -> Result<bool, Error> {
        let Some(time) = told.date.and_then(plausible_date) else {
            log!(Debug, told.stage, "{peer}: no usable Date");
            return Ok(false);
        };
        // They were checked at about this time already, unless the two times differ.
        let checked_at = self.clock.certificate_time().duration_since(UNIX_EPOCH).unwrap_or_default();
        if self.clock.must_be_learned() || time.abs_diff(checked_at) > SAME_TIME {
            let name = server_name(host).map_err(|source| failed(source, peer))?;
            match self.verifier.check_at(chain, &name, time) {
                Ok(()) => {}
                Err(source) if self.clock.must_be_learned() => return Err(failed(source, peer)),
                Err(error) => {
                    log!(
                        Warn,
                        told.stage,
                        "{peer}: the Date is not taken, its own certificate speaks against it: {error}"
                    );
                    return Ok(false);
                }
            }
        }
        Ok(self.clock.learn(told.stage, time, told.sent))
    }

    /// Checks the certificates of a connection by the time that is gone by now. Must succeed before anything signed leaves on
    /// a connection that was opened by another time.
    pub fn check_again(&self, stream: &TlsStream, host: &Host, peer: &str) -> Result<(), Error> {
        if self.clock.must_be_learned() {
            return Err(Error::NoServerTime { peer: peer.to_owned() });
        }
        let name = server_name(host).map_err(|source| failed(source, peer))?;
        let now = self.clock.certificate_time().duration_since(UNIX_EPOCH).unwrap_or_default();
        self.verifier.check_at(chain(stream), &name, now).map_err(|source| failed(source, peer))
    }

    /// Puts a server time in doubt that speaks against certificates. This attempt has failed: another has to learn the time
    /// again before it signs.
    pub fn doubt_time(&self, error: &Error) {
        let Error::Tls { source, .. } = error else { return };
        let is_of_time = matches!(status(source), Status::CertificateExpired | Status::CertificateNotYetValid);
        if is_of_time && self.clock.is_corrected() {
            log!(Warn, Stage::Tls, "{error}; by server time that was learned, and will be learned again");
            self.clock.forget();
        }
    }
}

/// A `Date` that an answer had, and when its request was sent, in boot time.
pub struct Told<'a> {
    pub stage: Stage,
    pub date: Option<&'a str>,
    pub sent: Duration,
}

/// The certificates of a connection, the server's own first.
pub fn chain(stream: &TlsStream) -> &[CertificateDer<'static>] {
    stream.get_ref().1.peer_certificates().unwrap_or_default()
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

async fn connect(
    connector: TlsConnector,
    name: ServerName<'static>,
    mut socket: Socket,
    behind: &[u8],
) -> std::io::Result<TlsStream> {
    let mut kept = Ok(());
    socket.begin_handshake();
    let connecting = connector.connect_with(name, socket, |connection| kept = connection.writer().write_all(behind));
    kept?;
    let mut stream = connecting.await.map(Box::new)?;
    stream.get_mut().0.end_handshake();
    Ok(stream)
}

/// What an error of a TLS stream is: TLS's own, or the connection's.
pub fn from_io(error: std::io::Error, stage: Stage, peer: &str) -> Error {
    let peer = peer.to_owned();
    match error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
        // What every TLS record begins with.
        Some(rustls::Error::InvalidMessage(
            InvalidMessage::InvalidContentType | InvalidMessage::UnknownProtocolVersion,
        )) if stage == Stage::Tls => Error::NotTls { peer },
        Some(source) => Error::Tls { stage, peer, source: source.clone() },
        None if error.kind() == std::io::ErrorKind::UnexpectedEof => Error::Lost { stage, peer, source: None },
        None => Error::Lost { stage, peer, source: Some(error) },
    }
}

/// The status of a TLS error.
pub fn status(error: &rustls::Error) -> Status {
    match error {
        rustls::Error::InvalidCertificate(error) => certificate_status(error),
        rustls::Error::AlertReceived(AlertDescription::ProtocolVersion)
        | rustls::Error::PeerIncompatible(
            PeerIncompatible::ServerDoesNotSupportTls12Or13 | PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig,
        ) => Status::TlsVersion,
        rustls::Error::AlertReceived(AlertDescription::HandshakeFailure | AlertDescription::InsufficientSecurity)
        | rustls::Error::PeerIncompatible(_) => Status::TlsNoCommonSuite,
        _ => Status::TlsFailed,
    }
}

fn certificate_status(error: &CertificateError) -> Status {
    match error {
        CertificateError::UnknownIssuer => Status::CertificateUntrusted,
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => Status::CertificateExpired,
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => Status::CertificateNotYetValid,
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            Status::CertificateWrongHost
        }
        CertificateError::Other(other) if other.0.is::<Weak>() => Status::CertificateWeak,
        CertificateError::Other(other) => match other.0.downcast_ref::<Untrusted>() {
            Some(untrusted) if untrusted.is_self_signed => Status::CertificateSelfSigned,
            Some(_) => Status::CertificateUntrusted,
            None => Status::CertificateInvalid,
        },
        _ => Status::CertificateInvalid,
    }
}

/// A TLS error in words. rustls shows errors of a verifier in Rust's form.
pub fn describe(error: &rustls::Error) -> Cow<'static, str> {
    match error {
        rustls::Error::InvalidCertificate(CertificateError::Other(other)) => other.0.to_string().into(),
        _ if status(error) == Status::TlsVersion => match cfg!(feature = "tls12") {
            true => "the server speaks neither TLS 1.2 nor TLS 1.3".into(),
            false => "the server does not speak TLS 1.3, and this build nothing else".into(),
        },
        rustls::Error::AlertReceived(alert) if status(error) == Status::TlsNoCommonSuite => {
            format!("the server found no cipher suite, key exchange or signature scheme in common ({alert:?})").into()
        }
        _ => error.to_string().into(),
    }
}

fn untrusted(error: &rustls::Error) -> Option<&Untrusted> {
    match error {
        rustls::Error::InvalidCertificate(CertificateError::Other(other)) => other.0.downcast_ref(),
        _ => None,
    }
}

/// What to do about a TLS error with `peer`, `host:port`, where there is more to say than of its status.
pub fn hint(error: &rustls::Error, peer: &str) -> Cow<'static, str> {
    let hint = match status(error) {
        Status::CertificateUntrusted => return untrusted_hint(error, peer),
        Status::CertificateNotYetValid => {
            "Set the clock of this device, or, when it is right, have the server's certificate renewed; a board without a \
             clock can be told so by cognito_config_set_without_clock"
        }
        _ => "",
    };
    Cow::Borrowed(hint)
}

/// Of an AWS host, a certificate that Amazon did not issue is that of an old endpoint or of somebody on the way.
fn untrusted_hint(error: &rustls::Error, peer: &str) -> Cow<'static, str> {
    let untrusted = untrusted(error);
    if untrusted.is_some_and(|untrusted| untrusted.is_amazons) {
        return "Amazon has issued it, and this config trusts other roots in place of Amazon's: give ca_file or ca_pem with \
                trust COGNITO_TRUST_AMAZON, or leave them out"
            .into();
    }
    let issuer = untrusted.map_or("", |untrusted| untrusted.issuer.as_str());
    let of_the_issuer = match issuer {
        "" => "behind a proxy that inspects TLS, exempt this host from inspection, or trust its CA beside Amazon's: ca_file with \
               trust COGNITO_TRUST_AMAZON"
            .to_owned(),
        issuer => format!(
            "if {issuer} is a proxy that inspects TLS, exempt this host from inspection, or trust its CA beside Amazon's: \
             ca_file with trust COGNITO_TRUST_AMAZON; if it is your own CA, give its root by ca_file, and have the server send \
             the CAs between"
        ),
    };
    let endpoint = peer.split_once(".iot.").filter(|(account, rest)| {
        rest.contains(".amazonaws.") && !account.ends_with("-ats") && !account.ends_with(".ats")
    });
    match endpoint {
        Some((account, rest)) => {
            let rest = rest.split(':').next().unwrap_or_default();
            format!(
                "Use the -ats endpoint, {account}-ats.iot.{rest}, whose certificate Amazon has issued; {of_the_issuer}"
            )
        }
        None => capitalised(&of_the_issuer),
    }
    .into()
}

fn capitalised(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(characters).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustls::OtherError;

    #[test]
    fn an_endpoint_that_is_not_the_ats_one_is_told_its_name() {
        let issuer = "VeriSign".to_owned();
        let untrusted = Untrusted { issuer, is_self_signed: false, not_sent: None, is_amazons: false };
        let other = OtherError(Arc::new(untrusted));
        let error = rustls::Error::InvalidCertificate(CertificateError::Other(other));
        let hint = |peer| hint(&error, peer);
        let old = hint("a1b2c3.iot.us-east-1.amazonaws.com:443");
        assert!(old.starts_with("Use the -ats endpoint, a1b2c3-ats.iot.us-east-1.amazonaws.com, whose"), "{old}");
        assert!(old.contains("; if VeriSign is a proxy"), "{old}");
        for peer in [
            "a1b2c3-ats.iot.us-east-1.amazonaws.com:443",
            "a1b2c3.ats.iot.cn-north-1.amazonaws.com.cn:443",
            "localhost:8443",
        ] {
            assert!(hint(peer).starts_with("If VeriSign is a proxy"), "{peer}");
        }
    }
}
