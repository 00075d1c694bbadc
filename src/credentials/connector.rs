//! HTTP/1.1 for the AWS SDK over our own transport, so that proxy, trust, deadline and DNS are the same for both hosts, and the
//! answer is bounded.

use crate::boxed::{Subtask, boxed};
use crate::error::Stage;
use crate::log::log;
use crate::names::{HTTPS_PORT, Host};
use crate::sys::boot_time;
use crate::transport::{
    BEHIND_HANDSHAKE, Dialer, Error, Progress, TlsStream, Told, chain, closed_while_idle, finish, http,
};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::io::AsyncWriteExt;

/// Who asks, for AWS's support.
const USER_AGENT: &str = concat!("cognito-connect/", env!("CARGO_PKG_VERSION"));

/// One connector for one fetch, whose requests share a connection while the server keeps it open. The whole fetch has one
/// deadline outside, so the SDK's own timeouts are not set.
#[derive(Clone)]
pub struct Connector {
    dialer: Arc<Dialer>,
    progress: Arc<Progress>,
    idle: Arc<Mutex<Option<Connection>>>,
    /// HTTP status of the last answer, which the SDK keeps to itself when it is a success.
    answered: Arc<AtomicU16>,
}

/// An open connection.
struct Connection {
    host: Host,
    port: u16,
    stream: TlsStream,
}

impl std::fmt::Debug for Connector {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Connector")
    }
}

impl Connector {
    /// Reports to `progress`.
    pub fn new(dialer: &Arc<Dialer>, progress: &Arc<Progress>) -> Self {
        Self {
            dialer: Arc::clone(dialer),
            progress: Arc::clone(progress),
            idle: Arc::default(),
            answered: Arc::default(),
        }
    }

    /// Ends the connection in order, beside the dial, which does not wait for it. Must be called on the runtime.
    pub fn close(&self) {
        if let Some(connection) = self.idle().take() {
            end(connection.stream);
        }
    }

    /// HTTP status of the last answer; 0 before the first.
    pub fn answered(&self) -> Arc<AtomicU16> {
        Arc::clone(&self.answered)
    }

    fn idle(&self) -> MutexGuard<'_, Option<Connection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl HttpClient for Connector {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let connector = self.clone();
        HttpConnectorFuture::new(async move {
            match Subtask::spawn(|| async move { connector.exchange(request).await }).await {
                Ok(result) => result,
                Err(failure) => Err(ConnectorError::other(failure.into(), None)),
            }
        })
    }
}

impl Connector {
    async fn exchange(&self, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
        let (host, port, message) = serialise(&request)?;
        let reused = self.reuse(&host, port).await;
        // A new connection takes a request of the usual length with the end of its handshake.
        let said = if reused.is_none() && message.len() <= BEHIND_HANDSHAKE { message.len() } else { 0 };
        let (said, unsaid) = message.split_at_checked(said).unwrap_or_default();
        let stream = match reused {
            Some(stream) => stream,
            None => boxed(|| self.dialer.open(&host, port, said, &self.progress)).await.map_err(connector_error)?,
        };
        boxed(|| self.ask(Connection { host, port, stream }, unsaid)).await.map_err(connector_error)
    }

    /// Sends the rest of a request and reads its answer.
    async fn ask(&self, connection: Connection, unsaid: &[u8]) -> Result<HttpResponse, Error> {
        let Connection { host, port, mut stream } = connection;
        let peer = host.with_port(port);
        let failed = |error: http::Error| error.at(Stage::Cognito, &peer);
        self.progress.enter(Stage::Cognito);
        let sent = boot_time();
        stream.write_all(unsaid).await.map_err(|error| failed(error.into()))?;
        stream.flush().await.map_err(|error| failed(error.into()))?;
        let mut reader = http::Reader::new(&mut stream);
        let head = reader.head().await.map_err(failed)?;
        log!(Debug, Stage::Cognito, "{peer}: HTTP status {}", head.status);
        self.answered.store(head.status, Ordering::Relaxed);
        let mut body = Vec::new();
        let read = reader.body(&head, &mut body).await;
        let keeps_open = head.keeps_open() && reader.into_rest().is_empty();
        // Also of an answer whose body was cut.
        let told = Told { stage: Stage::Cognito, date: head.header("date"), sent };
        self.dialer.learn(&told, chain(&stream), &host, port)?;
        read.map_err(failed)?;
        if keeps_open {
            *self.idle() = Some(Connection { host, port, stream });
        } else {
            end(stream);
        }
        response(head, body).map_err(|_| failed(http::Error::Malformed))
    }

    /// The connection of the request before, unless the server has ended it.
    async fn reuse(&self, host: &Host, port: u16) -> Option<TlsStream> {
        let mut connection = self.idle().take()?;
        let same = connection.host == *host && connection.port == port;
        if same && !closed_while_idle(&mut connection.stream).await {
            return Some(connection.stream);
        }
        end(connection.stream);
        None
    }
}

fn end(stream: TlsStream) {
    tokio::spawn(boxed(|| finish(stream)));
}

/// The request as it goes on the wire, in one piece, and where to.
fn serialise(request: &HttpRequest) -> Result<(Host, u16, Vec<u8>), ConnectorError> {
    let uri: ::http::Uri = request.uri().parse().map_err(user)?;
    let authority = uri.authority().ok_or_else(|| user("the endpoint has no host"))?;
    let (host, port) = Host::parse_with_port("Cognito endpoint", authority.as_str(), HTTPS_PORT).map_err(user)?;
    let body = request.body().bytes().ok_or_else(|| user("the request has a streaming body"))?;
    let path = uri.path_and_query().map_or("/", |path_and_query| path_and_query.as_str());
    let mut message = format!("{} {path} HTTP/1.1\r\nhost: {}\r\n", request.method(), host.host_header(port));
    for (name, value) in request.headers().iter() {
        if !name.eq_ignore_ascii_case("host") && !name.eq_ignore_ascii_case("content-length") {
            message.extend([name, ": ", value, "\r\n"]);
        }
    }
    message.push_str(&format!("user-agent: {USER_AGENT}\r\ncontent-length: {}\r\n\r\n", body.len()));
    let mut message = message.into_bytes();
    message.extend_from_slice(body);
    Ok((host, port, message))
}

/// An answer, as the SDK takes it.
pub fn response(head: http::Head, body: Vec<u8>) -> Result<HttpResponse, ConnectorError> {
    let status = StatusCode::try_from(head.status).map_err(user)?;
    let mut response = HttpResponse::new(status, SdkBody::from(body));
    for (name, value) in head.headers.iter() {
        // A header that the SDK's type does not take is none that it reads.
        let _ = response.headers_mut().try_append(name.to_owned(), value.to_owned());
    }
    Ok(response)
}

fn connector_error(error: Error) -> ConnectorError {
    ConnectorError::io(Box::new(error))
}

fn user(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> ConnectorError {
    ConnectorError::user(error.into())
}
