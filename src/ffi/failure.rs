//! `cognito_failure`.

use super::boundary::{self, c_string};
use super::handle::{Kind, Table};
use super::provider::COGNITO_CLOCK_OFFSET_UNKNOWN;
use crate::error::{Failure, Stage};
use crate::status::Status;
use std::ffi::{CString, c_char};
use std::sync::Arc;

pub(super) static FAILURES: Table<Snapshot> = Table::new(Kind::Failure);

/// Everything that is known about one failure: where it happened, what AWS said about it and what to do.
/// A snapshot that never changes; any threads may read it at once. Its strings live until it is freed.
pub struct cognito_failure;

/// A failure with its strings in C's form.
pub struct Snapshot {
    status: Status,
    stage: Stage,
    http_status: u16,
    reason_code: Option<u8>,
    reason_string: CString,
    message: CString,
    hint: CString,
    aws_error_type: CString,
    aws_message: CString,
    aws_request_id: CString,
    identity: CString,
    clock_offset_ms: i64,
}

impl Snapshot {
    pub(super) fn of(failure: Option<Failure>) -> Self {
        let failure = failure.unwrap_or_else(|| Failure::new(Status::Ok, Stage::None, ""));
        let aws = failure.aws.unwrap_or_default();
        let device = failure.device.unwrap_or_default();
        Self {
            status: failure.status,
            stage: failure.stage,
            http_status: aws.http_status,
            reason_code: failure.mqtt.as_ref().map(|reason| reason.code),
            reason_string: c_string(failure.mqtt.as_ref().map_or("", |reason| &reason.text)),
            message: c_string(&failure.message),
            hint: c_string(&failure.hint),
            aws_error_type: c_string(&aws.error_type),
            aws_message: c_string(&aws.message),
            aws_request_id: c_string(&aws.request_id),
            identity: c_string(&device.identity),
            clock_offset_ms: device.clock_offset_ms.unwrap_or(COGNITO_CLOCK_OFFSET_UNKNOWN),
        }
    }
}

/// Copies what is known about the last failing call of the calling thread, whatever handle it was of. Does not block.
/// A call that succeeds leaves it as it is, and so does one that returns COGNITO_STATUS_IN_PROGRESS.
///
/// @param out Receives the failure, or NULL. Its status is COGNITO_STATUS_OK when no call of this thread has failed
///            yet. Free it with cognito_failure_free().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cognito_last_failure(out: *mut *mut cognito_failure) -> Status {
    // SAFETY: the caller's promise about `out`.
    unsafe { boundary::construct("out", out, || FAILURES.insert(Arc::new(Snapshot::of(boundary::last_failure())))) }
}

/// The status that the failing call returned.
///
/// @return A cognito_status: COGNITO_STATUS_OK when nothing had failed yet, COGNITO_STATUS_INVALID_HANDLE when
///         failure is not a live handle.
#[unsafe(no_mangle)]
pub extern "C" fn cognito_failure_status(failure: *const cognito_failure) -> Status {
    boundary::told_status(|| Ok(FAILURES.get(failure)?.status))
}

/// The stage that failed.
///
/// @return A cognito_stage; COGNITO_STAGE_NONE when failure is not a live handle.
#[unsafe(no_mangle)]
pub extern "C" fn cognito_failure_stage(failure: *const cognito_failure) -> Stage {
    boundary::value(Stage::None, || Ok(FAILURES.get(failure)?.stage))
}

/// What happened, in one line of UTF-8.
///
/// @return Owned by the failure. Never NULL.
#[unsafe(no_mangle)]
pub extern "C" fn cognito_failure_message(failure: *const cognito_failure) -> *const c_char {
    text(failure, |failure| &failure.message)
}

/// What to do about it, in one line of UTF-8.
///
/// @return Owned by the failure. Never NULL; empty when there is nothing to advise.
#[unsafe(no_mangle)]
pub extern "C" fn cognito_failure_hint(failure: *const cognito_failure) -> *const c_char {
    text(failure, |failure| &failure.hint)
}

