//! A counter behind a lock of the standard library, and one behind none.

use std::sync::{Mutex, PoisonError};

static LOCKED: Mutex<u64> = Mutex::new(0);
static mut BARE: u64 = 0;

/// Counts without a race, if the standard library's lock is seen to be one.
#[unsafe(no_mangle)]
pub extern "C" fn count_with_a_lock() -> u64 {
    let mut count = LOCKED.lock().unwrap_or_else(PoisonError::into_inner);
    *count += 1;
    *count
}

/// Counts with a race.
#[unsafe(no_mangle)]
pub extern "C" fn count_without_a_lock() -> u64 {
    let bare = &raw mut BARE;
    // SAFETY: none: this is the race.
    unsafe {
        bare.write(bare.read() + 1);
        bare.read()
    }
}
