//! The bytes of a connection, as the faults of its network let them pass.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

use crate::connection::{Connection, Order};
use crate::network::{Behind, Passed, Permit, Way};

/// The bytes of a connection. Clones of the handle share one socket.
pub struct Stream {
    connection: Arc<Connection>,
    reading: Pauses,
    writing: Pauses,
}

/// What one direction waits for.
#[derive(Default)]
struct Pauses {
    sleep: Option<Pin<Box<Sleep>>>,
    yields: bool,
}

impl Pauses {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if let Some(sleep) = &mut self.sleep {
            ready!(sleep.as_mut().poll(cx));
            self.sleep = None;
        }
        if std::mem::take(&mut self.yields) {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(())
    }

    fn sleep(&mut self, duration: Duration) {
        self.sleep = Some(Box::pin(sleep(duration)));
    }

    fn follow(&mut self, behind: Behind, bytes: usize) {
        match behind {
            Behind::Nothing => {}
            Behind::Yield => self.yields = true,
            Behind::PauseForEach(time) => self.sleep(time * u32::try_from(bytes).unwrap_or(u32::MAX)),
        }
    }
}

/// How many bytes may pass now.
struct Piece {
    most: usize,
    flips: bool,
    behind: Behind,
}

impl Stream {
    /// The bytes of this connection.
    pub fn new(connection: Arc<Connection>) -> Stream {
        Stream { connection, reading: Pauses::default(), writing: Pauses::default() }
    }

    /// Waits for what the network has in the way; bytes are there.
    fn poll_piece(&mut self, way: Way, cx: &mut Context<'_>) -> Poll<Piece> {
        let connection = &self.connection;
        let pauses = match way {
            Way::Sent => &mut self.writing,
            Way::Received => &mut self.reading,
        };
        loop {
            ready!(pauses.poll(cx));
            let (most, flips, behind) = match connection.network.permit(way) {
                Permit::Free => (usize::MAX, false, Behind::Nothing),
                Permit::Most(most, behind) => (most, false, behind),
                Permit::Flip => (1, true, Behind::Nothing),
                Permit::Pause(duration) => {
                    pauses.sleep(duration);
                    continue;
                }
                Permit::Begins => {
                    connection.count("network_faults");
                    continue;
                }
                Permit::Order(order) => {
                    obey(connection, order);
                    return Poll::Pending;
                }
                // Who serves the connection is about to be dropped.
                Permit::Never => return Poll::Pending,
            };
            return Poll::Ready(Piece { most, flips, behind });
        }
    }
}

fn count(connection: &Connection, way: Way, bytes: usize) {
    match connection.passed(way, bytes) {
        Passed::Free => {}
        Passed::Flipped => connection.count("network_faults"),
        Passed::Order(order) => obey(connection, order),
    }
}

fn obey(connection: &Connection, order: Order) {
    connection.count("network_faults");
    connection.order(order);
}

impl AsyncRead for Stream {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let connection = self.connection.clone();
        ready!(self.reading.poll(cx));
        loop {
            ready!(connection.poll_bytes(cx))?;
            let piece = ready!(self.poll_piece(Way::Received, cx));
            let room = buf.initialize_unfilled_to(buf.remaining().min(piece.most));
            let had_room = !room.is_empty();
            match connection.socket.try_read(room) {
                Ok(n) => {
                    if n == 0 && had_room {
                        connection.saw("fin");
                    }
                    if let Some(first) = room.first_mut().filter(|_| piece.flips && n > 0) {
                        *first ^= 0xff;
                    }
                    buf.advance(n);
                    self.reading.follow(piece.behind, n);
                    count(&connection, Way::Received, n);
                    return Poll::Ready(Ok(()));
                }
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => {}
                Err(e) => {
                    connection.saw_error(&e);
                    return Poll::Ready(Err(e));
                }
            }
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let connection = self.connection.clone();
        let (cut, pause) = connection.write_cut();
        let piece = ready!(self.poll_piece(Way::Sent, cx));
        let buf = buf.get(..piece.most.min(cut)).unwrap_or(buf);
        let flipped: Vec<u8> = buf.iter().take(1).map(|byte| byte ^ 0xff).collect();
        let buf = if piece.flips { &flipped } else { buf };
        loop {
            ready!(connection.socket.poll_write_ready(cx))?;
            match connection.socket.try_write(buf) {
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => {}
                Err(e) => {
                    connection.saw_error(&e);
                    return Poll::Ready(Err(e));
                }
                Ok(n) => {
                    if !pause.is_zero() {
                        self.writing.sleep(pause);
                    }
                    self.writing.follow(piece.behind, n);
                    count(&connection, Way::Sent, n);
                    return Poll::Ready(Ok(n));
                }
            }
        }
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    /// Does nothing: `End` decides what becomes of the TCP connection.
    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
