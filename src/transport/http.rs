//! Reading an HTTP/1.1 answer, bounded in every direction. The proxy, Cognito and the upgrade all answer with one.

use super::headers::Headers;
use super::tls;
use crate::error::Stage;
use tokio::io::{AsyncRead, AsyncReadExt};

/// The most that an answer's head may hold, and the most that its body may.
pub const LIMIT: usize = 64 * 1024;

const MAX_HEADERS: usize = 64;

/// What is wrong with an answer of another protocol.
pub const NOT_HTTP: &str = "is not HTTP";

/// The status line and headers of an answer.
pub struct Head {
    /// HTTP status.
    pub status: u16,
    /// Whether it is HTTP/1.1, where connections stay open unless said otherwise.
    pub version_1_1: bool,
    /// In the order of the answer.
    pub headers: Headers,
}

/// Why an answer could not be read.
#[derive(Debug)]
pub enum Error {
    /// The connection broke.
    Io(std::io::Error),
    /// The connection ended before the answer did.
    Closed,
    /// The head is not HTTP/1.
    Malformed,
    /// The head has more than [`LIMIT`] bytes or too many headers.
    HeadTooLarge,
    /// The body has more than [`LIMIT`] bytes.
    BodyTooLarge,
    /// The body's length or chunks are malformed.
    BodyMalformed,
}

impl Error {
    /// As an error of the transport.
    pub fn at(self, stage: Stage, peer: &str) -> super::Error {
        let peer = peer.to_owned();
        match (self.problem(), self) {
            (Some(problem), _) => super::Error::Http { stage, peer, problem },
            (None, Self::Io(error)) => tls::from_io(error, stage, &peer),
            (None, _) => super::Error::Lost { stage, peer, source: None },
        }
    }

    /// To complete "the answer of HOST …"; `None` when it is the connection that failed.
    pub fn problem(&self) -> Option<&'static str> {
        match self {
            Self::Io(_) | Self::Closed => None,
            Self::Malformed => Some(NOT_HTTP),
            Self::HeadTooLarge => Some("has a head of more than 64 KiB or 64 headers"),
            Self::BodyTooLarge => Some("has a body of more than 64 KiB"),
            Self::BodyMalformed => Some("has a malformed length or chunk"),
        }
    }
}

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::UnexpectedEof => Self::Closed,
            _ => Self::Io(error),
        }
    }
}

impl Head {
    /// The first header of this lower-case name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| *known == name).map(|(_, value)| value)
    }

    /// The header of this lower-case name, if it is there once and not more often.
    pub fn only(&self, name: &str) -> Option<&str> {
        let mut values = self.values(name);
        let first = values.next();
        if values.next().is_none() { first } else { None }
    }

    fn values<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> {
        self.headers.iter().filter(move |(known, _)| *known == name).map(|(_, value)| value)
    }

    /// Where the body ends (RFC 9112, section 6.3). What can be understood in two ways is malformed: by that, one answer is
    /// passed off as another's.
    fn framing(&self) -> Result<Framing, Error> {
        if self.status < 200 || self.status == 204 || self.status == 304 {
            return Ok(Framing::Length(0));
        }
        let (coding, mut lengths) = (self.header("transfer-encoding"), self.values("content-length"));
        match (coding, lengths.next()) {
            (None, None) => Ok(Framing::UntilClosed),
            (Some(_), None) if self.version_1_1 => match self.only("transfer-encoding") {
                Some(coding) if coding.eq_ignore_ascii_case("chunked") => Ok(Framing::Chunks),
                _ => Err(Error::BodyMalformed),
            },
            (None, Some(length)) if lengths.all(|other| other == length) => {
                let digits = length.bytes().all(|digit| digit.is_ascii_digit());
                let length: u64 = length.parse().ok().filter(|_| digits).ok_or(Error::BodyMalformed)?;
                let length = usize::try_from(length).ok().filter(|length| *length <= LIMIT);
                Ok(Framing::Length(length.ok_or(Error::BodyTooLarge)?))
            }
            _ => Err(Error::BodyMalformed),
        }
    }

    /// Whether another request may follow on the same connection, once the body was read (RFC 9112, section 9.3).
    pub fn keeps_open(&self) -> bool {
        let delimited = self.header("content-length").is_some() || self.has_token("transfer-encoding", "chunked");
        self.version_1_1 && delimited && !self.has_token("connection", "close")
    }

    /// Whether a comma-separated header holds this token, in any case.
    pub fn has_token(&self, name: &str, token: &str) -> bool {
        self.values(name).flat_map(|value| value.split(',')).any(|value| value.trim().eq_ignore_ascii_case(token))
    }
}

/// How a body is delimited.
enum Framing {
    Length(usize),
    Chunks,
    UntilClosed,
}

/// Reads an answer over a stream. What was read beyond a part stays in `buffer` for the next.
pub struct Reader<'a, S> {
    stream: &'a mut S,
    buffer: Vec<u8>,
}

impl<'a, S: AsyncRead + Unpin> Reader<'a, S> {
    /// Nothing has been read yet.
    pub fn new(stream: &'a mut S) -> Self {
        Self { stream, buffer: Vec::new() }
    }

