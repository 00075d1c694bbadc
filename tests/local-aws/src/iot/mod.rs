//! IoT Core up to the open WebSocket: the upgrade request, its signature, and its answer.

mod faulty;
mod responses;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tokio::time::{sleep, timeout};

use crate::answers;
use crate::clock;
use crate::connection::{Connection, End};
use crate::credentials::{Key, Owner};
use crate::events::Service;
use crate::faults;
use crate::http::{self, Request, Response};
use crate::network::Stage;
use crate::session;
use crate::sigv4;
use crate::state::State;
use crate::tls::{self, PATIENCE, Tls};
use crate::websocket;

use responses::Responses;

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
    connection.state.secrets.signed(&request);
    connection.network.reached(Stage::Answer);
    match upgrade(&connection, &mut stream, &request).await {
        Ok(Ok(owner)) => session::run(&connection, stream, buffer, &owner).await,
        Ok(Err(end)) => end,
        Err(_) => End::Close,
    }
}

/// What a good request gets.
struct Accepted {
    switching: Response,
    /// Whose credentials signed it.
    owner: Owner,
}

/// Answers the request. With an owner the WebSocket is open.
async fn upgrade(connection: &Connection, stream: &mut Tls, request: &Request) -> io::Result<Result<Owner, End>> {
    let state = &connection.state;
    if let Some(fault) = state.faults.take(Service::Iot, "request") {
        connection.event("upgrade-request", json!({"fault": fault.word}));
        return Ok(Err(match fault.word.as_str() {
            "reset" => End::Reset,
            "close" => tls::close(connection, stream).await,
            _ => tls::hold(connection, stream).await,
        }));
    }
    let fault = state.faults.take(Service::Iot, "upgrade");
    let skewed_s = fault.as_ref().filter(|fault| fault.word == "refuse-skewed").map_or(0, |fault| fault.number);
    let now = state.now(Service::Iot) + skewed_s;
    let responses = Responses { now, dated: state.faults.take(Service::Iot, "no_date").is_none() };
    let answer = check(state, connection, request, responses, fault.as_ref());
    if let Some(delay) = state.faults.take(Service::Iot, "delay_ms") {
        sleep(Duration::from_millis(delay.number.unsigned_abs())).await;
    }
    if let Some(written) = state.written.take(Service::Iot, "") {
        let key = request.header("Sec-WebSocket-Key").unwrap_or_default();
        let values = [("accept", websocket::accept_key(key)), ("date", clock::http_date(now))];
        if let Some(end) = written.send(connection, stream, &values).await? {
            return Ok(Err(end));
        }
        return match answer {
            Ok(accepted) => Ok(Ok(accepted.owner)),
            Err(_) => Ok(Err(tls::close(connection, stream).await)),
        };
    }
    if let Some(fault) = fault {
        return faulty::send(connection, stream, request, responses, answer, fault).await;
    }
    match answer {
        Ok(accepted) => {
            state.journal.count("upgrades");
            let head = format!("{}\r\n", accepted.switching.open_head());
            answers::send(stream, head.as_bytes()).await?;
            connection.network.reached(Stage::Connect);
            Ok(Ok(accepted.owner))
        }
        Err(refusal) => {
            state.journal.count("upgrades_refused");
            answers::send(stream, &refusal.bytes()).await?;
            Ok(Err(tls::close(connection, stream).await))
        }
    }
}

/// The 101 that the request deserves, or its refusal.
fn check(
    state: &Arc<State>,
    connection: &Connection,
    request: &Request,
    responses: Responses,
    fault: Option<&faults::Value>,
) -> Result<Accepted, Response> {
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
    match result {
        Ok((verified, key)) => Ok(Accepted { switching: responses.switching(&key), owner: verified.owner }),
        Err((status, message)) => Err(responses.refusal(status, &message)),
    }
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
