//! Which certificates are taken, and by which time.

use crate::clock::Clock;
use rustls::CertificateError;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{verify_server_cert_signed_by_trust_anchor, verify_server_name};
use rustls::crypto::{WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::time_provider::TimeProvider;
use rustls::{DigitallySignedStruct, Error, OtherError, RootCertStore, SignatureScheme};
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

/// No more certificates of a chain than this can begin later than the device's clock.
const LONGEST_CHAIN: usize = 8;

/// Checks servers' certificates as rustls does, and differs in two things: it says who issued one that leads to no trusted
/// root, and for a board without a clock it admits one that is not yet valid, which [`Verifier::check_at`] makes good.
/// rustls's own verifier would bring a parser for lists of revoked certificates, which nobody gives it.
pub struct Verifier {
    roots: RootCertStore,
    algorithms: WebPkiSupportedAlgorithms,
    clock: Arc<Clock>,
}

/// A certificate that leads to no trusted root.
#[derive(Debug)]
pub struct Untrusted {
    /// The common name and organization of its issuer, as far as it has them.
    pub issuer: String,
}

impl std::fmt::Display for Untrusted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.issuer.as_str() {
            "" => f.write_str("the certificate does not lead to a trusted root"),
            issuer => write!(f, "the certificate, issued by {issuer}, does not lead to a trusted root"),
        }
    }
}

impl std::error::Error for Untrusted {}

impl Verifier {
    /// Trusts `roots`, by the time of `clock`.
    pub fn new(roots: RootCertStore, algorithms: WebPkiSupportedAlgorithms, clock: &Arc<Clock>) -> Self {
        Self { roots, algorithms, clock: Arc::clone(clock) }
    }

    /// Checks a chain that was admitted at one time again at another.
    pub fn check_at(&self, chain: &[CertificateDer<'_>], name: &ServerName<'_>, at: Duration) -> Result<(), Error> {
        let (end_entity, intermediates) = chain.split_first().ok_or(Error::NoCertificatesPresented)?;
        self.check(end_entity, intermediates, name, UnixTime::since_unix_epoch(at))
    }

    fn check(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        now: UnixTime,
    ) -> Result<(), Error> {
        self.verify(end_entity, intermediates, name, now).map_err(|error| match error {
            Error::InvalidCertificate(CertificateError::UnknownIssuer) => untrusted(end_entity),
            // What `openssl req -x509` makes is a CA; as a server's certificate nobody else has signed it.
            Error::InvalidCertificate(CertificateError::Other(other))
                if format!("{other:?}").contains("CaUsedAsEndEntity") =>
            {
                untrusted(end_entity)
            }
            error => error,
        })
    }

    fn verify(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        now: UnixTime,
    ) -> Result<(), Error> {
        let certificate = ParsedCertificate::try_from(end_entity)?;
        let algorithms = self.algorithms.all;
        verify_server_cert_signed_by_trust_anchor(&certificate, &self.roots, intermediates, now, algorithms)?;
        verify_server_name(&certificate, name)
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        _ocsp: &[u8],
        mut now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        for _ in 0..LONGEST_CHAIN {
            match self.check(end_entity, intermediates, name, now) {
                // At the beginning of the certificate that begins last, the whole chain is valid or never was.
                Err(Error::InvalidCertificate(CertificateError::NotValidYetContext { not_before, .. }))
                    if self.clock.is_missing() && not_before > now =>
                {
                    now = not_before;
                }
                result => return result.map(|()| ServerCertVerified::assertion()),
            }
        }
        self.check(end_entity, intermediates, name, now).map(|()| ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signature, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signature, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

impl std::fmt::Debug for Verifier {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Verifier")
    }
}

/// The time by which rustls checks certificates.
pub struct CertificateTime(pub Arc<Clock>);

impl TimeProvider for CertificateTime {
    fn current_time(&self) -> Option<UnixTime> {
        Some(time(&self.0))
    }
}

impl std::fmt::Debug for CertificateTime {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("CertificateTime")
    }
}

fn time(clock: &Clock) -> UnixTime {
    UnixTime::since_unix_epoch(clock.certificate_time().duration_since(UNIX_EPOCH).unwrap_or_default())
}

fn untrusted(certificate: &CertificateDer<'_>) -> Error {
    let untrusted = Untrusted { issuer: issuer(certificate).unwrap_or_default() };
    Error::InvalidCertificate(CertificateError::Other(OtherError(Arc::new(untrusted))))
}

/// The common name and organization of a certificate's issuer.
pub fn issuer(certificate: &CertificateDer<'_>) -> Option<String> {
    let certificate = webpki::EndEntityCert::try_from(certificate).ok()?;
    let name = certificate.issuer();
    // X.520: 2.5.4.3 and 2.5.4.10.
    let (common_name, organization) = (attribute(name, &[0x55, 4, 3]), attribute(name, &[0x55, 4, 10]));
    match (common_name, organization) {
        (Some(common_name), Some(organization)) => Some(format!("{common_name} ({organization})")),
        (common_name, organization) => common_name.or(organization),
    }
}

/// The value of an attribute in a DER `Name`: its object identifier is followed by a string.
fn attribute(name: &[u8], identifier: &[u8; 3]) -> Option<String> {
    let pattern = [6, 3, identifier[0], identifier[1], identifier[2]];
    let at = name.windows(pattern.len()).position(|window| window == pattern)?;
    let value = name.get(at + pattern.len()..)?;
    let (&[_tag, length], rest) = value.split_first_chunk::<2>()?;
    // A length of 128 and above is written in another form, and no name.
    let text = rest.get(..usize::from(length)).filter(|_| length < 128)?;
    Some(String::from_utf8_lossy(text).chars().filter(|c| !c.is_control()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_issuer_is_named_by_common_name_and_organization() {
        let root = CertificateDer::from(&include_bytes!("roots/amazon-root-ca-1.der")[..]);
        assert_eq!(issuer(&root).unwrap(), "Amazon Root CA 1 (Amazon)");
        assert_eq!(issuer(&CertificateDer::from(&b"none"[..])), None);
    }
}
