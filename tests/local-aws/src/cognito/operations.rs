//! What `GetId` and `GetCredentialsForIdentity` answer.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::refusal::{self, Refusal, refusal};
use super::validation;
use crate::clock;
use crate::credentials::{Key, LIFETIME_S, Owner};
use crate::events::Service;
use crate::http::Request;
use crate::identities::Logins;
use crate::state::State;

/// The body of a good answer. `fault` may change it.
pub fn respond(
    state: &Arc<State>,
    request: &Request,
    operation: &str,
    body: Option<&Map<String, Value>>,
    fault: &str,
) -> Result<String, Refusal> {
    if request.method != "POST" || request.target != "/" {
        return Err(refusal::with_status(404, "UnknownOperationException", ""));
    }
    if request.header("Content-Type") != Some("application/x-amz-json-1.1") {
        return Err(refusal("UnknownOperationException", ""));
    }
    let body = body.ok_or_else(|| refusal("SerializationException", "Start of structure or map expected."))?;
    match operation {
        "GetId" => get_id(state, body, fault),
        "GetCredentialsForIdentity" => get_credentials(state, body, fault),
        _ => Err(refusal("UnknownOperationException", "")),
    }
}

/// What a written answer may hold: a good answer's parts, with credentials that IoT Core takes.
pub fn values(state: &Arc<State>, body: Option<&Map<String, Value>>) -> [(&'static str, String); 6] {
    let asked = body.and_then(|body| body.get("IdentityId")).and_then(Value::as_str);
    let identity = asked.map_or_else(|| state.identities.guest(&state.options.cognito_region), str::to_owned);
    let owner = Owner { identity: identity.clone(), authenticated: false };
    let key = give(state, LIFETIME_S, owner);
    let now = state.now(Service::Cognito);
    [
        ("identity", identity),
        ("access_key", key.access_key_id),
        ("secret_key", key.secret_key),
        ("session_token", key.session_token),
        ("expiration", (now + LIFETIME_S).to_string()),
        ("date", clock::http_date(now)),
    ]
}

fn get_id(state: &Arc<State>, body: &Map<String, Value>, fault: &str) -> Result<String, Refusal> {
    let asked = validation::get_id(body)?;
    if asked.id != state.identity_pool() {
        return Err(refusal::not_found("GetId", &asked.id));
    }
    check_logins(state, &asked.logins)?;
    if fault == "missing-fields" {
        return Ok("{}".to_owned());
    }
    let region = &state.options.cognito_region;
    let identity = match asked.logins.is_empty() {
        true => state.identities.guest(region),
        false => state.identities.of_logins(region, &asked.logins),
    };
    Ok(json!({"IdentityId": identity}).to_string())
}

fn get_credentials(state: &Arc<State>, body: &Map<String, Value>, fault: &str) -> Result<String, Refusal> {
    let asked = validation::get_credentials(body)?;
    let Some(providers) = state.identities.providers(&asked.id) else {
        return Err(refusal::not_found("GetCredentialsForIdentity", &asked.id));
    };
    check_logins(state, &asked.logins)?;
    if asked.logins.is_empty() && !providers.is_empty() {
        return Err(refusal::forbidden(&asked.id));
    }
    if !providers.is_empty() && !asked.logins.keys().any(|provider| providers.contains(provider)) {
        return Err(refusal::other_logins());
    }
    let identity = match fault {
        "other-identity" => state.identities.guest(&state.options.cognito_region),
        _ => asked.id,
    };
    Ok(credentials(state, Owner { identity, authenticated: !asked.logins.is_empty() }, fault))
}

/// Whether the pool takes these tokens, or a guest.
fn check_logins(state: &State, logins: &Logins) -> Result<(), Refusal> {
    if logins.is_empty() && state.options.no_guests {
        return Err(refusal::no_guests());
    }
    for token in logins.values() {
        match token.as_str() {
            "expired" => return Err(refusal::token_expired()),
            "unsupported" => return Err(refusal::token_unsupported()),
            _ => {}
        }
    }
    Ok(())
}

/// New credentials of an identity, which are noted as given out.
fn give(state: &State, lifetime_s: i64, owner: Owner) -> Key {
    let key = state.credentials.issue(clock::now() + lifetime_s, owner);
    state.secrets.given(&key);
    key
}

fn credentials(state: &State, owner: Owner, fault: &str) -> String {
    let lifetime_s = if fault == "expired" { -LIFETIME_S } else { LIFETIME_S };
    let identity = json!(owner.identity);
    let key = give(state, lifetime_s, owner);
    let expires_at = state.now(Service::Cognito) + lifetime_s;
    let id = json!(key.access_key_id);
    let secret = json!(key.secret_key);
    let token = match fault {
        "missing-fields" => String::new(),
        _ => format!(",\"SessionToken\":{}", json!(key.session_token)),
    };
    // Cognito writes the number with an exponent.
    #[allow(clippy::cast_precision_loss, reason = "seconds are exact up to 2^53")]
    let expiration = match fault {
        "no-expiration" => String::new(),
        _ => format!(",\"Expiration\":{:E}", expires_at as f64),
    };
    format!(
        "{{\"Credentials\":{{\"AccessKeyId\":{id},\"SecretKey\":{secret}{token}{expiration}}},\
         \"IdentityId\":{identity}}}"
    )
}
