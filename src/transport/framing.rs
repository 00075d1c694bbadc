//! Where MQTT packets begin and end in a stream of bytes, whatever pieces it comes in (MQTT 3.1.1 and 5, section 2.1). Pure.

use bytes::{Buf, Bytes, BytesMut};
use std::collections::VecDeque;

/// The largest packet that is carried. AWS's largest is 146 KiB.
pub const MAX_PACKET: usize = 256 * 1024;

/// A piece that is shorter is copied: it would keep the buffer that it lies in, and every piece takes 32 bytes itself.
const SHORT: usize = 4096;

/// Copies are put together up to this.
const TOGETHER: usize = 16 * 1024;

/// Why a stream of bytes is none of MQTT packets.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Problem {
    /// A remaining length of more than four bytes.
    Length,
    /// A packet of this many bytes is larger than [`MAX_PACKET`].
    TooLarge(usize),
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Length => f.write_str("a remaining length of more than four bytes"),
            Self::TooLarge(length) => {
                write!(f, "a packet of {length} bytes; the largest that is carried is {MAX_PACKET}")
            }
        }
    }
}

/// Follows a stream of packets.
#[derive(Clone, Copy)]
pub enum Place {
    /// The type byte comes next.
    Between,
    /// The remaining length goes on: its value so far, and how many of its bytes have come.
    Length { value: usize, bytes: u32 },
    /// So many bytes are left of the packet.
    Body { left: usize },
}

impl Place {
    /// Goes through `bytes` to the end of the first packet, and gives how many that took; `None` when all of them did not
    /// reach it.
    pub fn next_end(&mut self, bytes: &[u8]) -> Result<Option<usize>, Problem> {
        let mut rest = bytes;
        loop {
            match *self {
                Self::Body { left } if left <= rest.len() => {
                    *self = Self::Between;
                    return Ok(Some(bytes.len() - rest.len() + left));
                }
                Self::Body { left } => {
                    *self = Self::Body { left: left - rest.len() };
                    return Ok(None);
                }
                Self::Between | Self::Length { .. } => {
                    let Some((byte, after)) = rest.split_first() else { return Ok(None) };
                    rest = after;
                    *self = self.after_header_byte(*byte)?;
                }
            }
        }
    }

    fn after_header_byte(self, byte: u8) -> Result<Self, Problem> {
        let Self::Length { value, bytes } = self else { return Ok(Self::Length { value: 0, bytes: 0 }) };
        let value = value | usize::from(byte & 0x7f) << (7 * bytes);
        let bytes = bytes + 1;
        match byte & 0x80 {
            0 if value > MAX_PACKET - 5 => Err(Problem::TooLarge(value + 1 + bytes as usize)),
            0 => Ok(Self::Body { left: value }),
            _ if bytes == 4 => Err(Problem::Length),
            _ => Ok(Self::Length { value, bytes }),
        }
    }
}

/// Bytes that have come, of which only whole packets are shown.
pub struct Incoming {
    pieces: VecDeque<Bytes>,
    /// Copies of short pieces, behind the others.
    tail: BytesMut,
    place: Place,
    /// How many bytes are there.
    len: usize,
    /// How many of them, from the first, are of packets that are there to their end.
    whole: usize,
}

impl Incoming {
    /// Nothing has come.
    pub fn new() -> Self {
        Self { pieces: VecDeque::new(), tail: BytesMut::new(), place: Place::Between, len: 0, whole: 0 }
    }

    /// Takes what has come.
    pub fn push(&mut self, bytes: Bytes) -> Result<(), Problem> {
        let mut rest = bytes.as_ref();
        while let Some((_, after)) = self.place.next_end(rest)?.and_then(|end| rest.split_at_checked(end)) {
            rest = after;
            self.whole = self.len + bytes.len() - rest.len();
        }
        self.len += bytes.len();
        if bytes.len() < SHORT {
            self.tail.extend_from_slice(&bytes);
        }
        if !self.tail.is_empty() && (bytes.len() >= SHORT || self.tail.len() >= TOGETHER) {
            self.pieces.push_back(self.tail.split().freeze());
        }
        if bytes.len() >= SHORT {
            self.pieces.push_back(bytes);
        }
        Ok(())
    }

    /// Whether a packet is there to its end.
    pub fn has_packet(&self) -> bool {
        self.whole > 0
    }

    /// Drops what is there.
    pub fn discard(&mut self) {
        (self.pieces, self.tail) = (VecDeque::new(), BytesMut::new());
        (self.len, self.whole) = (0, 0);
    }

    /// Hands over all that has come, a packet that is not whole too.
    pub fn take_all(&mut self, buffer: &mut BytesMut) {
        buffer.reserve(self.len);
        self.pieces.iter().for_each(|piece| buffer.extend_from_slice(piece));
        buffer.extend_from_slice(&self.tail);
        self.discard();
    }

    /// Hands over bytes of whole packets. Gives how many.
    pub fn take(&mut self, buffer: &mut [u8]) -> usize {
        let wanted = buffer.len().min(self.whole);
        let mut rest = buffer.get_mut(..wanted).unwrap_or_default();
        while let Some(piece) = self.pieces.front_mut().filter(|_| !rest.is_empty()) {
            rest = fill(rest, piece);
            if piece.is_empty() {
                self.pieces.pop_front();
            }
        }
        fill(rest, &mut self.tail);
        self.len -= wanted;
        self.whole -= wanted;
        if self.len == 0 {
            // An idle stream keeps no memory for a burst that is over.
            self.discard();
        }
        wanted
    }
}

