//! The few system calls that the standard library and Tokio do not offer in the form needed here, through libc.

#![allow(unsafe_code, reason = "system calls through libc")]

mod allocator;
mod boot_time;
mod epoll;
mod eventfd;
mod getaddrinfo;
mod random;
mod send;
mod signals;

pub use boot_time::boot_time;
pub use epoll::{Epoll, Interest, wait_for};
pub use eventfd::{EventFd, EventFdWatch};
pub use getaddrinfo::{ResolveError, getaddrinfo};
pub use random::random;
pub use send::send_vectored;
pub use signals::with_signals_blocked;
