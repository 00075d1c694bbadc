//! Checks the query of a presigned upgrade. Written from the SigV4 specification and not with a
//! signing library, because it is what such a library is tested against.

use ring::{digest, hmac};

use crate::clock;
use crate::credentials::{Key, Owner};
use crate::http::{Request, percent_decode};
use crate::random::hex;

/// How far a signature's date may be from the service's clock.
const SKEW_S: i64 = 300;
const ALGORITHM: &str = "AWS4-HMAC-SHA256";
const SERVICE: &str = "iotdevicegateway";
/// SHA-256 of nothing: an upgrade has no body.
const EMPTY_SHA256: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// Why an upgrade is refused, in AWS's words where they are known.
#[derive(Debug, PartialEq, Eq)]
pub struct Refusal(pub String);

/// What a good signature said.
#[derive(Debug)]
pub struct Verified {
    /// `X-Amz-Date` minus the service's clock, in seconds.
    pub skew_s: i64,
    /// `X-Amz-Expires`.
    pub expires_s: Option<i64>,
    /// `X-Amz-SignedHeaders`.
    pub signed_headers: String,
    /// Whose credentials they are.
    pub owner: Owner,
}

/// Verifies the query of `request` at the service's time `now`. `find` gives the credentials of an
/// access key id.
pub fn verify(
    request: &Request,
    region: &str,
    now: i64,
    find: impl Fn(&str) -> Option<Key>,
) -> Result<Verified, Refusal> {
    let (path, query) = request.target.split_once('?').unwrap_or((&request.target, ""));
    let query = Query::parse(query)?;
    if !query.pairs.iter().any(|pair| pair.name.starts_with("X-Amz-")) {
        return refuse("Missing Authentication Token");
    }
    let algorithm = query.required("X-Amz-Algorithm")?;
    let credential = query.required("X-Amz-Credential")?;
    let date = query.required("X-Amz-Date")?;
    let signed_headers = query.required("X-Amz-SignedHeaders")?;
    let signature = query.required("X-Amz-Signature")?;
    if algorithm != ALGORITHM {
        return refuse(format!("Unsupported AWS 'algorithm': '{algorithm}'"));
    }
    let signed_at = clock::parse_amz_date(date).ok_or_else(|| {
        Refusal(format!(
            "Date must be in ISO-8601 'basic format'. Got '{date}'. See \
             http://en.wikipedia.org/wiki/ISO_8601"
        ))
    })?;
    let scope = Scope::parse(credential, date, region)?;

    let unknown = || Refusal("The security token included in the request is invalid.".to_owned());
    let key = find(scope.access_key_id).ok_or_else(unknown)?;
    if query.value("X-Amz-Security-Token") != Some(key.session_token.as_str()) {
        return Err(unknown());
    }
    if key.expires_at <= now {
        return refuse("The security token included in the request is expired");
    }
    let expires_s = check_dates(signed_at, query.value("X-Amz-Expires"), now)?;

    let headers = canonical_headers(request, signed_headers)?;
    let signature_of = |with_token: bool| {
        let query = query.canonical(with_token);
        let canonical = format!("GET\n{path}\n{query}\n{headers}\n{signed_headers}\n{EMPTY_SHA256}");
        sign(&key.secret_key, &scope.text(), date, &canonical)
    };
    if signature == signature_of(false) {
        let signed_headers = signed_headers.to_owned();
        return Ok(Verified { skew_s: signed_at - now, expires_s, signed_headers, owner: key.owner });
    }
    if signature == signature_of(true) {
        return refuse(
            "X-Amz-Security-Token must not be part of the signature: it is to be appended to the \
             query after signing.",
        );
    }
    refuse(
        "The request signature we calculated does not match the signature you provided. Check \
         your AWS Secret Access Key and signing method. Consult the service documentation for \
         details.",
    )
}

