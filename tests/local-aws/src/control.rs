//! The control port: faults on, counters and events out.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{sleep, timeout};

use crate::connection::Order;
use crate::events::Service;
use crate::http::{self, Response};
use crate::network::Fault;
use crate::state::State;
use crate::websocket;

const PATIENCE: Duration = Duration::from_secs(30);
const MAX_WAIT_MS: u64 = 600_000;

/// Serves the control port: one request a connection.
pub async fn serve(listener: TcpListener, state: Arc<State>) {
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            sleep(Duration::from_millis(50)).await;
            continue;
        };
        let state = state.clone();
        tokio::spawn(async move {
            // A client that breaks off gets no answer, and needs none.
            let _ = serve_one(stream, &state).await;
        });
    }
}

async fn serve_one(mut stream: TcpStream, state: &Arc<State>) -> io::Result<()> {
    let mut buffer = Vec::new();
    let reading = async {
        let Some(request) = http::read_head(&mut stream, &mut buffer).await? else {
            return Ok(None);
        };
        let body = http::read_body(&mut stream, &mut buffer, &request).await?;
        io::Result::Ok(Some((request, body)))
    };
    let Some((request, body)) = timeout(PATIENCE, reading).await?? else {
        return Ok(());
    };
    let (path, query) = request.target.split_once('?').unwrap_or((&request.target, ""));
    let (status, value) = match http::query_pairs(query) {
        Some(pairs) => answer(state, &request.method, path, &pairs, body).await,
        None => (400, json!({"error": "the query is not URI-encoded UTF-8"})),
    };
    let response = Response::new(status)
        .with("Content-Type", "application/json")
        .with("Connection", "close")
        .body(format!("{value}\n"));
    stream.write_all(&response.bytes()).await?;
    stream.shutdown().await?;
    // Closing with unread bytes would reset the connection under the answer.
    let mut scrap = Vec::new();
    let drain = stream.take(1024 * 1024).read_to_end(&mut scrap).await;
    drain.map(|_| ())
}

type Answer = (u16, Value);

async fn answer(state: &Arc<State>, method: &str, path: &str, pairs: &[(String, String)], body: Vec<u8>) -> Answer {
    match (method, path) {
        ("GET", "/ready") => (200, state.ready.get().map_or(Value::Null, |ready| ready.json())),
        ("GET", "/counters") => (200, Value::Object(counters(state))),
        ("GET", "/events") => (200, Value::Array(state.journal.events())),
        ("GET", "/faults") => (200, faults(state)),
        ("GET", "/wait") => wait(state, pairs).await,
        ("POST", "/faults") => match state.faults.set(pairs) {
            Ok(()) => {
                state.journal.changed();
                (200, faults(state))
            }
            Err(error) => bad(error),
        },
        ("POST", "/reset") => {
            state.faults.clear();
            state.written.clear();
            state.journal.reset();
            state.resends.reset();
            (200, json!({}))
        }
        ("POST", "/answers") => match state.written.add(pairs, body) {
            Ok(()) => (200, json!({})),
            Err(error) => bad(error),
        },
        ("POST", "/identities") => match pairs {
            [(key, identity)] if key == "add" && !identity.is_empty() => {
                state.identities.add(identity);
                (200, json!({"identity": identity}))
            }
            _ => bad("expected ?add=IDENTITY"),
        },
        ("POST", "/credentials") => match pairs {
            [(key, which)] if key == "revoke" && which == "all" => {
                state.credentials.revoke();
                (200, json!({}))
            }
            _ => bad("expected ?revoke=all"),
        },
        ("POST", "/policies") => match pairs {
            [(key, identity)] if (key == "attach" || key == "detach") && !identity.is_empty() => {
                let attached = key == "attach";
                state.identities.set_policy(identity, attached);
                (200, json!({"identity": identity, "attached": attached}))
            }
            _ => bad("expected ?attach=IDENTITY or ?detach=IDENTITY"),
        },
        ("POST", "/publish") => publish(state, pairs, body).await,
        ("POST", "/drop") => drop_connections(state, pairs),
        ("POST", "/network") => break_network(state, pairs),
        ("POST", "/ping") => ping(state, pairs),
        ("POST", "/send") => match pairs {
            [(key, text)] if key == "hex" && http::unhex(text).is_some() => {
                let bytes = http::unhex(text).unwrap_or_default();
                (200, json!({"connections": insert(state, &bytes)}))
            }
            [] if !body.is_empty() => (200, json!({"connections": insert(state, &body)})),
            _ => bad("expected ?hex=BYTES, or a body"),
        },
        (_, "/ready" | "/counters" | "/events" | "/wait" | "/faults" | "/reset") => {
            (405, json!({"error": format!("{method} is not for {path}")}))
        }
        _ => {
            let known = "GET /ready /counters /events /faults /wait, \
                         POST /answers /faults /reset /identities /credentials /policies /publish /drop /network /ping /send";
            (404, json!({"error": format!("no {method} {path}; there are {known}")}))
        }
    }
}

fn bad(error: impl Into<String>) -> Answer {
    (400, json!({"error": error.into()}))
}

fn faults(state: &State) -> Value {
    let on = state.faults.list().into_iter().map(|(key, value)| (key, json!(value)));
    Value::Object(on.collect())
}

fn counters(state: &State) -> Map<String, Value> {
    let mut counters = state.journal.counters();
    counters.insert("open_connections".into(), json!(state.connections.open(None).len()));
    for service in [Service::Iot, Service::Cognito, Service::Proxy] {
        let open = state.connections.open(Some(service)).len();
        counters.insert(format!("{service}_open_connections"), json!(open));
    }
    counters
}

