//! Cognito beyond the usual way: one connection for all, faults for one operation, logins, refusals.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod common;

use std::io::Write;

use common::{Head, LocalAws, read_body, read_head};
use serde_json::{Value, json};

const GET_ID: &str = "GetId";
const GET_CREDENTIALS: &str = "GetCredentialsForIdentity";

/// Sends one operation with more headers; head and body of the answer.
fn ask(aws: &LocalAws, operation: &str, headers: &str, body: &Value) -> (Head, Value) {
    let mut tls = aws.tls("cognito_port").unwrap();
    let (body, host) = (body.to_string(), aws.text("cognito_endpoint"));
    write!(
        tls,
        "POST / HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/x-amz-json-1.1\r\n{headers}\
         X-Amz-Target: AWSCognitoIdentityService.{operation}\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut rest = Vec::new();
    let head = read_head(&mut tls, &mut rest).unwrap();
    let body = read_body(&mut tls, rest, &head).unwrap();
    (head, serde_json::from_slice(&body).unwrap_or(Value::Null))
}

/// `STATUS TYPE MESSAGE`, or `200`.
fn outcome(aws: &LocalAws, operation: &str, body: &Value) -> String {
    let (head, body) = ask(aws, operation, "", body);
    match (body["__type"].as_str(), body["message"].as_str()) {
        (Some(name), Some(message)) => format!("{} {name} {message}", head.status),
        _ => head.status.to_string(),
    }
}

fn identity(aws: &LocalAws, logins: &Value) -> String {
    let (_, body) = ask(aws, GET_ID, "", &json!({"IdentityPoolId": aws.text("identity_pool"), "Logins": logins}));
    body["IdentityId"].as_str().unwrap().to_owned()
}

#[test]
fn several_requests_go_over_one_connection() {
    let aws = LocalAws::start(&[]);
    let mut tls = aws.tls("cognito_port").unwrap();
    let pool = json!({"IdentityPoolId": aws.text("identity_pool")}).to_string();
    let (status, _, body) = aws.cognito_over(&mut tls, GET_ID, &pool).unwrap();
    assert_eq!(status, 200);
    let identity: Value = serde_json::from_slice(&body).unwrap();
    aws.fault("cognito.response=throttled*1");
    assert_eq!(aws.cognito_over(&mut tls, GET_CREDENTIALS, &identity.to_string()).unwrap().0, 400);
    assert_eq!(aws.cognito_over(&mut tls, GET_CREDENTIALS, &identity.to_string()).unwrap().0, 200);
    assert_eq!(aws.counter("cognito_accepted"), 1);
    assert_eq!((aws.counter("cognito_requests"), aws.counter("cognito_reused")), (3, 2));
}

#[test]
fn a_connection_ends_when_the_request_or_the_answer_says_so() {
    let aws = LocalAws::start(&[]);
    let body = json!({"IdentityId": aws.text("identity")});
    let (head, _) = ask(&aws, GET_CREDENTIALS, "", &body);
    assert_eq!(head.header("Connection"), Some("keep-alive"));
    let (head, _) = ask(&aws, GET_CREDENTIALS, "Connection: close\r\n", &body);
    assert_eq!(head.header("Connection"), Some("close"));
    aws.fault("cognito.response=close-delimited");
    let mut tls = aws.tls("cognito_port").unwrap();
    aws.cognito_over(&mut tls, GET_CREDENTIALS, &body.to_string()).unwrap();
    assert_eq!(aws.cognito_over(&mut tls, GET_CREDENTIALS, &body.to_string()).unwrap_err(), "head: closed");
    assert_eq!(aws.counter("cognito_reused"), 0);
}

#[test]
fn a_fault_of_one_operation_leaves_the_other_alone() {
    let aws = LocalAws::start(&[]);
    let pool = json!({"IdentityPoolId": aws.text("identity_pool")});
    let own = json!({"IdentityId": aws.text("identity")});
    aws.fault("cognito.get_id=throttled*1&cognito.get_credentials=internal-error*2");
    assert_eq!(outcome(&aws, GET_CREDENTIALS, &own), "500 InternalErrorException Internal error");
    assert_eq!(outcome(&aws, GET_ID, &pool), "400 TooManyRequestsException Rate exceeded");
    assert_eq!(outcome(&aws, GET_ID, &pool), "200");
    // The one of the operation acts first, and uses up nothing of the other.
    aws.fault("cognito.response=throttled*1");
    assert_eq!(outcome(&aws, GET_CREDENTIALS, &own), "500 InternalErrorException Internal error");
    assert_eq!(outcome(&aws, GET_CREDENTIALS, &own), "400 TooManyRequestsException Rate exceeded");
    assert_eq!(outcome(&aws, GET_CREDENTIALS, &own), "200");
}

#[test]
fn each_refusal_has_the_words_of_aws() {
    let aws = LocalAws::start(&[]);
    let (identity, pool) = (aws.text("identity").to_owned(), aws.text("identity_pool").to_owned());
    let pattern = "failed to satisfy constraint: Member must satisfy regular expression pattern: [\\w-]+:[0-9a-f-]+";
    for (fault, of_get_id, of_get_credentials) in [
        (
            "not-found",
            format!("400 ResourceNotFoundException IdentityPool '{pool}' not found."),
            format!("400 ResourceNotFoundException Identity '{identity}' not found."),
        ),
        (
            "access-forbidden",
            format!("400 NotAuthorizedException Access to Identity '{pool}' is forbidden."),
            format!("400 NotAuthorizedException Access to Identity '{identity}' is forbidden."),
        ),
        (
            "validation",
            format!(
                "400 ValidationException 1 validation error detected: Value '{pool}' at 'identityPoolId' {pattern}"
            ),
            format!(
                "400 ValidationException 1 validation error detected: Value '{identity}' at 'identityId' {pattern}"
            ),
        ),
    ] {
        aws.fault(&format!("cognito.response={fault}*2"));
        assert_eq!(outcome(&aws, GET_ID, &json!({"IdentityPoolId": pool})), of_get_id);
        assert_eq!(outcome(&aws, GET_CREDENTIALS, &json!({"IdentityId": identity})), of_get_credentials);
    }
    for (fault, seen) in [
        (
            "unauthenticated-disabled",
            "400 NotAuthorizedException Unauthenticated access is not supported for this identity pool.",
        ),
        ("token-expired", "400 NotAuthorizedException Invalid login token. Token expired: 1480000000 >= 1479999999"),
        (
            "invalid-pool-configuration",
            "400 InvalidIdentityPoolConfigurationException Invalid identity pool configuration. Check assigned IAM \
             roles for this pool.",
        ),
        ("invalid-parameter", "400 InvalidParameterException Please provide a valid public provider"),
        ("resource-conflict", "400 ResourceConflictException "),
        ("limit-exceeded", "400 LimitExceededException "),
        ("external-service", "400 ExternalServiceException "),
        (
            "service-unavailable-json",
            "503 com.amazon.coral.availability#ServiceUnavailableException Service is unavailable",
        ),
    ] {
        aws.fault(&format!("cognito.get_credentials={fault}*1"));
        let seen_now = outcome(&aws, GET_CREDENTIALS, &json!({"IdentityId": identity}));
        assert!(seen_now.starts_with(seen), "{fault}: {seen_now}");
    }
}

#[test]
fn an_id_in_the_wrong_place_is_not_found() {
    let aws = LocalAws::start(&[]);
    let (identity, pool) = (aws.text("identity"), aws.text("identity_pool"));
    let of_pool = outcome(&aws, GET_ID, &json!({"IdentityPoolId": identity}));
    assert_eq!(of_pool, format!("400 ResourceNotFoundException IdentityPool '{identity}' not found."));
    let of_identity = outcome(&aws, GET_CREDENTIALS, &json!({"IdentityId": pool}));
    assert_eq!(of_identity, format!("400 ResourceNotFoundException Identity '{pool}' not found."));
}

#[test]
fn retry_after_comes_with_errors_only() {
    let aws = LocalAws::start(&[]);
    let body = json!({"IdentityId": aws.text("identity")});
    let retry_after = || ask(&aws, GET_CREDENTIALS, "", &body).0.header("Retry-After").map(str::to_owned);
    aws.fault("cognito.retry_after=7&cognito.response=throttled*2");
    assert_eq!(retry_after().as_deref(), Some("7"));
    aws.fault("cognito.retry_after=Wed,%2021%20Oct%202037%2007:28:00%20GMT");
    assert_eq!(retry_after().as_deref(), Some("Wed, 21 Oct 2037 07:28:00 GMT"));
    assert_eq!(retry_after(), None);
    let (status, body) = aws.control("POST", "/faults?cognito.retry_after=a%0d%0ab");
    assert_eq!(status, 400, "{body}");
}

#[test]
fn an_answer_may_come_without_its_date() {
    let aws = LocalAws::start(&[]);
    let body = json!({"IdentityId": aws.text("identity")});
    aws.fault("cognito.no_date=1");
    assert_eq!(ask(&aws, GET_CREDENTIALS, "", &body).0.header("Date"), None);
    aws.fault("cognito.response=throttled");
    assert_eq!(ask(&aws, GET_CREDENTIALS, "", &body).0.header("Date"), None);
    aws.fault("cognito.no_date=");
    assert!(ask(&aws, GET_CREDENTIALS, "", &body).0.header("Date").is_some());
}

#[test]
fn the_same_login_has_the_same_identity_and_each_guest_a_new_one() {
    let aws = LocalAws::start(&[]);
    let first = identity(&aws, &json!({"graph.facebook.com": "token-of-alice"}));
    assert_eq!(identity(&aws, &json!({"graph.facebook.com": "token-of-alice"})), first);
    assert_ne!(identity(&aws, &json!({"graph.facebook.com": "token-of-bob"})), first);
    assert_ne!(identity(&aws, &json!({})), identity(&aws, &json!({})));
    assert_eq!(aws.counter("cognito_with_logins"), 3);
}

#[test]
fn an_identity_with_logins_needs_one_of_them() {
    let aws = LocalAws::start(&[]);
    let id = identity(&aws, &json!({"accounts.google.com": "a"}));
    let with = |logins: Value| outcome(&aws, GET_CREDENTIALS, &json!({"IdentityId": id, "Logins": logins}));
    assert_eq!(with(json!({"accounts.google.com": "renewed"})), "200");
    assert_eq!(with(json!({})), format!("400 NotAuthorizedException Access to Identity '{id}' is forbidden."));
    assert_eq!(
        with(json!({"www.amazon.com": "a"})),
        "400 NotAuthorizedException Logins don't match. Please include at least one valid login for this identity or \
         identity pool."
    );
}

#[test]
fn a_token_is_refused_for_what_it_says() {
    let aws = LocalAws::start(&[]);
    let expired = "400 NotAuthorizedException Invalid login token. Token expired: 1480000000 >= 1479999999";
    let unsupported = "400 NotAuthorizedException Token is not from a supported provider of this identity pool.";
    for (token, seen) in [("expired", expired), ("unsupported", unsupported)] {
        let logins = json!({"accounts.google.com": token});
        let pool = json!({"IdentityPoolId": aws.text("identity_pool"), "Logins": logins});
        assert_eq!(outcome(&aws, GET_ID, &pool), seen);
        let own = json!({"IdentityId": aws.text("identity"), "Logins": logins});
        assert_eq!(outcome(&aws, GET_CREDENTIALS, &own), seen);
    }
}

#[test]
fn what_passes_a_limit_is_a_validation_exception() {
    let aws = LocalAws::start(&[]);
    let own = |more: Value| {
        let mut body = json!({"IdentityId": aws.text("identity")});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        outcome(&aws, GET_CREDENTIALS, &body)
    };
    let ten: serde_json::Map<String, Value> = (0..10).map(|i| (format!("p{i}"), json!("t".repeat(50_000)))).collect();
    assert_eq!(own(json!({"Logins": ten, "CustomRoleArn": "arn:aws:iam::123456789012:role/R"})), "200");
    let refused = own(json!({"Logins": {"p": ""}, "CustomRoleArn": "arn"}));
    assert_eq!(
        refused,
        "400 ValidationException 2 validation errors detected: Value 'arn' at 'customRoleArn' failed to satisfy \
         constraint: Member must have length greater than or equal to 20; Value '{p=}' at 'logins' failed to satisfy \
         constraint: Map value must satisfy constraint: [Member must have length less than or equal to 50000, Member \
         must have length greater than or equal to 1]"
    );
    assert_eq!(aws.counter("cognito_with_custom_role"), 2);
}

#[test]
fn events_name_the_providers_and_never_show_a_token() {
    let aws = LocalAws::start(&[]);
    let arn = "arn:aws:iam::123456789012:role/Thermostat";
    let logins = json!({"accounts.google.com": "token-of-alice"});
    let body = json!({"IdentityId": aws.text("identity"), "Logins": logins, "CustomRoleArn": arn});
    assert_eq!(outcome(&aws, GET_CREDENTIALS, &body), "200");
    let events = aws.control("GET", "/events").1;
    let request = events.as_array().unwrap().iter().find(|event| event["event"] == "request").unwrap();
    assert_eq!(request["logins"], json!({"accounts.google.com": 14}));
    assert_eq!(request["custom_role_arn"], arn);
    assert!(!events.to_string().contains("alice"));
}

#[test]
fn a_pool_without_guests_refuses_them() {
    let aws = LocalAws::start(&["--no-guests"]);
    let pool = json!({"IdentityPoolId": aws.text("identity_pool")});
    let refused = "400 NotAuthorizedException Unauthenticated access is not supported for this identity pool.";
    assert_eq!(outcome(&aws, GET_ID, &pool), refused);
    assert_eq!(outcome(&aws, GET_CREDENTIALS, &json!({"IdentityId": aws.text("identity")})), refused);
    let logins = json!({"accounts.google.com": "a"});
    let id = identity(&aws, &logins);
    assert_eq!(outcome(&aws, GET_CREDENTIALS, &json!({"IdentityId": id, "Logins": logins})), "200");
}

#[test]
fn another_identity_in_the_answer_is_known_from_then_on() {
    let aws = LocalAws::start(&[]);
    aws.fault("cognito.get_credentials=other-identity*1");
    let (_, body) = ask(&aws, GET_CREDENTIALS, "", &json!({"IdentityId": aws.text("identity")}));
    let other = &body["IdentityId"];
    assert_ne!(other, aws.text("identity"));
    let (head, body) = ask(&aws, GET_CREDENTIALS, "", &json!({"IdentityId": other}));
    assert_eq!((head.status, &body["IdentityId"]), (200, other));
}
