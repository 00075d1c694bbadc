//! What Cognito answers, or who pretends to be Cognito: heads and bodies of HTTP, the SDK's JSON, refusals, and when to ask again.
//! No answer puts a secret or a whole identity id into a message.

use crate::check_failure;
use cognito_connect::Status;
use cognito_connect::fuzzing::{Asked, Config, Failure, Identity, IdentityPool, Sent, credentials, id};
use std::time::{Duration, SystemTime};

const ID: &str = "us-east-1:01234567-89ab-cdef-0123-456789abcdef";

/// In the corpus they stand where the secrets are.
const SECRETS: [&str; 2] = ["SECRETKEYSECRETKEY", "SESSIONTOKENSESSIONTOKEN"];

/// The first byte chooses the operation, and the pieces in which the answer comes.
pub fn cognito(data: &[u8]) {
    let Some((choice, answer)) = data.split_first() else { return };
    let mut config = Config::default();
    let sent = Sent::new(answer, if choice & 2 == 0 { answer.len() } else { usize::from(choice >> 2) + 1 });
    if choice & 1 == 0 {
        config.identity = Identity::parse("identity", ID).ok();
        let identity = config.identity.clone().expect("an id");
        let asked = credentials(&config, &identity, sent).expect("settings that fit");
        if let Some((credentials, named)) = check(asked, answer) {
            let parts = [credentials.access_key_id(), credentials.secret_access_key(), credentials.session_token()];
            assert!(parts.iter().all(|part| !part.is_empty()), "credentials that lack something");
            assert!(
                credentials.expires_at() > SystemTime::now() - Duration::from_secs(60),
                "credentials that are over"
            );
            assert!(Identity::parse("identity", named.as_str()).is_ok());
        }
    } else {
        config.identity_pool = IdentityPool::parse("identity_pool", ID).ok();
        let pool = config.identity_pool.clone().expect("an id");
        let asked = id(&config, &pool, sent).expect("settings that fit");
        if let Some(identity) = check(asked, answer) {
            assert!(Identity::parse("identity", identity.as_str()).is_ok());
        }
    }
}

fn check<T>(asked: Asked<T>, answer: &[u8]) -> Option<T> {
    let failure = match asked.outcome {
        Ok(given) => {
            assert_eq!(asked.again_in, None);
            return Some(given);
        }
        Err(failure) => failure,
    };
    check_failure(&failure, answer);
    check_secrets(&failure);
    assert_ne!(failure.status, Status::Internal, "{}", failure.text());
    assert_ne!(failure.status, Status::Ok);
    if let Some(again_in) = asked.again_in {
        let pauses = [Status::CognitoThrottled, Status::CognitoUnavailable, Status::ConnectionLost];
        assert!(pauses.contains(&failure.status), "{:?} is asked again after {again_in:?}", failure.status);
    }
    None
}

fn check_secrets(failure: &Failure) {
    let text = failure.text();
    // What AWS says of a refusal is shown, and is its own affair; an answer that is malformed is not shown.
    if failure.status == Status::CognitoMalformed {
        assert!(SECRETS.iter().all(|secret| !text.contains(secret)), "a secret is shown: {text}");
    }
    // That of a pool is no secret.
    let is_shown = text.replace(&format!("pool {ID}"), "").contains(ID);
    assert!(!is_shown || failure.hint.contains(ID), "a whole identity id is shown: {text}");
}
