//! Against URLs that botocore signed (`tests/data/sigv4_vectors.py`).

use serde_json::Value;

use super::*;
use crate::credentials::Owner;

const NOW: i64 = 1_440_938_160;

struct Vectors(Value);

impl Vectors {
    fn read() -> Vectors {
        Vectors(serde_json::from_str(include_str!("../../tests/data/sigv4_vectors.json")).unwrap())
    }

    fn get(&self, name: &str) -> &Value {
        let all = self.0["vectors"].as_array().unwrap();
        all.iter().find(|vector| vector["name"] == name).unwrap()
    }

    fn key(&self, id: &str) -> Option<Key> {
        let text = |name: &str| self.0[name].as_str().unwrap().to_owned();
        (id == text("access_key_id")).then(|| Key {
            access_key_id: text("access_key_id"),
            secret_key: text("secret_key"),
            session_token: text("session_token"),
            expires_at: i64::MAX,
            owner: Owner::default(),
        })
    }

    fn verify(&self, request: &Request, region: &str, now: i64) -> Result<Verified, String> {
        verify(request, region, now, |id| self.key(id)).map_err(|Refusal(message)| message)
    }
}

fn request(vector: &Value) -> Request {
    let host = vector["host"].as_str().unwrap();
    Request {
        method: "GET".into(),
        target: vector["target"].as_str().unwrap().into(),
        headers: vec![("Host".into(), host.into()), ("Upgrade".into(), "websocket".into())],
        version: 1,
    }
}

/// Verifies the vector "host with port" after a change.
fn refused(change: impl Fn(&mut Request)) -> String {
    let vectors = Vectors::read();
    let mut request = request(vectors.get("host with port"));
    change(&mut request);
    vectors.verify(&request, "eu-central-1", NOW).unwrap_err()
}

fn replaced(from: &str, to: &str) -> String {
    refused(|request| {
        assert!(request.target.contains(from), "{from}");
        request.target = request.target.replace(from, to);
    })
}

#[test]
fn what_botocore_signs_without_the_token_is_accepted() {
    let vectors = Vectors::read();
    for vector in vectors.0["vectors"].as_array().unwrap() {
        let good = vector["token"] == "outside" && vector["service"] == "iotdevicegateway";
        let now = vector["signed_at"].as_i64().unwrap();
        let region = vector["region"].as_str().unwrap();
        let verified = vectors.verify(&request(vector), region, now);
        assert_eq!(verified.is_ok(), good, "{}: {verified:?}", vector["name"]);
        if let Ok(verified) = verified {
            assert_eq!(verified.expires_s, vector["expires_s"].as_i64());
            assert_eq!(verified.signed_headers, "host");
        }
    }
}

#[test]
fn a_token_inside_the_signature_is_refused_with_its_own_message() {
    let vectors = Vectors::read();
    let request = request(vectors.get("token inside"));
    let error = vectors.verify(&request, "us-east-1", NOW).unwrap_err();
    assert!(error.contains("must not be part of the signature"), "{error}");
}

#[test]
fn the_scope_must_name_service_region_day_and_terminator() {
    let vectors = Vectors::read();
    let service = request(vectors.get("other service"));
    let error = vectors.verify(&service, "us-east-1", NOW).unwrap_err();
    assert_eq!(error, "Credential should be scoped to correct service: 'iotdevicegateway'.");
    let error = vectors.verify(&request(vectors.get("plain host")), "us-east-2", NOW).unwrap_err();
    assert!(error.starts_with("Credential should be scoped to a valid region."), "{error}");
    assert!(replaced("%2F20150830%2F", "%2F20150829%2F").contains("'20150829' != '20150830'"));
    assert!(replaced("%2Faws4_request", "%2Faws3_request").contains("valid terminator"));
    assert!(replaced("%2Faws4_request", "").contains("exactly 5 slash-delimited elements"));
}

