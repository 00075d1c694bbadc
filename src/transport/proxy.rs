//! A tunnel through an HTTP proxy by CONNECT (RFC 9110, section 9.3.6).

use super::{Error, http};
use crate::config::Proxy;
use crate::error::Stage;
use crate::log::log;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};

/// Asks the proxy for a tunnel to `peer`, `host:port`. When this returns, the stream is the tunnel.
pub async fn tunnel<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut S, proxy: &Proxy, peer: &str) -> Result<(), Error> {
    let name = proxy.host.with_port(proxy.port);
    let malformed = |problem| Error::ProxyMalformed { proxy: name.clone(), problem };
    let request = request(proxy, peer);
    stream.write_all(request.as_bytes()).await.map_err(|_| malformed("closed the connection"))?;
    let mut reader = http::Reader::new(stream);
    let head = reader.head().await.map_err(|error| match error.problem() {
        Some(_) => malformed("did not answer CONNECT with HTTP"),
        None => malformed("closed the connection instead of answering CONNECT"),
    })?;
    match head.status {
        // A server that speaks TLS waits for the client; what comes before is no tunnel.
        200..=299 if !reader.into_rest().is_empty() => Err(malformed("sent data ahead of the tunnel")),
        200..=299 => {
            log!(Debug, Stage::Proxy, "{name}: tunnel to {peer}");
            Ok(())
        }
        407 => Err(Error::ProxyAuthentication { proxy: name, sent: proxy.credentials.is_some() }),
        http_status => Err(Error::ProxyRefused { proxy: name, peer: peer.to_owned(), http_status }),
    }
}

fn request(proxy: &Proxy, peer: &str) -> String {
    let authorization = match &proxy.credentials {
        None => String::new(),
        Some((user, password)) => {
            let encoded = base64_simd::STANDARD.encode_to_string(format!("{user}:{password}"));
            format!("Proxy-Authorization: Basic {encoded}\r\n")
        }
    };
    format!("CONNECT {peer} HTTP/1.1\r\nHost: {peer}\r\n{authorization}\r\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::names::Host;

    #[test]
    fn the_request_names_the_host_twice_and_authenticates_by_rfc_7617() {
        let mut proxy = Proxy { host: Host::parse("proxy", "p").unwrap(), port: 8080, credentials: None };
        assert_eq!(request(&proxy, "[::1]:443"), "CONNECT [::1]:443 HTTP/1.1\r\nHost: [::1]:443\r\n\r\n");
        // The example of RFC 7617, section 2.
        proxy.credentials = Some(("Aladdin".into(), "open sesame".into()));
        assert!(request(&proxy, "a:1").contains("\r\nProxy-Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n\r\n"));
    }
}
