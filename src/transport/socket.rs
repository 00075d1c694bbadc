//! A TCP socket that never raises SIGPIPE.

use super::close_notify::CloseNotify;
use crate::sys::send_vectored;
use std::io::{self, IoSlice};
use std::os::fd::AsFd;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncWrite, Interest, ReadBuf};
use tokio::net::TcpStream;

/// Tokio's stream, but for writing: its vectored write is writev(2), which raises SIGPIPE on a connection that was reset, and
/// the default disposition of that ends the application.
pub struct Socket {
    stream: TcpStream,
    handshake: Option<Handshake>,
}

/// What is looked at while TLS begins.
#[derive(Default)]
struct Handshake {
    close_notify: CloseNotify,
    is_closed: bool,
}

impl Socket {
    pub fn new(stream: TcpStream) -> Self {
        Self { stream, handshake: None }
    }

    /// From here to [`Socket::end_handshake`] a close_notify ends what is read.
    pub fn begin_handshake(&mut self) {
        self.handshake = Some(Handshake::default());
    }

    pub fn end_handshake(&mut self) {
        self.handshake = None;
    }

    /// Takes it off its runtime. It never blocks.
    pub fn into_std(self) -> io::Result<std::net::TcpStream> {
        self.stream.into_std()
    }
}

impl AsyncRead for Socket {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.handshake.as_ref().is_some_and(|handshake| handshake.is_closed) {
            return Poll::Ready(Ok(()));
        }
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(cx, buffer))?;
        if let Some(handshake) = &mut self.handshake {
            handshake.is_closed = handshake.close_notify.is_in(buffer.filled().get(before..).unwrap_or_default());
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Socket {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.poll_write_vectored(cx, &[IoSlice::new(bytes)])
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        loop {
            ready!(self.stream.poll_write_ready(cx))?;
            match self.stream.try_io(Interest::WRITABLE, || send_vectored(self.stream.as_fd(), slices)) {
                Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted) => {}
                result => return Poll::Ready(result),
            }
        }
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
