//! IoT Core's refusals for a wrong clock and of revoked credentials, answers without a date, and the policies of identities.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod common;

use common::{Head, LocalAws, Socket, read_body};
use local_aws::{clock, mqtt, websocket};
use serde_json::{Value, json};

/// Sends an upgrade that is signed now; the head of the answer and AWS's message.
fn upgrade(aws: &LocalAws, credentials: &Value) -> (Head, String) {
    let mut tls = aws.tls("iot_port").unwrap();
    let (head, rest) = aws.upgrade(&mut tls, &aws.signed_target(credentials, 0)).unwrap();
    if head.status == 101 {
        return (head, String::new());
    }
    let body: Value = serde_json::from_slice(&read_body(&mut tls, rest, &head).unwrap()).unwrap();
    let message = body["message"].as_str().unwrap().to_owned();
    (head, message)
}

#[test]
fn a_skewed_refusal_shows_the_time_that_it_means() {
    let aws = LocalAws::start(&[]);
    let credentials = aws.credentials();
    for (skew_s, words, sign) in
        [(1000, "Signature expired: ", "- 5 min.)"), (-1000, "Signature not yet current: ", "+ 5 min.)")]
    {
        aws.fault(&format!("iot.upgrade=refuse-skewed:{skew_s}*1"));
        let before = clock::now();
        let (head, message) = upgrade(&aws, &credentials);
        let after = clock::now();
        assert_eq!(head.status, 403);
        assert_eq!(head.header("x-amzn-ErrorType"), Some("ForbiddenException:"));
        let shown = (before..=after).find(|now| head.header("Date") == Some(clock::http_date(now + skew_s).as_str()));
        let shown = clock::amz_date(shown.unwrap() + skew_s);
        assert!(message.starts_with(words) && message.ends_with(&format!("({shown} {sign}")), "{message}");
        assert_eq!(upgrade(&aws, &credentials).0.status, 101);
    }
    assert_eq!(aws.counter("upgrades_refused"), 2);
}

#[test]
fn an_answer_to_the_upgrade_may_come_without_its_date() {
    let aws = LocalAws::start(&[]);
    let credentials = aws.credentials();
    aws.fault("iot.no_date=1*2&iot.upgrade=refuse*1");
    let (head, _) = upgrade(&aws, &credentials);
    assert_eq!((head.status, head.header("Date")), (403, None));
    let (head, _) = upgrade(&aws, &credentials);
    assert_eq!((head.status, head.header("Date")), (101, None));
    assert!(upgrade(&aws, &credentials).0.header("Date").is_some());
}

#[test]
fn revoked_credentials_are_refused_and_later_ones_are_not() {
    let aws = LocalAws::start(&[]);
    let revoked = aws.credentials();
    assert_eq!(upgrade(&aws, &revoked).0.status, 101);
    assert_eq!(aws.control("POST", "/credentials?revoke=all").0, 200);
    let (head, message) = upgrade(&aws, &revoked);
    assert_eq!((head.status, message.as_str()), (403, "The security token included in the request is invalid."));
    assert_eq!(upgrade(&aws, &aws.credentials()).0.status, 101);
    assert_eq!(aws.control("POST", "/credentials?revoke=none").0, 400);
}

/// What an MQTT CONNECT with these credentials is answered with.
fn connect(aws: &LocalAws, credentials: &Value) -> Result<(u8, Vec<u8>), String> {
    let mut tls = aws.tls("iot_port").unwrap();
    let (head, rest) = aws.upgrade(&mut tls, &aws.signed_target(credentials, 0)).unwrap();
    assert_eq!(head.status, 101);
    let mut socket = Socket::new(tls, rest);
    socket.send(websocket::BINARY, &mqtt::connect("test-1"));
    socket.receive()
}

#[test]
fn an_identity_with_logins_needs_a_policy_where_that_is_required() {
    let aws = LocalAws::start(&["--identity-policy", "required"]);
    let logins = json!({"accounts.google.com": "a"});
    let ask = |operation: &str, body: Value| -> Value {
        let (status, _, body) = aws.cognito(operation, &body.to_string()).unwrap();
        assert_eq!(status, 200);
        serde_json::from_slice(&body).unwrap()
    };
    let answer = ask("GetId", json!({"IdentityPoolId": aws.text("identity_pool"), "Logins": logins}));
    let identity = answer["IdentityId"].as_str().unwrap();
    let credentials = ask("GetCredentialsForIdentity", json!({"IdentityId": identity, "Logins": logins}));

    assert_eq!(connect(&aws, &credentials).unwrap_err(), "frame: closed");
    assert_eq!(aws.control("POST", &format!("/policies?attach={identity}")).0, 200);
    let connack = (0x82, vec![0x20, 2, 0, 0]);
    assert_eq!(connect(&aws, &credentials).unwrap(), connack);
    assert_eq!(aws.control("POST", &format!("/policies?detach={identity}")).0, 200);
    assert_eq!(connect(&aws, &credentials).unwrap_err(), "frame: closed");
    assert_eq!((aws.counter("connects"), aws.counter("connects_without_policy")), (3, 2));
    // The role alone decides for a guest.
    assert_eq!(connect(&aws, &aws.credentials()).unwrap(), connack);
    assert_eq!(aws.control("POST", "/policies?bogus=x").0, 400);
}

#[test]
fn no_identity_needs_a_policy_by_default() {
    let aws = LocalAws::start(&[]);
    let body = json!({"IdentityId": aws.text("identity"), "Logins": {"accounts.google.com": "a"}}).to_string();
    let (_, _, body) = aws.cognito("GetCredentialsForIdentity", &body).unwrap();
    let credentials = serde_json::from_slice(&body).unwrap();
    assert_eq!(connect(&aws, &credentials).unwrap().1, [0x20, 2, 0, 0]);
}
