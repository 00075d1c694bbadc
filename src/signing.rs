//! SigV4: temporary credentials to a presigned `wss://` URL. Pure: the time is a parameter.

use crate::credentials::Credentials;
use crate::error::{Failure, Stage};
use crate::names::{Host, Region};
use crate::status::Status;
use aws_sigv4::http_request::{
    SessionTokenMode, SignableBody, SignableRequest, SignatureLocation, SigningSettings, sign,
};
use aws_sigv4::sign::v4;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use std::borrow::Cow;
use std::time::{Duration, SystemTime};

/// AWS IoT Core's name in a SigV4 scope.
const SERVICE: &str = "iotdevicegateway";

/// The path of MQTT over WebSocket on AWS IoT Core.
const PATH: &str = "/mqtt";

/// How long the URL may be used. It is signed for each attempt and sent at once; IoT Core itself takes five minutes at most.
const EXPIRES_IN: Duration = Duration::from_secs(300);

/// Everything but the unreserved characters of RFC 3986.
const RESERVED: AsciiSet = NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

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
    let scope = Scope { service: SERVICE, region, expires_in: EXPIRES_IN, token: SessionTokenMode::Exclude };
    let path = sign_query(&host_header, PATH, &scope, credentials, now)?;
    let expires_at = (now + EXPIRES_IN).min(credentials.expires_at());
    Ok(SignedUrl { host: endpoint.clone(), port, host_header, path, signed_at: now, expires_at })
}

/// What a signature is for, beside the request.
struct Scope<'a> {
    service: &'a str,
    region: &'a Region,
    expires_in: Duration,
    /// IoT Core wants the session token excluded from what is signed, and appended.
    token: SessionTokenMode,
}

/// Signs a GET and gives path and query as they go on the wire. `host_header` must be byte for byte the Host header.
fn sign_query(
    host_header: &str,
    path: &str,
    scope: &Scope<'_>,
    credentials: &Credentials,
    now: SystemTime,
) -> Result<String, Failure> {
    let identity = credentials.to_identity();
    let mut settings = SigningSettings::default();
    settings.signature_location = SignatureLocation::QueryParams;
    settings.session_token_mode = scope.token;
    settings.expires_in = Some(scope.expires_in);
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region(scope.region.as_str())
        .name(scope.service)
        .time(now)
        .settings(settings)
        .build()
        .map_err(failure)?
        .into();
    let url = format!("wss://{host_header}{path}");
    let headers = std::iter::once(("host", host_header));
    let request = SignableRequest::new("GET", &url, headers, SignableBody::Bytes(&[])).map_err(failure)?;
    let (instructions, _signature) = sign(request, &params).map_err(failure)?.into_parts();
    let (_, parameters) = instructions.into_parts();
    if parameters.is_empty() {
        return Err(failure("the signed URL has no query"));
    }
    Ok(with_parameters(path, &parameters))
}