/// The signature of a canonical request. `scope` is `DATE/REGION/SERVICE/aws4_request`.
pub fn sign(secret_key: &str, scope: &str, date: &str, canonical_request: &str) -> String {
    let hashed = digest::digest(&digest::SHA256, canonical_request.as_bytes());
    let string_to_sign = format!("{ALGORITHM}\n{date}\n{scope}\n{}", hex(hashed.as_ref()));
    let mut key = format!("AWS4{secret_key}").into_bytes();
    for part in scope.split('/') {
        key = hmac_sha256(&key, part);
    }
    hex(&hmac_sha256(&key, &string_to_sign))
}

/// URI-encodes as SigV4 demands: all but the unreserved characters, in uppercase hexadecimal.
pub fn uri_encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

fn hmac_sha256(key: &[u8], data: &str) -> Vec<u8> {
    let key = hmac::Key::new(hmac::HMAC_SHA256, key);
    hmac::sign(&key, data.as_bytes()).as_ref().to_vec()
}

fn refuse<T>(message: impl Into<String>) -> Result<T, Refusal> {
    Err(Refusal(message.into()))
}

struct Query {
    pairs: Vec<Pair>,
}

struct Pair {
    raw: String,
    name: String,
    value: String,
}

impl Query {
    fn parse(query: &str) -> Result<Query, Refusal> {
        let mut pairs: Vec<Pair> = Vec::new();
        for raw in query.split('&').filter(|_| !query.is_empty()) {
            let (name, value) = raw.split_once('=').unwrap_or((raw, ""));
            let decoded = percent_decode(name).zip(percent_decode(value));
            let Some((name, value)) = decoded else {
                return refuse("The query string is not URI-encoded UTF-8.");
            };
            // What is signed is this form: a client that sends another one and signs this one
            // depends on the server's tolerance.
            if raw != format!("{}={}", uri_encode(&name), uri_encode(&value)) {
                return refuse(format!("Query-string parameter '{name}' is not in canonical URI encoding."));
            }
            if pairs.iter().any(|pair| pair.name == name) {
                return refuse(format!("Query-string parameter '{name}' occurs twice."));
            }
            pairs.push(Pair { raw: raw.to_owned(), name, value });
        }
        Ok(Query { pairs })
    }

    fn value(&self, name: &str) -> Option<&str> {
        let found = self.pairs.iter().find(|pair| pair.name == name);
        found.map(|pair| pair.value.as_str())
    }

    fn required(&self, name: &str) -> Result<&str, Refusal> {
        match self.value(name) {
            Some(value) if !value.is_empty() => Ok(value),
            _ => refuse(format!(
                "AWS query-string parameters must include '{name}'. Re-examine the query-string \
                 parameters."
            )),
        }
    }

    fn canonical(&self, with_token: bool) -> String {
        let signed = |pair: &&Pair| match pair.name.as_str() {
            "X-Amz-Signature" => false,
            "X-Amz-Security-Token" => with_token,
            _ => true,
        };
        let mut pairs: Vec<(String, &str)> =
            self.pairs.iter().filter(signed).map(|pair| (uri_encode(&pair.name), pair.raw.as_str())).collect();
        pairs.sort();
        let pairs: Vec<&str> = pairs.iter().map(|(_, raw)| *raw).collect();
        pairs.join("&")
    }
}

struct Scope<'a> {
    access_key_id: &'a str,
    date: &'a str,
    region: &'a str,
}

