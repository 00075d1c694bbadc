//! The temporary credentials that were given out.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::random;

/// Lifetime of credentials, as Cognito's.
pub const LIFETIME_S: i64 = 3600;
/// Older keys are forgotten beyond this number.
const KEPT_KEYS: usize = 10_000;

/// Temporary credentials.
#[derive(Clone)]
pub struct Key {
    /// `ASIA…`.
    pub access_key_id: String,
    /// 40 characters.
    pub secret_key: String,
    /// With `+`, `/` and `=`.
    pub session_token: String,
    /// Unix seconds on this machine's clock.
    pub expires_at: i64,
    /// Who they were given to.
    pub owner: Owner,
}

/// Who credentials were given to.
#[derive(Clone, Debug, Default)]
pub struct Owner {
    /// The identity id.
    pub identity: String,
    /// Whether there were logins.
    pub authenticated: bool,
}

/// What Cognito remembers.
pub struct Credentials {
    session_token_bytes: usize,
    remembered: Mutex<Remembered>,
}

#[derive(Default)]
struct Remembered {
    keys: HashMap<String, Key>,
    order: VecDeque<String>,
}

impl Credentials {
    /// None yet; their tokens are to be about this long.
    pub fn new(session_token_bytes: usize) -> Credentials {
        Credentials { session_token_bytes, remembered: Mutex::default() }
    }

    /// New random credentials, remembered for the check of signatures.
    pub fn issue(&self, expires_at: i64, owner: Owner) -> Key {
        let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
        let letters = random::bytes::<16>().map(|byte| {
            let letter = alphabet.get(usize::from(byte % 32)).copied();
            char::from(letter.unwrap_or(b'A'))
        });
        // A byte more than a multiple of three makes the token end with padding; "+/" makes sure
        // that every character that must be URL-encoded occurs.
        let begin = "IQoJb3JpZ2luX2Vj+/";
        let behind = random::vector(self.session_token_bytes.saturating_sub(begin.len()) / 4 * 3 - 2);
        let key = Key {
            access_key_id: format!("ASIA{}", letters.iter().collect::<String>()),
            secret_key: STANDARD.encode(random::bytes::<30>()),
            session_token: format!("{begin}{}", STANDARD.encode(behind)),
            expires_at,
            owner,
        };
        let mut remembered = self.lock();
        if remembered.order.len() == KEPT_KEYS
            && let Some(oldest) = remembered.order.pop_front()
        {
            remembered.keys.remove(&oldest);
        }
        remembered.order.push_back(key.access_key_id.clone());
        remembered.keys.insert(key.access_key_id.clone(), key.clone());
        key
    }

    /// The credentials with this access key id.
    pub fn find(&self, access_key_id: &str) -> Option<Key> {
        self.lock().keys.get(access_key_id).cloned()
    }

    /// Ends all that were given out so far.
    pub fn revoke(&self) {
        *self.lock() = Remembered::default();
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Remembered> {
        self.remembered.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_holds_every_character_that_needs_encoding() {
        for len in [100, 1200, 40_000] {
            let key = Credentials::new(len).issue(0, Owner::default());
            assert!((len - 4..=len).contains(&key.session_token.len()), "{}", key.session_token.len());
            for special in ['+', '/', '='] {
                assert!(key.session_token.contains(special));
            }
            assert_eq!((key.access_key_id.len(), key.secret_key.len()), (20, 40));
        }
    }

    #[test]
    fn the_oldest_keys_are_forgotten() {
        let credentials = Credentials::new(100);
        let first = credentials.issue(0, Owner::default());
        for _ in 1..KEPT_KEYS {
            credentials.issue(0, Owner::default());
        }
        assert!(credentials.find(&first.access_key_id).is_some());
        credentials.issue(0, Owner::default());
        assert!(credentials.find(&first.access_key_id).is_none());
    }
}
