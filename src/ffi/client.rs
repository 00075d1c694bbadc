//! `cognito_client`.

use super::boundary;
use super::config::{CONFIGS, cognito_config, lock};
use super::event::{cognito_event_fn, event_callback};
use super::failure::{FAILURES, Snapshot, cognito_failure};
use super::handle::{Kind, Table};
use super::provider::{PROVIDERS, cognito_provider};
use super::trace::{Steps, TRACES, cognito_trace};
use super::wait::wait;
use crate::client::Client;
use crate::credentials::Provider;
use crate::features::TRACE;
use crate::status::Status;
use std::ffi::c_void;
use std::os::fd::RawFd;
use std::sync::{Arc, OnceLock};

pub(super) static CLIENTS: Table<Client> = Table::new(Kind::Client);

/// One MQTT session with AWS IoT Core, over WebSocket and TLS, authenticated with the credentials of a provider.
/// Any threads may use it at once. It has no thread of its own: it works while some thread is inside a call that
/// takes wait_ms or timeout_ms, and at no other time. The one exception is a name that getaddrinfo() resolves, on a
/// short-lived thread with every signal blocked; a name that is not resolved in time leaves that thread behind until
/// the resolver gives up.
pub struct cognito_client;

/// Makes a client. Does not touch the network.
///
/// @param config    Copied; may be changed or freed afterwards.
/// @param provider  The source of credentials, which clients can share; or NULL to make one from the config.
/// @param on_event  Told what becomes of the session, or NULL.
/// @param user_data Handed to on_event.
/// @param out       Receives the client, or NULL. Free it with cognito_client_free().
/// @return COGNITO_STATUS_INVALID_CONFIG or COGNITO_STATUS_TRUST_STORE with the setting named in the last error;
///         COGNITO_STATUS_OUT_OF_RESOURCES when the system gives no descriptor; COGNITO_STATUS_FORKED when the provider
///         was made before fork().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cognito_client_new(
    config: *const cognito_config,
    provider: *const cognito_provider,
    on_event: cognito_event_fn,
    user_data: *mut c_void,
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
            let handle = Arc::new(OnceLock::new());
            let on_event = event_callback(on_event, user_data, &handle);
            let token = CLIENTS.insert(Arc::new(Client::new(dial, config.client()?, provider, on_event)?))?;
            // No callback runs before a call of this handle.
            let _ = handle.set(token);
            Ok(token)
        })
    }
}

/// Connects: credentials, TCP, TLS, WebSocket upgrade, MQTT CONNECT, CONNACK. Begins if nothing is under way, and
/// waits for the outcome. Once connected, a session that is lost is dialled for again until cognito_client_disconnect(),
/// unless cognito_config_set_reconnect_ms() says otherwise; during such a delay this call dials at once. With wait_ms 0 it begins, or carries on as far as it can, and returns at once.
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

/// Works on the session: receives, sends, keeps it alive, connects again after a loss, and runs the callbacks. Call it as long as
/// the session is to stay open, and at least three times in a keep-alive interval: PINGREQ goes out in the first call after an
/// interval of silence, and the server waits for one and a half. Any number of threads may do so, beside others that wait for
/// requests of their own; the callbacks run on one of them at a time. Blocks for at most timeout_ms, and for as long as
/// callbacks take.
///
/// @param timeout_ms Milliseconds; 0 does what can be done without waiting; COGNITO_WAIT_FOREVER until the session has ended
///                   for good or a cancel.
/// @return COGNITO_STATUS_OK when timeout_ms passed or the session was ended by a disconnect, and also while a lost session is
///         dialled for again; COGNITO_STATUS_INVALID_STATE when nothing is open or under way; COGNITO_STATUS_CANCELLED; else
///         why the session has ended for good or the connect failed.
#[unsafe(no_mangle)]
pub extern "C" fn cognito_client_process(client: *mut cognito_client, timeout_ms: i32) -> Status {
    boundary::status(|| CLIENTS.get(client)?.process(wait("timeout_ms", timeout_ms)?))
}

/// Starts a thread that processes, for an application that has none for it; unless it is there already. It has every signal
/// blocked, and ends with cognito_client_stop() or cognito_client_free(). It is the only thread that this library starts on
/// its own account. Callbacks run on it, or on a thread that waits in another call.
#[unsafe(no_mangle)]
pub extern "C" fn cognito_client_start(client: *mut cognito_client) -> Status {
    boundary::status(|| CLIENTS.get(client)?.start())
}

