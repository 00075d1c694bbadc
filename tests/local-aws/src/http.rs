//! HTTP/1.1 as a server: reading requests, writing responses.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt};

/// A signed URL takes 2 KB; this leaves room for all that a client may add.
const MAX_HEAD: usize = 64 * 1024;
/// Ten logins of 50,000 characters fit.
const MAX_BODY: usize = 1024 * 1024;

/// The head of a request.
#[derive(Debug)]
pub struct Request {
    /// `GET`.
    pub method: String,
    /// Path and query as they were sent.
    pub target: String,
    /// Names and values in order, as they were sent.
    pub headers: Vec<(String, String)>,
    /// The minor version: 0 or 1.
    pub version: u8,
}

impl Request {
    /// The first header of this name.
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// Whether a comma-separated header holds this token.
    pub fn has_token(&self, name: &str, token: &str) -> bool {
        let values = self.headers.iter().filter(|(n, _)| n.eq_ignore_ascii_case(name));
        values.flat_map(|(_, value)| value.split(',')).any(|part| part.trim().eq_ignore_ascii_case(token))
    }

    /// Whether the client wants another request on this connection.
    pub fn keep_alive(&self) -> bool {
        match self.version {
            0 => self.has_token("Connection", "keep-alive"),
            _ => !self.has_token("Connection", "close"),
        }
    }
}

/// Reads one head. What follows it stays in `buffer`. `None`: the client ended before a first byte.
pub async fn read_head<S>(stream: &mut S, buffer: &mut Vec<u8>) -> io::Result<Option<Request>>
where
    S: AsyncRead + Unpin,
{
    loop {
        if let Some((request, len)) = parse_head(buffer)? {
            buffer.drain(..len);
            return Ok(Some(request));
        }
        if buffer.len() > MAX_HEAD {
            return Err(bad("request head too large"));
        }
        if stream.read_buf(buffer).await? == 0 {
            return if buffer.is_empty() { Ok(None) } else { Err(bad("request head cut off")) };
        }
    }
}

/// Reads the body that belongs to a head.
pub async fn read_body<S>(stream: &mut S, buffer: &mut Vec<u8>, request: &Request) -> io::Result<Vec<u8>>
where
    S: AsyncRead + Unpin,
{
    if request.has_token("Transfer-Encoding", "chunked") {
        return read_chunks(stream, buffer).await;
    }
    let len = match request.header("Content-Length") {
        None => 0,
        Some(text) => text.trim().parse().map_err(|_| bad("bad Content-Length"))?,
    };
    take(stream, buffer, len).await
}

async fn read_chunks<S>(stream: &mut S, buffer: &mut Vec<u8>) -> io::Result<Vec<u8>>
where
    S: AsyncRead + Unpin,
{
    let mut body = Vec::new();
    loop {
        let line = take_line(stream, buffer).await?;
        let digits = line.split(';').next().unwrap_or("").trim();
        let len = usize::from_str_radix(digits, 16).map_err(|_| bad("bad chunk size"))?;
        if len == 0 {
            while !take_line(stream, buffer).await?.is_empty() {}
            return Ok(body);
        }
        body.extend(take(stream, buffer, len).await?);
        if body.len() > MAX_BODY {
            return Err(bad("request body too large"));
        }
        take_line(stream, buffer).await?;
    }
}

async fn take<S>(stream: &mut S, buffer: &mut Vec<u8>, len: usize) -> io::Result<Vec<u8>>
where
    S: AsyncRead + Unpin,
{
    if len > MAX_BODY {
        return Err(bad("request body too large"));
    }
    while buffer.len() < len {
        if stream.read_buf(buffer).await? == 0 {
            return Err(bad("request body cut off"));
        }
    }
    let rest = buffer.split_off(len);
    Ok(std::mem::replace(buffer, rest))
}

async fn take_line<S>(stream: &mut S, buffer: &mut Vec<u8>) -> io::Result<String>
where
    S: AsyncRead + Unpin,
{
    loop {
        if let Some(end) = buffer.windows(2).position(|pair| pair == b"\r\n") {
            let line = take(stream, buffer, end).await?;
            take(stream, buffer, 2).await?;
            return String::from_utf8(line).map_err(|_| bad("line is not text"));
        }
        if buffer.len() > MAX_HEAD {
            return Err(bad("line too long"));
        }
        if stream.read_buf(buffer).await? == 0 {
            return Err(bad("line cut off"));
        }
    }
}

