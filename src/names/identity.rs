//! The ids of Amazon Cognito: identity, identity pool, and the user pool that neither is.

use super::Region;
use crate::error::Failure;

/// A Cognito identity id, `REGION:UUID`.
#[derive(Clone, PartialEq, Eq)]
pub struct Identity(String);

/// The id of a Cognito identity pool, `REGION:UUID`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdentityPool(String);

impl Identity {
    /// Reads an identity id. An identity *pool* id has the same form; only Cognito can tell them apart.
    pub fn parse(field: &str, text: &str) -> Result<Self, Failure> {
        check(field, "an identity id", text)?;
        Ok(Self(text.to_owned()))
    }

    /// The whole id.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// For logs and messages: whoever knows the whole id of a guest can get its credentials.
    pub fn shortened(&self) -> String {
        match self.0.split_once(':') {
            Some((region, uuid)) => format!("{region}:{}...", uuid.get(..8).unwrap_or_default()),
            None => String::new(),
        }
    }

    /// The region that the id begins with.
    pub fn region(&self) -> Region {
        region(&self.0)
    }
}

impl IdentityPool {
    /// Reads the id of an identity pool.
    pub fn parse(field: &str, text: &str) -> Result<Self, Failure> {
        check(field, "the id of an identity pool", text)?;
        Ok(Self(text.to_owned()))
    }

    /// The whole id.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The region that the id begins with.
    pub fn region(&self) -> Region {
        region(&self.0)
    }
}

/// Cognito's limit on either id, in bytes.
const MAX: usize = 55;

/// Checks the form that both ids share. `what` is the one that belongs here.
fn check(field: &str, what: &str, text: &str) -> Result<(), Failure> {
    let refuse = |problem: String| Err(Failure::argument(field, problem));
    if text.is_empty() {
        return refuse("is empty".to_owned());
    }
    if text.starts_with("arn:") {
        return refuse(format!("is an ARN: give {what} alone, REGION:UUID"));
    }
    let Some((region, uuid)) = text.split_once(':') else {
        if text.split_once('_').is_some_and(|(region, _)| Region::parse(field, region).is_ok()) {
            return refuse(format!(
                "is the id of a user pool, which signs users in and gives no AWS credentials: give {what}, REGION:UUID. The \
                 user pool belongs into the identity pool as a provider, and its ID token into the logins"
            ));
        }
        return refuse(format!("has no ':': {what} is REGION:UUID"));
    };
    if Region::parse(field, region).is_err() {
        return refuse(format!("does not begin with a region: {what} is REGION:UUID"));
    }
    let is_uuid = !uuid.is_empty() && uuid.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f' | b'-'));
    if !is_uuid || text.len() > MAX {
        return refuse(format!("does not end in a lower-case UUID: {what} is REGION:UUID"));
    }
    Ok(())
}

fn region(id: &str) -> Region {
    Region::unchecked(id.split(':').next().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shortened_identity_is_of_no_use_to_anybody() {
        let shortened = |text| Identity::parse("identity", text).unwrap().shortened();
        assert_eq!(shortened("us-east-1:01234567-89ab-cdef-0123-456789abcdef"), "us-east-1:01234567...");
        assert_eq!(shortened("us-east-1:0123"), "us-east-1:...");
    }

    #[test]
    fn other_ids_given_for_an_identity_id_are_recognised() {
        let problem = |text| Identity::parse("identity", text).err().map(|failure| failure.text()).unwrap_or_default();
        assert_eq!(problem("us-east-1:01234567-89ab-cdef-0123-456789abcdef"), "");
        assert!(problem("us-east-1_AbCdEf123").contains("user pool"));
        assert!(problem("arn:aws:cognito-identity:x").contains("ARN"));
        assert!(problem("nothing").contains("REGION:UUID"));
        assert!(problem("us-east-1:XYZ").contains("UUID"));
        assert!(problem("").contains("empty"));
    }
}