/// Appends parameters in canonical URI encoding, as SigV4 wants the query on the wire.
fn with_parameters(path: &str, parameters: &[(&str, Cow<'_, str>)]) -> String {
    let longest: usize = parameters.iter().map(|(name, value)| name.len() + 3 * value.len() + 2).sum();
    let mut target = String::with_capacity(path.len() + longest);
    target.push_str(path);
    for (name, value) in parameters {
        target.push(if target.contains('?') { '&' } else { '?' });
        target.push_str(name);
        target.push('=');
        target.extend(utf8_percent_encode(value, &RESERVED));
    }
    target
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

    /// AWS's published test suite (tests/vectors/sigv4_suite.py).
    const SUITE: &str = include_str!("../tests/vectors/sigv4-suite.tsv");

    const HOST: &str = "a1b2c3-ats.iot.us-east-1.amazonaws.com";

    fn rows<const N: usize>(table: &'static str) -> impl Iterator<Item = [&'static str; N]> {
        table.lines().filter(|line| !line.starts_with('#')).map(|line| {
            let fields: Vec<&str> = line.split('\t').collect();
            fields.try_into().unwrap_or_else(|_| panic!("a line has {N} fields: {line}"))
        })
    }

    fn at(seconds: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(seconds)
    }

    fn signed(host: &str, port: u16, header: HostHeader, lifetime: u64) -> SignedUrl {
        let credentials = Credentials::new("AKIDEXAMPLE", "secret", "token/+=", at(1_795_417_173 + lifetime));
        let (host, region) = (Host::parse("host", host).unwrap(), Region::parse("region", "us-east-1").unwrap());
        presign(&host, port, header, &region, &credentials, at(1_795_417_173)).unwrap()
    }

    #[test]
    fn urls_are_those_of_botocore_byte_for_byte() {
        let mut compared = 0;
        for [host, region, time, key, secret, token, expected] in rows::<7>(VECTORS) {
            let now = at(time.parse().unwrap());
            let credentials = Credentials::new(key, secret, token, now);
            let region = Region::parse("region", region).unwrap();
            let scope =
                Scope { service: SERVICE, region: &region, expires_in: EXPIRES_IN, token: SessionTokenMode::Exclude };
            let path = sign_query(host, PATH, &scope, &credentials, now).unwrap();
            assert_eq!(path, expected);
            // Also those who look for ':' in a URI find none.
            let query = path.strip_prefix("/mqtt?").unwrap();
            assert!(query.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.~%=&".contains(&byte)), "{query}");
            compared += 1;
        }
        assert!(compared >= 80, "{compared}");
    }

    #[test]
    fn signatures_are_those_of_the_published_suite() {
        let mut compared = 0;
        for [case, host, path, region, service, expires_in, time, key, secret, token, signature] in rows::<11>(SUITE) {
            assert_eq!(time, "2015-08-30T12:36:00Z");
            let now = at(1_440_938_160);
            let credentials = Credentials::new(key, secret, token, now);
            let (region, expires_in) =
                (Region::parse("region", region).unwrap(), Duration::from_secs(expires_in.parse().unwrap()));
            // The suite signs the token, where there is one. Excluded, an empty one changes nothing.
            let token = if token.is_empty() { SessionTokenMode::Exclude } else { SessionTokenMode::Include };
            let scope = Scope { service, region: &region, expires_in, token };
            let signed = sign_query(host, path, &scope, &credentials, now).unwrap();
            assert!(signed.contains(&format!("&X-Amz-Signature={signature}")), "{case}: {signed}");
            compared += 1;
        }
        assert!(compared >= 8, "{compared}");
    }

    /// The value of a member of JSON that has one line for each.
    fn member<'a>(json: &'a str, name: &str) -> Option<&'a str> {
        let (_, rest) = json.split_once(&format!("\"{name}\": "))?;
        rest.lines().next().map(|value| value.trim_end_matches(',').trim_matches('"'))
    }

    /// The folder of the suite in the package of aws-sigv4 from which this is built.
    fn suite_of_the_package() -> std::path::PathBuf {
        let arguments = ["metadata", "--locked", "--format-version", "1"];
        let output = std::process::Command::new(env!("CARGO")).args(arguments).output().unwrap();
        let metadata = String::from_utf8(output.stdout).unwrap();
        let manifests = metadata.split("\"manifest_path\":\"").filter_map(|rest| rest.split('"').next());
        let mut folders = manifests.filter_map(|manifest| std::path::Path::new(manifest).parent());
        let package = folders
            .find(|folder| folder.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"aws-sigv4")));
        package.unwrap().join("aws-signing-test-suite/v4")
    }

    /// Why a request of the suite is none that could be signed here, where every request is a GET with Host alone.
    fn not_applicable(request: &str, context: &str) -> Option<&'static str> {
        let (line, headers) = request.split_once('\n').unwrap();
        match () {
            () if !line.starts_with("GET ") => Some("another method than GET"),
            () if headers.trim().lines().any(|header| !header.starts_with("Host:")) => Some("headers beside Host"),
            () if member(context, "normalize") == Some("false") => Some("a path that is not normalised"),
            () if !line.is_ascii() => Some("a URL that is not percent-encoded"),
            () if line.split('?').next().unwrap().contains('%') => Some("a path with something to percent-encode"),
            () => None,
        }
    }

    #[test]
    #[allow(clippy::print_stdout, reason = "docs/reliability.md has the count")]
    fn query_signatures_are_those_of_the_suite_in_the_package_of_aws_sigv4() {
        let (mut compared, mut left_out) = (0, 0);
        for case in std::fs::read_dir(suite_of_the_package()).unwrap() {
            let folder = case.unwrap().path();
            let read = |name: &str| std::fs::read_to_string(folder.join(name));
            // Two have no vectors for queries.
            let (Ok(request), Ok(context), Ok(signature)) =
                (read("request.txt"), read("context.json"), read("query-signature.txt"))
            else {
                continue;
            };
            if let Some(reason) = not_applicable(&request, &context) {
                println!("{}: not applicable, {reason}", folder.display());
                left_out += 1;
                continue;
            }
            let of_context = |name: &str| member(&context, name).unwrap();
            assert_eq!(of_context("timestamp"), "2015-08-30T12:36:00Z");
            let now = at(1_440_938_160);
            let token = member(&context, "token");
            let keys = (of_context("access_key_id"), of_context("secret_access_key"));
            let credentials = Credentials::new(keys.0, keys.1, token.unwrap_or_default(), now);
            let region = Region::parse("region", of_context("region")).unwrap();
            let expires_in = Duration::from_secs(of_context("expiration_in_seconds").parse().unwrap());
            let token = if token.is_some() { SessionTokenMode::Include } else { SessionTokenMode::Exclude };
            let scope = Scope { service: of_context("service"), region: &region, expires_in, token };
            let path = request.split(' ').nth(1).unwrap();
            let host = request.lines().find_map(|line| line.strip_prefix("Host:")).unwrap();
            let signed = sign_query(host, path, &scope, &credentials, now).unwrap();
            let signature = format!("&X-Amz-Signature={}", signature.trim());
            assert!(signed.contains(&signature), "{}: {signed} has not {signature}", folder.display());
            compared += 1;
        }
        println!("{compared} of {compared}, {left_out} not applicable");
        assert!(compared >= 14, "{compared}");
    }

    #[test]
    fn the_host_header_is_written_as_the_client_sends_it() {
        for (host, port, header, expected) in [
            (HOST, 443, HostHeader::Standard, HOST.to_owned()),
            (HOST, 443, HostHeader::WithPort, format!("{HOST}:443")),
            (HOST, 8443, HostHeader::Standard, format!("{HOST}:8443")),
            ("::1", 443, HostHeader::Standard, "[::1]".to_owned()),
            ("::1", 443, HostHeader::WithPort, "[::1]:443".to_owned()),
        ] {
            let url = signed(host, port, header, 3600);
            assert_eq!(url.host_header, expected);
            assert_eq!(url.text(), format!("wss://{expected}{}", url.path));
            assert_eq!((url.host.as_str(), url.port), (host, port));
        }
        assert_ne!(
            signed(HOST, 443, HostHeader::Standard, 3600).path,
            signed(HOST, 443, HostHeader::WithPort, 3600).path
        );
    }

    #[test]
    fn a_url_ends_after_five_minutes_or_with_its_credentials() {
        let url = |lifetime| signed(HOST, 443, HostHeader::Standard, lifetime);
        assert_eq!(url(3600).expires_at, url(3600).signed_at + EXPIRES_IN);
        assert_eq!(url(60).expires_at, url(60).signed_at + Duration::from_secs(60));
    }
}
