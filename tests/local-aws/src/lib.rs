//! Amazon Cognito Identity and AWS IoT Core on this machine, as the peer of tests.
//!
//! `start` binds all ports and serves them in the background:
//!
//! - `cognito` answers `GetId` and `GetCredentialsForIdentity` over HTTPS;
//! - `iot` checks the signed upgrade (`sigv4`), `session` bridges the WebSocket to an MQTT `broker`;
//! - `proxy` is an HTTP CONNECT proxy in front of both;
//! - `control` switches `faults` on and hands out counters and `events`.
//!
//! Every accepted socket is a `connection`, which knows how the peer ended it and can itself end in
//! every way. `README.md` lists options, faults, counters and control verbs.

mod answers;
mod broker;
mod certificates;
pub mod clock;
mod cognito;
mod connection;
mod control;
pub mod credentials;
mod cutting;
mod echo;
mod events;
mod faults;
mod frames;
pub mod http;
pub mod identities;
mod insertions;
mod iot;
pub mod mqtt;
mod network;
pub mod options;
mod proxy;
pub mod random;
pub mod ready;
pub mod resends;
pub mod run;
mod secrets;
mod session;
mod sessions;
pub mod signals;
pub mod sigv4;
mod start;
mod state;
mod stream;
mod sys;
mod tls;
pub mod websocket;
mod written;

pub use start::{Running, start};
