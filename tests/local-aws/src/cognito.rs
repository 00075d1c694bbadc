//! Cognito Identity: `GetId` and `GetCredentialsForIdentity` over HTTPS.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::{sleep, timeout};

use crate::answers;
use crate::clock;
use crate::connection::{Connection, End, Order};
use crate::credentials::LIFETIME_S;
use crate::events::Service;
use crate::faults;
use crate::http::{self, Request, Response};
use crate::random;
use crate::state::State;
use crate::tls::{self, Tls};

/// How long an idle connection is kept.
const IDLE: Duration = Duration::from_secs(120);
const MAX_LOGINS: usize = 10;

/// Serves one connection.
pub async fn serve(connection: Arc<Connection>) -> End {
    let mut stream = match tls::accept(&connection).await {
        Ok(stream) => stream,
        Err(end) => return end,
    };
    let mut buffer = Vec::new();
    loop {
        let next = tokio::select! {
            next = timeout(IDLE, http::read_head(&mut stream, &mut buffer)) => next,
            _ = connection.ordered(|order| order == Order::Close) => {
                return tls::close(&connection, &mut stream).await;
            }
        };
        let request = match next {
            Ok(Ok(Some(request))) => request,
            Ok(Ok(None)) => {
                connection.saw_close_notify();
                return tls::close(&connection, &mut stream).await;
            }
            Ok(Err(e)) => return bad_request(&connection, &mut stream, &e).await,
            Err(_) => return tls::close(&connection, &mut stream).await,
        };
        match answer_one(&connection, &mut stream, &mut buffer, &request).await {
            Ok(None) if request.keep_alive() => {}
            Ok(None) => return tls::close(&connection, &mut stream).await,
            Ok(Some(end)) => return end,
            Err(e) => return bad_request(&connection, &mut stream, &e).await,
        }
    }
}

async fn bad_request(connection: &Connection, stream: &mut Tls, error: &io::Error) -> End {
    if error.kind() != io::ErrorKind::InvalidData {
        // The client is gone.
        return End::Close;
    }
    connection.event("bad-request", json!({"error": error.to_string()}));
    let response = Response::new(400).with("Connection", "close");
    let _ = answers::send(stream, &response.bytes()).await;
    tls::close(connection, stream).await
}

async fn answer_one(
    connection: &Connection,
    stream: &mut Tls,
    buffer: &mut Vec<u8>,
    request: &Request,
) -> io::Result<Option<End>> {
    if request.has_token("Expect", "100-continue") {
        answers::send(stream, b"HTTP/1.1 100 Continue\r\n\r\n").await?;
    }
    let reading = http::read_body(stream, buffer, request);
    let body = timeout(tls::PATIENCE, reading)
        .await
        .unwrap_or_else(|_| Err(io::Error::new(io::ErrorKind::InvalidData, "request body takes too long")))?;
    let state = &connection.state;
    connection.count("requests");
    let operation = operation(request);
    match operation {
        "GetId" => connection.count("get_id"),
        "GetCredentialsForIdentity" => connection.count("get_credentials"),
        _ => {}
    }
    if let Some(fault) = state.faults.take(Service::Cognito, "request") {
        connection.event("request", json!({"operation": operation, "fault": fault.word}));
        return Ok(Some(match fault.word.as_str() {
            "reset" => End::Reset,
            "close" => tls::close(connection, stream).await,
            _ => tls::hold(connection, stream).await,
        }));
    }
    let fault = state.faults.take(Service::Cognito, "response");
    let word = fault.as_ref().map_or("", |fault| fault.word.as_str());
    if let Some(delay) = state.faults.take(Service::Cognito, "delay_ms") {
        sleep(Duration::from_millis(delay.number.unsigned_abs())).await;
    }
    let answer = answer(state, request, operation, &body, word);
    let mut details = json!({"operation": operation, "status": answer.status()});
    if let Value::Object(details) = &mut details {
        details.extend(described(&body));
        if !word.is_empty() {
            details.insert("fault".into(), json!(word));
        }
    }
    connection.event("request", details);
    if answer.status() >= 400 {
        connection.count("errors");
    }
    send(connection, stream, &answer, fault).await
}

fn operation(request: &Request) -> &str {
    let target = request.header("X-Amz-Target").unwrap_or("");
    target.strip_prefix("AWSCognitoIdentityService.").unwrap_or(target)
}

