//! The orderly end of a stream: the last packets, DISCONNECT, WebSocket Close and its answer, close_notify, FIN, and the server's
//! end.

use super::{ByteStream, READS};
use crate::error::Stage;
use crate::log::log;
use crate::transport::frames::normal_close;
use bytes::{Bytes, BytesMut};
use std::io::{self, ErrorKind};
use std::time::Duration;

/// Room for the last packets and the answer to our Close are waited for this long.
const CLOSE: Duration = Duration::from_secs(3);

/// The whole orderly end may take this long.
const END: Duration = Duration::from_secs(5);

/// How far it has come.
#[derive(Clone, Copy, PartialEq)]
pub enum Ending {
    /// Close was not sent.
    No,
    /// Close was sent.
    Close,
    /// close_notify and FIN were sent.
    Fin,
    Done,
}

/// What is to be sent before Close.
pub struct Last<'a> {
    /// Whole packets that the stream has not taken yet.
    pub packets: &'a mut BytesMut,
    /// Appends those that come behind them, some at a time.
    pub more: &'a mut dyn FnMut(&mut BytesMut),
    /// The last one, which is sent whatever has become of the others.
    pub disconnect: Bytes,
}

impl ByteStream {
    /// Begins or goes on with the orderly end that began so long ago, each part of which is waited for so long. Whether it is over.
    pub fn end_in_time(&mut self, last: Last<'_>, passed: Duration) -> bool {
        self.end_behind(last, passed >= CLOSE) || passed >= END
    }

    /// The same, with nothing to be sent before Close.
    pub fn close_in_time(&mut self, passed: Duration) -> bool {
        self.close(passed >= CLOSE) || passed >= END
    }

    /// When an orderly end that began so long ago has to be gone on with, whatever comes.
    pub fn close_due_in(passed: Duration) -> Duration {
        CLOSE.checked_sub(passed).unwrap_or(END.saturating_sub(passed))
    }

    /// Begins or goes on with the orderly end, with nothing to be sent before Close. Whether that is done. `hurries` waits for nothing.
    pub fn close(&mut self, hurries: bool) -> bool {
        self.close_behind(Bytes::new(), hurries)
    }

    /// The same, with this DISCONNECT before Close.
    pub fn close_behind(&mut self, disconnect: Bytes, hurries: bool) -> bool {
        self.end_behind(Last { packets: &mut BytesMut::new(), more: &mut |_| {}, disconnect }, hurries)
    }

    /// Begins or goes on with the orderly end. Whether that is done. `hurries` waits neither for room nor for the answer to Close.
    fn end_behind(&mut self, last: Last<'_>, hurries: bool) -> bool {
        self.flush();
        if self.ending == Ending::No {
            self.put_last(last.packets, last.more);
        }
        if matches!(self.ending, Ending::No | Ending::Close) {
            // A server that waits for us to take what it sends may read nothing meanwhile.
            self.receive_again();
            self.incoming.discard();
        }
        if self.ending == Ending::No && (last.packets.is_empty() || self.ended.is_some() || hurries) {
            self.say_close(last.disconnect);
        }
        // Nothing can follow close_notify.
        if self.ending == Ending::Close && (self.ended.is_some() || hurries) && !self.outgoing.is_blocked {
            self.outgoing.is_blocked = !self.socket.get_mut().end();
            if !self.outgoing.is_blocked {
                self.ending = Ending::Fin;
            }
        }
        if self.ending == Ending::Fin && self.has_server_ended() {
            self.ending = Ending::Done;
        }
        self.ending == Ending::Done
    }

    /// Whether the socket has taken all that was put before Close, and Close.
    pub fn has_sent_close(&self) -> bool {
        self.ending != Ending::No && !self.is_blocked() && self.socket.get_ref().write_error().is_none()
    }

    /// Takes packets until there are no more or the socket is full. Little is kept then, so that DISCONNECT has not much before it.
    fn put_last(&mut self, packets: &mut BytesMut, more: &mut dyn FnMut(&mut BytesMut)) {
        more(packets);
        while self.put_packets(packets) > 0 {
            more(packets);
            if packets.is_empty() {
                // They leave together with DISCONNECT and Close.
                return;
            }
            self.flush();
        }
    }

    fn say_close(&mut self, disconnect: Bytes) {
        self.outgoing.packet = BytesMut::new();
        if self.ended.is_none() {
            if !disconnect.is_empty() {
                self.send_packet(disconnect);
                log!(Debug, Stage::Disconnect, "DISCONNECT");
            }
            let sent = self.socket.close(Some(normal_close()));
            self.note(sent);
        }
        self.flush();
        self.ending = Ending::Close;
    }

    /// Whether the server has ended the connection too. What it still sends is dropped.
    fn has_server_ended(&mut self) -> bool {
        let mut rest = [0; 512];
        let stream = self.socket.get_mut();
        stream.allow_reads(READS);
        loop {
            match io::Read::read(stream, &mut rest) {
                Ok(0) => return true,
                Ok(_) => {}
                Err(error) => return error.kind() != ErrorKind::WouldBlock,
            }
        }
    }
}
