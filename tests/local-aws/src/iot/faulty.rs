//! The answers to an upgrade that faults ask for.

use std::io;
use std::time::Duration;

use tokio::time::sleep;

use super::Accepted;
use super::responses::Responses;
use crate::answers;
use crate::connection::{Connection, End};
use crate::credentials::Owner;
use crate::faults;
use crate::http::{Request, Response};
use crate::sigv4;
use crate::tls::{self, Tls};
use crate::websocket;

/// Sends what the fault makes of the `deserved` answer. With an owner the WebSocket is open.
pub async fn send(
    connection: &Connection,
    stream: &mut Tls,
    request: &Request,
    responses: Responses,
    deserved: Result<Accepted, Response>,
    fault: faults::Value,
) -> io::Result<Result<Owner, End>> {
    let refused = || connection.state.journal.count("upgrades_refused");
    let forbidden = || responses.refusal(403, "Forbidden");
    match fault.word.as_str() {
        "reset" => return Ok(Err(End::Reset)),
        "close" => return Ok(Err(tls::close(connection, stream).await)),
        "stall" => return Ok(Err(tls::hold(connection, stream).await)),
        "stall-mid-head" => {
            answers::send(stream, b"HTTP/1.1 101 Switching Protocols\r\nConn").await?;
            return Ok(Err(tls::hold(connection, stream).await));
        }
        "refuse" => {
            refused();
            answers::send(stream, &forbidden().bytes()).await?;
        }
        "refuse-skewed" => {
            refused();
            let message = sigv4::outside_the_window(request, responses.now);
            answers::send(stream, &responses.refusal(403, &message).bytes()).await?;
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
            let response = responses.refusal(status, "A fault was asked for.");
            answers::send(stream, &response.bytes()).await?;
        }
        "html" => {
            refused();
            let page = responses.base(200).with("Content-Type", "text/html").body(answers::PORTAL);
            answers::send(stream, &page.bytes()).await?;
        }
        "endless-head" => match answers::endless_head(stream, &responses.base(101).open_head()).await? {},
        "endless-body" => {
            refused();
            let head = forbidden().open_head();
            match answers::endless_body(stream, &head, &"x".repeat(500)).await? {}
        }
        word => return send_strange_101(connection, stream, deserved, word).await,
    }
    Ok(Err(tls::close(connection, stream).await))
}

/// The faults that are a 101 with something wrong, or more, in it. They need a good request.
async fn send_strange_101(
    connection: &Connection,
    stream: &mut Tls,
    deserved: Result<Accepted, Response>,
    fault: &str,
) -> io::Result<Result<Owner, End>> {
    let journal = &connection.state.journal;
    let Accepted { switching, owner } = match deserved {
        Ok(accepted) => accepted,
        Err(refusal) => {
            journal.count("upgrades_refused");
            answers::send(stream, &refusal.bytes()).await?;
            return Ok(Err(tls::close(connection, stream).await));
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
        return Ok(Ok(owner));
    }
    answers::send(stream, &bytes).await?;
    Ok(Err(tls::hold(connection, stream).await))
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
