//! The system calls that std does not offer. The only `unsafe` of this program.
#![allow(unsafe_code, reason = "prctl and getppid are called through libc")]

use std::io;

use tokio::process::Command;

/// The parent's process id.
pub fn parent() -> i32 {
    // SAFETY: takes nothing and cannot fail.
    unsafe { libc::getppid() }
}

/// Asks for SIGHUP when the parent, or only the parent's thread that started this process, ends.
pub fn signal_on_parent_end() -> io::Result<()> {
    set_parent_death_signal(libc::SIGHUP)
}

/// Makes the kernel end the command when this process ends in any way.
pub fn die_with_this_process(command: &mut Command) {
    let this = std::process::id();
    let before_exec = move || {
        set_parent_death_signal(libc::SIGKILL)?;
        // This process may have ended before the line above.
        if u32::try_from(parent()).ok() == Some(this) { Ok(()) } else { Err(io::Error::from_raw_os_error(libc::ESRCH)) }
    };
    // SAFETY: between fork and exec only prctl and getppid are called; neither allocates.
    unsafe {
        command.pre_exec(before_exec);
    }
}

/// Sends a signal to a process.
pub fn send_signal(process: u32, signal: i32) {
    if let Ok(process) = i32::try_from(process) {
        // SAFETY: has no memory effects; a process that is gone is an error that does not matter.
        unsafe { libc::kill(process, signal) };
    }
}

fn set_parent_death_signal(signal: i32) -> io::Result<()> {
    // SAFETY: PR_SET_PDEATHSIG takes a number and touches no memory.
    let result = unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, signal) };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}