    /// What was read beyond the answer.
    pub fn into_rest(self) -> Vec<u8> {
        self.buffer
    }

    /// Reads the head of the final answer; 1xx answers before it are passed over, but for 101, which is final.
    pub async fn head(&mut self) -> Result<Head, Error> {
        let mut passed_over = 0;
        loop {
            if let Some((head, length)) = parse_head(&self.buffer)? {
                self.buffer.drain(..length);
                passed_over += length;
                if head.status >= 200 || head.status == 101 {
                    return Ok(head);
                }
            } else if self.buffer.len() + passed_over > LIMIT {
                return Err(Error::HeadTooLarge);
            } else if self.fill().await? == 0 {
                return Err(Error::Closed);
            }
        }
    }

    /// Reads the body that belongs to `head`, adding it to `body` as it comes, so that a caller who stops waiting has what
    /// was there.
    pub async fn body(&mut self, head: &Head, body: &mut Vec<u8>) -> Result<(), Error> {
        match head.framing()? {
            Framing::Length(length) => self.exactly(length, body).await,
            Framing::Chunks => self.chunks(body).await,
            Framing::UntilClosed => self.until_closed(body).await,
        }
    }

    async fn fill(&mut self) -> Result<usize, Error> {
        self.buffer.reserve(2048);
        Ok(self.stream.read_buf(&mut self.buffer).await?)
    }

    async fn exactly(&mut self, mut length: usize, body: &mut Vec<u8>) -> Result<(), Error> {
        loop {
            let there = length.min(self.buffer.len());
            body.extend(self.buffer.drain(..there));
            length -= there;
            if length == 0 {
                return Ok(());
            }
            if self.fill().await? == 0 {
                return Err(Error::Closed);
            }
        }
    }

    async fn until_closed(&mut self, body: &mut Vec<u8>) -> Result<(), Error> {
        loop {
            body.append(&mut self.buffer);
            if body.len() > LIMIT {
                return Err(Error::BodyTooLarge);
            }
            if self.fill().await? == 0 {
                return Ok(());
            }
        }
    }

    async fn chunks(&mut self, body: &mut Vec<u8>) -> Result<(), Error> {
        loop {
            let length = self.chunk_length().await?;
            if length == 0 {
                return self.trailers().await;
            }
            if body.len() + length > LIMIT {
                return Err(Error::BodyTooLarge);
            }
            self.exactly(length, body).await?;
            let mut end = Vec::with_capacity(2);
            self.exactly(2, &mut end).await?;
            if end != b"\r\n" {
                return Err(Error::BodyMalformed);
            }
        }
    }

    async fn chunk_length(&mut self) -> Result<usize, Error> {
        loop {
            // Without a digit it would be 0, and the last one.
            if self.buffer.first().is_some_and(|digit| !digit.is_ascii_hexdigit()) {
                return Err(Error::BodyMalformed);
            }
            match httparse::parse_chunk_size(&self.buffer) {
                Ok(httparse::Status::Complete((consumed, length))) => {
                    self.buffer.drain(..consumed);
                    return usize::try_from(length).ok().filter(|length| *length <= LIMIT).ok_or(Error::BodyTooLarge);
                }
                Ok(httparse::Status::Partial) if self.buffer.len() <= LIMIT => {
                    if self.fill().await? == 0 {
                        return Err(Error::Closed);
                    }
                }
                _ => return Err(Error::BodyMalformed),
            }
        }
    }

    /// What may follow the last chunk, up to an empty line.
    async fn trailers(&mut self) -> Result<(), Error> {
        let mut passed_over = 0;
        loop {
            if let Some(end) = self.buffer.windows(2).position(|pair| pair == b"\r\n") {
                self.buffer.drain(..end + 2);
                passed_over += end + 2;
                if end == 0 {
                    return Ok(());
                }
            } else if self.fill().await? == 0 {
                return Err(Error::Closed);
            }
            if self.buffer.len() + passed_over > LIMIT {
                return Err(Error::BodyTooLarge);
            }
        }
    }
}

