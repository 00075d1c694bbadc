//! `cognito_client`.

use super::boundary;
use super::config::{CONFIGS, cognito_config, lock};
use super::failure::{FAILURES, Snapshot, cognito_failure};
use super::handle::{Kind, Table};
use super::provider::{PROVIDERS, cognito_provider};
use super::trace::{Steps, TRACES, cognito_trace};
use crate::client::Client;
use crate::credentials::Provider;
use crate::error::Failure;
use crate::execution::Wait;
use crate::status::Status;
use std::sync::Arc;

static CLIENTS: Table<Client> = Table::new(Kind::Client);

/// For wait_ms and timeout_ms: as long as it takes. A connect or disconnect is bounded by its own timeouts.
pub const COGNITO_WAIT_FOREVER: i32 = -1;

/// One MQTT session with AWS IoT Core, over WebSocket and TLS, authenticated with the credentials of a provider.
/// Any threads may use it at once. It has no thread of its own: it works while some thread is inside a call that
/// takes wait_ms or timeout_ms, and at no other time. The one exception is a name that getaddrinfo() resolves, on a
/// short-lived thread with every signal blocked; a name that is not resolved in time leaves that thread behind until
/// the resolver gives up.
pub struct cognito_client;

/// Makes a client. Does not touch the network.
///
/// @param config   Copied; may be changed or freed afterwards.
/// @param provider The source of credentials, which clients can share; or NULL to make one from the config.
/// @param out      Receives the client, or NULL. Free it with cognito_client_free().
/// @return COGNITO_STATUS_INVALID_CONFIG or COGNITO_STATUS_TRUST_STORE with the setting named in the last error;
///         COGNITO_STATUS_OUT_OF_RESOURCES when the system gives no descriptor; COGNITO_STATUS_FORKED when the provider
///         was made before fork().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cognito_client_new(
    config: *const cognito_config,
    provider: *const cognito_provider,
    out: *mut *mut cognito_client,
) -> Status {
    // SAFETY: the caller's promise about `out`.
    unsafe {
        boundary::construct("out", out, || {
            let config = lock(&*CONFIGS.get(config)?).clone();
            let provider = match provider.is_null() {
                true => Arc::new(Provider::new(config.cognito()?)?),
                false => Arc::clone(PROVIDERS.get(provider)?.provider()),
            };
            let dial = config.dial(provider.region())?;
            CLIENTS.insert(Arc::new(Client::new(dial, config.client()?, provider)?))
        })
    }
}

/// Connects: credentials, TCP, TLS, WebSocket upgrade, MQTT CONNECT, CONNACK. Begins if nothing is under way, and
/// waits for the outcome. With wait_ms 0 it begins, or carries on as far as it can, and returns at once.
/// Blocks for at most wait_ms and at most the connect timeout, each plus 100 ms, and for as long as a login or store callback
/// takes.
///
/// @param wait_ms Milliseconds, or COGNITO_WAIT_FOREVER to wait until the connect timeout.
/// @return COGNITO_STATUS_OK when connected, now or before; COGNITO_STATUS_IN_PROGRESS when wait_ms passed first:
///         call again to go on; COGNITO_STATUS_TIMED_OUT when the connect timeout passed; COGNITO_STATUS_CANCELLED by a
///         cancel, or by a disconnect or free of another thread; COGNITO_STATUS_INVALID_STATE while a disconnect is
///         under way; else why it failed, in full in cognito_client_failure().
#[unsafe(no_mangle)]
pub extern "C" fn cognito_client_connect(client: *mut cognito_client, wait_ms: i32) -> Status {
    boundary::status(|| CLIENTS.get(client)?.connect(wait("wait_ms", wait_ms)?))
}

/// Works on the session: receives, answers pings and keeps the session alive. Call it as long as the session is to
/// stay open, and at least three times in a keep-alive interval: PINGREQ goes out in the first call after an interval
/// of silence, and the server waits for one and a half. Returns early when the session ends or the call is cancelled.
/// Blocks for at most timeout_ms.
///
/// @param timeout_ms Milliseconds; 0 does what can be done without waiting; COGNITO_WAIT_FOREVER until the session
///                   ends or a cancel.
/// @return COGNITO_STATUS_OK when timeout_ms passed or another thread ended the session by a disconnect;
///         COGNITO_STATUS_INVALID_STATE when there is no session and no connect under way; COGNITO_STATUS_CANCELLED;
///         else why the session ended or the connect failed.
#[unsafe(no_mangle)]
pub extern "C" fn cognito_client_process(client: *mut cognito_client, timeout_ms: i32) -> Status {
    boundary::status(|| CLIENTS.get(client)?.process(wait("timeout_ms", timeout_ms)?))
}

