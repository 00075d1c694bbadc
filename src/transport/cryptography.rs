//! The cryptography of TLS: ring's as rustls offers it, without what would stand in every program and never run, because a
//! client here has no certificate of its own and speaks no QUIC.

use rustls::crypto::ring::{cipher_suite, default_provider};
use rustls::crypto::{CryptoProvider, KeyProvider};
use rustls::pki_types::PrivateKeyDer;
use rustls::sign::SigningKey;
use rustls::{CipherSuiteCommon, Error, SupportedCipherSuite, Tls13CipherSuite};
use std::sync::Arc;

static AES_256_GCM: Tls13CipherSuite = without_quic(&cipher_suite::TLS13_AES_256_GCM_SHA384);
static AES_128_GCM: Tls13CipherSuite = without_quic(&cipher_suite::TLS13_AES_128_GCM_SHA256);
#[cfg(feature = "chacha20")]
static CHACHA20_POLY1305: Tls13CipherSuite = without_quic(&cipher_suite::TLS13_CHACHA20_POLY1305_SHA256);

/// In rustls's order.
static CIPHER_SUITES: &[SupportedCipherSuite] = &[
    SupportedCipherSuite::Tls13(&AES_256_GCM),
    SupportedCipherSuite::Tls13(&AES_128_GCM),
    #[cfg(feature = "chacha20")]
    SupportedCipherSuite::Tls13(&CHACHA20_POLY1305),
    #[cfg(feature = "tls12")]
    cipher_suite::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
    #[cfg(feature = "tls12")]
    cipher_suite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
    #[cfg(all(feature = "tls12", feature = "chacha20"))]
    cipher_suite::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
    #[cfg(feature = "tls12")]
    cipher_suite::TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
    #[cfg(feature = "tls12")]
    cipher_suite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
    #[cfg(all(feature = "tls12", feature = "chacha20"))]
    cipher_suite::TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
];

/// What TLS connections are made with.
pub fn provider() -> CryptoProvider {
    CryptoProvider { cipher_suites: CIPHER_SUITES.to_vec(), key_provider: &NoKeys, ..default_provider() }
}

const fn without_quic(suite: &SupportedCipherSuite) -> Tls13CipherSuite {
    match suite {
        SupportedCipherSuite::Tls13(suite) => Tls13CipherSuite {
            common: CipherSuiteCommon {
                suite: suite.common.suite,
                hash_provider: suite.common.hash_provider,
                confidentiality_limit: suite.common.confidentiality_limit,
            },
            hkdf_provider: suite.hkdf_provider,
            aead_alg: suite.aead_alg,
            quic: None,
        },
        #[cfg(feature = "tls12")]
        #[allow(clippy::panic, reason = "ends the compilation, not the program")]
        SupportedCipherSuite::Tls12(_) => panic!("a suite of TLS 1.2"),
    }
}

/// Never asked: it loads the keys of client certificates.
#[derive(Debug)]
struct NoKeys;

impl KeyProvider for NoKeys {
    fn load_private_key(&self, _: PrivateKeyDer<'static>) -> Result<Arc<dyn SigningKey>, Error> {
        Err(Error::General("client certificates are not supported".to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cipher_suites_are_those_of_rustls_in_its_order() {
        let names = |provider: CryptoProvider| {
            provider.cipher_suites.iter().map(SupportedCipherSuite::suite).collect::<Vec<_>>()
        };
        assert_eq!(names(provider()), names(default_provider()));
    }
}
