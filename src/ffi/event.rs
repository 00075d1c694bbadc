//! `cognito_event`.

use super::boundary::UserData;
use super::client::cognito_client;
use super::failure::{FAILURES, Snapshot, cognito_failure};
use crate::client::{Event, EventKind, OnEvent};
use crate::status::Status;
use std::ffi::c_void;
use std::ptr::{null, null_mut, without_provenance, without_provenance_mut};
use std::sync::{Arc, OnceLock};

/// What becomes of a session: every COGNITO_EVENT_KIND_CONNECTING is followed by one COGNITO_EVENT_KIND_CONNECTED or
/// COGNITO_EVENT_KIND_CONNECT_FAILED, and every COGNITO_EVENT_KIND_CONNECTED by one COGNITO_EVENT_KIND_DISCONNECTED. Valid during the
/// callback only. Later versions may add members at the end.
#[repr(C)]
pub struct cognito_event {
    /// Which.
    pub kind: EventKind,
    /// Why a connect failed or a session ended; COGNITO_STATUS_OK for an end by cognito_client_disconnect() and for a
    /// planned one, which comes before AWS's limit of 24 hours.
    pub status: Status,
    /// The same in full, or NULL. It is freed after the callback.
    pub failure: *const cognito_failure,
    /// The number of the dial since the last session, from 1.
    pub attempt: u32,
    /// Whether the server has kept the session of an earlier connection. With COGNITO_EVENT_KIND_CONNECTED.
    pub session_present: bool,
    /// When the next dial begins, in milliseconds from now; -1 when there will be none.
    pub next_delay_ms: i64,
}

/// Told what becomes of a session, in order, on a thread that is inside a call of that client. Every call of this library
/// works in it, but one that would wait returns COGNITO_STATUS_IN_CALLBACK: give wait_ms 0. Must not throw or jump out.
///
/// @param event     Valid during the call only.
/// @param user_data As given to cognito_client_new().
pub type cognito_event_fn =
    Option<unsafe extern "C" fn(client: *mut cognito_client, event: *const cognito_event, user_data: *mut c_void)>;

/// The handle that callbacks are given, once it is known.
pub(super) type Handle = Arc<OnceLock<usize>>;

/// The callback of the application, if there is one.
pub(super) fn event_callback(function: cognito_event_fn, user_data: *mut c_void, handle: &Handle) -> Option<OnEvent> {
    let (function, user_data, handle) = (function?, UserData(user_data), Arc::clone(handle));
    Some(Box::new(move |event: &Event| {
        let failure = failure_token(event.failure.as_ref());
        let event = cognito_event {
            kind: event.kind,
            status: event.failure.as_ref().map_or(Status::Ok, |failure| failure.status),
            failure,
            attempt: event.attempt,
            session_present: event.session_present,
            next_delay_ms: event.next_delay.map_or(-1, |delay| i64::try_from(delay.as_millis()).unwrap_or(i64::MAX)),
        };
        // SAFETY: the application's promise about its function; `event` is valid for the call.
        unsafe { function(client_pointer(&handle), &raw const event, user_data.pointer()) };
        let _ = FAILURES.remove(failure);
    }))
}

/// A handle of a failure for the time of a callback.
pub(super) fn failure_token(failure: Option<&crate::error::Failure>) -> *const cognito_failure {
    let Some(failure) = failure else { return null() };
    let snapshot = Arc::new(Snapshot::of(Some(failure.clone())));
    FAILURES.insert(snapshot).map_or(null(), without_provenance)
}

/// The token as the pointer that it is to C.
pub(super) fn client_pointer(handle: &OnceLock<usize>) -> *mut cognito_client {
    handle.get().map_or(null_mut(), |token| without_provenance_mut(*token))
}
