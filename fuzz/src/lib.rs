//! The fuzz targets as functions of bytes. Each panics where the library breaks a promise. What a target may do with its input, and
//! what it demands, stands in its own file; `fuzz_targets/` hands them to libFuzzer, `tests/replay.rs` runs their corpora without it.

mod calls;
mod cognito;
mod device;
mod frames;
mod mqtt;
mod names;
mod session;
mod upgrade;

pub use calls::calls;
pub use cognito::cognito;
pub use device::device;
pub use frames::frames;
pub use mqtt::mqtt;
pub use names::names;
pub use session::session;
pub use upgrade::upgrade;

use cognito_connect::fuzzing::Failure;

/// A target: its name, and the function.
pub type Target = (&'static str, fn(&[u8]));

/// All of them.
pub const TARGETS: [Target; 8] = [
    ("mqtt", mqtt),
    ("session", session),
    ("cognito", cognito),
    ("upgrade", upgrade),
    ("frames", frames),
    ("names", names),
    ("calls", calls),
    ("device", device),
];

/// What holds for every failure: people see it as one line, whatever a server has put into it, and of a bounded length.
fn check_failure(failure: &Failure, input: &[u8]) {
    let text = failure.text();
    assert!(!text.is_empty(), "a failure says nothing: {:?}", failure.status);
    assert!(!text.chars().any(char::is_control), "a failure of several lines: {text:?}");
    assert!(text.len() <= 2048 + 8 * input.len(), "a failure of {} bytes out of {}", text.len(), input.len());
}
