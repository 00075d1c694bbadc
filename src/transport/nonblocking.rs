//! An open TLS connection that has left its runtime: rustls over a socket that never blocks. Reading and writing do not wait for
//! each other, so that two peers with full buffers do not lock each other out.

use super::TlsStream;
use crate::sys::send_vectored;
use rustls::ClientConnection;
use std::io::{self, ErrorKind, IoSlice, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::os::fd::{AsFd, BorrowedFd};

/// A TLS connection without a runtime.
pub struct NonBlocking {
    tls: ClientConnection,
    socket: NoSignal,
    /// How often the socket may still be read; what is inside TLS may be read always.
    reads_left: u32,
    /// Whether the socket had nothing more when it was last read.
    is_drained: bool,
    /// What writing has ended with. The other direction goes on until it ends too.
    write_error: Option<io::Error>,
}

/// A socket whose writes raise no SIGPIPE.
struct NoSignal(TcpStream);

impl Read for NoSignal {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer)
    }
}

impl Write for NoSignal {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_vectored(&[IoSlice::new(bytes)])
    }

    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        send_vectored(self.0.as_fd(), slices)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl NonBlocking {
    /// Must be called on the runtime that the connection was opened on.
    pub fn new(stream: TlsStream) -> io::Result<Self> {
        let (socket, tls) = stream.into_inner();
        let socket = NoSignal(socket.into_std()?);
        Ok(Self { tls, socket, reads_left: 0, is_drained: false, write_error: None })
    }

    /// Lets the socket be read this often.
    pub fn allow_reads(&mut self, reads: u32) {
        self.reads_left = reads;
        self.is_drained = false;
    }

    /// Whether the socket had nothing more when it was last read.
    pub fn is_drained(&self) -> bool {
        self.is_drained
    }

    /// What writing has ended with.
    pub fn write_error(&self) -> Option<&io::Error> {
        self.write_error.as_ref()
    }

    /// Ends our direction: close_notify and FIN. Whether that is done.
    pub fn end(&mut self) -> bool {
        self.tls.send_close_notify();
        if self.flush().is_err_and(|error| error.kind() == ErrorKind::WouldBlock) {
            return false;
        }
        let _ = self.socket.0.shutdown(Shutdown::Write);
        true
    }

    fn write_tls(&mut self) -> io::Result<()> {
        while self.write_error.is_none() && self.tls.wants_write() {
            match self.tls.write_tls(&mut self.socket) {
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Err(error),
                Err(error) => {
                    self.write_error = Some(error);
                }
            }
        }
        Ok(())
    }
}

impl AsFd for NonBlocking {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.0.as_fd()
    }
}

impl Read for NonBlocking {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.tls.reader().read(buffer) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                result => return result,
            }
            if self.reads_left == 0 {
                return Err(ErrorKind::WouldBlock.into());
            }
            self.reads_left -= 1;
            match self.tls.read_tls(&mut self.socket) {
                Err(error) if error.kind() == ErrorKind::Interrupted => self.reads_left += 1,
                Err(error) => {
                    self.is_drained = error.kind() == ErrorKind::WouldBlock;
                    return Err(error);
                }
                Ok(_) => {
                    let processed = self.tls.process_new_packets();
                    // An alert about what was wrong, or the answer to a key update.
                    let _ = self.write_tls();
                    processed.map_err(|error| io::Error::new(ErrorKind::InvalidData, error))?;
                }
            }
        }
    }
}

impl Write for NonBlocking {
    /// Takes no more while the socket is full. What is written after an error goes nowhere.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_tls()?;
        let mut written = 0;
        // TLS takes a large packet in parts. What the socket does not take now stays inside TLS.
        while let (None, Some(rest @ [_, ..])) = (&self.write_error, bytes.get(written..)) {
            let taken = self.tls.writer().write(rest)?;
            written += taken;
            if taken == 0 || self.write_tls().is_err() {
                break;
            }
        }
        Ok(if self.write_error.is_some() { bytes.len() } else { written })
    }

    fn flush(&mut self) -> io::Result<()> {
        self.write_tls()
    }
}
