//! The TLS side of a connection: the handshake with its faults, and an orderly end.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;
use tokio_rustls::rustls::{ProtocolVersion, ServerConfig, ServerConnection, server::Acceptor};
use tokio_rustls::{LazyConfigAcceptor, server::TlsStream};

use crate::connection::{Connection, End};
use crate::network::Stage;
use crate::random;
use crate::stream::Stream;

/// A client that says nothing is let go after this time.
pub const PATIENCE: Duration = Duration::from_secs(60);
/// How long a client may take to answer close_notify or a Close frame.
pub const GOODBYE: Duration = Duration::from_secs(5);

/// The decrypted bytes of a connection.
pub type Tls = TlsStream<Stream>;

/// Does the handshake, or what the faults make of it: then the way to end the connection.
pub async fn accept(connection: &Arc<Connection>) -> Result<Tls, End> {
    let (state, service) = (&connection.state, connection.service);
    if let Some(fault) = state.faults.take(service, "tls") {
        return Err(broken_handshake(connection, &fault.word).await);
    }
    let start = LazyConfigAcceptor::new(Acceptor::default(), connection.stream());
    let start = match timeout(PATIENCE, start).await {
        Ok(Ok(start)) => start,
        Ok(Err(e)) => return Err(failed(connection, &e)),
        Err(_) => return Err(End::Close),
    };
    connection.network.reached(Stage::Tls);
    let hello = start.client_hello();
    if let Some(name) = hello.server_name() {
        connection.count("sni_seen");
        connection.event("client-hello", json!({"sni": name}));
    } else {
        connection.event("client-hello", json!({"sni": null}));
    }
    let fault = state.faults.take(service, "certificate").map(|fault| fault.word);
    let Some(config) = state.certificates.config(fault.as_deref().unwrap_or("")) else {
        return Err(End::Close);
    };
    match timeout(PATIENCE, start.into_stream(config)).await {
        Ok(Ok(stream)) => {
            connection.count("tls_handshakes");
            let version = match stream.get_ref().1.protocol_version() {
                Some(ProtocolVersion::TLSv1_3) => "1_3",
                _ => "1_2",
            };
            connection.count(&format!("tls_{version}"));
            connection.event("tls", json!({"version": version.replace('_', ".")}));
            Ok(stream)
        }
        Ok(Err(e)) => Err(failed(connection, &e)),
        Err(_) => Err(End::Close),
    }
}

/// Sends close_notify and FIN, and waits for the client's.
pub async fn close(connection: &Connection, stream: &mut Tls) -> End {
    let _ = timeout(GOODBYE, stream.shutdown()).await;
    let faults = &connection.state.faults;
    if faults.take_if(connection.service, "end", |fault| fault.word == "no-fin").is_some() {
        drain(connection, stream).await;
        return End::Hold;
    }
    connection.fin();
    let _ = timeout(GOODBYE, drain(connection, stream)).await;
    End::Close
}

/// Reads and forgets until the client ends the TLS session; nothing is written.
pub async fn drain(connection: &Connection, stream: &mut Tls) {
    let mut scrap = [0; 4096];
    loop {
        match stream.read(&mut scrap).await {
            Ok(0) => return connection.saw_close_notify(),
            Ok(_) => {}
            Err(_) => return,
        }
    }
}

/// Keeps a connection open and silent until the client ends it.
pub async fn hold(connection: &Connection, stream: &mut Tls) -> End {
    drain(connection, stream).await;
    End::Close
}

fn failed(connection: &Connection, error: &io::Error) -> End {
    connection.count("tls_failures");
    connection.event("tls-failed", json!({"error": error.to_string()}));
    End::Close
}

async fn broken_handshake(connection: &Arc<Connection>, fault: &str) -> End {
    let mut stream = connection.stream();
    let mut hello = vec![0; 16 * 1024];
    let Ok(Ok(len)) = timeout(PATIENCE, stream.read(&mut hello)).await else {
        return End::Close;
    };
    hello.truncate(len);
    connection.event("tls-fault", json!({"fault": fault}));
    let answer = match fault {
        "reset" => return End::Reset,
        "stall" => return End::Hold,
        "close" => return End::Close,
        "plain-http" => {
            let body = "<html><body>The plain HTTP request was sent to HTTPS port</body></html>\n";
            let len = body.len();
            format!(
                "HTTP/1.1 400 Bad Request\r\nContent-Type: text/html\r\nContent-Length: {len}\r\n\
                 Connection: close\r\n\r\n{body}"
            )
            .into_bytes()
        }
        "stall-mid" => {
            let config = connection.state.certificates.config("");
            let flight = config.and_then(|c| first_flight(c, &hello)).unwrap_or_default();
            // The middle of the first flight is inside the certificate.
            let half = flight.len() / 2;
            let _ = stream.write_all(flight.get(..half).unwrap_or_default()).await;
            return End::Hold;
        }
        _ => {
            let mut bytes: [u8; 256] = random::bytes();
            // Neither a TLS record type nor a letter.
            bytes[0] = 0xfe;
            bytes.to_vec()
        }
    };
    let _ = stream.write_all(&answer).await;
    End::Close
}

fn first_flight(config: Arc<ServerConfig>, mut hello: &[u8]) -> Option<Vec<u8>> {
    let mut tls = ServerConnection::new(config).ok()?;
    while !hello.is_empty() {
        tls.read_tls(&mut hello).ok()?;
    }
    tls.process_new_packets().ok()?;
    let mut flight = Vec::new();
    while tls.wants_write() {
        tls.write_tls(&mut flight).ok()?;
    }
    Some(flight)
}
