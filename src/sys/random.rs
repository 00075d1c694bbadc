//! A random number for delays.

use super::boot_time;

/// Any number. Not for secrets: where the system has no random numbers yet, shortly after boot, it is the time.
pub fn random() -> u64 {
    let mut bytes = [0_u8; 8];
    // SAFETY: the buffer is valid for writing its whole length.
    let got = unsafe { libc::getrandom(bytes.as_mut_ptr().cast(), bytes.len(), libc::GRND_NONBLOCK) };
    if usize::try_from(got) == Ok(bytes.len()) {
        return u64::from_ne_bytes(bytes);
    }
    u64::from(boot_time().subsec_nanos()).wrapping_mul(0x9E37_79B9_7F4A_7C15)
}
