//! The own CA, the certificate of the two services, and the bad ones that a fault can ask for.

use std::collections::BTreeMap;
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use time::OffsetDateTime;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::rustls::version::{TLS12, TLS13};
use tokio_rustls::rustls::{ServerConfig, SupportedProtocolVersion, crypto::ring};

use crate::options::TlsVersions;

const DAY: i64 = 86_400;

type Error = Box<dyn std::error::Error + Send + Sync>;

/// The TLS configurations, by the name of their fault; the good one has the empty name.
pub struct Certificates {
    configs: BTreeMap<&'static str, Arc<ServerConfig>>,
    /// The certificate of the CA that clients are to trust.
    pub ca_pem: String,
}

impl Certificates {
    /// Makes the CA and all certificates. They are valid from 30 days before the earliest to 395
    /// days after the latest of `clocks` (the services', in Unix seconds), or for `days`.
    pub fn new(
        hosts: &[String],
        addresses: &[String],
        versions: TlsVersions,
        clocks: &[i64],
        days: Option<u32>,
    ) -> Result<Certificates, Error> {
        let earliest = clocks.iter().min().copied().unwrap_or(0);
        let latest = clocks.iter().max().copied().unwrap_or(0);
        let from = earliest - 30 * DAY;
        let until = days.map_or(latest + 395 * DAY, |days| from + i64::from(days) * DAY);
        let mut names = vec!["localhost".to_owned(), "127.0.0.1".to_owned(), "::1".to_owned()];
        for name in hosts.iter().chain(addresses) {
            if !names.contains(name) {
                names.push(name.clone());
            }
        }

        let (long_before, long_after) = (from - 3650 * DAY, until + 3650 * DAY);
        let (ca, ca_pem) = authority("local-aws CA", None, long_before, long_after)?;
        let (other, _) = authority("another CA", None, long_before, long_after)?;
        // As a proxy that looks into TLS has one.
        let (inspection, _) = authority("Example Inspection CA", Some("Example Networks"), long_before, long_after)?;
        let key = KeyPair::generate()?;
        let good = leaf(&names, from, until)?;
        let expired = leaf(&names, from - 365 * DAY, earliest - DAY)?;
        let not_yet_valid = leaf(&names, latest + DAY, latest.max(until) + 365 * DAY)?;
        let wrong_host = leaf(&["wrong-host.example".to_owned()], from, until)?;
        // What `openssl req -x509` makes.
        let mut self_signed_ca = leaf(&names, from, until)?;
        self_signed_ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let signed = [
            ("", good.signed_by(&key, &ca)?),
            ("expired", expired.signed_by(&key, &ca)?),
            ("not-yet-valid", not_yet_valid.signed_by(&key, &ca)?),
            ("wrong-host", wrong_host.signed_by(&key, &ca)?),
            ("self-signed", good.self_signed(&key)?),
            ("self-signed-ca", self_signed_ca.self_signed(&key)?),
            ("untrusted", good.signed_by(&key, &other)?),
            ("inspected", good.signed_by(&key, &inspection)?),
        ];
        let mut configs = BTreeMap::new();
        for (name, certificate) in signed {
            // A configuration of its own also keeps its sessions: one that was resumed would show
            // no certificate at all.
            configs.insert(name, server_config(certificate.der().clone(), &key, versions)?);
        }
        Ok(Certificates { configs, ca_pem })
    }

    /// The configuration of a certificate fault, or the good one for "".
    pub fn config(&self, fault: &str) -> Option<Arc<ServerConfig>> {
        self.configs.get(fault).cloned()
    }
}

fn authority(
    name: &str,
    organization: Option<&str>,
    from: i64,
    until: i64,
) -> Result<(Issuer<'static, KeyPair>, String), Error> {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    if let Some(organization) = organization {
        params.distinguished_name.push(DnType::OrganizationName, organization);
    }
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.not_before = OffsetDateTime::from_unix_timestamp(from)?;
    params.not_after = OffsetDateTime::from_unix_timestamp(until)?;
    let key = KeyPair::generate()?;
    let pem = params.self_signed(&key)?.pem();
    Ok((Issuer::new(params, key), pem))
}

fn leaf(names: &[String], from: i64, until: i64) -> Result<CertificateParams, Error> {
    let mut params = CertificateParams::new(names)?;
    if let Some(name) = names.first() {
        params.distinguished_name.push(DnType::CommonName, name.as_str());
    }
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    // Python 3.13 and later refuse a chain without it.
    params.use_authority_key_identifier_extension = true;
    params.not_before = OffsetDateTime::from_unix_timestamp(from)?;
    params.not_after = OffsetDateTime::from_unix_timestamp(until)?;
    Ok(params)
}

fn server_config(
    certificate: CertificateDer<'static>,
    key: &KeyPair,
    versions: TlsVersions,
) -> Result<Arc<ServerConfig>, Error> {
    let versions: &[&'static SupportedProtocolVersion] = match versions {
        TlsVersions::Only12 => &[&TLS12],
        TlsVersions::Only13 => &[&TLS13],
        TlsVersions::Both => &[&TLS13, &TLS12],
    };
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(versions)?
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)?;
    Ok(Arc::new(config))
}
