//! The limits of the service's model, and the words in which the service says that one is passed.

use serde_json::{Map, Value};

use super::refusal::{Refusal, refusal};
use crate::identities::Logins;

const MAX_LOGINS: usize = 10;
const MAX_PROVIDER: usize = 128;
const MAX_TOKEN: usize = 50_000;

/// What was asked for, within the limits.
#[derive(Debug)]
pub struct Asked {
    /// The identity pool's id, or the identity's.
    pub id: String,
    /// Empty for a guest.
    pub logins: Logins,
}

/// Reads the parameters of `GetId`.
pub fn get_id(body: &Map<String, Value>) -> Result<Asked, Refusal> {
    let mut errors = Errors::default();
    let account = optional_string(body, "AccountId")?;
    if let Some(account) = account {
        errors.length(account, "accountId", 1, 15);
        if !account.bytes().all(|byte| byte.is_ascii_digit()) {
            errors.add(&quoted(account), "accountId", "Member must satisfy regular expression pattern: \\d+");
        }
    }
    let logins = read_logins(body, &mut errors)?;
    let id = read_id(body, "IdentityPoolId", "identityPoolId", &mut errors)?;
    errors.none()?;
    Ok(Asked { id, logins })
}

/// Reads the parameters of `GetCredentialsForIdentity`.
pub fn get_credentials(body: &Map<String, Value>) -> Result<Asked, Refusal> {
    let mut errors = Errors::default();
    if let Some(arn) = optional_string(body, "CustomRoleArn")? {
        errors.length(arn, "customRoleArn", 20, 2048);
    }
    let logins = read_logins(body, &mut errors)?;
    let id = read_id(body, "IdentityId", "identityId", &mut errors)?;
    errors.none()?;
    Ok(Asked { id, logins })
}

/// All that is wrong comes in one refusal.
#[derive(Default)]
struct Errors(Vec<String>);

impl Errors {
    fn add(&mut self, value: &str, member: &str, rule: &str) {
        self.0.push(format!("Value {value} at '{member}' failed to satisfy constraint: {rule}"));
    }

    fn length(&mut self, text: &str, member: &str, min: usize, max: usize) {
        let len = text.chars().count();
        if len > max {
            let rule = format!("Member must have length less than or equal to {max}");
            self.add(&quoted(text), member, &rule);
        }
        if len < min {
            let rule = format!("Member must have length greater than or equal to {min}");
            self.add(&quoted(text), member, &rule);
        }
    }

    fn none(self) -> Result<(), Refusal> {
        let (count, all) = (self.0.len(), self.0.join("; "));
        let errors = if count == 1 { "error" } else { "errors" };
        match count {
            0 => Ok(()),
            _ => Err(refusal("ValidationException", format!("{count} validation {errors} detected: {all}"))),
        }
    }
}

fn quoted(text: &str) -> String {
    format!("'{text}'")
}

fn not_a_string() -> Refusal {
    refusal("SerializationException", "STRING_VALUE expected.")
}

fn optional_string<'a>(body: &'a Map<String, Value>, name: &str) -> Result<Option<&'a str>, Refusal> {
    match body.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(not_a_string()),
    }
}

fn read_id(body: &Map<String, Value>, name: &str, member: &str, errors: &mut Errors) -> Result<String, Refusal> {
    let Some(id) = optional_string(body, name)? else {
        errors.add("null", member, "Member must not be null");
        return Ok(String::new());
    };
    errors.length(id, member, 1, 55);
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    let hexadecimal = |c: char| matches!(c, '0'..='9' | 'a'..='f' | '-');
    let fits = id.split_once(':').is_some_and(|(region, uuid)| {
        !region.is_empty() && !uuid.is_empty() && region.chars().all(word) && uuid.chars().all(hexadecimal)
    });
    if !fits {
        let rule = "Member must satisfy regular expression pattern: [\\w-]+:[0-9a-f-]+";
        errors.add(&quoted(id), member, rule);
    }
    Ok(id.to_owned())
}

