//! MQTT 3.1.1 and MQTT 5 without sockets: packets to bytes and back, and the rules of an open session.

pub mod codec;
mod error;
mod reason;
pub mod session;
pub mod topics;

pub use error::Error;
pub use reason::Reason;
