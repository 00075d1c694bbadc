//! A certificate for 127.0.0.1 that signs itself (RFC 5280, section 4.1), without the crates that would make one.

use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair};

const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const OID: u8 = 0x06;
const BIT_STRING: u8 = 0x03;

/// Tag, length and contents of DER.
fn der(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let contents = parts.concat();
    let length = u16::try_from(contents.len()).expect("a short certificate").to_be_bytes();
    let mut out = vec![tag];
    match length {
        [0, length @ ..0x80] => out.push(length),
        [0, length] => out.extend([0x81, length]),
        [high, low] => out.extend([0x82, high, low]),
    }
    out.extend(contents);
    out
}

/// In DER, for a key in PKCS #8. Valid from 2020 to 2100.
pub fn certificate(key: &[u8], random: &SystemRandom) -> Vec<u8> {
    let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, key, random).expect("a key");
    // ecdsa-with-SHA256, id-ecPublicKey, prime256v1, commonName, subjectAltName.
    let algorithm = der(SEQUENCE, &[&der(OID, &[b"\x2a\x86\x48\xce\x3d\x04\x03\x02"])]);
    let (ec, p256) = (der(OID, &[b"\x2a\x86\x48\xce\x3d\x02\x01"]), der(OID, &[b"\x2a\x86\x48\xce\x3d\x03\x01\x07"]));
    let name = der(SEQUENCE, &[&der(SET, &[&der(SEQUENCE, &[&der(OID, &[b"\x55\x04\x03"]), &der(0x0c, &[b"test"])])])]);
    let validity = der(SEQUENCE, &[&der(0x18, &[b"20200101000000Z"]), &der(0x18, &[b"21000101000000Z"])]);
    let public = der(SEQUENCE, &[&der(SEQUENCE, &[&ec, &p256]), &der(BIT_STRING, &[b"\0", key.public_key().as_ref()])]);
    let address = der(0x04, &[&der(SEQUENCE, &[&der(0x87, &[&[127, 0, 0, 1]])])]);
    let extensions = der(0xa3, &[&der(SEQUENCE, &[&der(SEQUENCE, &[&der(OID, &[b"\x55\x1d\x11"]), &address])])]);
    let (version, serial) = (der(0xa0, &[&der(0x02, &[b"\x02"])]), der(0x02, &[b"\x01"]));
    let signed = der(SEQUENCE, &[&version, &serial, &algorithm, &name, &validity, &name, &public, &extensions]);
    let signature = key.sign(random, &signed).expect("a signature");
    der(SEQUENCE, &[&signed, &algorithm, &der(BIT_STRING, &[b"\0", signature.as_ref()])])
}

/// In PEM (RFC 7468).
pub fn pem(certificate: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for three in certificate.chunks(3) {
        let bits = three.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - three.len()));
        for place in 0..4 {
            let digit = usize::try_from(bits >> (18 - 6 * place) & 63).expect("six bits");
            text.push(if place <= three.len() { char::from(DIGITS[digit]) } else { '=' });
        }
    }
    format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n")
}