fn read_logins(body: &Map<String, Value>, errors: &mut Errors) -> Result<Logins, Refusal> {
    let given = match body.get("Logins") {
        None | Some(Value::Null) => return Ok(Logins::new()),
        Some(Value::Object(given)) => given,
        Some(_) => return Err(refusal("SerializationException", "Start of structure or map expected.")),
    };
    let mut logins = Logins::new();
    for (provider, token) in given {
        let Value::String(token) = token else {
            return Err(not_a_string());
        };
        logins.insert(provider.clone(), token.clone());
    }
    let within = |text: &String, max| (1..=max).contains(&text.chars().count());
    // As Java shows a map, but a token is not for the logs that errors come to.
    let pairs = logins.iter().map(|(provider, token)| {
        let token = if token.is_empty() { "" } else { "***" };
        format!("{provider}={token}")
    });
    let shown = format!("'{{{}}}'", pairs.collect::<Vec<_>>().join(", "));
    if logins.len() > MAX_LOGINS {
        errors.add(&shown, "logins", "Member must have length less than or equal to 10");
    }
    let mut each = |what: &str, max: usize| {
        let rule = format!(
            "Map {what} must satisfy constraint: [Member must have length less than or equal to {max}, \
             Member must have length greater than or equal to 1]"
        );
        errors.add(&shown, "logins", &rule);
    };
    if !logins.keys().all(|provider| within(provider, MAX_PROVIDER)) {
        each("keys", MAX_PROVIDER);
    }
    if !logins.values().all(|token| within(token, MAX_TOKEN)) {
        each("value", MAX_TOKEN);
    }
    Ok(logins)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn credentials(body: Value) -> Result<Asked, String> {
        let Value::Object(body) = body else { panic!() };
        get_credentials(&body).map_err(|refusal| format!("{refusal:?}"))
    }

    #[test]
    fn what_the_model_allows_is_taken() {
        let logins: Map<String, Value> =
            (0..10).map(|i| (format!("{i}{}", "p".repeat(127)), json!("t".repeat(50_000)))).collect();
        let body = json!({"IdentityId": "r:0", "Logins": logins, "CustomRoleArn": "a".repeat(2048)});
        assert_eq!(credentials(body).unwrap().logins.len(), 10);
        assert!(credentials(json!({"IdentityId": "r:0", "Logins": {}, "CustomRoleArn": null})).is_ok());
        let Value::Object(body) = json!({"IdentityPoolId": "r:0", "AccountId": "123456789012"}) else { panic!() };
        assert!(get_id(&body).is_ok());
    }

    #[test]
    fn what_is_beyond_the_model_is_a_validation_exception() {
        let eleven: Map<String, Value> = (0..11).map(|i| (format!("p{i}"), json!("t"))).collect();
        for (member, value, words) in [
            ("Logins", json!(eleven), "p2=***, p3=***"),
            ("Logins", json!(eleven), "at 'logins' failed to satisfy constraint: Member must have length less than or"),
            ("Logins", json!({"p": ""}), "Value '{p=}' at 'logins' failed to satisfy constraint: Map value must"),
            ("Logins", json!({"p": "t".repeat(50_001)}), "length less than or equal to 50000, Member must"),
            ("Logins", json!({"": "t"}), "Map keys must satisfy constraint: [Member must have length less than"),
            ("Logins", json!({"p".repeat(129): "t"}), "less than or equal to 128, Member must have"),
            ("Logins", json!([]), "SerializationException"),
            ("Logins", json!({"p": 7}), "SerializationException"),
            ("CustomRoleArn", json!("a".repeat(19)), "at 'customRoleArn' failed to satisfy constraint: Member must"),
            ("CustomRoleArn", json!("a".repeat(2049)), "less than or equal to 2048"),
            ("CustomRoleArn", json!(7), "SerializationException"),
        ] {
            let mut body = json!({"IdentityId": "r:0"});
            body[member] = value;
            let refused = credentials(body).unwrap_err();
            assert!(refused.contains(words), "{words}: {refused}");
        }
    }

    #[test]
    fn all_that_is_wrong_is_in_one_message() {
        let refused = credentials(json!({"IdentityId": "", "Logins": {"p": ""}})).unwrap_err();
        assert!(refused.contains("3 validation errors detected: Value '{p=}' at 'logins' failed"), "{refused}");
        let second = "; Value '' at 'identityId' failed to satisfy constraint: Member must have length greater";
        assert!(refused.contains(second), "{refused}");
    }
}