/// The HTTP status of the refusal by Cognito, IoT Core or the proxy.
///
/// @return 0 when there was no HTTP answer.
#[unsafe(no_mangle)]
pub extern "C" fn cognito_failure_http_status(failure: *const cognito_failure) -> i32 {
    boundary::value(0, || Ok(FAILURES.get(failure)?.http_status.into()))
}

/// The code with which the MQTT server refused or ended: MQTT 5's reason code in CONNACK, PUBACK, SUBACK, UNSUBACK or
/// DISCONNECT, or MQTT 3.1.1's return code in CONNACK or SUBACK.
///
/// @return -1 when the server gave none.
#[unsafe(no_mangle)]
pub extern "C" fn cognito_failure_reason_code(failure: *const cognito_failure) -> i32 {
    boundary::value(-1, || Ok(FAILURES.get(failure)?.reason_code.map_or(-1, i32::from)))
}

/// The reason string of MQTT 5 that came with cognito_failure_reason_code(), as the server sent it.
///
/// @return Owned by the failure. Never NULL; empty when the server sent none.
#[unsafe(no_mangle)]
pub extern "C" fn cognito_failure_reason_string(failure: *const cognito_failure) -> *const c_char {
    text(failure, |failure| &failure.reason_string)
}

/// AWS's error type, such as "ResourceNotFoundException", as AWS sent it.
///
/// @return Owned by the failure. Never NULL; empty when AWS sent none.
#[unsafe(no_mangle)]
pub extern "C" fn cognito_failure_aws_error_type(failure: *const cognito_failure) -> *const c_char {
    text(failure, |failure| &failure.aws_error_type)
}

/// AWS's own message, as AWS sent it.
///
/// @return Owned by the failure. Never NULL; empty when AWS sent none.
#[unsafe(no_mangle)]
pub extern "C" fn cognito_failure_aws_message(failure: *const cognito_failure) -> *const c_char {
    text(failure, |failure| &failure.aws_message)
}

/// AWS's request id, to quote to AWS support.
///
/// @return Owned by the failure. Never NULL; empty when AWS sent none.
#[unsafe(no_mangle)]
pub extern "C" fn cognito_failure_aws_request_id(failure: *const cognito_failure) -> *const c_char {
    text(failure, |failure| &failure.aws_request_id)
}

/// The Cognito identity id that a connect or session failed with, to quote in a policy or a ticket. Whoever knows the id
/// of a guest can get that guest's credentials.
///
/// @return Owned by the failure. Never NULL; empty when it was not known, or the failing call was no connect.
#[unsafe(no_mangle)]
pub extern "C" fn cognito_failure_identity(failure: *const cognito_failure) -> *const c_char {
    text(failure, |failure| &failure.identity)
}

/// How far server time was ahead of the device's clock when a connect or session failed, in milliseconds.
///
/// @return COGNITO_CLOCK_OFFSET_UNKNOWN when server time was not known.
#[unsafe(no_mangle)]
pub extern "C" fn cognito_failure_clock_offset_ms(failure: *const cognito_failure) -> i64 {
    boundary::value(COGNITO_CLOCK_OFFSET_UNKNOWN, || Ok(FAILURES.get(failure)?.clock_offset_ms))
}

/// Frees a failure and its strings. Does not block.
///
/// @param failure A failure, or NULL.
#[unsafe(no_mangle)]
pub extern "C" fn cognito_failure_free(failure: *mut cognito_failure) {
    boundary::free(|| FAILURES.remove(failure).map(drop));
}

fn text(failure: *const cognito_failure, part: impl FnOnce(&Snapshot) -> &CString) -> *const c_char {
    // The pointer outlives the lookup: the snapshot never changes and stays in the table until it is freed.
    boundary::value(c"".as_ptr(), || Ok(part(&*FAILURES.get(failure)?).as_ptr()))
}
