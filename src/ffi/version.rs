//! `cognito_version`.

use std::ffi::c_char;

const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), "\0");

/// The version of the library as text, such as "0.1.0".
///
/// @return A constant string. Never NULL, never freed.
#[unsafe(no_mangle)]
pub extern "C" fn cognito_version() -> *const c_char {
    VERSION.as_ptr().cast()
}

/// The version of the library as a number: major * 1000000 + minor * 1000 + patch, to compare with
/// COGNITO_VERSION_NUMBER of the header that was compiled against.
#[unsafe(no_mangle)]
pub extern "C" fn cognito_version_number() -> u32 {
    number(env!("CARGO_PKG_VERSION_MAJOR")) * 1_000_000
        + number(env!("CARGO_PKG_VERSION_MINOR")) * 1_000
        + number(env!("CARGO_PKG_VERSION_PATCH"))
}

const fn number(digits: &str) -> u32 {
    match u32::from_str_radix(digits, 10) {
        Ok(number) => number,
        Err(_) => 0,
    }
}
