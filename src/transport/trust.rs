//! The roots that servers' certificates must lead to.

use super::pem::certificates;
use crate::config::{Network, Trust};
use crate::error::{Failure, Stage};
use crate::log::log;
use crate::status::Status;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use std::borrow::Cow;

/// Amazon Root CA 1 to 4 and the Starfield root that signs across to them.
const AMAZON: [&[u8]; 5] = [
    include_bytes!("roots/amazon-root-ca-1.der"),
    include_bytes!("roots/amazon-root-ca-2.der"),
    include_bytes!("roots/amazon-root-ca-3.der"),
    include_bytes!("roots/amazon-root-ca-4.der"),
    include_bytes!("roots/starfield-services-root-g2.der"),
];

/// Where distributions keep the system's bundle; the first that is there is taken. No environment variable is asked.
const SYSTEM_BUNDLES: [&str; 5] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

/// Loads what `network` trusts. Anything that cannot be read is an error: a trust store fails closed.
pub fn roots(network: &Network) -> Result<RootCertStore, Failure> {
    let mut store = RootCertStore::empty();
    let given = network.ca_file.is_some() || network.ca_pem.is_some();
    match network.trust {
        None if given => {}
        None | Some(Trust::Amazon) => add_amazon(&mut store)?,
        Some(Trust::System) => add_system(&mut store)?,
        Some(Trust::OnlyGiven) => {}
    }
    if let Some(path) = &network.ca_file {
        let pem = read("ca_file", path)?;
        add_pem(&mut store, &format!("ca_file {path}"), &pem, Strictness::Strict)?;
    }
    if let Some(pem) = &network.ca_pem {
        add_pem(&mut store, "ca_pem", pem.as_bytes(), Strictness::Strict)?;
    }
    log!(Debug, Stage::Config, "{} trusted roots", store.len());
    Ok(store)
}

/// A certificate that the application gave and that is no good is an error; one of the 140 in the system's bundle is not.
#[derive(PartialEq)]
enum Strictness {
    Strict,
    Lenient,
}

fn add_amazon(store: &mut RootCertStore) -> Result<(), Failure> {
    for der in AMAZON {
        store
            .add(CertificateDer::from(der))
            .map_err(|error| failure(format!("a built-in root is unusable: {error}")))?;
    }
    Ok(())
}

fn add_system(store: &mut RootCertStore) -> Result<(), Failure> {
    let Some(path) = SYSTEM_BUNDLES.into_iter().find(|path| std::fs::exists(path).unwrap_or(false)) else {
        return Err(failure(format!("this system has no CA bundle; looked for {}", SYSTEM_BUNDLES.join(", ")))
            .hint("Install the package ca-certificates, or trust the built-in Amazon roots"));
    };
    let pem = read("the system's CA bundle", path)?;
    add_pem(store, &format!("the system's CA bundle {path}"), &pem, Strictness::Lenient)
}

fn read(what: &str, path: &str) -> Result<Vec<u8>, Failure> {
    std::fs::read(path).map_err(|error| failure(format!("{what} {path} cannot be read: {error}")))
}

fn add_pem(store: &mut RootCertStore, what: &str, pem: &[u8], strictness: Strictness) -> Result<(), Failure> {
    let before = store.len();
    // What is no UTF-8 is no part of a certificate.
    let pem = match std::str::from_utf8(pem) {
        Ok(pem) => Cow::Borrowed(pem),
        Err(_) => String::from_utf8_lossy(pem),
    };
    for (number, certificate) in (1..).zip(certificates(&pem)) {
        let certificate =
            certificate.map_err(|error| failure(format!("{what}: certificate {number} is not PEM: {error}")))?;
        match store.add(CertificateDer::from(certificate)) {
            Err(error) if strictness == Strictness::Strict => {
                return Err(failure(format!("{what}: certificate {number} is unusable: {error}")));
            }
            _ => {}
        }
    }
    if store.len() == before {
        return Err(failure(format!("{what} holds no certificate"))
            .hint("Give certificates in PEM form, beginning with -----BEGIN CERTIFICATE-----"));
    }
    Ok(())
}

fn failure(message: String) -> Failure {
    Failure::new(Status::TrustStore, Stage::Config, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network() -> Network {
        Network { proxy: None, trust: None, ca_file: None, ca_pem: None }
    }

    fn pem() -> String {
        let encoded = base64_simd::STANDARD.encode_to_string(AMAZON[0]);
        format!("-----BEGIN CERTIFICATE-----\n{encoded}\n-----END CERTIFICATE-----\n")
    }

    #[test]
    fn the_amazon_roots_are_the_default_and_given_ones_replace_them_or_add() {
        let with = |change: fn(&mut Network)| {
            let mut network = Network { ca_pem: Some(pem()), ..network() };
            change(&mut network);
            roots(&network).unwrap().len()
        };
        assert_eq!(roots(&network()).unwrap().len(), 5);
        assert_eq!(with(|_| {}), 1);
        assert_eq!(with(|network| network.trust = Some(Trust::Amazon)), 6);
        assert_eq!(with(|network| network.trust = Some(Trust::OnlyGiven)), 1);
        assert!(with(|network| network.trust = Some(Trust::System)) > 50);
    }

    #[test]
    fn a_ca_file_or_pem_that_is_no_good_fails_closed_and_is_named() {
        let problem = |ca_file: Option<&str>, ca_pem: Option<&str>| {
            let network =
                Network { ca_file: ca_file.map(str::to_owned), ca_pem: ca_pem.map(str::to_owned), ..network() };
            let failure = roots(&network).err().unwrap();
            assert_eq!(failure.status, Status::TrustStore);
            failure.text()
        };
        assert!(problem(Some("/nonexistent/ca.pem"), None).contains("ca_file /nonexistent/ca.pem cannot be read"));
        assert!(problem(Some("/dev/null"), None).contains("/dev/null holds no certificate"));
        assert!(problem(None, Some("hello")).contains("ca_pem holds no certificate"));
        assert!(problem(None, Some("-----BEGIN CERTIFICATE-----\nAA")).contains("END line is missing"));
        let garbage = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        assert!(problem(None, Some(garbage)).contains("certificate 1 is unusable"));
    }
}
