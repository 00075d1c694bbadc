//! The signals that end this program.

use std::io;

use tokio::signal::unix::{self, SignalKind};

use crate::sys;

/// Why to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// SIGINT.
    Interrupt,
    /// SIGTERM, SIGHUP, or the end of the parent.
    Terminate,
}

/// Waits for signals.
pub struct Signals {
    interrupt: unix::Signal,
    terminate: unix::Signal,
    hangup: unix::Signal,
    parent: Option<i32>,
}

impl Signals {
    /// Installs the handlers.
    pub fn new(die_with_parent: bool) -> io::Result<Signals> {
        let parent = sys::parent();
        let signals = Signals {
            interrupt: unix::signal(SignalKind::interrupt())?,
            terminate: unix::signal(SignalKind::terminate())?,
            hangup: unix::signal(SignalKind::hangup())?,
            parent: die_with_parent.then_some(parent),
        };
        if die_with_parent {
            sys::signal_on_parent_end()?;
            if sys::parent() != parent {
                return Err(io::Error::other("the parent process has ended"));
            }
        }
        Ok(signals)
    }

    /// The next signal that counts.
    pub async fn next(&mut self) -> Signal {
        loop {
            tokio::select! {
                _ = self.interrupt.recv() => return Signal::Interrupt,
                _ = self.terminate.recv() => return Signal::Terminate,
                _ = self.hangup.recv() => {
                    // The kernel also tells about the parent's thread that started this process:
                    // then the parent is still the same one.
                    if self.parent != Some(sys::parent()) {
                        return Signal::Terminate;
                    }
                }
            }
        }
    }
}
