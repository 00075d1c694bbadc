//! Cognito Identity: `GetId` and `GetCredentialsForIdentity` over HTTPS.

mod operations;
mod refusal;
mod sending;
mod validation;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value, json};
use tokio::time::{sleep, timeout};

use crate::answers;
use crate::clock;
use crate::connection::{Connection, End, Order};
use crate::events::Service;
use crate::http::{self, Request, Response};
use crate::network::Stage;
use crate::random;
use crate::state::State;
use crate::tls::{self, Tls};

/// How long an idle connection is kept.
const IDLE: Duration = Duration::from_secs(120);

/// Serves one connection.
pub async fn serve(connection: Arc<Connection>) -> End {
    let mut stream = match tls::accept(&connection).await {
        Ok(stream) => stream,
        Err(end) => return end,
    };
    let mut buffer = Vec::new();
    let mut reused = false;
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
        if reused {
            connection.count("reused");
        }
        reused = true;
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
    connection.network.reached(Stage::Answer);
    let state = &connection.state;
    let operation = operation(request);
    let parsed = match serde_json::from_slice(&body) {
        Ok(Value::Object(parsed)) => Some(parsed),
        _ => None,
    };
    let own_fault = count(connection, operation, parsed.as_ref());
    if let Some(fault) = state.faults.take(Service::Cognito, "request") {
        connection.event("request", json!({"operation": operation, "fault": fault.word}));
        return Ok(Some(match fault.word.as_str() {
            "reset" => End::Reset,
            "close" => tls::close(connection, stream).await,
            _ => tls::hold(connection, stream).await,
        }));
    }
    if let Some(written) = state.written.take(Service::Cognito, operation) {
        connection.event("request", json!({"operation": operation, "fault": "written"}));
        let values = operations::values(state, parsed.as_ref());
        return written.send(connection, stream, &values).await;
    }
    let own = own_fault.and_then(|key| state.faults.take(Service::Cognito, key));
    let fault = own.or_else(|| state.faults.take(Service::Cognito, "response"));
    let word = fault.as_ref().map_or("", |fault| fault.word.as_str());
    if let Some(delay) = state.faults.take(Service::Cognito, "delay_ms") {
        sleep(Duration::from_millis(delay.number.unsigned_abs())).await;
    }
    let answer = answer(state, request, operation, parsed.as_ref(), word);
    let mut details = json!({"operation": operation, "status": answer.status()});
    if let Value::Object(details) = &mut details {
        details.extend(parsed.as_ref().map(described).unwrap_or_default());
        if !word.is_empty() {
            details.insert("fault".into(), json!(word));
        }
    }
    connection.event("request", details);
    if answer.status() >= 400 {
        connection.count("errors");
    }
    let stays = request.keep_alive() && word != "close-delimited";
    let answer = answer.with("Connection", if stays { "keep-alive" } else { "close" });
    sending::send(connection, stream, &answer, fault).await
}

/// Counts a request; the key of the faults that are for its operation alone.
fn count(connection: &Connection, operation: &str, body: Option<&Map<String, Value>>) -> Option<&'static str> {
    connection.count("requests");
    let own = match operation {
        "GetId" => Some("get_id"),
        "GetCredentialsForIdentity" => Some("get_credentials"),
        _ => None,
    };
    if let Some(own) = own {
        connection.count(own);
    }
    let member = |name| body.and_then(|body| body.get(name));
    if member("Logins").and_then(Value::as_object).is_some_and(|logins| !logins.is_empty()) {
        connection.count("with_logins");
    }
    if member("CustomRoleArn").is_some_and(Value::is_string) {
        connection.count("with_custom_role");
    }
    own
}

fn operation(request: &Request) -> &str {
    let target = request.header("X-Amz-Target").unwrap_or("");
    target.strip_prefix("AWSCognitoIdentityService.").unwrap_or(target)
}

/// What of a request may be shown: of logins the providers and the lengths of the tokens.
fn described(body: &Map<String, Value>) -> Map<String, Value> {
    let mut shown = Map::new();
    let names = [("IdentityId", "identity"), ("IdentityPoolId", "identity_pool"), ("CustomRoleArn", "custom_role_arn")];
    for (theirs, ours) in names {
        if let Some(value) = body.get(theirs).filter(|value| value.is_string()) {
            shown.insert(ours.to_owned(), value.clone());
        }
    }
    if let Some(logins) = body.get("Logins").and_then(Value::as_object) {
        let length = |token: &Value| token.as_str().map(|token| token.chars().count());
        let lengths = logins.iter().map(|(provider, token)| (provider.clone(), json!(length(token))));
        shown.insert("logins".to_owned(), Value::Object(lengths.collect()));
    }
    shown
}

fn answer(
    state: &Arc<State>,
    request: &Request,
    operation: &str,
    body: Option<&Map<String, Value>>,
    fault: &str,
) -> Response {
    let json = "application/x-amz-json-1.1";
    let nothing = Map::new();
    let answer = match fault {
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
        _ => match refusal::of_fault(fault, operation, body.unwrap_or(&nothing)) {
            Some(refusal) => Err(refusal),
            None => operations::respond(state, request, operation, body, fault),
        },
    };
    match answer {
        Ok(body) => headers(state, 200, json).body(body),
        Err(refusal) => refusal.write(headers(state, refusal.status(), json)),
    }
}

/// The start of an answer, with the headers that faults can change.
fn headers(state: &State, status: u16, content_type: &str) -> Response {
    let mut response = Response::new(status);
    if state.faults.take(Service::Cognito, "no_date").is_none() {
        response = response.with("Date", clock::http_date(state.now(Service::Cognito)));
    }
    if status >= 400
        && let Some(fault) = state.faults.take(Service::Cognito, "retry_after")
    {
        response = response.with("Retry-After", fault.word);
    }
    response.with("Content-Type", content_type).with("x-amzn-RequestId", random::uuid())
}
