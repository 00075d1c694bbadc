//! From a host name to a stream of MQTT packets: DNS, proxy, TCP, TLS, WebSocket. The same way serves the HTTPS requests to
//! Cognito, which leave it after TLS.

#[cfg(test)]
mod autobahn;
mod byte_stream;
mod certificates;
mod close_notify;
mod cryptography;
mod dns;
mod error;
pub mod frames;
pub mod framing;
mod headers;
pub mod http;
mod nonblocking;
pub mod pem;
mod progress;
pub mod proxy;
mod readiness;
mod socket;
mod tcp;
mod tls;
mod trust;
mod untrusted;
mod weak;
pub mod websocket;

pub use byte_stream::{ByteStream, Ended, Last};
pub use error::{Error, PORTAL};
pub use progress::Progress;
pub use readiness::{Readiness, SocketWatch};
pub use tls::{BEHIND_HANDSHAKE, SAME_TIME, TlsStream, Told, chain};
pub use websocket::Upgraded;

use crate::boxed::boxed;
use crate::clock::Clock;
use crate::config::{Network, Proxy};
use crate::error::{Failure, Stage};
use crate::features::PROXY;
use crate::log::log;
use crate::names::Host;
use rustls::pki_types::CertificateDer;
use socket::Socket;
use std::fmt::Write;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt, ReadBuf};

/// How long an orderly end waits for the peer's part of it.
pub const LINGER: Duration = Duration::from_secs(2);

/// Opens TLS connections, by way of the proxy if there is one.
pub struct Dialer {
    tls: tls::Tls,
    proxy: Option<Proxy>,
    resolver: dns::Resolver,
}

impl Dialer {
    /// Loads the trusted roots. Certificates are checked by the time of `clock`.
    pub fn new(network: &Network, clock: &Arc<Clock>) -> Result<Self, Failure> {
        Ok(Self {
            tls: tls::Tls::new(network, clock)?,
            proxy: network.proxy.clone(),
            resolver: dns::Resolver::default(),
        })
    }

    /// Opens a TLS connection to `host:port`. What is said with it, [`BEHIND_HANDSHAKE`] at most, leaves with the end of the
    /// handshake.
    pub async fn open(&self, host: &Host, port: u16, said: &[u8], progress: &Progress) -> Result<TlsStream, Error> {
        self.connect(host, port, said, progress).await.inspect_err(|error| self.tls.doubt_time(error))
    }

    async fn connect(&self, host: &Host, port: u16, said: &[u8], progress: &Progress) -> Result<TlsStream, Error> {
        let peer = host.with_port(port);
        progress.speak_to(&peer);
        let socket = match self.proxy.as_ref().filter(|_| PROXY.is_built()) {
            None => boxed(|| self.tcp(host, port, progress)).await?,
            Some(proxy) => boxed(|| self.tunnel(proxy, &peer, progress)).await?,
        };
        progress.enter(Stage::Tls);
        boxed(|| self.tls.handshake(host, &peer, socket, said, progress)).await
    }

    /// Takes the time that an answer of `host:port` tells, if its certificates are valid at it. Gives whether it is gone by.
    pub fn learn(&self, told: &Told<'_>, chain: &[CertificateDer<'_>], host: &Host, port: u16) -> Result<bool, Error> {
        self.tls.learn(told, chain, host, &host.with_port(port))
    }

    /// Checks the certificates of a connection again, when another time is gone by than when it was opened.
    pub fn check_again(&self, stream: &TlsStream, host: &Host, port: u16) -> Result<(), Error> {
        self.tls.check_again(stream, host, &host.with_port(port))
    }

    async fn tcp(&self, host: &Host, port: u16, progress: &Progress) -> Result<Socket, Error> {
        progress.enter(Stage::Dns);
        let addresses = self.resolver.resolve(host).await?;
        progress.found(|| list(&addresses));
        progress.enter(Stage::Tcp);
        let stream = tcp::connect(&addresses, port)
            .await
            .map_err(|source| Error::Connect { peer: host.with_port(port), source })?;
        if let Ok(address) = stream.peer_addr() {
            progress.found(|| address.to_string());
        }
        Ok(Socket::new(stream))
    }

    async fn tunnel(&self, proxy: &Proxy, peer: &str, progress: &Progress) -> Result<Socket, Error> {
        let name = proxy.host.with_port(proxy.port);
        progress.speak_to(&format!("the proxy {name}"));
        let mut socket = self
            .tcp(&proxy.host, proxy.port, progress)
            .await
            .map_err(|source| Error::ProxyUnreachable { proxy: name, source: Box::new(source) })?;
        progress.enter(Stage::Proxy);
        proxy::tunnel(&mut socket, proxy, peer).await?;
        progress.found(|| format!("tunnel to {peer}"));
        progress.speak_to(peer);
        Ok(socket)
    }
}

fn list(addresses: &[IpAddr]) -> String {
    let mut text = String::with_capacity(16 * addresses.len());
    for address in addresses {
        let separator = if text.is_empty() { "" } else { " " };
        // Writing to a String does not fail.
        let _ = write!(text, "{separator}{address}");
    }
    text
}

/// Whether the server ended a connection on which nothing was asked yet. Looks once and does not wait.
pub async fn closed_while_idle(stream: &mut TlsStream) -> bool {
    let mut byte = [0_u8; 1];
    std::future::poll_fn(|cx| {
        let mut buffer = ReadBuf::new(&mut byte);
        Poll::Ready(Pin::new(&mut *stream).poll_read(cx, &mut buffer).is_ready())
    })
    .await
}

/// Ends a TLS connection that has nothing more to say: close_notify, FIN, and the peer's own end, so that no data of the peer
/// meets a closed socket and is answered with a reset. Bounded by [`LINGER`].
pub async fn finish(mut stream: TlsStream) {
    let end = async {
        stream.shutdown().await?;
        let mut rest = [0_u8; 512];
        while stream.read(&mut rest).await? > 0 {}
        Ok::<_, std::io::Error>(())
    };
    match tokio::time::timeout(LINGER, end).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => log!(Debug, Stage::Disconnect, "the connection did not end in order: {error}"),
        Err(_) => log!(Debug, Stage::Disconnect, "the peer did not end the connection"),
    }
}
