//! What tests/planted-panics arms the places with. Not in the header, and in no archive but that of the test.

use crate::planted;
use std::ffi::{CStr, c_char};

/// Makes a place panic once, after it was passed so often; an empty name disarms.
///
/// # Safety
/// `place` is a NUL-terminated string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn planted_panic_arm(place: *const c_char, passes: u32) {
    // SAFETY: the caller's promise.
    planted::arm(&unsafe { CStr::from_ptr(place) }.to_string_lossy(), passes);
}

/// Whether the place that was armed has not panicked yet.
#[unsafe(no_mangle)]
pub extern "C" fn planted_panic_is_armed() -> bool {
    planted::is_armed()
}
