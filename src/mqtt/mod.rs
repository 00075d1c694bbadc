//! MQTT 3.1.1 without sockets: packets to bytes and back, and the rules of an open session.

pub mod codec;
mod error;
pub mod session;

pub use error::Error;

/// The cure for a CONNECT that the policy does not allow.
pub const NOT_ALLOWED: &str = "Allow iot:Connect for this client_id in the role's policy and, for an authenticated identity, \
    in an IoT policy attached to the identity";
