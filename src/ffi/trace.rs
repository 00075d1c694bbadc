//! `cognito_trace`.

use super::boundary::{self, c_string};
use super::handle::{Kind, Table};
use crate::error::{Failure, Stage};
use crate::status::Status;
use crate::trace::Step;
use std::ffi::{CString, c_char};
use std::time::Duration;

pub(super) static TRACES: Table<Steps> = Table::new(Kind::Trace);

/// What one connect did and when: a step for each stage of its connections to Cognito and to AWS IoT Core, which overlap.
/// A snapshot that never changes; any threads may read it at once. Its strings live until it is freed and hold no secret;
/// the Cognito identity id is shortened.
pub struct cognito_trace;

/// Steps with their strings in C's form.
pub struct Steps(Vec<StepInC>);

struct StepInC {
    step: Step,
    peer: CString,
    finding: CString,
}

impl Steps {
    pub(super) fn of(steps: Vec<Step>) -> Self {
        let in_c = |step: Step| StepInC { peer: c_string(&step.peer), finding: c_string(&step.finding), step };
        Self(steps.into_iter().map(in_c).collect())
    }
}

/// How many steps there are, in the order in which they began.
///
/// @return 0 also when trace is not a live handle.
#[unsafe(no_mangle)]
pub extern "C" fn cognito_trace_count(trace: *const cognito_trace) -> usize {
    boundary::value(0, || Ok(TRACES.get(trace)?.0.len()))
}

/// The stage of a step.
///
/// @param index 0 up to cognito_trace_count() - 1, here and below.
/// @return COGNITO_STAGE_NONE when there is no such step.
#[unsafe(no_mangle)]
pub extern "C" fn cognito_trace_stage(trace: *const cognito_trace, index: usize) -> Stage {
    of_step(trace, index, Stage::None, |step| step.step.stage)
}

/// The service that a step was on the way to: "Cognito" or "IoT Core". Each has a connection of its own.
///
/// @return A constant string. Never NULL; empty when there is no such step.
#[unsafe(no_mangle)]
pub extern "C" fn cognito_trace_service(trace: *const cognito_trace, index: usize) -> *const c_char {
    of_step(trace, index, c"".as_ptr(), |step| step.step.service.as_ptr())
}

/// Who was spoken to, "host:port" or "the proxy host:port", in UTF-8.
///
/// @return Owned by the trace. Never NULL; empty when there is no such step.
#[unsafe(no_mangle)]
pub extern "C" fn cognito_trace_peer(trace: *const cognito_trace, index: usize) -> *const c_char {
    of_step(trace, index, c"".as_ptr(), |step| step.peer.as_ptr())
}

/// When a step began, in microseconds from the beginning of the connect.
///
/// @return 0 also when there is no such step.
#[unsafe(no_mangle)]
pub extern "C" fn cognito_trace_began_us(trace: *const cognito_trace, index: usize) -> i64 {
    of_step(trace, index, 0, |step| microseconds(step.step.began))
}

/// How long a step took, or has taken up to the snapshot, in microseconds.
///
/// @return 0 also when there is no such step.
#[unsafe(no_mangle)]
pub extern "C" fn cognito_trace_took_us(trace: *const cognito_trace, index: usize) -> i64 {
    of_step(trace, index, 0, |step| microseconds(step.step.took))
}

/// How a step ended: COGNITO_STATUS_OK, COGNITO_STATUS_IN_PROGRESS while it was under way, COGNITO_STATUS_CANCELLED when it
/// was cut off because the connect had failed elsewhere, else why it failed.
///
/// @return COGNITO_STATUS_INVALID_ARGUMENT when there is no such step; COGNITO_STATUS_INVALID_HANDLE.
#[unsafe(no_mangle)]
pub extern "C" fn cognito_trace_status(trace: *const cognito_trace, index: usize) -> Status {
    boundary::told_status(|| with_step(trace, index, |step| step.step.status))
}

/// What a step has found out, such as addresses, the TLS version and the issuer of the certificate, or why it failed:
/// one line of UTF-8, for people.
///
/// @return Owned by the trace. Never NULL; empty when there is nothing to say, or no such step.
#[unsafe(no_mangle)]
pub extern "C" fn cognito_trace_finding(trace: *const cognito_trace, index: usize) -> *const c_char {
    of_step(trace, index, c"".as_ptr(), |step| step.finding.as_ptr())
}

/// Frees a trace and its strings. Does not block.
///
/// @param trace A trace, or NULL.
#[unsafe(no_mangle)]
pub extern "C" fn cognito_trace_free(trace: *mut cognito_trace) {
    boundary::free(|| TRACES.remove(trace).map(drop));
}

fn of_step<T>(trace: *const cognito_trace, index: usize, default: T, part: impl FnOnce(&StepInC) -> T) -> T {
    boundary::value(default, || with_step(trace, index, part))
}

fn with_step<T>(trace: *const cognito_trace, index: usize, part: impl FnOnce(&StepInC) -> T) -> Result<T, Failure> {
    let steps = TRACES.get(trace)?;
    let Some(step) = steps.0.get(index) else {
        return Err(Failure::argument("index", format!("is {index}; the trace has {} steps", steps.0.len())));
    };
    // A pointer outlives the lookup: the snapshot never changes and stays in the table until it is freed.
    Ok(part(step))
}

fn microseconds(time: Duration) -> i64 {
    i64::try_from(time.as_micros()).unwrap_or(i64::MAX)
}