/// Ends the session in order: MQTT DISCONNECT, WebSocket Close, TLS close_notify, FIN, and the server's end of it.
/// A connect under way is given up. With wait_ms 0 it begins, or carries on as far as it can, and returns at once.
/// Blocks for at most wait_ms, and at most 5 seconds, after which the connection is dropped.
///
/// @param wait_ms Milliseconds, or COGNITO_WAIT_FOREVER.
/// @return COGNITO_STATUS_OK when there is no session any more; COGNITO_STATUS_IN_PROGRESS when wait_ms passed
///         first: call again to go on; COGNITO_STATUS_CANCELLED by a cancel or free that came after it, which drops
///         the connection.
#[unsafe(no_mangle)]
pub extern "C" fn cognito_client_disconnect(client: *mut cognito_client, wait_ms: i32) -> Status {
    boundary::status(|| CLIENTS.get(client)?.disconnect(wait("wait_ms", wait_ms)?))
}

/// Ends every call of this client that waits, with COGNITO_STATUS_CANCELLED and within 100 ms, and gives up a connect
/// under way. When no call waits, the next one ends so, unless it is a disconnect. May be called by any thread and
/// in a signal handler: it takes no lock, allocates nothing, keeps errno and leaves the last error alone.
///
/// @return COGNITO_STATUS_INVALID_HANDLE when client is not a live handle.
#[unsafe(no_mangle)]
pub extern "C" fn cognito_client_cancel(client: *mut cognito_client) -> Status {
    match CLIENTS.pin(client) {
        Some(pinned) => {
            pinned.cancel();
            Status::Ok
        }
        None => Status::InvalidHandle,
    }
}

/// Whether the session is open, as far as the last call that worked on it knows. Does not block and does not look at
/// the network.
///
/// @return false also when client is not a live handle.
#[unsafe(no_mangle)]
pub extern "C" fn cognito_client_is_connected(client: *const cognito_client) -> bool {
    boundary::value(false, || Ok(CLIENTS.get(client)?.is_connected()))
}

/// Copies what is known about this client's last failure. Does not block.
///
/// @param out Receives the failure, or NULL. Its status is COGNITO_STATUS_OK when nothing has failed yet. Free it
///            with cognito_failure_free().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cognito_client_failure(
    client: *const cognito_client,
    out: *mut *mut cognito_failure,
) -> Status {
    // SAFETY: the caller's promise about `out`.
    unsafe {
        boundary::construct("out", out, || FAILURES.insert(Arc::new(Snapshot::of(CLIENTS.get(client)?.failure()))))
    }
}

/// Copies what this client's last connect did and when, or that under way up to now. Does not block.
///
/// @param out Receives the trace, or NULL. It has no steps when there was no connect yet. Free it with
///            cognito_trace_free().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cognito_client_trace(client: *const cognito_client, out: *mut *mut cognito_trace) -> Status {
    // SAFETY: the caller's promise about `out`.
    unsafe { boundary::construct("out", out, || TRACES.insert(Arc::new(Steps::of(CLIENTS.get(client)?.trace())))) }
}

/// Frees a client. Calls that wait on other threads end first, with COGNITO_STATUS_CANCELLED. An open session is told
/// DISCONNECT if that takes no waiting; call cognito_client_disconnect() before for an orderly end. Never waits for
/// the network; waits for a login or store callback that is running.
///
/// @param client A client, or NULL.
#[unsafe(no_mangle)]
pub extern "C" fn cognito_client_free(client: *mut cognito_client) {
    boundary::free(|| {
        if let Some(client) = CLIENTS.remove(client)? {
            client.close();
        }
        Ok(())
    });
}

pub(super) fn wait(field: &str, milliseconds: i32) -> Result<Wait, Failure> {
    match u64::try_from(milliseconds) {
        Ok(milliseconds) => Ok(Wait::AtMost(std::time::Duration::from_millis(milliseconds))),
        Err(_) if milliseconds == COGNITO_WAIT_FOREVER => Ok(Wait::Forever),
        Err(_) => {
            Err(Failure::argument(field, format!("is {milliseconds}; it may be 0 and above, or COGNITO_WAIT_FOREVER")))
        }
    }
}
