//! The few system calls that the standard library and Tokio do not offer in the form needed here, through libc.

#![allow(unsafe_code, reason = "system calls through libc")]

mod allocator;
mod clocks;
mod epoll;
mod eventfd;
mod fork;
mod getaddrinfo;
mod poll;
mod process_lock;
mod random;
mod send;
mod signals;
mod timerfd;

pub use clocks::{awake_time, boot_time};
pub use epoll::{Epoll, Interest};
pub use eventfd::{EventFd, EventFdWatch};
pub use fork::ProcessMark;
pub use getaddrinfo::{ResolveError, getaddrinfo};
pub use poll::wait_for;
pub use process_lock::{Guard, ProcessLock};
pub use random::random;
pub use send::send_vectored;
pub use signals::with_signals_blocked;
pub use timerfd::BootTimer;