/// The head at the front of `buffer` and its length, once all of it is there. Not inlined: its header slots take 2 KiB of stack.
#[inline(never)]
fn parse_head(buffer: &[u8]) -> Result<Option<(Head, usize)>, Error> {
    let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut response = httparse::Response::new(&mut headers);
    let folded = httparse::ParserConfig::default().allow_obsolete_multiline_headers_in_responses(true).clone();
    let length = match folded.parse_response(&mut response, buffer) {
        Ok(httparse::Status::Complete(length)) => length,
        Ok(httparse::Status::Partial) => return Ok(None),
        Err(httparse::Error::TooManyHeaders) => return Err(Error::HeadTooLarge),
        Err(_) => return Err(Error::Malformed),
    };
    let status = response.code.filter(|status| *status >= 100).ok_or(Error::Malformed)?;
    let mut kept = Headers::with_capacity(length, response.headers.len());
    for header in response.headers.iter() {
        kept.push(header.name, header.value);
    }
    Ok(Some((Head { status, version_1_1: response.version == Some(1), headers: kept }, length)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(answer: &[u8]) -> Result<(u16, Vec<u8>), Error> {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let mut stream = answer;
            let mut reader = Reader::new(&mut stream);
            let head = reader.head().await?;
            let mut body = Vec::new();
            reader.body(&head, &mut body).await?;
            Ok((head.status, body))
        })
    }

    #[test]
    fn bodies_have_a_length_or_chunks_or_the_connections_end() {
        let length = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhellorest";
        assert_eq!(read(length).unwrap(), (200, b"hello".to_vec()));
        let chunks =
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nhel\r\n2\r\nlo\r\n0\r\nA: b\r\n\r\n";
        assert_eq!(read(chunks).unwrap(), (200, b"hello".to_vec()));
        assert_eq!(read(b"HTTP/1.0 403 No\r\n\r\nhello").unwrap(), (403, b"hello".to_vec()));
        assert_eq!(read(b"HTTP/1.1 204 No\r\n\r\nhello").unwrap(), (204, Vec::new()));
    }

    #[test]
    fn interim_answers_are_passed_over() {
        let answer = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nA: b\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx";
        assert_eq!(read(answer).unwrap(), (200, b"x".to_vec()));
    }

    #[test]
    fn folded_values_are_unfolded() {
        let (head, _) = parse_head(b"HTTP/1.1 200 OK\r\nA:\r\n b\r\n\tc\r\n\r\n").unwrap().unwrap();
        assert_eq!(head.header("a"), Some("b  \tc"));
    }

    #[test]
    fn a_body_that_could_end_in_two_places_is_malformed() {
        let body = |headers: &str| read(format!("HTTP/1.1 200 OK\r\n{headers}\r\n\r\n2\r\nab\r\n0\r\n\r\n").as_bytes());
        assert_eq!(body("Content-Length: 02\r\ncontent-length: 02").unwrap().1, b"2\r");
        for headers in [
            "Content-Length: 2\r\nContent-Length: 3",
            "Content-Length: 2, 2",
            "Content-Length: +2",
            "Content-Length:",
            "Content-Length: 12\r\nTransfer-Encoding: chunked",
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
            "Transfer-Encoding: gzip, chunked",
            "Transfer-Encoding: identity",
        ] {
            assert!(matches!(body(headers), Err(Error::BodyMalformed)), "{headers}");
        }
        let old = b"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n";
        assert!(matches!(read(old), Err(Error::BodyMalformed)));
    }

    #[test]
    fn what_is_too_large_or_malformed_or_cut_is_told_apart() {
        let body = |header: &str, body: &str| {
            read(format!("HTTP/1.1 200 OK\r\n{header}\r\n\r\n{body}").as_bytes()).unwrap_err()
        };
        assert!(matches!(body("Content-Length: 65537", ""), Error::BodyTooLarge));
        assert!(matches!(body("Content-Length: 99999999999999999999", ""), Error::BodyMalformed));
        assert!(matches!(body("Content-Length: -1", ""), Error::BodyMalformed));
        assert!(matches!(body("Content-Length: 5", "hell"), Error::Closed));
        assert!(matches!(body("A: b", &"x".repeat(LIMIT + 1)), Error::BodyTooLarge));
        assert!(matches!(body("Transfer-Encoding: chunked", "10001\r\n"), Error::BodyTooLarge));
        for size in ["x", "-1", "", "0x1", " 1"] {
            let malformed = body("Transfer-Encoding: chunked", &format!("{size}\r\n"));
            assert!(matches!(malformed, Error::BodyMalformed), "{size}");
        }
        assert!(matches!(body("Transfer-Encoding: chunked", "2\r\nabXX"), Error::BodyMalformed));
        assert!(matches!(body("Transfer-Encoding: chunked", "2\r\nab\r\n"), Error::Closed));
        let trailers = format!("0\r\n{}", "A: b\r\n".repeat(LIMIT / 6 + 1));
        assert!(matches!(body("Transfer-Encoding: chunked", &trailers), Error::BodyTooLarge));
        assert!(matches!(read(b"SSH-2.0-OpenSSH\r\n").unwrap_err(), Error::Malformed));
        assert!(matches!(read(b"HTTP/1.1 099 No\r\n\r\n").unwrap_err(), Error::Malformed));
        assert!(matches!(read(b"HTTP/1.1 200 OK\r\nA").unwrap_err(), Error::Closed));
        let endless = format!("HTTP/1.1 200 OK\r\nA: {}", "x".repeat(LIMIT));
        assert!(matches!(read(endless.as_bytes()).unwrap_err(), Error::HeadTooLarge));
        let many = format!("HTTP/1.1 200 OK\r\n{}\r\n", "A: b\r\n".repeat(65));
        assert!(matches!(read(many.as_bytes()).unwrap_err(), Error::HeadTooLarge));
        let interim = "HTTP/1.1 100 Continue\r\n\r\n".repeat(4000);
        assert!(matches!(read(interim.as_bytes()).unwrap_err(), Error::HeadTooLarge | Error::Closed));
    }
}
