//! Which certificates are taken, and by which time.

use super::untrusted::Untrusted;
use super::weak::{weak_key, weak_signature};
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

/// Checks servers' certificates as rustls does, and differs in two things: it says why one is not
/// trusted or too weak, and for a board without a clock it admits one that is not yet valid, which [`Verifier::check_at`] makes good.
/// rustls's own verifier would bring a parser for lists of revoked certificates, which nobody gives it.
pub struct Verifier {
    roots: RootCertStore,
    algorithms: WebPkiSupportedAlgorithms,
    clock: Arc<Clock>,
}

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
        match self.verify(end_entity, intermediates, name, now) {
            // The handshake would fail by the server's own key, and not say why.
            Ok(()) => weak_key(std::slice::from_ref(end_entity)).map_or(Ok(()), |weak| Err(because(weak))),
            Err(Error::InvalidCertificate(error)) => Err(self.explain(error, end_entity, intermediates)),
            error => error,
        }
    }

    /// The cause of an error of [`Verifier::verify`], where that has more to say than it does.
    fn explain(
        &self,
        error: CertificateError,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
    ) -> Error {
        let untrusted = || because(Untrusted::new(&self.roots, end_entity, intermediates));
        match &error {
            CertificateError::UnknownIssuer => untrusted(),
            // What `openssl req -x509` makes is a CA; as a server's certificate nobody else has signed it.
            CertificateError::Other(other) if format!("{other:?}").contains("CaUsedAsEndEntity") => untrusted(),
            CertificateError::BadSignature => weak_key(intermediates).map_or(Error::InvalidCertificate(error), because),
            CertificateError::UnsupportedSignatureAlgorithmContext { signature_algorithm_id, .. } => {
                weak_signature(signature_algorithm_id).map_or(Error::InvalidCertificate(error), because)
            }
            _ => Error::InvalidCertificate(error),
        }
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

fn because(cause: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::InvalidCertificate(CertificateError::Other(OtherError(Arc::new(cause))))
}

fn time(clock: &Clock) -> UnixTime {
    UnixTime::since_unix_epoch(clock.certificate_time().duration_since(UNIX_EPOCH).unwrap_or_default())
}
