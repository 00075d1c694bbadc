//! A stream of MQTT bytes for whoever has an MQTT library of its own: never blocks, shows packets when they are whole, and sends
//! each packet in one frame, whatever pieces it comes in.

mod ending;

use super::frames::{config, describe, from_tungstenite};
use super::framing::{Incoming, Place, Problem, client_id};
use super::nonblocking::NonBlocking;
use super::{Error, Upgraded, tls};
use crate::error::Stage;
use crate::log::log;
use crate::sys::Interest;
use bytes::{Bytes, BytesMut};
use ending::Ending;
pub use ending::Last;
use std::io::{self, ErrorKind};
use std::os::fd::{AsFd, BorrowedFd};
use tokio_tungstenite::tungstenite::protocol::Role;
use tokio_tungstenite::tungstenite::{self, Message, WebSocket};

/// One call reads the socket this often at most, so that a peer that sends without end does not keep it.
const READS: u32 = 64;

/// A MQTT byte stream over an open WebSocket.
pub struct ByteStream {
    socket: Box<WebSocket<NonBlocking>>,
    peer: String,
    incoming: Incoming,
    outgoing: Outgoing,
    ended: Option<Ended>,
    ending: Ending,
}

/// A packet of ours that is being put together.
struct Outgoing {
    place: Place,
    packet: BytesMut,
    /// Whether the socket is full, so that nothing more is taken until it has room.
    is_blocked: bool,
    /// Whether CONNECT was sent, with which client identifier, and nothing has come since.
    unanswered_connect: Option<Option<String>>,
}

/// How a stream has ended.
#[derive(Debug)]
pub enum Ended {
    /// The server closed it. Says with which Close, if with one.
    Closed(String),
    /// The server closed it instead of answering CONNECT with this client identifier.
    ClosedBeforeConnack(Option<String>, String),
    /// What was to be sent is no MQTT.
    Unsendable(Problem),
    /// It broke.
    Broken(Error),
}

impl ByteStream {
    /// Takes a connection after its upgrade off its runtime, on which this must be called.
    pub fn new(upgraded: Upgraded) -> Result<Self, Error> {
        let Upgraded { stream, rest, peer } = upgraded;
        let stream = NonBlocking::new(stream).map_err(|error| tls::from_io(error, Stage::Session, &peer))?;
        let socket = WebSocket::from_partially_read(stream, rest, Role::Client, Some(config()));
        let outgoing =
            Outgoing { place: Place::Between, packet: BytesMut::new(), is_blocked: false, unanswered_connect: None };
        let mut stream = Self {
            socket: Box::new(socket),
            peer,
            incoming: Incoming::new(),
            outgoing,
            ended: None,
            ending: Ending::No,
        };
        // What came with the answer to the upgrade. From now on nothing but the socket holds more.
        stream.decode();
        Ok(stream)
    }

    /// `host:port` of the server.
    pub fn peer(&self) -> &str {
        &self.peer
    }

    /// Whether the next [`ByteStream::recv`] has bytes, or says how the stream has ended, without looking at the socket.
    pub fn has_something(&self) -> bool {
        self.incoming.has_packet() || self.ended.is_some()
    }

    /// Whether output waits for the socket to have room.
    pub fn is_blocked(&self) -> bool {
        self.outgoing.is_blocked
    }

    /// What of the socket is of interest: that it can be read, and written while output waits for room.
    pub fn interest(&self) -> Interest {
        if self.is_blocked() { Interest::ReadWrite } else { Interest::Read }
    }

    /// How the stream has ended, if it has.
    pub fn ended(&self) -> Option<&Ended> {
        self.ended.as_ref()
    }

    /// Hands over bytes of whole packets; 0 when there are none now, `None` when the stream has ended. What came before the
    /// end is handed over before it.
    pub fn recv(&mut self, buffer: &mut [u8]) -> Option<usize> {
        if !self.incoming.has_packet() && self.ended.is_none() {
            self.receive();
        }
        match self.incoming.take(buffer) {
            0 if !self.incoming.has_packet() && self.ended.is_some() => None,
            taken => Some(taken),
        }
    }

    /// Hands over all that has come, for whoever reads packets as they come; whether there was anything. What came before the
    /// end is handed over before it.
    pub fn recv_all(&mut self, buffer: &mut BytesMut) -> bool {
        if self.ended.is_none() {
            self.receive();
        }
        let before = buffer.len();
        self.incoming.take_all(buffer);
        buffer.len() > before
    }