/// What of a request may be shown: the names of logins, but not their tokens.
fn described(body: &[u8]) -> serde_json::Map<String, Value> {
    let mut shown = serde_json::Map::new();
    let Ok(body) = serde_json::from_slice::<Value>(body) else {
        return shown;
    };
    let names = [("IdentityId", "identity"), ("IdentityPoolId", "identity_pool"), ("CustomRoleArn", "custom_role_arn")];
    for (theirs, ours) in names {
        if let Some(value) = body.get(theirs).filter(|value| value.is_string()) {
            shown.insert(ours.to_owned(), value.clone());
        }
    }
    if let Some(logins) = body.get("Logins").and_then(Value::as_object) {
        let names: Vec<&String> = logins.keys().collect();
        shown.insert("logins".to_owned(), json!(names));
    }
    shown
}

fn answer(state: &Arc<State>, request: &Request, operation: &str, body: &[u8], fault: &str) -> Response {
    let error = |status, name: &str, message: &str| Err((status, name.to_owned(), message.to_owned()));
    let answer = match fault {
        "throttled" => error(400, "TooManyRequestsException", "Rate exceeded"),
        "throttled-429" => error(429, "TooManyRequestsException", "Rate exceeded"),
        "not-authorized" => error(400, "NotAuthorizedException", "Access to Identity is forbidden."),
        "invalid-pool-configuration" => error(
            400,
            "InvalidIdentityPoolConfigurationException",
            "Invalid identity pool configuration. Check assigned IAM roles for this pool.",
        ),
        "internal-error" => error(500, "InternalErrorException", "Internal error"),
        "unavailable" => {
            let page = "<html><body><b>Http/1.1 Service Unavailable</b></body> </html>";
            return headers(state, 503, "text/html").body(page);
        }
        "html" => return headers(state, 200, "text/html").body(answers::PORTAL),
        "redirect" => {
            return headers(state, 302, "text/html")
                .with("Location", "http://portal.example/login")
                .body(answers::PORTAL);
        }
        "malformed-json" => Ok("{\"IdentityId\":\"us-east-1:".to_owned()),
        "empty" => Ok(String::new()),
        _ => respond(state, request, operation, body, fault),
    };
    match answer {
        Ok(body) => headers(state, 200, "application/x-amz-json-1.1").body(body),
        Err((status, name, message)) => headers(state, status, "application/x-amz-json-1.1")
            .with("x-amzn-ErrorType", format!("{name}:"))
            .with("x-amzn-ErrorMessage", message.clone())
            .body(json!({"__type": name, "message": message}).to_string()),
    }
}

fn headers(state: &State, status: u16, content_type: &str) -> Response {
    Response::new(status)
        .with("Date", clock::http_date(state.now(Service::Cognito)))
        .with("Content-Type", content_type)
        .with("x-amzn-RequestId", random::uuid())
}

type Answer = Result<String, (u16, String, String)>;

fn refuse<T>(name: &str, message: impl Into<String>) -> Result<T, (u16, String, String)> {
    Err((400, name.to_owned(), message.into()))
}

fn respond(state: &Arc<State>, request: &Request, operation: &str, body: &[u8], fault: &str) -> Answer {
    if request.method != "POST" || request.target != "/" {
        return Err((404, "UnknownOperationException".to_owned(), String::new()));
    }
    if request.header("Content-Type") != Some("application/x-amz-json-1.1") {
        return refuse("UnknownOperationException", "");
    }
    let Ok(Value::Object(body)) = serde_json::from_slice(body) else {
        return refuse("SerializationException", "Start of structure or map expected.");
    };
    check_logins(body.get("Logins"))?;
    match operation {
        "GetId" => {
            let pool = checked_id(body.get("IdentityPoolId"), "identityPoolId")?;
            if pool != state.identity_pool() {
                let message = format!("IdentityPool '{pool}' not found.");
                return refuse("ResourceNotFoundException", message);
            }
            if fault == "missing-fields" {
                return Ok("{}".to_owned());
            }
            let identity = state.credentials.new_identity(&state.options.cognito_region);
            Ok(json!({"IdentityId": identity}).to_string())
        }
        "GetCredentialsForIdentity" => {
            let identity = checked_id(body.get("IdentityId"), "identityId")?;
            if !state.credentials.knows(&identity) {
                let message = format!("Identity '{identity}' not found.");
                return refuse("ResourceNotFoundException", message);
            }
            Ok(credentials(state, identity, fault))
        }
        _ => refuse("UnknownOperationException", ""),
    }
}