/// Waits until every counter has reached its number, or fallen to it with `_at_most`.
async fn wait(state: &State, pairs: &[(String, String)]) -> Answer {
    let mut wait_ms = 10_000;
    let mut conditions = Vec::new();
    let known = counters(state);
    for (key, value) in pairs {
        let Ok(number) = value.parse::<u64>() else {
            return bad(format!("'{value}' for {key} is not a number"));
        };
        if key == "timeout_ms" {
            wait_ms = number.min(MAX_WAIT_MS);
            continue;
        }
        let (counter, at_most) = match key.strip_suffix("_at_most") {
            Some(counter) => (counter, true),
            None => (key.as_str(), false),
        };
        if !known.contains_key(counter) {
            let names: Vec<&str> = known.keys().map(String::as_str).collect();
            return bad(format!("unknown counter '{counter}'; known are: {}", names.join(", ")));
        }
        conditions.push((counter, at_most, number));
    }
    let mut changes = state.journal.changes();
    let reached = async {
        loop {
            let now = counters(state);
            let holds = |(counter, at_most, number): &(&str, bool, u64)| {
                let value = now.get(*counter).and_then(Value::as_u64).unwrap_or(0);
                if *at_most { value <= *number } else { value >= *number }
            };
            if conditions.iter().all(holds) || changes.changed().await.is_err() {
                return;
            }
        }
    };
    let done = timeout(Duration::from_millis(wait_ms), reached).await.is_ok();
    (if done { 200 } else { 408 }, Value::Object(counters(state)))
}

async fn publish(state: &State, pairs: &[(String, String)], body: Vec<u8>) -> Answer {
    let (mut topic, mut payload, mut qos) = (None, body, 0);
    for (key, value) in pairs {
        match (key.as_str(), value.as_str()) {
            ("topic", topic_name) if !topic_name.is_empty() => topic = Some(topic_name),
            ("payload", text) => payload = text.as_bytes().to_vec(),
            ("qos", "0") => qos = 0,
            ("qos", "1") => qos = 1,
            _ => return bad(format!("'{key}={value}': expected topic=, payload=, qos=0|1")),
        }
    }
    let Some(topic) = topic else {
        return bad("topic= is missing");
    };
    match state.broker.publish(topic, &payload, qos).await {
        Ok(()) => (200, json!({"topic": topic, "bytes": payload.len(), "qos": qos})),
        Err(e) => (502, json!({"error": e.to_string()})),
    }
}

fn ping(state: &State, pairs: &[(String, String)]) -> Answer {
    let (mut count, mut bytes) = (1_u64, 4_usize);
    for (key, value) in pairs {
        match (key.as_str(), value.parse()) {
            ("count", Ok(number @ 1..=1000)) => count = number,
            ("bytes", Ok(number @ 0..=125)) => bytes = usize::try_from(number).unwrap_or(0),
            _ => return bad(format!("'{key}={value}': expected count=1..1000, bytes=0..125")),
        }
    }
    let frame = websocket::encode(websocket::PING, true, &vec![b'p'; bytes]);
    let mut connections = 0;
    for _ in 0..count {
        connections = insert(state, &frame);
        state.journal.add("websocket_pings_sent", connections);
    }
    (200, json!({"connections": connections}))
}

/// Puts bytes into every WebSocket that is open; says into how many.
fn insert(state: &State, bytes: &[u8]) -> u64 {
    let open = state.connections.open(Some(Service::Iot));
    for connection in &open {
        connection.insertions.put(bytes.to_vec());
    }
    u64::try_from(open.len()).unwrap_or(0)
}

fn service(name: &str) -> Option<Service> {
    [Service::Iot, Service::Cognito, Service::Proxy].into_iter().find(|service| service.name() == name)
}

/// Puts a fault in the way of what open connections send and receive from now on.
fn break_network(state: &State, pairs: &[(String, String)]) -> Answer {
    let (mut at, mut fault, mut newest) = (Service::Iot, None, false);
    for (key, value) in pairs {
        match (key.as_str(), service(value), Fault::parse(value)) {
            ("service", Some(service), _) => at = service,
            ("fault", _, parsed @ Some(_)) => fault = Some(parsed),
            ("fault", ..) if value == "off" => fault = Some(None),
            ("newest", ..) if value == "1" => newest = true,
            _ => {
                return bad(format!(
                    "'{key}={value}': expected service=iot|cognito|proxy, newest=1, fault=off|{}",
                    Fault::FORM
                ));
            }
        }
    }
    let Some(fault) = fault else {
        return bad(format!("fault=off|{} is missing", Fault::FORM));
    };
    let mut open = state.connections.open(Some(at));
    if newest {
        open.sort_by_key(|connection| connection.id);
        open.drain(..open.len().saturating_sub(1));
    }
    for connection in &open {
        connection.network.set(fault);
    }
    (200, json!({"connections": open.len()}))
}

fn drop_connections(state: &State, pairs: &[(String, String)]) -> Answer {
    let (mut at, mut order) = (Service::Iot, None);
    for (key, value) in pairs {
        match (key.as_str(), value.as_str()) {
            ("service", name) if service(name).is_some() => at = service(name).unwrap_or(at),
            ("how", "rst") => order = Some(Order::Reset),
            ("how", "fin") => order = Some(Order::Fin),
            ("how", "close") => order = Some(Order::Close),
            ("how", "stall") => order = Some(Order::Stall),
            _ => {
                let expected = "service=iot|cognito|proxy, how=rst|fin|close|stall";
                return bad(format!("'{key}={value}': expected {expected}"));
            }
        }
    }
    let Some(order) = order else {
        return bad("how=rst|fin|close|stall is missing");
    };
    let open = state.connections.open(Some(at));
    for connection in &open {
        connection.order(order);
    }
    (200, json!({"connections": open.len()}))
}
