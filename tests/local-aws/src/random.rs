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

/// `len` bytes of the same.
pub fn vector(len: usize) -> Vec<u8> {
    let mut out = vec![0; len];
    if SystemRandom::new().fill(&mut out).is_err() {
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

/// A sequence that is the same each time for the same seed (SplitMix64).
pub struct Seeded(u64);

impl Seeded {
    /// The sequence of this seed.
    pub fn new(seed: u64) -> Seeded {
        Seeded(seed)
    }

    /// 1 to 16 KiB, as often below 8 as above 2048.
    pub fn size(&mut self) -> usize {
        let range = 1 << (self.next() % 15);
        1 + usize::try_from(self.next() % range).unwrap_or(0)
    }

    /// True one time in `n`.
    pub fn one_in(&mut self, n: u64) -> bool {
        self.next().is_multiple_of(n)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
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
