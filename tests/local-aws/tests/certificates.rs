//! The dates and the names of the certificates, as they come over the wire.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod common;

use std::sync::{Arc, Mutex};

use common::LocalAws;
use local_aws::clock;
use tokio_rustls::rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use tokio_rustls::rustls::{ClientConfig, ClientConnection, DigitallySignedStruct, Error, SignatureScheme};

const DAY: i64 = 86_400;

/// Takes every certificate and keeps the last one.
#[derive(Debug, Default)]
struct Witness(Mutex<Vec<u8>>);

impl ServerCertVerifier for Witness {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        *self.0.lock().unwrap() = end_entity.to_vec();
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        ring::default_provider().signature_verification_algorithms.supported_schemes()
    }
}

/// The certificate in DER.
fn certificate(aws: &LocalAws, port: &str) -> Vec<u8> {
    let witness = Arc::new(Witness::default());
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .dangerous()
        .with_custom_certificate_verifier(witness.clone())
        .with_no_client_auth();
    let name = ServerName::try_from("localhost").unwrap();
    let mut tls = ClientConnection::new(Arc::new(config), name).unwrap();
    let mut tcp = aws.tcp(port);
    while tls.is_handshaking() {
        tls.complete_io(&mut tcp).unwrap();
    }
    let seen = witness.0.lock().unwrap();
    seen.clone()
}

/// The two dates of a certificate: UTCTime is tag 23 with 13 characters `YYMMDDHHMMSSZ`.
fn validity(der: &[u8]) -> (i64, i64) {
    let dates: Vec<i64> = der
        .windows(15)
        .filter(|bytes| bytes[..2] == [23, 13])
        .filter_map(|bytes| {
            let text = std::str::from_utf8(&bytes[2..]).ok()?;
            clock::parse_amz_date(&format!("20{}T{}", &text[..6], &text[6..]))
        })
        .collect();
    (dates[0], dates[1])
}

#[test]
fn a_good_certificate_follows_the_clocks_of_the_services() {
    for (arguments, from, until) in [
        (vec![], -30, 395),
        (vec!["--iot-clock-offset-s=5184000", "--cognito-clock-offset-s=5184000"], 30, 455),
        (vec!["--iot-clock-offset-s=-5184000", "--cognito-clock-offset-s=-5184000"], -90, 335),
        (vec!["--iot-clock-offset-s=5184000"], -30, 455),
        (vec!["--certificate-days=40"], -30, 10),
    ] {
        let now = clock::now();
        let aws = LocalAws::start(&arguments);
        for port in ["iot_port", "cognito_port"] {
            let (begins, ends) = validity(&certificate(&aws, port));
            let late = begins - (now + from * DAY);
            assert!((0..60).contains(&late), "{arguments:?}: {late} s");
            assert_eq!(ends - begins, (until - from) * DAY, "{arguments:?}");
        }
    }
}

#[test]
fn a_certificate_of_the_future_is_not_valid_yet_by_this_machines_clock() {
    let aws = LocalAws::start(&["--iot-clock-offset-s=5184000", "--cognito-clock-offset-s=5184000"]);
    let error = aws.tls("cognito_port").unwrap_err().to_string();
    assert!(error.contains("certificate not valid yet"), "{error}");
}

#[test]
fn the_inspecting_proxys_certificate_names_its_ca() {
    let aws = LocalAws::start(&[]);
    aws.fault("iot.certificate=inspected&cognito.certificate=inspected");
    for port in ["iot_port", "cognito_port"] {
        let error = aws.tls(port).unwrap_err().to_string();
        assert!(error.contains("UnknownIssuer"), "{error}");
        let der = certificate(&aws, port);
        for name in ["Example Inspection CA", "Example Networks"] {
            assert!(der.windows(name.len()).any(|bytes| bytes == name.as_bytes()), "{name}");
        }
    }
}