/// Ends that thread, and waits for it and for a callback that it is inside. Called in a callback, of this client or of another, it
/// does not wait. The session stays as it is. Does nothing when there is no such thread.
#[unsafe(no_mangle)]
pub extern "C" fn cognito_client_stop(client: *mut cognito_client) -> Status {
    boundary::status(|| CLIENTS.get(client)?.stop())
}

/// The descriptor for an application's event loop: readable when cognito_client_process() with timeout_ms 0 has something to
/// do. It is the same for as long as the client lives, across reconnects, and silent after a cognito_client_process() that
/// found nothing more. Poll it for reading, level-triggered, for at most cognito_client_next_timeout_ms(). It is the
/// client's: do not read it and do not close it. Does not block.
///
/// @return A descriptor, or a negative cognito_status.
#[unsafe(no_mangle)]
pub extern "C" fn cognito_client_fd(client: *mut cognito_client) -> RawFd {
    boundary::number(|| CLIENTS.get(client)?.fd())
}

/// When an event loop has to call cognito_client_process() though the descriptor is silent. It changes with every call of
/// this client: ask again before each wait. Does not block.
///
/// @return Milliseconds from now; 0 for at once; -1, which poll() and epoll_wait() take for ever, when nothing is due.
#[unsafe(no_mangle)]
pub extern "C" fn cognito_client_next_timeout_ms(client: *const cognito_client) -> i32 {
    boundary::value(-1, || {
        let due = CLIENTS.get(client)?.next_timeout_ms()?;
        Ok(due.map_or(-1, |due| i32::try_from(due).unwrap_or(i32::MAX)))
    })
}

/// Ends the session in order: MQTT DISCONNECT, WebSocket Close, TLS close_notify, FIN, and the server's end of it.
/// A connect under way is given up, and nothing is dialled for again. What was accepted before is sent before, as far as the
/// connection takes it within 3 seconds, and DISCONNECT behind it in any case; requests that are not done then end with
/// COGNITO_STATUS_WITHDRAWN or COGNITO_STATUS_OUTCOME_UNKNOWN. Subscriptions are kept, and made with the next connect. With wait_ms 0 it begins, or carries on as far as it can, and returns at once.
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
        boundary::construct("out", out, || FAILURES.insert(Arc::new(Snapshot::of(CLIENTS.get(client)?.failure()?))))
    }
}

/// Copies what this client's last connect did and when, or that under way up to now. Does not block.
///
/// @param out Receives the trace, or NULL. It has no steps when there was no connect yet. Free it with
///            cognito_trace_free().
/// @return COGNITO_STATUS_NOT_BUILT in a build without the trace.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cognito_client_trace(client: *const cognito_client, out: *mut *mut cognito_trace) -> Status {
    // SAFETY: the caller's promise about `out`.
    unsafe {
        boundary::construct("out", out, || {
            TRACE.required()?;
            TRACES.insert(Arc::new(Steps::of(CLIENTS.get(client)?.trace()?)))
        })
    }
}

/// Frees a client. Calls that wait on other threads end first, with COGNITO_STATUS_CANCELLED. An open session is told
/// DISCONNECT if that takes no waiting; call cognito_client_disconnect() before for an orderly end. The event of the end and
/// the completions of what was under way are delivered first, on this thread; afterwards no callback runs. Never waits for the
/// network; waits for a callback that is running.
///
/// Inside an event, message or completion callback, of this client or of another, it does not wait: no further call of the client
/// succeeds, and the event of the end and the completions are delivered when the callback has returned, on this thread or on
/// another that was inside a call of the client. The data of all callbacks (user_data) has to live until the outermost callback of
/// this thread and the call around it have returned; that call waits for the other threads. Inside a callback on the thread of
/// cognito_client_start(), it has to live until that thread has ended.
///
/// @param client A client, or NULL.
#[unsafe(no_mangle)]
pub extern "C" fn cognito_client_free(client: *mut cognito_client) {
    boundary::free(|| {
        if let Some(client) = CLIENTS.remove(client)? {
            client.free();
        }
        Ok(())
    });
}
