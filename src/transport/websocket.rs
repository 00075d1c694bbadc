//! The WebSocket upgrade (RFC 6455, section 4). Our own and not tungstenite's, whose client keeps of a refusal only what came in
//! the same read, and logs the URL.

use super::{Error, Progress, TlsStream, http, tls};
use crate::error::{AwsReason, Stage};
use crate::log::log;
use aws_smithy_json::deserialize::{Token, json_token_iter};
use rustls::pki_types::CertificateDer;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWriteExt};
use tokio::time::{Instant, timeout_at};
use tokio_tungstenite::tungstenite::handshake::{client::generate_key, derive_accept_key};

/// A refusal is reported with what of its body is there this long before the deadline.
const REFUSAL_RESERVE: Duration = Duration::from_millis(20);

/// A connection after its upgrade.
pub struct Upgraded {
    /// The connection.
    pub stream: TlsStream,
    /// What was read beyond the answer.
    pub rest: Vec<u8>,
    /// `host:port` of the server.
    pub peer: String,
}

/// Upgrades an open TLS connection. `host_header` and `path_and_query` are as they were signed. The request goes out in one
/// write, and a refusal is read whole, however late its body comes before `deadline`.
pub async fn upgrade(
    mut stream: TlsStream,
    host_header: &str,
    path_and_query: &str,
    deadline: Instant,
    progress: &Progress,
) -> Result<Upgraded, Error> {
    progress.enter(Stage::Upgrade);
    let peer = progress.peer();
    let key = generate_key();
    let request = format!(
        "GET {path_and_query} HTTP/1.1\r\nHost: {host_header}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: mqtt\r\n\r\n"
    );
    // The flush writes what a full socket buffer held back, and is no system call otherwise.
    let sent = async {
        stream.write_all(request.as_bytes()).await?;
        stream.flush().await
    };
    sent.await.map_err(|error| tls::from_io(error, Stage::Upgrade, &peer))?;
    let rest = answer(&mut stream, &key, &peer, deadline, |stream| tls::chain(stream)).await?;
    log!(Debug, Stage::Upgrade, "{peer}: WebSocket open");
    progress.found(|| "101 Switching Protocols, subprotocol mqtt");
    Ok(Upgraded { stream, rest, peer })
}

/// Reads the answer to the upgrade with this key. Gives what was read beyond it. `chain` gives the certificates of the server.
pub async fn answer<S: AsyncRead + Unpin>(
    stream: &mut S,
    key: &str,
    peer: &str,
    deadline: Instant,
    chain: impl for<'a> Fn(&'a S) -> &'a [CertificateDer<'static>],
) -> Result<Vec<u8>, Error> {
    let mut reader = http::Reader::new(&mut *stream);
    let head = reader.head().await.map_err(|error| error.at(Stage::Upgrade, peer))?;
    if head.status != 101 {
        let mut body = Vec::new();
        let reserve = deadline.checked_sub(REFUSAL_RESERVE).unwrap_or(deadline);
        // A body that is late, cut or too large does not hide the refusal.
        let _ = timeout_at(reserve, reader.body(&head, &mut body)).await;
        return Err(refusal(&head, &body, peer, chain(stream)));
    }
    check(&head, key).map_err(|problem| Error::UpgradeMalformed { peer: peer.to_owned(), problem })?;
    Ok(reader.into_rest())
}

/// RFC 6455, section 4.1, the list of what a client must check. Two of its headers may not be there twice (section 11.3).
fn check(head: &http::Head, key: &str) -> Result<(), String> {
    if !head.version_1_1 {
        return Err("is answered with HTTP/1.0, which has no upgrade".to_owned());
    }
    if !head.has_token("upgrade", "websocket") || !head.has_token("connection", "upgrade") {
        return Err("is answered without Upgrade: websocket".to_owned());
    }
    if head.only("sec-websocket-accept") != Some(derive_accept_key(key.as_bytes()).as_str()) {
        return Err("is answered with a wrong Sec-WebSocket-Accept".to_owned());
    }
    if head.header("sec-websocket-extensions").is_some_and(|extensions| !extensions.trim().is_empty()) {
        return Err("is answered with an extension that was not offered".to_owned());
    }
    match (head.header("sec-websocket-protocol"), head.only("sec-websocket-protocol")) {
        (_, Some("mqtt")) => Ok(()),
        (Some(_), None) => Err("is answered with more than one subprotocol".to_owned()),
        (Some(_), Some(_)) => Err("is answered with another subprotocol than mqtt".to_owned()),
        (None, _) => Err("is answered without the subprotocol mqtt".to_owned()),
    }
}

