//! Certificates that are refused because they are too weak. rustls knows no such cause: to it a signature is bad, or an algorithm
//! is not supported.

use super::untrusted::common_name_and_organization;
use rustls::pki_types::CertificateDer;

/// The shortest RSA key that is taken.
const RSA_BITS: usize = 2048;

/// rsaEncryption, 1.2.840.113549.1.1.1.
const RSA: &[u8] = &[6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1];

/// Signatures with a hash that can be forged: sha1WithRSAEncryption and md5WithRSAEncryption of PKCS #1, ecdsa-with-SHA1 of X9.62.
const FORGEABLE: [(&[u8], &str); 3] = [
    (&[6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 5], "SHA-1"),
    (&[6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 4], "MD5"),
    (&[6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 1], "SHA-1"),
];

/// Why a certificate is too weak.
#[derive(Debug, PartialEq)]
pub enum Weak {
    /// The certificate of this subject has an RSA key of so many bits.
    Key { subject: String, bits: usize },
    /// It, or one above it, is signed with this hash.
    Signature { hash: &'static str },
}

impl std::fmt::Display for Weak {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Key { subject, bits } => {
                write!(f, "the certificate of {subject} has an RSA key of {bits} bits; {RSA_BITS} are the least")
            }
            Self::Signature { hash } => {
                write!(f, "the certificate, or one above it, is signed with {hash}, which can be forged")
            }
        }
    }
}

impl std::error::Error for Weak {}

/// The first of some certificates whose key is too short.
pub fn weak_key(certificates: &[CertificateDer<'_>]) -> Option<Weak> {
    certificates.iter().find_map(|certificate| {
        let certificate = webpki::EndEntityCert::try_from(certificate).ok()?;
        let bits = rsa_bits(&certificate.subject_public_key_info()).filter(|bits| *bits < RSA_BITS)?;
        let subject = common_name_and_organization(certificate.subject()).unwrap_or_default();
        Some(Weak::Key { subject, bits })
    })
}

/// What is weak about a signature algorithm, the content of an `AlgorithmIdentifier` in DER.
pub fn weak_signature(algorithm: &[u8]) -> Option<Weak> {
    let (_, hash) = FORGEABLE.iter().find(|(identifier, _)| algorithm.starts_with(identifier))?;
    Some(Weak::Signature { hash })
}

/// How long the modulus of a `SubjectPublicKeyInfo` is, if it is of RSA.
fn rsa_bits(public_key: &[u8]) -> Option<usize> {
    let (public_key, _) = element(public_key)?;
    let (algorithm, rest) = element(public_key)?;
    if !algorithm.starts_with(RSA) {
        return None;
    }
    // A bit string begins with how many of its last bits are unused.
    let (_unused, key) = element(rest)?.0.split_first()?;
    let (modulus, _exponent) = element(element(key)?.0)?;
    let modulus = modulus.get(modulus.iter().position(|byte| *byte != 0)?..)?;
    Some(8 * modulus.len() - modulus.first()?.leading_zeros() as usize)
}

/// The content of the first DER element, and what follows it.
fn element(der: &[u8]) -> Option<(&[u8], &[u8])> {
    let (&[_tag, length], rest) = der.split_first_chunk::<2>()?;
    let (length, rest) = match length {
        0..128 => (usize::from(length), rest),
        // A length of so many bytes follows.
        _ => {
            let (bytes, rest) =
                rest.split_at_checked(usize::from(length & 0x7f)).filter(|(bytes, _)| bytes.len() <= 2)?;
            (bytes.iter().fold(0, |length, byte| length << 8 | usize::from(*byte)), rest)
        }
    };
    rest.split_at_checked(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bits(root: &'static [u8]) -> Option<usize> {
        let root = CertificateDer::from(root);
        rsa_bits(&webpki::EndEntityCert::try_from(&root).unwrap().subject_public_key_info())
    }

    /// Their sizes are in Amazon's repository of its roots.
    #[test]
    fn the_length_of_a_key_is_read_from_the_roots_of_amazon() {
        assert_eq!(bits(include_bytes!("roots/amazon-root-ca-1.der")), Some(2048));
        assert_eq!(bits(include_bytes!("roots/amazon-root-ca-2.der")), Some(4096));
        assert_eq!(bits(include_bytes!("roots/amazon-root-ca-3.der")), None);
        assert_eq!(weak_key(&[CertificateDer::from(&include_bytes!("roots/amazon-root-ca-1.der")[..])]), None);
    }

    #[test]
    fn der_that_is_cut_or_lies_about_its_length_has_no_key() {
        let root = CertificateDer::from(&include_bytes!("roots/amazon-root-ca-1.der")[..]);
        let key = webpki::EndEntityCert::try_from(&root).unwrap().subject_public_key_info();
        for len in 0..key.len() {
            assert_eq!(rsa_bits(key.get(..len).unwrap()), None);
        }
        assert_eq!(rsa_bits(&[0x30, 0x84, 0xff, 0xff, 0xff, 0xff, 0]), None);
    }
}
