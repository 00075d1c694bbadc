//! WebSocket frames (RFC 6455) as a server reads and writes them.

use std::io;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::digest;
use tokio::io::{AsyncRead, AsyncReadExt};

/// Continuation of a fragmented message.
pub const CONTINUATION: u8 = 0;
/// Text message.
pub const TEXT: u8 = 1;
/// Binary message.
pub const BINARY: u8 = 2;
/// Close.
pub const CLOSE: u8 = 8;
/// Ping.
pub const PING: u8 = 9;
/// Pong.
pub const PONG: u8 = 10;

/// AWS takes 128 KiB of MQTT payload; this is far above it.
const MAX_PAYLOAD: u64 = 4 * 1024 * 1024;
const READ_AHEAD: usize = 16 * 1024;

/// A frame of the client, unmasked.
#[derive(Debug, PartialEq, Eq)]
pub struct Frame {
    /// Whether it ends its message.
    pub fin: bool,
    /// One of the constants above.
    pub opcode: u8,
    /// The payload.
    pub payload: Vec<u8>,
}

/// Why no further frame can be read.
#[derive(Debug)]
pub enum FrameError {
    /// The bytes break RFC 6455; the code is for the Close frame.
    Violation(u16, &'static str),
    /// The connection is broken.
    Io(io::Error),
}

/// Reads frames and keeps what was read beyond them.
pub struct FrameReader {
    buffer: Vec<u8>,
    taken: usize,
    in_message: bool,
}

impl FrameReader {
    /// A reader that first uses the bytes that came behind the upgrade request.
    pub fn new(buffer: Vec<u8>) -> FrameReader {
        FrameReader { buffer, taken: 0, in_message: false }
    }

    /// The next frame, or `None` at an end of the stream between two frames.
    pub async fn next<R>(&mut self, stream: &mut R) -> Result<Option<Frame>, FrameError>
    where
        R: AsyncRead + Unpin,
    {
        loop {
            if let Some((frame, len)) = parse(self.buffer.get(self.taken..).unwrap_or_default())? {
                self.taken += len;
                self.check_sequence(&frame)?;
                return Ok(Some(frame));
            }
            self.buffer.drain(..self.taken);
            self.taken = 0;
            self.buffer.reserve(READ_AHEAD);
            let len = stream.read_buf(&mut self.buffer).await.map_err(FrameError::Io)?;
            if len == 0 {
                return Ok(None);
            }
        }
    }

    fn check_sequence(&mut self, frame: &Frame) -> Result<(), FrameError> {
        match (frame.opcode, self.in_message) {
            (CONTINUATION, false) => violation("continuation without a message"),
            (TEXT | BINARY, true) => violation("a new message inside of another"),
            (CONTINUATION | TEXT | BINARY, _) => {
                self.in_message = !frame.fin;
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

/// A frame of the server: never masked.
pub fn encode(opcode: u8, fin: bool, payload: &[u8]) -> Vec<u8> {
    let mut frame = Vec::with_capacity(payload.len() + 10);
    frame.push(if fin { 0x80 | opcode } else { opcode });
    if let Ok(len @ 0..=125) = u8::try_from(payload.len()) {
        frame.push(len);
    } else if let Ok(len) = u16::try_from(payload.len()) {
        frame.push(126);
        frame.extend_from_slice(&len.to_be_bytes());
    } else {
        frame.push(127);
        frame.extend_from_slice(&(payload.len() as u64).to_be_bytes());
    }
    frame.extend_from_slice(payload);
    frame
}

/// A Close frame. Code 0 stands for an empty one.
pub fn close_frame(code: u16) -> Vec<u8> {
    match code {
        0 => encode(CLOSE, true, &[]),
        code => encode(CLOSE, true, &code.to_be_bytes()),
    }
}

/// The code in the payload of a Close frame.
pub fn close_code(payload: &[u8]) -> u16 {
    payload.first_chunk().map_or(0, |code| u16::from_be_bytes(*code))
}

/// `Sec-WebSocket-Accept` for a `Sec-WebSocket-Key`.
pub fn accept_key(key: &str) -> String {
    let text = format!("{key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11");
    let hash = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, text.as_bytes());
    STANDARD.encode(hash.as_ref())
}

fn violation<T>(what: &'static str) -> Result<T, FrameError> {
    Err(FrameError::Violation(1002, what))
}

fn parse(buffer: &[u8]) -> Result<Option<(Frame, usize)>, FrameError> {
    let [first, second, rest @ ..] = buffer else {
        return Ok(None);
    };
    let (fin, opcode) = (first & 0x80 != 0, first & 0x0f);
    if first & 0x70 != 0 {
        return violation("reserved bits");
    }
    if !matches!(opcode, CONTINUATION | TEXT | BINARY | CLOSE | PING | PONG) {
        return violation("unknown opcode");
    }
    if second & 0x80 == 0 {
        return violation("unmasked frame");
    }
    let short = second & 0x7f;
    if opcode >= CLOSE && (!fin || short > 125) {
        return violation("bad control frame");
    }
    let (len, rest) = match short {
        126 => match rest.split_first_chunk() {
            Some((len, rest)) => (u64::from(u16::from_be_bytes(*len)), rest),
            None => return Ok(None),
        },
        127 => match rest.split_first_chunk() {
            Some((len, rest)) => (u64::from_be_bytes(*len), rest),
            None => return Ok(None),
        },
        len => (u64::from(len), rest),
    };
    if (short == 126 && len < 126) || (short == 127 && len < 65_536) {
        return violation("length not minimal");
    }
    if len > MAX_PAYLOAD {
        return Err(FrameError::Violation(1009, "frame too large"));
    }
    let Some((mask, rest)) = rest.split_first_chunk::<4>() else {
        return Ok(None);
    };
    let Some(masked) = usize::try_from(len).ok().and_then(|len| rest.get(..len)) else {
        return Ok(None);
    };
    let payload: Vec<u8> = masked.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask).collect();
    let len = buffer.len() - rest.len() + payload.len();
    Ok(Some((Frame { fin, opcode, payload }, len)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_accept_key_is_that_of_the_rfc() {
        assert_eq!(accept_key("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    }

    #[test]
    fn the_masked_hello_of_the_rfc_is_read() {
        let wire = [0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58];
        let (frame, len) = parse(&wire).unwrap().unwrap();
        assert_eq!((frame.opcode, frame.payload.as_slice(), len), (TEXT, &b"Hello"[..], 11));
        assert!(parse(&wire[..wire.len() - 1]).unwrap().is_none());
    }

    #[test]
    fn violations_are_refused() {
        for wire in [&[0x82, 0x01, 0x00][..], &[0xc2, 0x80], &[0x83, 0x80], &[0x09, 0x80]] {
            assert!(matches!(parse(wire), Err(FrameError::Violation(1002, _))), "{wire:?}");
        }
        let huge = [0x82, 0xff, 0, 0, 0, 1, 0, 0, 0, 0];
        assert!(matches!(parse(&huge), Err(FrameError::Violation(1009, _))));
    }

    #[test]
    fn lengths_are_written_in_their_shortest_form() {
        assert_eq!(encode(BINARY, true, &[0; 125])[1], 125);
        assert_eq!(encode(BINARY, true, &[0; 126])[1..4], [126, 0, 126]);
        assert_eq!(encode(BINARY, true, &[0; 65_536])[1], 127);
    }
}
