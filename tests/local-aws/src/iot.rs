//! IoT Core up to the open WebSocket: the upgrade request, its signature, and its answer.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tokio::time::{sleep, timeout};

use crate::answers;
use crate::clock;
use crate::connection::{Connection, End};
use crate::credentials::Key;
use crate::events::Service;
use crate::faults;
use crate::http::{self, Request, Response};
use crate::random;
use crate::session;
use crate::sigv4;
use crate::state::State;
use crate::tls::{self, PATIENCE, Tls};
use crate::websocket;

/// Serves one connection.
pub async fn serve(connection: Arc<Connection>) -> End {
    let mut stream = match tls::accept(&connection).await {
        Ok(stream) => stream,
        Err(end) => return end,
    };
    let mut buffer = Vec::new();
    let request = match timeout(PATIENCE, http::read_head(&mut stream, &mut buffer)).await {
        Ok(Ok(Some(request))) => request,
        Ok(Ok(None)) => {
            connection.saw_close_notify();
            return tls::close(&connection, &mut stream).await;
        }
        Ok(Err(e)) if e.kind() == io::ErrorKind::InvalidData => {
            connection.event("bad-request", json!({"error": e.to_string()}));
            let _ = answers::send(&mut stream, &Response::new(400).bytes()).await;
            return tls::close(&connection, &mut stream).await;
        }
        Ok(Err(_)) => return End::Close,
        Err(_) => return tls::close(&connection, &mut stream).await,
    };
    connection.state.journal.count("upgrade_requests");
    match upgrade(&connection, &mut stream, &request).await {
        Ok(None) => session::run(&connection, stream, buffer).await,
        Ok(Some(end)) => end,
        Err(_) => End::Close,
    }
}

/// Answers the request. `None`: the WebSocket is open.
async fn upgrade(connection: &Connection, stream: &mut Tls, request: &Request) -> io::Result<Option<End>> {
    let state = &connection.state;
    if let Some(fault) = state.faults.take(Service::Iot, "request") {
        connection.event("upgrade-request", json!({"fault": fault.word}));
        return Ok(Some(match fault.word.as_str() {
            "reset" => End::Reset,
            "close" => tls::close(connection, stream).await,
            _ => tls::hold(connection, stream).await,
        }));
    }
    let fault = state.faults.take(Service::Iot, "upgrade");
    let answer = check(state, connection, request, fault.as_ref());
    if let Some(delay) = state.faults.take(Service::Iot, "delay_ms") {
        sleep(Duration::from_millis(delay.number.unsigned_abs())).await;
    }
    if let Some(fault) = fault {
        return send_faulty(connection, stream, answer, fault).await;
    }
    match answer {
        Ok(switching) => {
            state.journal.count("upgrades");
            let head = format!("{}\r\n", switching.open_head());
            answers::send(stream, head.as_bytes()).await?;
            Ok(None)
        }
        Err(refusal) => {
            state.journal.count("upgrades_refused");
            answers::send(stream, &refusal.bytes()).await?;
            Ok(Some(tls::close(connection, stream).await))
        }
    }
}

/// The 101 that the request deserves, or its refusal.
fn check(
    state: &Arc<State>,
    connection: &Connection,
    request: &Request,
    fault: Option<&faults::Value>,
) -> Result<Response, Response> {
    let path = request.target.split('?').next().unwrap_or("");
    let result = accepted(state, request, path);
    let (verified, refused) = match &result {
        Ok((verified, _)) => {
            state.journal.count("sigv4_valid");
            state.journal.count("token_outside_signature");
            (Some(verified), None)
        }
        Err(refused) => (None, Some(refused)),
    };
    let details = json!({
        "method": request.method,
        "path": path,
        "host": request.header("Host"),
        "user_agent": request.header("User-Agent"),
        // A signature that covers the token is not accepted.
        "sigv4": verified.map(|_| "valid"),
        "token": verified.map(|_| "outside the signature"),
        "skew_s": verified.map(|verified| verified.skew_s),
        "expires_s": verified.and_then(|verified| verified.expires_s),
        "signed_headers": verified.map(|verified| &verified.signed_headers),
        "refused": refused.map(|(status, _)| status),
        "message": refused.map(|(_, message)| message),
        "fault": fault.map(|fault| &fault.word),
    });
    connection.event("upgrade-request", details);
    result.map(|(_, key)| switching(state, &key)).map_err(|(status, message)| refusal(state, status, &message))
}

type Refused = (u16, String);

fn accepted(state: &State, request: &Request, path: &str) -> Result<(sigv4::Verified, String), Refused> {
    let refuse = |status: u16, message: &str| Err((status, message.to_owned()));
    if path != "/mqtt" {
        return refuse(404, "Not Found");
    }
    if request.method != "GET" {
        return refuse(405, "Method Not Allowed");
    }
    if !request.has_token("Upgrade", "websocket") || !request.has_token("Connection", "upgrade") {
        return refuse(400, "Missing WebSocket upgrade headers.");
    }
    if request.header("Sec-WebSocket-Version") != Some("13") {
        return refuse(426, "Sec-WebSocket-Version must be 13.");
    }
    let Some(key) = request.header("Sec-WebSocket-Key").filter(|key| key.len() == 24) else {
        return refuse(400, "Sec-WebSocket-Key must be 16 bytes in base64.");
    };
    if request.headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("host")).count() != 1 {
        return refuse(400, "There must be exactly one Host header.");
    }
    let now = state.now(Service::Iot);
    // A wrong clock of the service moves what it shows and the window of dates, but the end of keys
    // comes when their time has passed.
    let offset = now - clock::now();
    let find = |id: &str| {
        let key = state.credentials.find(id)?;
        Some(Key { expires_at: key.expires_at + offset, ..key })
    };
    let verified =
        sigv4::verify(request, &state.options.region, now, find).map_err(|sigv4::Refusal(message)| (403, message))?;
    if !request.has_token("Sec-WebSocket-Protocol", "mqtt") {
        return refuse(400, "Sec-WebSocket-Protocol must offer mqtt.");
    }
    Ok((verified, key.to_owned()))
}