    /// Takes bytes of packets and sends those that are whole; 0 when the socket is full, `None` when the stream has ended.
    pub fn send<'a>(&mut self, pieces: impl Iterator<Item = &'a [u8]>) -> Option<usize> {
        self.send_by(|stream| {
            let mut taken = 0;
            for piece in pieces {
                let count = stream.put(piece);
                taken += count;
                if count < piece.len() {
                    break;
                }
            }
            taken
        })
    }

    /// Takes whole packets off `packets`, without copying them, and sends them, until the socket is full. An end is said by
    /// receiving.
    pub fn send_packets(&mut self, packets: &mut BytesMut) {
        self.send_by(|stream| stream.put_packets(packets));
    }

    /// Sends what `put` takes, and gives how much that was; `None` when the stream has ended.
    fn send_by(&mut self, put: impl FnOnce(&mut Self) -> usize) -> Option<usize> {
        if self.socket.get_ref().write_error().is_some() {
            // Nothing can be sent any more; what has come is handed over before recv and this say so.
            self.receive();
            return self.ended.is_none().then_some(0);
        }
        self.flush();
        let taken = put(self);
        self.flush();
        // What was taken before an end counts; the next call says it.
        (taken > 0 || self.ended.is_none()).then_some(taken)
    }

    /// Takes bytes until the socket is full. Gives how many.
    fn put(&mut self, bytes: &[u8]) -> usize {
        let mut rest = bytes;
        while !rest.is_empty() && !self.outgoing.is_blocked && self.ended.is_none() {
            rest = self.take(rest);
        }
        bytes.len() - rest.len()
    }

    /// Takes whole packets until the socket is full. Gives how many bytes of them.
    fn put_packets(&mut self, packets: &mut BytesMut) -> usize {
        let before = packets.len();
        while !packets.is_empty() && !self.outgoing.is_blocked && self.ended.is_none() {
            match Place::Between.next_end(packets) {
                Ok(Some(end)) => {
                    let packet = packets.split_to(end).freeze();
                    self.send_packet(packet);
                }
                Ok(None) => break,
                Err(problem) => self.ended = Some(Ended::Unsendable(problem)),
            }
        }
        before - packets.len()
    }

    /// Takes bytes up to the end of one packet. Gives the rest.
    fn take<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        let outgoing = &mut self.outgoing;
        let (part, rest) = match outgoing.place.next_end(bytes) {
            Ok(None) => {
                outgoing.packet.extend_from_slice(bytes);
                return &[];
            }
            Ok(Some(end)) => bytes.split_at_checked(end).unwrap_or((bytes, &[])),
            Err(problem) => {
                self.ended = Some(Ended::Unsendable(problem));
                return bytes;
            }
        };
        outgoing.packet.extend_from_slice(part);
        let packet = std::mem::take(&mut outgoing.packet).freeze();
        self.send_packet(packet);
        rest
    }

    fn send_packet(&mut self, packet: Bytes) {
        if packet.first() == Some(&0x10) {
            self.outgoing.unanswered_connect = Some(client_id(&packet).map(str::to_owned));
        }
        let written = self.socket.write(Message::Binary(packet));
        self.note(written);
    }

    /// Writes out what waits.
    fn flush(&mut self) {
        self.outgoing.is_blocked = false;
        let flushed = self.socket.flush();
        self.note(flushed);
    }

    /// Notes what writing to the WebSocket has come to. What the socket did not take is kept by the WebSocket.
    fn note(&mut self, written: tungstenite::Result<()>) {
        match written {
            Ok(()) => {}
            Err(tungstenite::Error::Io(error)) if error.kind() == ErrorKind::WouldBlock => {
                self.outgoing.is_blocked = true;
            }
            // After a Close of the server nothing is sent, and recv says so.
            Err(
                tungstenite::Error::ConnectionClosed
                | tungstenite::Error::AlreadyClosed
                | tungstenite::Error::Protocol(_),
            ) => {}
            Err(error) => self.end(Ended::Broken(from_tungstenite(error, &self.peer))),
        }
    }

    /// Reads until a packet is whole or the socket has nothing more, and answers pings.
    fn receive(&mut self) {
        self.flush();
        self.receive_again();
        // Answers to what has come: pongs, and the Close that answers the server's. Reading writes them too, and says nothing of a
        // socket that is full.
        self.flush();
        if self.ended.is_some() {
            // close_notify and FIN, as far as the socket takes them now.
            let _ = self.socket.get_mut().end();
        } else if let Some(error) = self.socket.get_ref().write_error().filter(|_| self.socket.get_ref().is_drained()) {
            // Nothing more comes, and nothing can be sent.
            let error = io::Error::new(error.kind(), error.to_string());
            self.end(Ended::Broken(tls::from_io(error, Stage::Session, &self.peer)));
        }
    }

    fn receive_again(&mut self) {
        for _ in 0..READS {
            // One at a time, so that all of what it brings is decoded: nothing but the socket can hold more then.
            self.socket.get_mut().allow_reads(1);
            self.decode();
            if self.incoming.has_packet() || self.ended.is_some() || self.socket.get_ref().is_drained() {
                return;
            }
        }
    }

    /// Decodes what is there.
    fn decode(&mut self) {
        while self.ended.is_none() {
            match self.socket.read() {
                Ok(Message::Binary(bytes)) => {
                    if !bytes.is_empty() {
                        self.outgoing.unanswered_connect = None;
                    }
                    if let Err(problem) = self.incoming.push(bytes) {
                        self.end(Ended::Broken(Error::NoMqtt { peer: self.peer.clone(), problem }));
                    }
                }
                Ok(Message::Text(_)) => self.end(Ended::Broken(Error::TextMessage { peer: self.peer.clone() })),
                Ok(Message::Close(frame)) => self.end(Ended::Closed(describe(frame))),
                Ok(Message::Ping(_)) => log!(Trace, Stage::Session, "{}: WebSocket ping", self.peer),
                Ok(Message::Pong(_) | Message::Frame(_)) => {}
                Err(tungstenite::Error::Io(error)) if error.kind() == ErrorKind::WouldBlock => return,
                Err(error) => match from_tungstenite(error, &self.peer) {
                    Error::Lost { source: None, .. } => self.end(Ended::Closed(String::new())),
                    error => self.end(Ended::Broken(error)),
                },
            }
        }
    }

    /// The first end counts. A server that ends the connection after CONNECT, in whatever way, refuses it.
    fn end(&mut self, ended: Ended) {
        let ended = match (ended, self.outgoing.unanswered_connect.take()) {
            (Ended::Closed(how), Some(client_id)) => Ended::ClosedBeforeConnack(client_id, how),
            (Ended::Broken(error), Some(client_id)) if error.is_end() => {
                Ended::ClosedBeforeConnack(client_id, String::new())
            }
            (ended, _) => ended,
        };
        self.ended.get_or_insert(ended);
    }
}

impl AsFd for ByteStream {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.get_ref().as_fd()
    }
}