fn parse_head(buffer: &[u8]) -> io::Result<Option<(Request, usize)>> {
    let mut headers = [httparse::EMPTY_HEADER; 100];
    let mut parsed = httparse::Request::new(&mut headers);
    let len = match parsed.parse(buffer) {
        Ok(httparse::Status::Complete(len)) => len,
        Ok(httparse::Status::Partial) => return Ok(None),
        Err(e) => return Err(bad(&e.to_string())),
    };
    let mut headers = Vec::with_capacity(parsed.headers.len());
    for header in parsed.headers.iter() {
        let value = std::str::from_utf8(header.value).map_err(|_| bad("header is not text"))?;
        headers.push((header.name.to_owned(), value.to_owned()));
    }
    let request = Request {
        method: parsed.method.unwrap_or("").to_owned(),
        target: parsed.path.unwrap_or("").to_owned(),
        headers,
        version: parsed.version.unwrap_or(1),
    };
    Ok(Some((request, len)))
}

fn bad(message: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, message.to_owned())
}

/// A response in parts, so that faults can send less or more than it.
pub struct Response {
    status: u16,
    headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Response {
    /// A response with nothing but a status.
    pub fn new(status: u16) -> Response {
        Response { status, headers: Vec::new(), body: Vec::new() }
    }

    /// Adds a header.
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Response {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// Sets the body.
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Response {
        self.body = body.into();
        self
    }

    /// The status.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// The head with no word about the body's length, and without its empty line.
    pub fn open_head(&self) -> String {
        let mut head = format!("HTTP/1.1 {} {}\r\n", self.status, reason(self.status));
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head
    }

    /// The head with this `Content-Length`.
    pub fn head(&self, content_length: usize) -> String {
        format!("{}Content-Length: {content_length}\r\n\r\n", self.open_head())
    }

    /// Head and body.
    pub fn bytes(&self) -> Vec<u8> {
        let mut bytes = self.head(self.body.len()).into_bytes();
        bytes.extend_from_slice(&self.body);
        bytes
    }

    /// Head and body in chunks of a few bytes.
    pub fn chunked(&self) -> Vec<u8> {
        let mut bytes = self.open_head().into_bytes();
        bytes.extend_from_slice(b"Transfer-Encoding: chunked\r\n\r\n");
        for (i, piece) in self.body.chunks(32).enumerate() {
            // An extension on some of them, which a client has to skip.
            let extension = if i % 2 == 1 { ";name=value" } else { "" };
            bytes.extend_from_slice(format!("{:x}{extension}\r\n", piece.len()).as_bytes());
            bytes.extend_from_slice(piece);
            bytes.extend_from_slice(b"\r\n");
        }
        bytes.extend_from_slice(b"0\r\n\r\n");
        bytes
    }
}

fn reason(status: u16) -> &'static str {
    match status {
        100 => "Continue",
        101 => "Switching Protocols",
        200 => "OK",
        301 => "Moved Permanently",
        302 => "Found",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        407 => "Proxy Authentication Required",
        408 => "Request Timeout",
        426 => "Upgrade Required",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        _ => "Status",
    }
}

/// Decodes `%XX`; `None` when a `%` is not followed by two hexadecimal digits or the result is not
/// UTF-8.
pub fn percent_decode(text: &str) -> Option<String> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        if byte == b'%' {
            let digit = |b: u8| char::from(b).to_digit(16);
            let value = digit(bytes.next()?)? * 16 + digit(bytes.next()?)?;
            out.push(u8::try_from(value).ok()?);
        } else {
            out.push(byte);
        }
    }
    String::from_utf8(out).ok()
}

/// The bytes of a text in hexadecimal.
pub fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits = text.bytes().map(|digit| char::from(digit).to_digit(16)).collect::<Option<Vec<u32>>>()?;
    let (pairs, []) = digits.as_chunks::<2>() else { return None };
    pairs.iter().map(|[high, low]| u8::try_from(high * 16 + low).ok()).collect()
}

/// The decoded pairs of a query.
pub fn query_pairs(query: &str) -> Option<Vec<(String, String)>> {
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            Some((percent_decode(name)?, percent_decode(value)?))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percent_encoding_is_decoded_or_refused() {
        assert_eq!(percent_decode("a%2Fb%3d+").as_deref(), Some("a/b=+"));
        for text in ["%", "%2", "%zz", "%ff"] {
            assert_eq!(percent_decode(text), None, "{text}");
        }
    }

    #[test]
    fn hexadecimal_is_read_or_refused() {
        assert_eq!(unhex("00fFa0"), Some(vec![0, 255, 160]));
        assert_eq!((unhex(""), unhex("0"), unhex("0g")), (Some(vec![]), None, None));
    }

    #[tokio::test]
    async fn a_chunked_request_is_read_and_the_next_one_is_left() {
        let wire = b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n\
                     3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nTrailer: x\r\n\r\nGET";
        let (mut stream, mut buffer) = (&wire[..], Vec::new());
        let request = read_head(&mut stream, &mut buffer).await.unwrap().unwrap();
        let body = read_body(&mut stream, &mut buffer, &request).await.unwrap();
        assert_eq!(body, b"abcde");
        assert_eq!(buffer, b"GET");
    }
}