fn refusal(head: &http::Head, body: &[u8], peer: &str, chain: &[CertificateDer<'static>]) -> Error {
    let header = |name| head.header(name).unwrap_or_default().to_owned();
    let mut request_id = header("x-amzn-requestid");
    if request_id.is_empty() {
        request_id = json_string(body, "traceId").unwrap_or_default();
    }
    // AWS writes "ForbiddenException:http://internal.amazon.com/…".
    let error_type = header("x-amzn-errortype").split(':').next().unwrap_or_default().to_owned();
    let message = json_string(body, "message").or_else(|| json_string(body, "Message")).unwrap_or_default();
    Error::UpgradeRefused {
        peer: peer.to_owned(),
        aws: Box::new(AwsReason { http_status: head.status, error_type, message, request_id }),
        date: head.header("date").map(str::to_owned),
        chain: chain.to_vec(),
    }
}

/// A string member at the top level of a JSON object.
fn json_string(body: &[u8], name: &str) -> Option<String> {
    let mut depth = 0_u32;
    let mut named = false;
    for token in json_token_iter(body) {
        match token.ok()? {
            Token::StartObject { .. } | Token::StartArray { .. } => depth += 1,
            Token::EndObject { .. } | Token::EndArray { .. } => depth = depth.saturating_sub(1),
            Token::ObjectKey { key, .. } => named = depth == 1 && key.as_escaped_str() == name,
            Token::ValueString { value, .. } if named && depth == 1 => {
                return value.to_unescaped().ok().map(std::borrow::Cow::into_owned);
            }
            _ => named = false,
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_message_of_a_refusal_is_read_from_json_and_nothing_else() {
        let message = |body: &str| json_string(body.as_bytes(), "message");
        assert_eq!(message(r#"{"message":"Forb\"idden","traceId":"x"}"#).unwrap(), "Forb\"idden");
        assert_eq!(message(r#"{"a":{"message":"inner"},"message":"outer"}"#).unwrap(), "outer");
        assert_eq!(message(r#"{"message":null}"#), None);
        assert_eq!(message("<html>"), None);
        assert_eq!(message(r#"{"message":"cut"#), None);
    }

    #[test]
    fn a_101_that_is_not_ours_is_refused() {
        let head = |change: fn(&mut Vec<(String, String)>)| {
            let mut headers = vec![
                ("upgrade".to_owned(), "WebSocket".to_owned()),
                ("connection".to_owned(), "keep-alive, Upgrade".to_owned()),
                // The example of RFC 6455, section 1.3.
                ("sec-websocket-accept".to_owned(), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=".to_owned()),
                ("sec-websocket-protocol".to_owned(), "mqtt".to_owned()),
            ];
            change(&mut headers);
            let mut kept = super::super::headers::Headers::default();
            headers.iter().for_each(|(name, value)| kept.push(name, value.as_bytes()));
            check(&http::Head { status: 101, version_1_1: true, headers: kept }, "dGhlIHNhbXBsZSBub25jZQ==")
        };
        assert_eq!(head(|_| {}), Ok(()));
        assert!(head(|headers| drop(headers.remove(0))).is_err());
        assert!(head(|headers| drop(headers.remove(1))).is_err());
        assert!(head(|headers| headers[2].1.push('x')).unwrap_err().contains("Accept"));
        assert!(head(|headers| drop(headers.remove(3))).unwrap_err().contains("without the subprotocol"));
        assert!(head(|headers| headers[3].1 = "soap".to_owned()).unwrap_err().contains("another subprotocol"));
        assert!(head(|headers| headers.push(("sec-websocket-extensions".into(), "x".into()))).is_err());
    }
}
