//! The built-in roots are those that Mozilla's programme carries under the same names, as Debian packages them.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

use std::path::Path;

const ROOTS: [(&str, &str); 5] = [
    ("amazon-root-ca-1.der", "Amazon_Root_CA_1.crt"),
    ("amazon-root-ca-2.der", "Amazon_Root_CA_2.crt"),
    ("amazon-root-ca-3.der", "Amazon_Root_CA_3.crt"),
    ("amazon-root-ca-4.der", "Amazon_Root_CA_4.crt"),
    ("starfield-services-root-g2.der", "Starfield_Services_Root_Certificate_Authority_-_G2.crt"),
];

#[test]
fn the_built_in_roots_are_those_of_debians_ca_certificates() {
    let ours = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/transport/roots");
    let debian = Path::new("/usr/share/ca-certificates/mozilla");
    for (der, pem) in ROOTS {
        let ours = std::fs::read(ours.join(der)).unwrap();
        let path = debian.join(pem);
        let pem = std::fs::read_to_string(&path)
            .unwrap_or_else(|error| panic!("{}: {error}; install ca-certificates", path.display()));
        let base64: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
        let theirs = base64_simd::STANDARD.decode_to_vec(base64).unwrap();
        assert_eq!(ours, theirs, "{der}");
    }
}
