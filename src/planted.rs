//! Places at which a build for tests can be made to panic, to show that a defect becomes an error code wherever it is:
//! `--cfg planted_panic` in RUSTFLAGS, which tests/planted-panics/run gives. In every other build there is nothing.

use std::sync::{Mutex, PoisonError};

/// The place that is to panic, and how often it is passed before that.
static ARMED: Mutex<Option<(String, u32)>> = Mutex::new(None);

/// Makes a place panic once, after it was passed so often; with an empty name, none.
pub fn arm(place: &str, passes: u32) {
    let armed = (!place.is_empty()).then(|| (place.to_owned(), passes));
    *ARMED.lock().unwrap_or_else(PoisonError::into_inner) = armed;
}

/// Whether a place is still to panic.
pub fn is_armed() -> bool {
    ARMED.lock().unwrap_or_else(PoisonError::into_inner).is_some()
}

/// Panics, if this place is to.
#[allow(clippy::panic, reason = "that is what it is for")]
pub fn pass(place: &str) {
    let mut armed = ARMED.lock().unwrap_or_else(PoisonError::into_inner);
    match armed.take() {
        Some((name, 0)) if name == place => {
            drop(armed);
            panic!("planted at {place}");
        }
        Some((name, passes)) if name == place => *armed = Some((name, passes - 1)),
        other => *armed = other,
    }
}
