//! Run mode: a command with everything it needs in its environment.

use std::io;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::time::Duration;

use tokio::process::Command;
use tokio::time::sleep;

use crate::ready::Ready;
use crate::signals::{Signal, Signals};
use crate::sys;

/// How long a command may take to end after a forwarded signal.
const END_TIME: Duration = Duration::from_secs(10);

/// Runs the command and returns its exit code, 128 + n when signal n ended it.
pub async fn command(ready: &Ready, arguments: &[String], signals: &mut Signals) -> io::Result<u8> {
    let filled: Vec<String> = arguments.iter().map(|argument| ready.fill(argument)).collect();
    let Some((program, arguments)) = filled.split_first() else {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "no command"));
    };
    let mut command = Command::new(program);
    command.args(arguments).envs(ready.environment());
    sys::die_with_this_process(&mut command);
    let mut child = command.spawn()?;
    let mut forwarded = false;
    loop {
        tokio::select! {
            status = child.wait() => return status.map(exit_code),
            signal = signals.next() => {
                let signal = match signal {
                    Signal::Interrupt => libc::SIGINT,
                    Signal::Terminate => libc::SIGTERM,
                };
                // Asking twice is asking in earnest.
                let signal = if forwarded { libc::SIGKILL } else { signal };
                if let Some(id) = child.id() {
                    sys::send_signal(id, signal);
                }
                forwarded = true;
            }
            () = sleep(END_TIME), if forwarded => child.start_kill()?,
        }
    }
}

fn exit_code(status: ExitStatus) -> u8 {
    let code = match (status.code(), status.signal()) {
        (Some(code), _) => code,
        (None, Some(signal)) => 128 + signal,
        (None, None) => 1,
    };
    u8::try_from(code).unwrap_or(1)
}
