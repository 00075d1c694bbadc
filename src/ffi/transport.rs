//! `cognito_transport`.

use super::boundary;
use super::config::{CONFIGS, cognito_config, lock};
use super::failure::{FAILURES, Snapshot, cognito_failure};
use super::handle::{Kind, Table};
use super::provider::{PROVIDERS, cognito_provider};
use super::trace::{Steps, TRACES, cognito_trace};
use super::wait::wait;
use crate::credentials::Provider;
use crate::features::TRACE;
use crate::status::Status;
use crate::stream::Stream;
use std::ffi::c_void;
use std::sync::Arc;

static TRANSPORTS: Table<Stream> = Table::new(Kind::Transport);

/// POSIX's.
pub type iovec = libc::iovec;

/// An authenticated byte stream to AWS IoT Core that carries MQTT, for an application with an MQTT library of its own:
/// WebSocket over TLS, with the credentials of a provider. Any threads may use it at once; one may receive while another
/// sends. It has no thread of its own, but for getaddrinfo() as cognito_client.
///
/// The way out: send and writev collect bytes into whole MQTT packets, however they are cut, and send each packet in one
/// WebSocket frame of its own. The way in: an MQTT packet shows only when the whole of it is there, so that a library that
/// reads the length of a packet byte by byte never waits in the middle. Packets may have up to 256 KiB in both directions.
/// Keep-alive is the application's, by MQTT's PINGREQ; pings of the WebSocket are answered inside recv.
pub struct cognito_transport;

/// Makes a transport from the endpoint, port, signing region, connect timeout, proxy and trust of a config. It needs no
/// client_id; hints name one that is set. Does not touch the network.
///
/// @param config   Copied; may be changed or freed afterwards.
/// @param provider The source of credentials, which clients and transports can share; or NULL to make one from the config.
/// @param out      Receives the transport, or NULL. Free it with cognito_transport_free().
/// @return COGNITO_STATUS_INVALID_CONFIG or COGNITO_STATUS_TRUST_STORE with the setting named in the last error;
///         COGNITO_STATUS_FORKED when the provider was made before fork().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cognito_transport_new(
    config: *const cognito_config,
    provider: *const cognito_provider,
    out: *mut *mut cognito_transport,
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
            TRANSPORTS.insert(Arc::new(Stream::new(dial, config.client_id, provider)?))
        })
    }
}

/// Opens the stream: credentials, TCP, TLS, WebSocket upgrade. Begins if nothing is open or under way, and waits for the
/// outcome. After a loss it opens a new connection, with a new signature and fresh credentials where they are needed. With
/// wait_ms 0 it begins, or carries on as far as it can, and returns at once: call it again within half a second to go on.
/// Blocks for at most wait_ms and at most the connect timeout, each plus 100 ms, and for as long as a login or store callback
/// takes.
///
/// @param wait_ms Milliseconds, or COGNITO_WAIT_FOREVER to wait until the connect timeout.
/// @return COGNITO_STATUS_OK when open, now or before; COGNITO_STATUS_IN_PROGRESS when wait_ms passed first: call again to
///         go on; COGNITO_STATUS_TIMED_OUT when the connect timeout passed; COGNITO_STATUS_CANCELLED by a cancel, or by a
///         close or free of another thread; COGNITO_STATUS_INVALID_STATE while a close is under way; else why it failed, in
///         full in cognito_transport_failure().
#[unsafe(no_mangle)]
pub extern "C" fn cognito_transport_open(transport: *mut cognito_transport, wait_ms: i32) -> Status {
    boundary::status(|| TRANSPORTS.get(transport)?.open(wait("wait_ms", wait_ms)?))
}

/// Ends every open and close of this transport that waits, with COGNITO_STATUS_CANCELLED and within 100 ms, and gives up an
/// open under way. When none waits, the next open ends so. May be called by any thread and in a signal handler: it takes no
/// lock, allocates nothing, keeps errno and leaves the last error alone.
///
/// @return COGNITO_STATUS_INVALID_HANDLE when transport is not a live handle.
#[unsafe(no_mangle)]
pub extern "C" fn cognito_transport_cancel(transport: *mut cognito_transport) -> Status {
    match TRANSPORTS.pin(transport) {
        Some(pinned) => {
            pinned.cancel();
            Status::Ok
        }
        None => Status::InvalidHandle,
    }
}

/// Whether the stream is open, as far as the last call that worked on it knows. Does not block and does not look at the
/// network.
///
/// @return false also when transport is not a live handle.
#[unsafe(no_mangle)]
pub extern "C" fn cognito_transport_is_open(transport: *const cognito_transport) -> bool {
    boundary::value(false, || Ok(TRANSPORTS.get(transport)?.is_open()))
}

/// Receives bytes of whole MQTT packets: those that are there, up to buffer_len. A packet that is longer than the buffer
/// comes in parts, without a 0 between them. Sends what send left over, and answers pings of the WebSocket. Never blocks.
///
/// @param buffer_len Bytes. Values above INT32_MAX count as INT32_MAX.
/// @return The number of bytes; 0 when there is nothing now, and never because of an end; a negative cognito_status when the
///         stream has ended or is not open, which stays so until cognito_transport_open(). What came before an end is given
///         before it is said.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cognito_transport_recv(
    transport: *mut cognito_transport,
    buffer: *mut c_void,
    buffer_len: usize,
) -> i32 {
    // SAFETY: the caller's promise about `buffer`.
    boundary::count(|| TRANSPORTS.get(transport)?.recv(unsafe { boundary::buffer("buffer", buffer, buffer_len) }?))
}