/// Takes bytes off `piece`. Gives the room that is left.
fn fill<'a>(room: &'a mut [u8], piece: &mut impl Buf) -> &'a mut [u8] {
    let length = piece.remaining().min(room.len());
    let (taken, left) = room.split_at_mut_checked(length).unwrap_or_default();
    piece.copy_to_slice(taken);
    left
}

/// The client identifier in a CONNECT packet (section 3.1), if it is one.
pub fn client_id(connect: &[u8]) -> Option<&str> {
    let (0x10, rest) = connect.split_first()? else { return None };
    let body = after_variable_length(rest)?.1;
    let (_protocol, rest) = string(body)?;
    let (level, rest) = rest.split_first()?;
    let payload = rest.get(3..)?;
    let payload = match level {
        // Properties come first.
        5 => after_variable_length(payload).and_then(|(length, rest)| rest.get(length..))?,
        _ => payload,
    };
    std::str::from_utf8(string(payload)?.0).ok().filter(|id| !id.is_empty() && !id.chars().any(char::is_control))
}

fn string(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_at_checked(2)?;
    rest.split_at_checked(length.iter().fold(0, |length, byte| length << 8 | usize::from(*byte)))
}

fn after_variable_length(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let mut value = 0;
    for (index, byte) in bytes.iter().take(4).enumerate() {
        value |= usize::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            return Some((value, bytes.get(index + 1..)?));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// CONNACK, a PUBLISH of 300 bytes, PINGRESP.
    fn packets() -> Vec<u8> {
        let mut packets = vec![0x20, 2, 0, 0, 0x30, 0xac, 0x02];
        packets.extend((0..300_u32).map(|number| number.to_le_bytes()[0]));
        packets.extend([0xd0, 0]);
        packets
    }

    #[test]
    fn a_packet_is_shown_when_all_of_it_is_there_however_it_is_cut() {
        let stream = packets();
        let ends = [4, 4 + 303, 4 + 303 + 2];
        for size in 1..=stream.len() {
            let mut incoming = Incoming::new();
            let (mut came, mut shown) = (0, Vec::new());
            for piece in stream.chunks(size) {
                incoming.push(Bytes::copy_from_slice(piece)).unwrap();
                came += piece.len();
                let mut buffer = [0; 7];
                while incoming.has_packet() {
                    let taken = incoming.take(&mut buffer);
                    shown.extend_from_slice(&buffer[..taken]);
                }
                assert_eq!(shown.len(), ends.into_iter().rfind(|end| *end <= came).unwrap_or(0), "{size} {came}");
            }
            assert_eq!(shown, stream);
        }
    }

    #[test]
    fn a_packet_in_the_shortest_pieces_takes_little_more_than_its_bytes_and_keeps_no_buffer_of_theirs() {
        // 200,000 bytes, of which the last is missing.
        let length = 200_000;
        let header = [0x30, 0xc0, 0x9a, 0x0c];
        for size in [1, 2, SHORT - 1, SHORT, 3 * SHORT] {
            let (mut incoming, read) = (Incoming::new(), Bytes::from(vec![0x61; size + 1]));
            incoming.push(Bytes::copy_from_slice(&header)).unwrap();
            for begin in (0..length - 1).step_by(size) {
                incoming.push(read.slice(..size.min(length - 1 - begin))).unwrap();
            }
            assert_eq!(read.is_unique(), size < SHORT, "{size}");
            let taken = incoming.pieces.iter().map(Bytes::len).sum::<usize>() + incoming.tail.capacity();
            assert!(incoming.pieces.len() <= 2 * length / SHORT && taken <= length + 2 * TOGETHER, "{size} {taken}");
            assert!(!incoming.has_packet());
            incoming.push(Bytes::from_static(b"a\xd0\x00\x30")).unwrap();
            let mut buffer = vec![0; length + 10];
            assert_eq!(incoming.take(&mut buffer[..length]), length);
            assert_eq!(incoming.take(&mut buffer[length..]), 6);
            assert_eq!((&buffer[..4], &buffer[length + 3..length + 6]), (&header[..], &b"a\xd0\x00"[..]));
        }
    }

    #[test]
    fn what_is_no_packet_or_too_large_is_refused_by_its_header() {
        let end = |bytes: &[u8]| Place::Between.next_end(bytes);
        assert_eq!(end(b"\x30\xff\xff\xff\xff"), Err(Problem::Length));
        assert_eq!(end(b"\x30\xff\xff\xff\x7f"), Err(Problem::TooLarge(268_435_460)));
        // 256 KiB less the longest header, and one byte more.
        assert_eq!(end(b"\x30\xfb\xff\x0f"), Ok(None));
        assert_eq!(end(b"\x30\xfc\xff\x0f"), Err(Problem::TooLarge(262_144)));
        assert_eq!(end(b""), Ok(None));
    }

    #[test]
    fn the_client_identifier_is_read_from_connect_of_both_versions() {
        assert_eq!(client_id(b"\x10\x12\x00\x04MQTT\x04\x02\x00\x3c\x00\x06test-1"), Some("test-1"));
        assert_eq!(
            client_id(b"\x10\x18\x00\x04MQTT\x05\x02\x00\x3c\x05\x11\x00\x00\x00\x0a\x00\x06test-1"),
            Some("test-1")
        );
        for other in [&b""[..], b"\xc0\x00", b"\x10\x02\x00\x04", b"\x10\x0c\x00\x04MQTT\x04\x02\x00\x3c\x00\x00"] {
            assert_eq!(client_id(other), None);
        }
    }
}
