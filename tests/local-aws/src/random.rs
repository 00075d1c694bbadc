//! Random bytes and the identifiers made of them.

use ring::rand::{SecureRandom, SystemRandom};

/// `N` bytes of the operating system's random source.
pub fn bytes<const N: usize>() -> [u8; N] {
    let mut out = [0; N];
    if SystemRandom::new().fill(&mut out).is_err() {
        // Predictable keys would make the signature check worthless.
        std::process::abort();
    }
    out
}

/// A random (version 4) UUID in its usual text form.
pub fn uuid() -> String {
    let mut b: [u8; 16] = bytes();
    let [.., version, _, variant, _, _, _, _, _, _, _] = &mut b;
    *version = (*version & 0x0f) | 0x40;
    *variant = (*variant & 0x3f) | 0x80;
    let mut out = String::with_capacity(36);
    for (i, byte) in b.iter().enumerate() {
        if matches!(i, 4 | 6 | 8 | 10) {
            out.push('-');
        }
        out.push_str(&format!("{byte:02x}"));
    }
    out
}

/// Lowercase hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_uuid_has_its_version_and_variant() {
        for _ in 0..50 {
            let uuid = super::uuid();
            assert_eq!(uuid.len(), 36);
            assert_eq!(uuid.as_bytes()[14], b'4');
            assert!(matches!(uuid.as_bytes()[19], b'8' | b'9' | b'a' | b'b'));
        }
    }
}