/// Takes bytes of MQTT packets, in whatever pieces. What it takes goes out at once when a packet is whole and the socket has
/// room; the rest goes out with the next recv, send or writev. Never blocks.
///
/// @param bytes_len Bytes. Values above INT32_MAX count as INT32_MAX.
/// @return The number of bytes that were taken, which may be fewer than given; 0 when none, because the socket is full; a
///         negative cognito_status as in cognito_transport_recv(), and COGNITO_STATUS_INVALID_ARGUMENT when the bytes are no
///         MQTT packet or one of more than 256 KiB, which ends the stream too.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cognito_transport_send(
    transport: *mut cognito_transport,
    bytes: *const c_void,
    bytes_len: usize,
) -> i32 {
    boundary::count(|| {
        // SAFETY: the caller's promise about `bytes`.
        let bytes = unsafe { boundary::bytes("bytes", bytes, bytes_len) }?;
        TRANSPORTS.get(transport)?.send(std::iter::once(bytes))
    })
}

/// As cognito_transport_send(), for bytes in several places, as writev(2).
///
/// @param iov       The pieces, in order.
/// @param iov_count How many there are. No more than 1024 are looked at, and no more than INT32_MAX bytes.
/// @return As cognito_transport_send().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cognito_transport_writev(
    transport: *mut cognito_transport,
    iov: *const iovec,
    iov_count: usize,
) -> i32 {
    boundary::count(|| {
        // SAFETY: the caller's promise about `iov`.
        let pieces = unsafe { boundary::pieces("iov", iov, iov_count) }?;
        TRANSPORTS.get(transport)?.send(pieces.into_iter())
    })
}

/// A descriptor for poll(), select() or epoll: it becomes readable when recv has something or may have, when output that
/// waited can go on, and when the stream has ended. Call recv until it returns 0 then; the descriptor is quiet from there on
/// until something new comes. It knows nothing of what an MQTT library has received and not looked at yet. It stays the same
/// across reconnects, and is quiet while an open is under way. Wait for it to be readable only; do not read, write or close
/// it. Does not block.
///
/// @return The descriptor, owned by the transport until it is freed and made when it is first asked for;
///         COGNITO_STATUS_OUT_OF_RESOURCES when the system gives none; COGNITO_STATUS_INVALID_HANDLE.
#[unsafe(no_mangle)]
pub extern "C" fn cognito_transport_fd(transport: *mut cognito_transport) -> i32 {
    boundary::count(|| {
        let fd = TRANSPORTS.get(transport)?.fd()?;
        Ok(usize::try_from(fd).unwrap_or_default())
    })
}

/// Ends the stream in order: what waits to go out, WebSocket Close, TLS close_notify, FIN, and the server's end of it. MQTT's
/// DISCONNECT is the application's: a stream that is closed without it has the server publish the client's will. An open
/// under way is given up. With wait_ms 0 it begins, or carries on as far as it can, and returns at once.
/// Blocks for at most wait_ms, and at most 5 seconds, after which the connection is dropped.
///
/// @param wait_ms Milliseconds, or COGNITO_WAIT_FOREVER.
/// @return COGNITO_STATUS_OK when nothing is open any more; COGNITO_STATUS_IN_PROGRESS when wait_ms passed first: call again
///         to go on; COGNITO_STATUS_CANCELLED by a cancel or free that came after it, which drops the connection.
#[unsafe(no_mangle)]
pub extern "C" fn cognito_transport_close(transport: *mut cognito_transport, wait_ms: i32) -> Status {
    boundary::status(|| TRANSPORTS.get(transport)?.close(wait("wait_ms", wait_ms)?))
}

/// Copies what is known about this transport's last failure. Does not block.
///
/// @param out Receives the failure, or NULL. Its status is COGNITO_STATUS_OK when nothing has failed yet. Free it
///            with cognito_failure_free().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cognito_transport_failure(
    transport: *const cognito_transport,
    out: *mut *mut cognito_failure,
) -> Status {
    // SAFETY: the caller's promise about `out`.
    unsafe {
        boundary::construct("out", out, || {
            FAILURES.insert(Arc::new(Snapshot::of(TRANSPORTS.get(transport)?.failure())))
        })
    }
}

/// Copies what this transport's last open did and when, or that under way up to now. Does not block.
///
/// @param out Receives the trace, or NULL. It has no steps when there was no open yet. Free it with cognito_trace_free().
/// @return COGNITO_STATUS_NOT_BUILT in a build without the trace.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cognito_transport_trace(
    transport: *const cognito_transport,
    out: *mut *mut cognito_trace,
) -> Status {
    // SAFETY: the caller's promise about `out`.
    unsafe {
        boundary::construct("out", out, || {
            TRACE.required()?;
            TRACES.insert(Arc::new(Steps::of(TRANSPORTS.get(transport)?.trace())))
        })
    }
}

/// Frees a transport. Calls that wait on other threads end first, with COGNITO_STATUS_CANCELLED. The server is told Close if
/// that takes no waiting; call cognito_transport_close() before for an orderly end. Never waits for the network; waits for a
/// login or store callback that is running.
///
/// @param transport A transport, or NULL.
#[unsafe(no_mangle)]
pub extern "C" fn cognito_transport_free(transport: *mut cognito_transport) {
    boundary::free(|| {
        if let Some(transport) = TRANSPORTS.remove(transport)? {
            transport.free();
        }
        Ok(())
    });
}