fn switching(state: &State, key: &str) -> Response {
    base(state, 101)
        .with("Connection", "Upgrade")
        .with("Upgrade", "websocket")
        .with("Sec-WebSocket-Accept", websocket::accept_key(key))
        .with("Sec-WebSocket-Protocol", "mqtt")
}

fn base(state: &State, status: u16) -> Response {
    Response::new(status)
        .with("Date", clock::http_date(state.now(Service::Iot)))
        .with("x-amzn-RequestId", random::uuid())
}

fn refusal(state: &State, status: u16, message: &str) -> Response {
    let response = base(state, status).with("content-type", "application/json");
    let response = match status {
        403 => response.with("x-amzn-ErrorType", "ForbiddenException:"),
        426 => response.with("Sec-WebSocket-Version", "13"),
        _ => response,
    };
    response.body(json!({"message": message, "traceId": random::uuid()}).to_string())
}

async fn send_faulty(
    connection: &Connection,
    stream: &mut Tls,
    deserved: Result<Response, Response>,
    fault: faults::Value,
) -> io::Result<Option<End>> {
    let state = &connection.state;
    let refused = || state.journal.count("upgrades_refused");
    let forbidden = || refusal(state, 403, "Forbidden");
    match fault.word.as_str() {
        "reset" => return Ok(Some(End::Reset)),
        "close" => return Ok(Some(tls::close(connection, stream).await)),
        "stall" => return Ok(Some(tls::hold(connection, stream).await)),
        "stall-mid-head" => {
            answers::send(stream, b"HTTP/1.1 101 Switching Protocols\r\nConn").await?;
            return Ok(Some(tls::hold(connection, stream).await));
        }
        "refuse" => {
            refused();
            answers::send(stream, &forbidden().bytes()).await?;
        }
        "refuse-late-body" => {
            refused();
            let response = forbidden();
            answers::send(stream, response.head(response.body.len()).as_bytes()).await?;
            sleep(Duration::from_millis(fault.number.unsigned_abs())).await;
            answers::send(stream, &response.body).await?;
        }
        "refuse-chunked" => {
            refused();
            answers::send(stream, &forbidden().chunked()).await?;
        }
        "status" => {
            refused();
            let status = u16::try_from(fault.number).unwrap_or(500);
            let response = refusal(state, status, "A fault was asked for.");
            answers::send(stream, &response.bytes()).await?;
        }
        "html" => {
            refused();
            let page = base(state, 200).with("Content-Type", "text/html").body(answers::PORTAL);
            answers::send(stream, &page.bytes()).await?;
        }
        "endless-head" => match answers::endless_head(stream, &base(state, 101).open_head()).await? {},
        "endless-body" => {
            refused();
            let head = forbidden().open_head();
            match answers::endless_body(stream, &head, &"x".repeat(500)).await? {}
        }
        word => return send_strange_101(connection, stream, deserved, word).await,
    }
    Ok(Some(tls::close(connection, stream).await))
}

/// The faults that are a 101 with something wrong, or more, in it. They need a good request.
async fn send_strange_101(
    connection: &Connection,
    stream: &mut Tls,
    deserved: Result<Response, Response>,
    fault: &str,
) -> io::Result<Option<End>> {
    let journal = &connection.state.journal;
    let switching = match deserved {
        Ok(switching) => switching,
        Err(refusal) => {
            journal.count("upgrades_refused");
            answers::send(stream, &refusal.bytes()).await?;
            return Ok(Some(tls::close(connection, stream).await));
        }
    };
    let head = switching.open_head();
    let changed: String = head.split_inclusive("\r\n").filter_map(|line| change(line, fault)).collect();
    let mut bytes = format!("{changed}\r\n").into_bytes();
    if fault == "with-first-frame" {
        journal.count("upgrades");
        journal.count("websocket_pings_sent");
        bytes.extend(websocket::encode(websocket::PING, true, b"first"));
        answers::send(stream, &bytes).await?;
        return Ok(None);
    }
    answers::send(stream, &bytes).await?;
    Ok(Some(tls::hold(connection, stream).await))
}

/// A header line of the 101 as the fault wants it.
fn change(line: &str, fault: &str) -> Option<String> {
    let accept = line.starts_with("Sec-WebSocket-Accept");
    let protocol = line.starts_with("Sec-WebSocket-Protocol");
    match fault {
        "no-accept" if accept => None,
        "no-subprotocol" if protocol => None,
        "wrong-accept" if accept => Some(format!("Sec-WebSocket-Accept: {}\r\n", websocket::accept_key("another key"))),
        "wrong-subprotocol" if protocol => Some("Sec-WebSocket-Protocol: graphql-ws\r\n".to_owned()),
        _ => Some(line.to_owned()),
    }
}
