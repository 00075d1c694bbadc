//! Names of statuses and stages, and the last error.

use super::boundary;
use crate::error::Stage;
use crate::status::Status;
use std::ffi::c_char;

/// The name of a status's constant, such as "COGNITO_STATUS_TIMED_OUT".
///
/// @param status Any number.
/// @return A constant string; "COGNITO_STATUS_UNKNOWN" for a number that is no status. Never NULL.
#[unsafe(no_mangle)]
pub extern "C" fn cognito_status_name(status: i32) -> *const c_char {
    Status::from_number(status).map_or(c"COGNITO_STATUS_UNKNOWN", Status::c_name).as_ptr()
}

/// One sentence on what a status means.
///
/// @param status Any number.
/// @return A constant string. Never NULL.
#[unsafe(no_mangle)]
pub extern "C" fn cognito_status_description(status: i32) -> *const c_char {
    Status::from_number(status).map_or(c"Not a status of this library.", Status::description).as_ptr()
}

/// A short name for a stage, such as "TLS".
///
/// @param stage Any number.
/// @return A constant string; "none" for a number that is no stage. Never NULL.
#[unsafe(no_mangle)]
pub extern "C" fn cognito_stage_name(stage: i32) -> *const c_char {
    Stage::ALL.iter().find(|known| **known as i32 == stage).copied().unwrap_or(Stage::None).name().as_ptr()
}

/// What went wrong in the last failing call of the calling thread, and what to do about it, in one line of UTF-8.
/// Never holds a secret; the identity id of a guest is shortened. A call that succeeds leaves it as it is, and so does one
/// that returns COGNITO_STATUS_IN_PROGRESS.
///
/// @return Owned by the library and valid until the thread's next call that fails. Never NULL; empty when no call
///         of this thread has failed.
#[unsafe(no_mangle)]
pub extern "C" fn cognito_last_error() -> *const c_char {
    boundary::last_error()
}