impl Scope<'_> {
    fn parse<'a>(credential: &'a str, date: &str, region: &str) -> Result<Scope<'a>, Refusal> {
        let parts: Vec<&str> = credential.split('/').collect();
        let [access_key_id, scope_date, scope_region, service, term] = parts.as_slice() else {
            return refuse(format!(
                "Credential must have exactly 5 slash-delimited elements, e.g. \
                 keyid/date/region/service/term, got '{credential}'"
            ));
        };
        if *term != "aws4_request" {
            return refuse(format!(
                "Credential should be scoped with a valid terminator: 'aws4_request', not \
                 '{term}'."
            ));
        }
        if *service != SERVICE {
            return refuse(format!("Credential should be scoped to correct service: '{SERVICE}'."));
        }
        if *scope_region != region {
            return refuse(format!(
                "Credential should be scoped to a valid region. '{scope_region}' is not '{region}'."
            ));
        }
        let day = date.split('T').next().unwrap_or("");
        if *scope_date != day {
            return refuse(format!(
                "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date \
                 from HTTP: '{scope_date}' != '{day}', from '{date}'."
            ));
        }
        Ok(Scope { access_key_id, date: scope_date, region: scope_region })
    }

    fn text(&self) -> String {
        format!("{}/{}/{SERVICE}/aws4_request", self.date, self.region)
    }
}

/// What is wrong with the date of a request when the service's time is `now`. A date that cannot be
/// read is taken for this machine's time.
pub fn outside_the_window(request: &Request, now: i64) -> String {
    let (_, query) = request.target.split_once('?').unwrap_or((&request.target, ""));
    let query = Query::parse(query).ok();
    let date = query.as_ref().and_then(|query| query.value("X-Amz-Date")).and_then(clock::parse_amz_date);
    outside(date.unwrap_or_else(clock::now), now)
}

fn outside(signed_at: i64, now: i64) -> String {
    let shown = clock::amz_date;
    if signed_at > now {
        let latest = shown(now + SKEW_S);
        let signed_at = shown(signed_at);
        return format!(
            "Signature not yet current: {signed_at} is still later than {latest} ({} + 5 min.)",
            shown(now)
        );
    }
    let earliest = shown(now - SKEW_S);
    format!("Signature expired: {} is now earlier than {earliest} ({} - 5 min.)", shown(signed_at), shown(now))
}

fn check_dates(signed_at: i64, expires: Option<&str>, now: i64) -> Result<Option<i64>, Refusal> {
    if (signed_at - now).abs() > SKEW_S {
        return refuse(outside(signed_at, now));
    }
    let Some(expires) = expires else {
        return Ok(None);
    };
    let expires_s: i64 = match expires.parse() {
        Ok(seconds @ 1..=604_800) => seconds,
        Ok(seconds) if seconds > 604_800 => {
            return refuse(
                "X-Amz-Expires must be less than a week (in seconds); i.e., the given X-Amz-Expires must be less than 604800 seconds",
            );
        }
        Ok(_) => return refuse("X-Amz-Expires must be positive"),
        Err(_) => return refuse("X-Amz-Expires should be a number"),
    };
    if signed_at + expires_s < now {
        return refuse(format!(
            "Signature expired: {} is now earlier than {} ({} - {expires_s} s, X-Amz-Expires)",
            clock::amz_date(signed_at),
            clock::amz_date(now - expires_s),
            clock::amz_date(now)
        ));
    }
    Ok(Some(expires_s))
}

fn canonical_headers(request: &Request, signed_headers: &str) -> Result<String, Refusal> {
    let names: Vec<&str> = signed_headers.split(';').collect();
    if !names.contains(&"host") {
        return refuse("'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.");
    }
    let sorted = names.is_sorted_by(|a, b| a < b);
    if !sorted || names.iter().any(|name| name.to_ascii_lowercase() != **name) {
        return refuse("X-Amz-SignedHeaders must be sorted and in lowercase.");
    }
    let mut canonical = String::new();
    for name in names {
        let all = request.headers.iter().filter(|(n, _)| n.eq_ignore_ascii_case(name));
        let values: Vec<String> =
            all.map(|(_, value)| value.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
        if values.is_empty() {
            return refuse(format!("Signed header '{name}' is not in the request."));
        }
        canonical.push_str(&format!("{name}:{}\n", values.join(",")));
    }
    Ok(canonical)
}

#[cfg(test)]
mod tests;