#[test]
fn the_date_must_be_within_five_minutes_and_within_the_expiry() {
    let vectors = Vectors::read();
    let request = request(vectors.get("plain host"));
    let at = |now| vectors.verify(&request, "us-east-1", now);
    assert!(at(NOW + 300).is_ok() && at(NOW - 300).is_ok());
    let late = at(NOW + 301).unwrap_err();
    assert_eq!(
        late,
        "Signature expired: 20150830T123600Z is now earlier than 20150830T123601Z (20150830T124101Z - 5 min.)"
    );
    let early = at(NOW - 301).unwrap_err();
    assert!(early.starts_with("Signature not yet current: 20150830T123600Z is still later"), "{early}");
    let second = super::tests::request(vectors.get("leap day"));
    let expired = vectors.verify(&second, "us-east-1", 1_709_251_199 + 2).unwrap_err();
    assert!(expired.contains("X-Amz-Expires"), "{expired}");
}

#[test]
fn a_bad_expiry_is_refused() {
    for expires in ["0", "-1", "604801", "x"] {
        let error = replaced("X-Amz-Expires=300", &format!("X-Amz-Expires={expires}"));
        assert!(error.starts_with("X-Amz-Expires"), "{error}");
    }
}

#[test]
fn the_token_must_be_that_of_the_key() {
    let invalid = "The security token included in the request is invalid.";
    assert_eq!(replaced("IQoJ", "IQoK"), invalid);
    assert_eq!(replaced("ASIAIOSF", "ASIAIOSG"), invalid);
    let without = refused(|request| {
        let (signed, _) = request.target.split_once("&X-Amz-Security-Token").unwrap();
        request.target = signed.to_owned();
    });
    assert_eq!(without, invalid);
}

#[test]
fn an_expired_key_is_refused() {
    let vectors = Vectors::read();
    let find = |id: &str| vectors.key(id).map(|key| Key { expires_at: NOW, ..key });
    let error = verify(&request(vectors.get("plain host")), "us-east-1", NOW, find).unwrap_err();
    assert_eq!(error.0, "The security token included in the request is expired");
}

#[test]
fn a_changed_host_or_signature_does_not_match() {
    let mismatch = "The request signature we calculated does not match";
    let host = refused(|request| request.headers[0].1 = "localhost".to_owned());
    assert!(host.starts_with(mismatch), "{host}");
    let signature = refused(|request| {
        let at = request.target.find("X-Amz-Signature=").unwrap() + "X-Amz-Signature=".len();
        let digit = if &request.target[at..=at] == "0" { "1" } else { "0" };
        request.target.replace_range(at..=at, digit);
    });
    assert!(signature.starts_with(mismatch), "{signature}");
    let more = refused(|request| request.target.push_str("&a=b"));
    assert!(more.starts_with(mismatch), "{more}");
}

#[test]
fn host_must_be_signed_and_every_signed_header_present() {
    assert!(replaced("SignedHeaders=host", "SignedHeaders=upgrade").starts_with("'Host'"));
    assert!(replaced("SignedHeaders=host", "SignedHeaders=host%3Bx-y").contains("'x-y' is not in"));
    assert!(replaced("SignedHeaders=host", "SignedHeaders=upgrade%3Bhost").contains("sorted"));
}

#[test]
fn every_parameter_must_be_there_once_and_in_canonical_encoding() {
    for name in ["Algorithm", "Credential", "Date", "SignedHeaders", "Signature"] {
        let error = replaced(&format!("X-Amz-{name}="), &format!("X-Amz-{name}X="));
        assert!(error.contains(&format!("must include 'X-Amz-{name}'")), "{error}");
    }
    let bare = refused(|request| request.target = "/mqtt".to_owned());
    assert_eq!(bare, "Missing Authentication Token");
    assert!(replaced("%2F", "/").contains("canonical URI encoding"));
    assert!(replaced("%2F", "%2f").contains("canonical URI encoding"));
    assert!(replaced("=host", "=%68ost").contains("canonical URI encoding"));
    let twice = refused(|request| request.target.push_str("&X-Amz-Expires=300"));
    assert!(twice.contains("occurs twice"), "{twice}");
    assert!(replaced("AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256").starts_with("Unsupported AWS"));
}
