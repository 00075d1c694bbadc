//! What the targets in `fuzz/` reach of the inside: parsers and state machines, as they are, and the ways through several of them
//! with bytes in place of a connection. Built with the feature `fuzzing` only, which is in no product.

pub use crate::clock::{parse_http_date, plausible_date};
pub use crate::config::{Config, Network};
pub use crate::error::Failure;
pub use crate::mqtt::{Error as MqttError, Reason, codec, session, topics};
pub use crate::names::{Host, Identity, IdentityPool, Region};
pub use crate::status::Status;
pub use crate::transport::{frames, framing, http, pem};

use crate::clock::Clock;
use crate::config::{ClockSettings, CognitoSettings, Proxy};
use crate::credentials::cognito::Cognito;
use crate::credentials::{Credentials, connector};
use crate::error::Stage;
use crate::trace::Trace;
use crate::transport::{Dialer, Progress, proxy, websocket};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use std::collections::HashMap;
use std::pin::Pin;
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Instant;

/// What a server sends before it ends the connection, in pieces of at most so many bytes.
#[derive(Clone, Debug)]
pub struct Sent {
    bytes: Arc<[u8]>,
    begin: usize,
    piece: usize,
    /// HTTP status of the answer in them, once it was read.
    answered: Arc<AtomicU16>,
}

impl Sent {
    /// Nothing has been read of it.
    pub fn new(bytes: &[u8], piece: usize) -> Self {
        Self { bytes: bytes.into(), begin: 0, piece: piece.max(1), answered: Arc::default() }
    }
}

impl AsyncRead for Sent {
    fn poll_read(mut self: Pin<&mut Self>, _: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<std::io::Result<()>> {
        let rest = self.bytes.get(self.begin..).unwrap_or_default();
        let length = rest.len().min(self.piece).min(buffer.remaining());
        buffer.put_slice(rest.get(..length).unwrap_or_default());
        self.begin += length;
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Sent {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<std::io::Result<usize>> {
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// The SDK's way to a server that has sent its answer already.
impl HttpClient for Sent {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Sent {
    fn call(&self, _: HttpRequest) -> HttpConnectorFuture {
        let mut stream = self.clone();
        let answered = Arc::clone(&self.answered);
        HttpConnectorFuture::new(async move {
            let failed = |error: http::Error| ConnectorError::io(Box::new(error.at(Stage::Cognito, PEER)));
            let mut reader = http::Reader::new(&mut stream);
            let head = reader.head().await.map_err(failed)?;
            answered.store(head.status, Ordering::Relaxed);
            let mut body = Vec::new();
            reader.body(&head, &mut body).await.map_err(failed)?;
            connector::response(head, body)
        })
    }
}

const PEER: &str = "localhost:443";

/// What came of a request to Cognito.
pub struct Asked<T> {
    /// The answer, or why there is none.
    pub outcome: Result<T, Failure>,
    /// How long Cognito wants to be left alone, if it may be asked again.
    pub again_in: Option<Duration>,
}

/// Reads an answer to GetCredentialsForIdentity.
pub fn credentials(
    config: &Config,
    identity: &Identity,
    answer: Sent,
) -> Result<Asked<(Credentials, Identity)>, Failure> {
    let (settings, clock) = (config.cognito()?, Clock::new(config.clock));
    let progress = progress();
    let cognito = cognito(&settings, &clock, &progress, answer);
    Ok(asked(&cognito, now_or_never(cognito.credentials(identity))))
}

/// Reads an answer to GetId.
pub fn id(config: &Config, pool: &IdentityPool, answer: Sent) -> Result<Asked<Identity>, Failure> {
    let (settings, clock) = (config.cognito()?, Clock::new(config.clock));
    let progress = progress();
    let cognito = cognito(&settings, &clock, &progress, answer);
    Ok(asked(&cognito, now_or_never(cognito.id(pool))))
}

/// With a deadline that lets nothing be asked again.
fn cognito<'a>(
    settings: &'a CognitoSettings,
    clock: &'a Clock,
    progress: &'a Progress,
    answer: Sent,
) -> Cognito<'a, Sent> {
    Cognito {
        settings,
        clock,
        progress,
        deadline: Instant::now(),
        logins: HashMap::new(),
        answered: Arc::clone(&answer.answered),
        connector: answer,
        again_at: Mutex::new(None),
    }
}

fn asked<T>(cognito: &Cognito<'_, Sent>, outcome: Result<T, Failure>) -> Asked<T> {
    let again_at = *cognito.again_at.lock().unwrap_or_else(PoisonError::into_inner);
    Asked { outcome, again_in: again_at.map(|at| at.saturating_duration_since(cognito.deadline)) }
}

/// Reads an answer to the upgrade with this key. Gives what comes behind it.
pub fn upgrade(mut answer: Sent, key: &str) -> Result<Vec<u8>, Failure> {
    let deadline = Instant::now() + Duration::from_secs(3600);
    let read = now_or_never(websocket::answer(&mut answer, key, PEER, deadline, |_| &[]));
    let mut rest = read.map_err(|error| Failure::from(&error))?;
    rest.extend_from_slice(answer.bytes.get(answer.begin..).unwrap_or_default());
    Ok(rest)
}

/// Reads a proxy's answer to CONNECT.
pub fn tunnel(mut answer: Sent, proxy: &Proxy) -> Result<(), Failure> {
    now_or_never(proxy::tunnel(&mut answer, proxy, PEER)).map_err(|error| Failure::from(&error))
}

/// Loads what these settings trust.
pub fn trust(network: &Network) -> Result<(), Failure> {
    let clock = ClockSettings { correction: true, max_offset: None, without_clock: false };
    Dialer::new(network, &Arc::new(Clock::new(clock))).map(drop)
}

fn progress() -> Progress {
    Progress::new(c"test", PEER.to_owned(), &Arc::new(Trace::new()))
}

/// The outcome of a future that waits for nothing but what is there.
fn now_or_never<F: Future>(future: F) -> F::Output {
    thread_local! {
        static RUNTIME: Option<tokio::runtime::Runtime> =
            tokio::runtime::Builder::new_current_thread().enable_time().build().ok();
    }
    RUNTIME.with(|runtime| match runtime {
        Some(runtime) => runtime.block_on(future),
        None => std::process::abort(),
    })
}
