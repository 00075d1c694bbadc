//! The HTTP CONNECT proxy.

use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::answers;
use crate::connection::{Connection, End};
use crate::events::Service;
use crate::http::{self, Request, Response};
use crate::random;
use crate::state::State;
use crate::stream::Stream;
use crate::tls::PATIENCE;

const CONNECT_TIME: Duration = Duration::from_secs(10);

/// Serves one connection.
pub async fn serve(connection: Arc<Connection>) -> End {
    let mut stream = connection.stream();
    let mut buffer = Vec::new();
    let reading = http::read_head(&mut stream, &mut buffer);
    let Ok(Ok(Some(request))) = timeout(PATIENCE, reading).await else {
        return End::Close;
    };
    // Neither write error nor end of the peer needs an answer here.
    tunnel(&connection, &mut stream, buffer, &request).await.unwrap_or(End::Close)
}

async fn tunnel(connection: &Connection, stream: &mut Stream, early: Vec<u8>, request: &Request) -> io::Result<End> {
    let state = &connection.state;
    let authorized = authorized(state, request);
    let fault = state.faults.take(Service::Proxy, "response").map(|fault| fault.word);
    connection.event(
        "connect-request",
        json!({
            "method": request.method,
            "target": request.target,
            "authorization": request.header("Proxy-Authorization").is_some(),
            "authorized": authorized,
            "fault": fault,
        }),
    );
    let fault = fault.unwrap_or_default();
    match fault.as_str() {
        "stall" => {
            connection.peer_end().await;
            return Ok(End::Close);
        }
        "reset" => return Ok(End::Reset),
        "refuse" => return page(stream, Response::new(403)).await,
        "502" => return page(stream, Response::new(502)).await,
        "407" => return unauthorized(connection, stream).await,
        "garbage" => {
            answers::send(stream, &random::bytes::<256>()).await?;
            return Ok(End::Close);
        }
        "endless-head" => match answers::endless_head(stream, &Response::new(200).open_head()).await? {},
        _ => {}
    }
    if request.method != "CONNECT" {
        return page(stream, Response::new(405)).await;
    }
    if !authorized {
        return unauthorized(connection, stream).await;
    }
    let connecting = timeout(CONNECT_TIME, connect(state, &request.target));
    let mut upstream = match connecting.await {
        Ok(Ok(upstream)) => upstream,
        Ok(Err(_)) => return page(stream, Response::new(502)).await,
        Err(_) => return page(stream, Response::new(504)).await,
    };
    connection.count("tunnels");
    connection.event("tunnel", json!({"target": request.target}));
    answers::send(stream, b"HTTP/1.1 200 Connection established\r\n\r\n").await?;
    if fault == "stall-tunnel" {
        connection.peer_end().await;
        return Ok(End::Close);
    }
    upstream.write_all(&early).await?;
    Ok(copy(connection, stream, &mut upstream).await)
}

/// Copies both ways. The end of one side becomes the end of the other, RST as RST.
async fn copy(connection: &Connection, stream: &mut Stream, upstream: &mut TcpStream) -> End {
    if copy_both(connection, stream, upstream).await {
        return End::Close;
    }
    let _ = socket2::SockRef::from(&*upstream).set_linger(Some(Duration::ZERO));
    End::Reset
}

/// Whether both sides ended in order.
async fn copy_both(connection: &Connection, stream: &mut Stream, upstream: &mut TcpStream) -> bool {
    let (mut from_client, mut to_client) = tokio::io::split(stream);
    let (mut from_server, mut to_server) = upstream.split();
    let up = async {
        let mut bytes = vec![0; 16 * 1024];
        loop {
            let len = match from_client.read(&mut bytes).await {
                Ok(0) => break to_server.shutdown().await.is_ok(),
                Ok(len) => len,
                Err(_) => break false,
            };
            if to_server.write_all(bytes.get(..len).unwrap_or_default()).await.is_err() {
                break false;
            }
        }
    };
    let down = async {
        let mut bytes = vec![0; 16 * 1024];
        loop {
            let len = match from_server.read(&mut bytes).await {
                Ok(0) => {
                    connection.fin();
                    break true;
                }
                Ok(len) => len,
                Err(_) => break false,
            };
            if to_client.write_all(bytes.get(..len).unwrap_or_default()).await.is_err() {
                break false;
            }
        }
    };
    tokio::pin!(up, down);
    tokio::select! {
        orderly = &mut up => orderly && down.await,
        orderly = &mut down => orderly && up.await,
    }
}

async fn connect(state: &State, target: &str) -> io::Result<TcpStream> {
    let no_target = || io::Error::new(io::ErrorKind::InvalidInput, "not HOST:PORT");
    let (host, port) = target.rsplit_once(':').ok_or_else(no_target)?;
    let port: u16 = port.parse().map_err(|_| no_target())?;
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let ours = host == "localhost" || state.options.hosts.iter().any(|name| name == host);
    let stream = match (ours, host.parse::<IpAddr>()) {
        (_, Ok(address)) => TcpStream::connect((address, port)).await?,
        (true, _) => {
            let addresses: Vec<_> = state.options.bind.iter().map(|address| (*address, port).into()).collect();
            TcpStream::connect(addresses.as_slice()).await?
        }
        (false, _) => TcpStream::connect((host, port)).await?,
    };
    stream.set_nodelay(true)?;
    Ok(stream)
}

fn authorized(state: &State, request: &Request) -> bool {
    let Some((user, password)) = &state.options.proxy_credentials else {
        return true;
    };
    let expected = STANDARD.encode(format!("{user}:{password}"));
    let given = request.header("Proxy-Authorization").and_then(|value| value.split_once(' '));
    given.is_some_and(|(scheme, value)| scheme.eq_ignore_ascii_case("basic") && value.trim() == expected)
}

async fn unauthorized(connection: &Connection, stream: &mut Stream) -> io::Result<End> {
    connection.count("auth_failures");
    let response = Response::new(407).with("Proxy-Authenticate", "Basic realm=\"local-aws\"");
    page(stream, response).await
}

async fn page(stream: &mut Stream, response: Response) -> io::Result<End> {
    let status = response.status();
    let page = format!("<html><body><h1>{status}</h1><p>The proxy refuses.</p></body></html>\n");
    let response = response.with("Content-Type", "text/html").with("Connection", "close");
    answers::send(stream, &response.body(page).bytes()).await?;
    Ok(End::Close)
}
