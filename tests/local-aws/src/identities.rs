//! The identities that exist: guests, those with logins, and their IoT policies.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::{Mutex, PoisonError};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use crate::random;

/// Identities beyond this number are not remembered.
const KEPT_IDENTITIES: usize = 100_000;

/// Tokens by the names of their providers.
pub type Logins = BTreeMap<String, String>;

/// What Cognito and IoT Core remember of identities.
#[derive(Default)]
pub struct Identities {
    remembered: Mutex<Remembered>,
}

#[derive(Default)]
struct Remembered {
    /// The providers of each identity: none for a guest.
    providers: HashMap<String, BTreeSet<String>>,
    /// The identity of a provider's user.
    users: HashMap<(String, String), String>,
    with_policy: HashSet<String>,
}

impl Identities {
    /// Makes an identity known.
    pub fn add(&self, identity: &str) {
        self.lock().add(identity);
    }

    /// Makes a new identity, as for a guest.
    pub fn guest(&self, region: &str) -> String {
        let identity = format!("{region}:{}", random::uuid());
        self.add(&identity);
        identity
    }

    /// The identity of the users that the logins are of; a new one for those who come first.
    pub fn of_logins(&self, region: &str, logins: &Logins) -> String {
        let mut remembered = self.lock();
        let users: Vec<(String, String)> =
            logins.iter().map(|(provider, token)| (provider.clone(), subject(token))).collect();
        let known = users.iter().find_map(|user| remembered.users.get(user)).cloned();
        let identity = known.unwrap_or_else(|| format!("{region}:{}", random::uuid()));
        remembered.add(&identity);
        if let Some(providers) = remembered.providers.get_mut(&identity) {
            providers.extend(logins.keys().cloned());
        }
        if remembered.users.len() < KEPT_IDENTITIES {
            for user in users {
                remembered.users.entry(user).or_insert_with(|| identity.clone());
            }
        }
        identity
    }

    /// The providers of an identity, none for a guest; `None`: it does not exist.
    pub fn providers(&self, identity: &str) -> Option<BTreeSet<String>> {
        self.lock().providers.get(identity).cloned()
    }

    /// Attaches an IoT policy to an identity id, as `aws iot attach-policy` does, or detaches it.
    pub fn set_policy(&self, identity: &str, attached: bool) {
        let mut remembered = self.lock();
        if !attached {
            remembered.with_policy.remove(identity);
        } else if remembered.with_policy.len() < KEPT_IDENTITIES {
            remembered.with_policy.insert(identity.to_owned());
        }
    }

    /// Whether an IoT policy is attached to an identity.
    pub fn has_policy(&self, identity: &str) -> bool {
        self.lock().with_policy.contains(identity)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Remembered> {
        self.remembered.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Remembered {
    fn add(&mut self, identity: &str) {
        if self.providers.len() < KEPT_IDENTITIES {
            self.providers.entry(identity.to_owned()).or_default();
        }
    }
}

/// Who a token is about: the `sub` of a JWT, which stays when the token is renewed, and otherwise
/// the token itself.
fn subject(token: &str) -> String {
    let parts: Vec<&str> = token.split('.').collect();
    let claims = match parts.as_slice() {
        [_, payload, _] => URL_SAFE_NO_PAD.decode(payload).ok(),
        _ => None,
    };
    let claims = claims.and_then(|json| serde_json::from_slice::<Value>(&json).ok());
    let sub = claims.as_ref().and_then(|claims| claims.get("sub")).and_then(Value::as_str);
    sub.unwrap_or(token).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn logins(pairs: &[(&str, &str)]) -> Logins {
        pairs.iter().map(|(provider, token)| ((*provider).to_owned(), (*token).to_owned())).collect()
    }

    fn jwt(claims: &str) -> String {
        format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(claims))
    }

    #[test]
    fn the_same_login_has_the_same_identity_and_guests_have_new_ones() {
        let identities = Identities::default();
        let first = identities.of_logins("r", &logins(&[("a", "x")]));
        assert_eq!(identities.of_logins("r", &logins(&[("a", "x")])), first);
        assert_ne!(identities.of_logins("r", &logins(&[("a", "y")])), first);
        assert_ne!(identities.of_logins("r", &logins(&[("b", "x")])), first);
        assert_ne!(identities.guest("r"), identities.guest("r"));
    }

    #[test]
    fn a_login_beside_a_known_one_joins_its_identity() {
        let identities = Identities::default();
        let first = identities.of_logins("r", &logins(&[("a", "x")]));
        assert_eq!(identities.of_logins("r", &logins(&[("a", "x"), ("b", "z")])), first);
        assert_eq!(identities.of_logins("r", &logins(&[("b", "z")])), first);
        let providers = identities.providers(&first).unwrap();
        assert_eq!(providers.into_iter().collect::<Vec<_>>(), ["a", "b"]);
    }

    #[test]
    fn a_renewed_jwt_is_of_the_same_user() {
        let identities = Identities::default();
        let first = identities.of_logins("r", &logins(&[("a", &jwt("{\"sub\":\"7\",\"exp\":1}"))]));
        let renewed = logins(&[("a", &jwt("{\"sub\":\"7\",\"exp\":2}"))]);
        assert_eq!(identities.of_logins("r", &renewed), first);
        let other = logins(&[("a", &jwt("{\"sub\":\"8\",\"exp\":2}"))]);
        assert_ne!(identities.of_logins("r", &other), first);
    }

    #[test]
    fn a_policy_is_attached_and_detached() {
        let identities = Identities::default();
        identities.set_policy("r:1", true);
        assert!(identities.has_policy("r:1") && !identities.has_policy("r:2"));
        identities.set_policy("r:1", false);
        assert!(!identities.has_policy("r:1"));
    }
}
