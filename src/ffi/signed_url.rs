//! `cognito_signed_url`.

use super::boundary::{self, c_string};
use super::credentials::unix_seconds;
use super::handle::{Kind, Table};
use crate::signing::SignedUrl;
use std::ffi::{CString, c_char};

pub(super) static SIGNED_URLS: Table<Url> = Table::new(Kind::SignedUrl);

/// A presigned URL of an MQTT session over WebSocket on AWS IoT Core, in parts and whole. A snapshot that never changes; any
/// threads may read it at once. Whoever has its text or path can connect as this identity while it lasts: they are secrets.
/// The request is GET, with the subprotocol mqtt and the Host header that was signed. Every byte of the query outside of
/// letters, digits and "-_.~=&" is percent-encoded. Its strings live until it is freed, and are zeroed then.
pub struct cognito_signed_url;

/// A URL with its strings in C's form.
pub struct Url {
    text: CString,
    host: CString,
    port: i32,
    path: CString,
    host_header: CString,
    expires_at: i64,
}

impl Url {
    pub(super) fn of(url: &SignedUrl) -> Self {
        Self {
            text: c_string(&url.text()),
            host: c_string(url.host.as_str()),
            port: url.port.into(),
            path: c_string(&url.path),
            host_header: c_string(&url.host_header),
            expires_at: unix_seconds(url.expires_at),
        }
    }
}

/// The whole URL, "wss://" and the Host header and the path. It may be of any length; 1.5 to 3 KiB are usual.
///
/// @return Owned by the URL. Never NULL; empty when url is not a live handle.
#[unsafe(no_mangle)]
pub extern "C" fn cognito_signed_url_text(url: *const cognito_signed_url) -> *const c_char {
    text(url, |url| &url.text)
}

/// The host name or IP address to connect to, an IPv6 address without brackets.
///
/// @return As cognito_signed_url_text().
#[unsafe(no_mangle)]
pub extern "C" fn cognito_signed_url_host(url: *const cognito_signed_url) -> *const c_char {
    text(url, |url| &url.host)
}

/// The TCP port to connect to.
///
/// @return 0 when url is not a live handle.
#[unsafe(no_mangle)]
pub extern "C" fn cognito_signed_url_port(url: *const cognito_signed_url) -> i32 {
    boundary::value(0, || Ok(SIGNED_URLS.get(url)?.port))
}

/// Path and query, as they go into the request line: "/mqtt?X-Amz-Algorithm=…".
///
/// @return As cognito_signed_url_text().
#[unsafe(no_mangle)]
pub extern "C" fn cognito_signed_url_path(url: *const cognito_signed_url) -> *const c_char {
    text(url, |url| &url.path)
}

/// What was signed as the Host header, and must be sent byte for byte.
///
/// @return As cognito_signed_url_text().
#[unsafe(no_mangle)]
pub extern "C" fn cognito_signed_url_host_header(url: *const cognito_signed_url) -> *const c_char {
    text(url, |url| &url.host_header)
}

/// When the URL stops to be of use, in Unix seconds of server time: 5 minutes after it was signed, or when its credentials end.
///
/// @return 0 when url is not a live handle.
#[unsafe(no_mangle)]
pub extern "C" fn cognito_signed_url_expires_at(url: *const cognito_signed_url) -> i64 {
    boundary::value(0, || Ok(SIGNED_URLS.get(url)?.expires_at))
}

/// Frees a URL and zeroes it. Does not block.
///
/// @param url A URL, or NULL.
#[unsafe(no_mangle)]
pub extern "C" fn cognito_signed_url_free(url: *mut cognito_signed_url) {
    boundary::free(|| SIGNED_URLS.remove(url).map(drop));
}

fn text(url: *const cognito_signed_url, part: impl FnOnce(&Url) -> &CString) -> *const c_char {
    // The pointer outlives the lookup: the snapshot never changes and stays in the table until it is freed.
    boundary::value(c"".as_ptr(), || Ok(part(&*SIGNED_URLS.get(url)?).as_ptr()))
}
