//! What answers the WebSocket upgrade, or a proxy's CONNECT.

use crate::check_failure;
use cognito_connect::Status;
use cognito_connect::fuzzing::{Config, Sent, tunnel, upgrade as read};

/// The example of RFC 6455, section 1.3, whose answer is `s3pPLMBiTxaQ9kYGzzhZRbK+xOo=`.
const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";

/// The first byte chooses which of the two, and the pieces in which the answer comes.
pub fn upgrade(data: &[u8]) {
    let Some((choice, answer)) = data.split_first() else { return };
    let sent = Sent::new(answer, if choice & 2 == 0 { answer.len() } else { usize::from(choice >> 2) + 1 });
    let failure = if choice & 1 == 0 {
        match read(sent, KEY) {
            Ok(rest) => {
                assert!(answer.ends_with(&rest), "what is behind the answer is not what was sent");
                let head = String::from_utf8_lossy(answer);
                let head = head.to_ascii_lowercase();
                assert!(head.contains("s3pplmbitxaq9kygzzhzrbk+xoo=") && head.contains("mqtt"), "{head}");
                return;
            }
            Err(failure) => failure,
        }
    } else {
        let mut config = Config::default();
        config.set_proxy(Some("proxy.example.com"), 8080).expect("a proxy");
        config.set_proxy_credentials(Some("user"), Some("PASSWORDPASSWORD")).expect("credentials");
        let proxy = config.network.proxy.expect("a proxy");
        match tunnel(sent, &proxy) {
            Ok(()) => {
                let end = answer.windows(4).position(|window| window == b"\r\n\r\n");
                assert!(
                    end.is_some() || answer.windows(2).any(|window| window == b"\n\n") || answer.ends_with(b"\n\r\n")
                );
                return;
            }
            Err(failure) => failure,
        }
    };
    check_failure(&failure, answer);
    assert!(!failure.text().contains("PASSWORDPASSWORD"), "a secret is shown: {}", failure.text());
    assert!(!matches!(failure.status, Status::Internal | Status::Ok), "{}", failure.text());
}
