//! WebSocket frames, and the MQTT packets in them: cut in any way, the same packets come out, and what is kept has a bound.

use cognito_connect::fuzzing::frames::{MAX_MESSAGE, config, describe};
use cognito_connect::fuzzing::framing::{Incoming, MAX_PACKET, Place, client_id};
use std::io::{self, Read, Write};
use tungstenite::protocol::Role;
use tungstenite::{Bytes, Error, Message, WebSocket};

/// A connection on which this has come, in pieces, and on which all is taken.
struct Connection<'a> {
    came: &'a [u8],
    piece: usize,
    written: usize,
}

impl Read for Connection<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.came.is_empty() {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let length = buffer.len().min(self.piece);
        self.came.read(&mut buffer[..length])
    }
}

impl Write for Connection<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.written += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The first byte chooses frames or packets, and the size of the pieces.
pub fn frames(data: &[u8]) {
    let Some((choice, rest)) = data.split_first() else { return };
    let piece = usize::from(choice >> 1) + 1;
    if choice & 1 == 0 {
        assert_eq!(
            messages(rest, piece),
            messages(rest, rest.len().max(1)),
            "the cuts between reads change what is read"
        );
    } else {
        packets(rest, piece);
    }
    if let Some(id) = client_id(rest) {
        assert!(!id.is_empty() && !id.chars().any(char::is_control));
    }
}

/// Gives what came and how it ended, in words.
fn messages(bytes: &[u8], piece: usize) -> Vec<String> {
    let connection = Connection { came: bytes, piece, written: 0 };
    let mut socket = WebSocket::from_raw_socket(connection, Role::Client, Some(config()));
    let (mut read, mut taken) = (Vec::new(), 0);
    let mut incoming = Incoming::new();
    // Each message takes two bytes at least.
    for _ in 0..=bytes.len() / 2 + 1 {
        match socket.read() {
            Ok(Message::Binary(message)) => {
                assert!(message.len() <= MAX_MESSAGE);
                taken += message.len();
                read.push(format!("{message:?} {:?}", incoming.push(message.clone())));
            }
            Ok(Message::Close(frame)) => read.push(describe(frame)),
            Ok(message) => read.push(format!("{message:?}")),
            Err(Error::Io(error)) if error.kind() == io::ErrorKind::WouldBlock => {
                assert!(taken <= bytes.len());
                // An answer to each ping, and one Close.
                assert!(socket.get_ref().written <= 4 * bytes.len() + 200);
                return read;
            }
            Err(error) => {
                read.push(error.to_string());
                return read;
            }
        }
    }
    panic!("messages without end: {read:?}");
}

/// A stream of packets is handed over in whole packets, whatever pieces it comes in and is asked for in.
fn packets(bytes: &[u8], piece: usize) {
    let mut ends = vec![0];
    let (mut place, mut rest) = (Place::Between, bytes);
    let mut problem = None;
    while !rest.is_empty() {
        match place.next_end(rest) {
            Ok(Some(end)) => {
                assert!((1..=MAX_PACKET).contains(&end));
                ends.push(bytes.len() - rest.len() + end);
                rest = &rest[end..];
            }
            Ok(None) => break,
            Err(found) => {
                assert!(!found.to_string().is_empty());
                problem = Some(found);
                break;
            }
        }
    }
    let (mut incoming, mut came, mut shown) = (Incoming::new(), 0, Vec::new());
    let mut buffer = vec![0; piece % 7 + 1];
    for piece in bytes.chunks(piece) {
        if let Err(found) = incoming.push(Bytes::copy_from_slice(piece)) {
            assert_eq!(Some(found), problem);
            return;
        }
        came += piece.len();
        while incoming.has_packet() {
            let taken = incoming.take(&mut buffer);
            assert!(taken > 0, "a packet that is there is not handed over");
            shown.extend_from_slice(&buffer[..taken]);
        }
        assert_eq!(incoming.take(&mut buffer), 0);
        let end = ends.iter().rfind(|end| **end <= came).copied().unwrap_or(0);
        assert_eq!(shown, bytes[..end]);
    }
    assert_eq!(problem, None);
}
