//! Cognito Connect: from an Amazon Cognito identity to an open MQTT session on AWS IoT Core, behind a C API.
//!
//! ```text
//! ffi          the C API: handles, status, last error. One file per C type
//!  ├ client    an MQTT session that stays up (cognito_client): phases, who drives them, what the application is told
//!  ├ stream    an authenticated byte stream for other MQTT libraries (cognito_transport)
//!  ├ fetching  credentials and signed URLs for other SDKs (cognito_provider)
//!  │  ├ dial          from settings to an open WebSocket: both connections at once, one deadline, why AWS refuses
//!  │  └ execution     the runtime of a handle: who is inside its calls, and what ends them
//!  ├ credentials   identity or pool -> temporary AWS credentials (provider, one fetch for all, requests, HTTP connector)
//!  ├ signing       credentials -> presigned wss:// URL. Pure
//!  ├ transport     DNS, proxy, TCP, TLS, WebSocket -> a stream of MQTT packets
//!  └ mqtt          packets, topics, and the rules of a session. No sockets
//! ```
//!
//! A connect, from top to bottom: [`ffi::cognito_client_connect`] -> `client::Client::connect` -> `client::drive` ->
//! `client::dialing` -> `dial::Dial::run` -> `credentials::Provider::credentials` beside `transport::Dialer::open` -> `signing::presign` ->
//! `transport::websocket::upgrade` -> `client::traffic` (CONNECT, CONNACK, and the session).
//!
//! A dial runs on a Tokio current-thread runtime of its handle, while some thread of the application is inside a call and at no
//! other time. A stream or session that is open needs no runtime (docs/adr/0010 and 0011). Nothing here starts a thread, but for
//! `getaddrinfo` (see `transport::dns`) and `cognito_client_start`.
//!
//! `names`, `config`, `status`, `error`, `features`, `log`, `callback`, `clock`, `trace`, `boxed` and `sys` (system calls) serve all layers.
//! `unsafe` lives in `ffi` and `sys` only.

#![cfg_attr(
    feature = "fuzzing",
    allow(missing_docs, clippy::new_without_default, reason = "what is reached for fuzzing is not for users")
)]

/// Where a build for tests can be made to panic.
macro_rules! may_panic {
    ($place:expr) => {
        #[cfg(planted_panic)]
        $crate::planted::pass($place);
    };
}

pub mod ffi;

mod boxed;
mod callback;
mod client;
mod clock;
mod config;
mod credentials;
mod dial;
mod error;
mod execution;
mod features;
mod fetching;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
mod log;
mod mqtt;
mod names;
#[cfg(planted_panic)]
mod planted;
mod signing;
mod status;
mod stream;
mod sys;
mod trace;
mod transport;

pub use error::Stage;
pub use status::Status;
