//! Certificates that lead to no trusted root: who issued them, and what is missing.

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;

/// How Amazon names itself in the subjects of its CAs.
const AMAZON: &[u8] = b"Amazon";

/// A certificate that leads to no trusted root.
#[derive(Debug)]
pub struct Untrusted {
    /// The common name and organization of its issuer, as far as it has them.
    pub issuer: String,
    /// Whether that is itself.
    pub is_self_signed: bool,
    /// The CA from which on nothing was sent. It may be a root that is not trusted, or stand below one that is.
    pub not_sent: Option<String>,
    /// Whether it would lead to Amazon's roots, and other ones are trusted in their place.
    pub is_amazons: bool,
}

impl Untrusted {
    /// What `roots` lack for a server's certificate and those that it sent with it.
    pub fn new(roots: &RootCertStore, end_entity: &CertificateDer<'_>, sent: &[CertificateDer<'_>]) -> Self {
        let mut top = subject_and_issuer(end_entity).unwrap_or_default();
        let is_self_signed = top.0 == top.1;
        let sent: Vec<_> = sent.iter().filter_map(subject_and_issuer).collect();
        // Each step leads to another certificate, so that those who have issued each other are not gone around for ever.
        for _ in 0..sent.len() {
            let above = sent.iter().find(|(subject, _)| *subject == top.1);
            top = above.filter(|_| top.0 != top.1).cloned().unwrap_or(top);
        }
        let trusts_amazon = roots.roots.iter().any(|root| contains(&root.subject, AMAZON));
        Self {
            issuer: issuer(end_entity).unwrap_or_default(),
            is_self_signed,
            not_sent: if top.0 == top.1 { None } else { common_name_and_organization(&top.1) },
            is_amazons: !trusts_amazon && contains(&top.1, AMAZON),
        }
    }
}

impl std::fmt::Display for Untrusted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (self.issuer.as_str(), self.is_self_signed) {
            ("", true) => f.write_str("the certificate is self-signed")?,
            ("", false) => f.write_str("the certificate does not lead to a trusted root")?,
            (issuer, true) => write!(f, "the certificate is self-signed, by {issuer}")?,
            (issuer, false) => write!(f, "the certificate, issued by {issuer}, does not lead to a trusted root")?,
        }
        match &self.not_sent {
            Some(ca) => write!(f, "; {ca} is none, and the server has sent no certificate of it"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Untrusted {}

/// The common name and organization of a certificate's issuer.
pub fn issuer(certificate: &CertificateDer<'_>) -> Option<String> {
    common_name_and_organization(&subject_and_issuer(certificate)?.1)
}

fn subject_and_issuer(certificate: &CertificateDer<'_>) -> Option<(Vec<u8>, Vec<u8>)> {
    let certificate = webpki::EndEntityCert::try_from(certificate).ok()?;
    Some((certificate.subject().to_vec(), certificate.issuer().to_vec()))
}

/// Both, as far as a DER `Name` has them.
pub fn common_name_and_organization(name: &[u8]) -> Option<String> {
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

fn contains(name: &[u8], part: &[u8]) -> bool {
    name.windows(part.len()).any(|window| window == part)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn root() -> CertificateDer<'static> {
        CertificateDer::from(&include_bytes!("roots/amazon-root-ca-1.der")[..])
    }

    #[test]
    fn the_issuer_is_named_by_common_name_and_organization() {
        assert_eq!(issuer(&root()).unwrap(), "Amazon Root CA 1 (Amazon)");
        assert_eq!(issuer(&CertificateDer::from(&b"none"[..])), None);
    }

    #[test]
    fn one_that_has_issued_itself_is_self_signed_and_lacks_nothing_above_it() {
        let untrusted = Untrusted::new(&RootCertStore::empty(), &root(), &[root(), root()]);
        assert!(untrusted.is_self_signed && untrusted.is_amazons);
        assert_eq!(untrusted.not_sent, None);
        assert_eq!(untrusted.to_string(), "the certificate is self-signed, by Amazon Root CA 1 (Amazon)");
    }
}
