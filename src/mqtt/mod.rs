//! MQTT 3.1.1 without sockets: packets to bytes and back, and the rules of an open session.

pub mod codec;
mod error;
pub mod session;
pub mod topics;

pub use error::Error;
