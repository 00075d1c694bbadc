//! The C API. One file per C type; every pointer is touched in [`boundary`] and nowhere else.
//!
//! Comments on exported items are for the C reader: cbindgen copies them into `include/cognito_connect.h`.

#![allow(unsafe_code, reason = "the C border: pointers from the application are read and written here only")]
#![allow(clippy::missing_safety_doc, reason = "the comments are for C: they state what each pointer must be")]
#![allow(non_camel_case_types, reason = "the names of the C header")]

mod boundary;
mod client;
mod config;
mod coremqtt;
mod credentials;
mod event;
mod failure;
mod handle;
mod identity;
mod log;
mod message;
#[cfg(planted_panic)]
mod planted;
mod properties;
mod provider;
mod session;
mod signed_url;
mod status;
mod trace;
mod transport;
mod version;
mod wait;

pub use client::*;
pub use config::*;
pub use coremqtt::*;
pub use credentials::*;
pub use event::*;
pub use failure::*;
pub use identity::*;
pub use log::*;
pub use message::*;
pub use properties::*;
pub use provider::*;
pub use session::*;
pub use signed_url::*;
pub use status::*;
pub use trace::*;
pub use transport::*;
pub use version::*;
pub use wait::*;
