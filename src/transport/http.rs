//! Reading an HTTP/1.1 answer, bounded in every direction. The proxy, Cognito and the upgrade all answer with one.

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

/// The headers of an answer, in one text.
#[derive(Default)]
pub struct Headers {
    text: String,
    /// The lengths of each name and value.
    lengths: Vec<(usize, usize)>,
}

impl Headers {
    /// Appends one. Its name becomes lower case.
    pub fn push(&mut self, name: &str, value: &[u8]) {
        let begin = self.text.len();
        self.text.extend(name.chars().map(|character| character.to_ascii_lowercase()));
        self.text.push_str(&String::from_utf8_lossy(value));
        self.lengths.push((name.len(), self.text.len() - begin - name.len()));
    }

    /// Names and values.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        let mut rest = self.text.as_str();
        self.lengths.iter().map_while(move |(name, value)| {
            let (name, behind) = rest.split_at_checked(*name)?;
            let (value, behind) = behind.split_at_checked(*value)?;
            rest = behind;
            Some((name, value))
        })
    }
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

    /// Whether another request may follow on the same connection, once the body was read (RFC 9112, section 9.3).
    pub fn keeps_open(&self) -> bool {
        let delimited = self.header("content-length").is_some() || self.has_token("transfer-encoding", "chunked");
        self.version_1_1 && delimited && !self.has_token("connection", "close")
    }

    /// Whether a comma-separated header holds this token, in any case.
    pub fn has_token(&self, name: &str, token: &str) -> bool {
        self.headers
            .iter()
            .filter(|(known, _)| *known == name)
            .flat_map(|(_, value)| value.split(','))
            .any(|value| value.trim().eq_ignore_ascii_case(token))
    }
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
        if head.status == 204 || head.status == 304 {
            return Ok(());
        }
        if head.has_token("transfer-encoding", "chunked") {
            return self.chunks(body).await;
        }
        match head.header("content-length") {
            Some(length) => {
                let length: u64 = length.trim().parse().map_err(|_| Error::BodyMalformed)?;
                let length =
                    usize::try_from(length).ok().filter(|length| *length <= LIMIT).ok_or(Error::BodyTooLarge)?;
                self.exactly(length, body).await
            }
            None => self.until_closed(body).await,
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
        loop {
            if let Some(end) = self.buffer.windows(2).position(|pair| pair == b"\r\n") {
                self.buffer.drain(..end + 2);
                if end == 0 {
                    return Ok(());
                }
            } else if self.buffer.len() > LIMIT {
                return Err(Error::BodyTooLarge);
            } else if self.fill().await? == 0 {
                return Err(Error::Closed);
            }
        }
    }
}

/// The head at the front of `buffer` and its length, once all of it is there. Not inlined: its header slots take 2 KiB of stack.
#[inline(never)]
fn parse_head(buffer: &[u8]) -> Result<Option<(Head, usize)>, Error> {
    let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut response = httparse::Response::new(&mut headers);
    let length = match response.parse(buffer) {
        Ok(httparse::Status::Complete(length)) => length,
        Ok(httparse::Status::Partial) => return Ok(None),
        Err(httparse::Error::TooManyHeaders) => return Err(Error::HeadTooLarge),
        Err(_) => return Err(Error::Malformed),
    };
    let mut kept = Headers { text: String::with_capacity(length), lengths: Vec::with_capacity(response.headers.len()) };
    for header in response.headers.iter() {
        kept.push(header.name, header.value);
    }
    Ok(Some((
        Head { status: response.code.unwrap_or(0), version_1_1: response.version == Some(1), headers: kept },
        length,
    )))
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
        assert!(matches!(body("Transfer-Encoding: chunked", "x\r\n"), Error::BodyMalformed));
        assert!(matches!(body("Transfer-Encoding: chunked", "2\r\nabXX"), Error::BodyMalformed));
        assert!(matches!(body("Transfer-Encoding: chunked", "2\r\nab\r\n"), Error::Closed));
        assert!(matches!(read(b"SSH-2.0-OpenSSH\r\n").unwrap_err(), Error::Malformed));
        assert!(matches!(read(b"HTTP/1.1 200 OK\r\nA").unwrap_err(), Error::Closed));
        let endless = format!("HTTP/1.1 200 OK\r\nA: {}", "x".repeat(LIMIT));
        assert!(matches!(read(endless.as_bytes()).unwrap_err(), Error::HeadTooLarge));
        let many = format!("HTTP/1.1 200 OK\r\n{}\r\n", "A: b\r\n".repeat(65));
        assert!(matches!(read(many.as_bytes()).unwrap_err(), Error::HeadTooLarge));
        let interim = "HTTP/1.1 100 Continue\r\n\r\n".repeat(4000);
        assert!(matches!(read(interim.as_bytes()).unwrap_err(), Error::HeadTooLarge | Error::Closed));
    }
}
