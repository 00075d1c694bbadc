//! SigV4: temporary credentials to a presigned `wss://` URL. Pure: the time is a parameter.

use crate::credentials::Credentials;
use crate::error::{Failure, Stage};
use crate::names::{Host, Region};
use crate::status::Status;
use aws_sigv4::http_request::{
    SessionTokenMode, SignableBody, SignableRequest, SignatureLocation, SigningSettings, sign,
};
use aws_sigv4::sign::v4;
use std::time::{Duration, SystemTime};

/// AWS IoT Core's name in a SigV4 scope.
const SERVICE: &str = "iotdevicegateway";

/// The path of MQTT over WebSocket on AWS IoT Core.
const PATH: &str = "/mqtt";

/// How long the URL may be used. It is signed for each attempt and sent at once; IoT Core itself takes five minutes at most.
const EXPIRES_IN: Duration = Duration::from_secs(300);

/// How the Host header of the upgrade is written, which is part of what is signed.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HostHeader {
    /// The host, followed by the port unless that is 443: what RFC 9110 asks for and most clients send.
    Standard = 0,
    /// The host and always the port, as Paho C sends it.
    WithPort = 1,
}

/// A presigned URL. Has no `Debug`: whoever has it can connect while it lasts.
pub struct SignedUrl {
    /// The endpoint.
    pub host: Host,
    /// Its port.
    pub port: u16,
    /// Byte for byte the Host header that was signed.
    pub host_header: String,
    /// Path and query, as they go on the wire.
    pub path: String,
    /// The time in the signature, by server time.
    pub signed_at: SystemTime,
    /// When it stops to be of use, by server time.
    pub expires_at: SystemTime,
}

impl SignedUrl {
    /// The whole URL.
    pub fn text(&self) -> String {
        format!("wss://{}{}", self.host_header, self.path)
    }
}

/// Signs `GET wss://ENDPOINT/mqtt`.
pub fn presign(
    endpoint: &Host,
    port: u16,
    host_header: HostHeader,
    region: &Region,
    credentials: &Credentials,
    now: SystemTime,
) -> Result<SignedUrl, Failure> {
    let host_header = match host_header {
        HostHeader::Standard => endpoint.host_header(port),
        HostHeader::WithPort => endpoint.with_port(port),
    };
    let path = sign_query(&host_header, region, credentials, now)?;
    let expires_at = (now + EXPIRES_IN).min(credentials.expires_at());
    Ok(SignedUrl { host: endpoint.clone(), port, host_header, path, signed_at: now, expires_at })
}

/// Path and query as they go on the wire. `host_header` must be byte for byte the Host header of the request. The session token
/// is not part of what is signed: IoT Core wants it appended.
fn sign_query(
    host_header: &str,
    region: &Region,
    credentials: &Credentials,
    now: SystemTime,
) -> Result<String, Failure> {
    let identity = credentials.to_identity();
    let mut settings = SigningSettings::default();
    settings.signature_location = SignatureLocation::QueryParams;
    settings.session_token_mode = SessionTokenMode::Exclude;
    settings.expires_in = Some(EXPIRES_IN);
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region(region.as_str())
        .name(SERVICE)
        .time(now)
        .settings(settings)
        .build()
        .map_err(failure)?
        .into();
    let url = format!("wss://{host_header}{PATH}");
    let headers = std::iter::once(("host", host_header));
    let request = SignableRequest::new("GET", &url, headers, SignableBody::Bytes(&[])).map_err(failure)?;
    let (instructions, _signature) = sign(request, &params).map_err(failure)?.into_parts();
    let mut signed = http::Request::get(&url).body(()).map_err(failure)?;
    // Only this way are the parameters percent-encoded; `instructions.params()` gives them bare.
    instructions.apply_to_request_http1x(&mut signed);
    match signed.uri().path_and_query() {
        Some(path_and_query) => Ok(path_and_query.as_str().to_owned()),
        None => Err(failure("the signed URL has no query")),
    }
}

fn failure(error: impl std::fmt::Display) -> Failure {
    Failure::new(Status::SigningFailed, Stage::Signing, format!("the URL could not be signed: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::UNIX_EPOCH;

    /// Made by botocore (tests/vectors/presign.py), which signs without the token and appends it.
    const VECTORS: &str = include_str!("../tests/vectors/presign.tsv");

    #[test]
    fn urls_are_those_of_botocore_byte_for_byte() {
        let mut compared = 0;
        for line in VECTORS.lines().filter(|line| !line.starts_with('#')) {
            let fields: Vec<&str> = line.split('\t').collect();
            let [host, region, time, key, secret, token, expected] = fields[..] else {
                panic!("a line has seven fields: {line}");
            };
            let now = UNIX_EPOCH + Duration::from_secs(time.parse().unwrap());
            let credentials = Credentials::new(key, secret, token, now);
            let region = Region::parse("region", region).unwrap();
            assert_eq!(sign_query(host, &region, &credentials, now).unwrap(), expected);
            compared += 1;
        }
        assert!(compared >= 20, "{compared}");
    }
}