fn credentials(state: &State, asked: String, fault: &str) -> String {
    let lifetime_s = if fault == "expired" { -LIFETIME_S } else { LIFETIME_S };
    let key = state.credentials.issue(clock::now() + lifetime_s);
    let expires_at = state.now(Service::Cognito) + lifetime_s;
    let identity = match fault {
        "other-identity" => state.credentials.new_identity(&state.options.cognito_region),
        _ => asked,
    };
    let id = json!(key.access_key_id);
    let secret = json!(key.secret_key);
    let token = match fault {
        "missing-fields" => String::new(),
        _ => format!(",\"SessionToken\":{}", json!(key.session_token)),
    };
    // Cognito writes the number with an exponent.
    #[allow(clippy::cast_precision_loss, reason = "seconds are exact up to 2^53")]
    let expiration = match fault {
        "no-expiration" => String::new(),
        _ => format!(",\"Expiration\":{:E}", expires_at as f64),
    };
    let identity = json!(identity);
    format!(
        "{{\"Credentials\":{{\"AccessKeyId\":{id},\"SecretKey\":{secret}{token}{expiration}}},\
         \"IdentityId\":{identity}}}"
    )
}

fn checked_id(value: Option<&Value>, member: &str) -> Result<String, (u16, String, String)> {
    let failed = |shown: &str, rule: &str| {
        let message = format!(
            "1 validation error detected: Value {shown} at '{member}' failed to satisfy \
             constraint: {rule}"
        );
        refuse("ValidationException", message)
    };
    let Some(Value::String(id)) = value else {
        return failed("null", "Member must not be null");
    };
    let shown = format!("'{id}'");
    if id.is_empty() {
        return failed(&shown, "Member must have length greater than or equal to 1");
    }
    if id.len() > 55 {
        return failed(&shown, "Member must have length less than or equal to 55");
    }
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    let hexadecimal = |c: char| matches!(c, '0'..='9' | 'a'..='f' | '-');
    let fits = id.split_once(':').is_some_and(|(region, uuid)| {
        !region.is_empty() && !uuid.is_empty() && region.chars().all(word) && uuid.chars().all(hexadecimal)
    });
    if !fits {
        let rule = "Member must satisfy regular expression pattern: [\\w-]+:[0-9a-f-]+";
        return failed(&shown, rule);
    }
    Ok(id.clone())
}

fn check_logins(logins: Option<&Value>) -> Result<(), (u16, String, String)> {
    match logins {
        None | Some(Value::Null) => Ok(()),
        Some(Value::Object(logins)) if logins.len() <= MAX_LOGINS => {
            if logins.values().all(Value::is_string) {
                return Ok(());
            }
            refuse("SerializationException", "STRING_VALUE expected.")
        }
        Some(Value::Object(_)) => refuse(
            "ValidationException",
            "1 validation error detected: Value at 'logins' failed to satisfy constraint: Member \
             must have length less than or equal to 10",
        ),
        Some(_) => refuse("SerializationException", "Start of structure or map expected."),
    }
}

async fn send(
    connection: &Connection,
    stream: &mut Tls,
    answer: &Response,
    fault: Option<faults::Value>,
) -> io::Result<Option<End>> {
    let whole = answer.bytes();
    let fault = fault.unwrap_or(faults::Value { word: String::new(), number: 0 });
    let body = &answer.body;
    let half = body.get(..body.len() / 2).unwrap_or_default();
    match fault.word.as_str() {
        "truncated" => {
            let mut bytes = answer.head(body.len()).into_bytes();
            bytes.extend_from_slice(half);
            answers::send(stream, &bytes).await?;
            return Ok(Some(tls::close(connection, stream).await));
        }
        "stall-mid-body" => {
            let mut bytes = answer.head(body.len()).into_bytes();
            bytes.extend_from_slice(half);
            answers::send(stream, &bytes).await?;
            return Ok(Some(tls::hold(connection, stream).await));
        }
        "endless-head" => match answers::endless_head(stream, &answer.open_head()).await? {},
        "endless-body" => match answers::endless_body(stream, &answer.open_head(), &" ".repeat(500)).await? {},
        "huge-body" => {
            answers::send(stream, answer.head(answers::huge_len()).as_bytes()).await?;
            answers::huge_body(stream, body).await?;
        }
        "drip" => answers::drip(stream, &whole, fault.number.unsigned_abs()).await?,
        "chunked" => answers::send(stream, &answer.chunked()).await?,
        "close-delimited" => {
            let mut bytes = answer.open_head().into_bytes();
            bytes.extend_from_slice(b"Connection: close\r\n\r\n");
            bytes.extend_from_slice(body);
            answers::send(stream, &bytes).await?;
            return Ok(Some(tls::close(connection, stream).await));
        }
        "continue-100" => {
            let mut bytes = b"HTTP/1.1 100 Continue\r\n\r\n".to_vec();
            bytes.extend_from_slice(&whole);
            answers::send(stream, &bytes).await?;
        }
        _ => answers::send(stream, &whole).await?,
    }
    Ok(None)
}
