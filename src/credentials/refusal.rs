//! What Cognito's refusals mean, and what cures them.

use super::operation::Error;
use crate::clock::parse_http_date;
use crate::config::{CognitoSettings, IdentitySource};
use crate::error::{AwsReason, Failure, Stage};
use crate::names::{Identity, IdentityPool};
use crate::status::Status;
use crate::transport::{self, PORTAL};
use aws_sdk_cognitoidentity::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use std::borrow::Cow;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// What was asked for.
pub enum What<'a> {
    /// GetId, of a pool.
    Id(&'a IdentityPool),
    /// GetCredentialsForIdentity.
    Credentials(&'a Identity),
}

/// What was asked for, and by whom.
pub struct Asked<'a> {
    pub what: What<'a>,
    pub settings: &'a CognitoSettings,
    /// Whether there were logins in this fetch: a callback may give none.
    pub with_logins: bool,
}

impl Asked<'_> {
    /// Whether the pool gives another identity when this one is put away.
    fn is_of_a_pool(&self) -> bool {
        matches!(self.settings.identity, IdentitySource::Pool(..))
    }
}

/// An operation that did not succeed.
pub struct Refusal {
    /// Why, and what cures it.
    pub failure: Failure,
    /// What the server wants to be waited for.
    pub retry_after: Option<Duration>,
}

impl Refusal {
    /// Explains an error of the SDK. `now` is server time, for a Retry-After that is a date.
    pub fn of<E: ProvideErrorMetadata>(error: &Error<E>, asked: &Asked<'_>, now: SystemTime) -> Self {
        let failure = match error {
            SdkError::DispatchFailure(dispatch) => {
                transport_failure(dispatch.as_connector_error().map(|error| error as _))
            }
            SdkError::ServiceError(service) => {
                let error = service.err().as_ref();
                let code = error.and_then(ProvideErrorMetadata::code);
                refused(reason(code, error.and_then(ProvideErrorMetadata::message), service.raw()), asked)
            }
            SdkError::ResponseError(response) => unreadable(reason(None, None, response.raw())),
            _ => Failure::new(
                Status::InvalidConfig,
                Stage::Cognito,
                format!("the request to Cognito could not be made for region {}", asked.settings.region.as_str()),
            )
            .hint("Check the Cognito region, or set the Cognito endpoint"),
        };
        let retry_after = error.raw_response().and_then(|raw| raw.headers().get("retry-after"));
        Self { failure, retry_after: retry_after.and_then(|text| parse_retry_after(text, now)) }
    }
}

/// RFC 9110, section 10.2.3: seconds, or a date.
fn parse_retry_after(text: &str, now: SystemTime) -> Option<Duration> {
    match text.trim().parse() {
        Ok(seconds) => Some(Duration::from_secs(seconds)),
        Err(_) => Some((UNIX_EPOCH + parse_http_date(text)?).duration_since(now).unwrap_or_default()),
    }
}

/// Our own transport's error, out of the SDK's wrapping.
fn transport_failure(error: Option<&(dyn std::error::Error + 'static)>) -> Failure {
    let mut cause = error;
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref::<transport::Error>() {
            let failure = Failure::from(error);
            return failure.hint(if error.is_unknown_host() {
                "Check cognito_endpoint or, when none is set, cognito_region; if it is right, check the name server of this \
                 device"
            } else {
                ""
            });
        }
        cause = error.source();
    }
    Failure::new(Status::Internal, Stage::Cognito, "the request to Cognito could not be sent")
}

fn reason(code: Option<&str>, message: Option<&str>, raw: &HttpResponse) -> AwsReason {
    AwsReason {
        http_status: raw.status().as_u16(),
        error_type: code.unwrap_or_default().to_owned(),
        message: message.unwrap_or_default().to_owned(),
        request_id: raw.headers().get("x-amzn-requestid").unwrap_or_default().to_owned(),
    }
}

/// An answer that says what it is, or at least that it is no success.
fn refused(aws: AwsReason, asked: &Asked<'_>) -> Failure {
    let (status, hint) = match aws.error_type.as_str() {
        "ResourceNotFoundException" => not_found(asked),
        "NotAuthorizedException" => not_authorized(&aws.message, asked),
        "TooManyRequestsException" | "ThrottlingException" => (Status::CognitoThrottled, "".into()),
        "InvalidIdentityPoolConfigurationException" => (Status::CognitoPoolConfiguration, role_missing(asked).into()),
        "ResourceConflictException" => {
            let known = "This login belongs to another identity already: unlink it there, or ask GetId for the identity of the \
                         login by setting identity_pool instead of identity";
            (Status::CognitoRefused, another_identity(asked, known).into())
        }
        "LimitExceededException" => {
            (Status::CognitoRefused, "Remove identities or logins from the pool, or have AWS raise its limit".into())
        }
        "ExternalServiceException" => {
            (Status::CognitoRefused, "The provider of the login does not answer Cognito: try again later".into())
        }
        "InvalidParameterException" | "ValidationException" => {
            (Status::CognitoRefused, "Check the identity, the names of the login providers, and custom_role_arn".into())
        }
        _ if aws.http_status == 429 => (Status::CognitoThrottled, "".into()),
        _ if aws.http_status >= 500 => (Status::CognitoUnavailable, "".into()),
        "" => return unreadable(aws),
        _ => (Status::CognitoRefused, "".into()),
    };
    let mut message = match asked.what {
        What::Id(pool) => format!("Cognito gave no identity of pool {}", pool.as_str()),
        What::Credentials(identity) => format!("Cognito refused identity {}", identity.shortened()),
    };
    for part in [aws.error_type.clone(), shorten_ids(&aws.message)] {
        if !part.is_empty() {
            message.push_str(": ");
            message.push_str(&part);
        }
    }
    Failure::new(status, Stage::Cognito, message).hint(hint).aws(aws)
}

/// AWS's words with every id shortened: they are those of guests, whose credentials anybody can get who knows the id.
fn shorten_ids(text: &str) -> String {
    const UUID: usize = 36;
    let mut shortened = String::new();
    let mut rest = text;
    while let Some(colon) = rest.find(':') {
        let (before, after) = rest.split_at(colon + 1);
        shortened.push_str(before);
        let id = after.bytes().take_while(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f' | b'-')).count();
        match (after.get(..8), after.get(id..)) {
            (Some(beginning), Some(behind)) if id >= UUID => {
                shortened.push_str(beginning);
                shortened.push_str("...");
                rest = behind;
            }
            _ => rest = after,
        }
    }
    shortened.push_str(rest);
    shortened
}

/// Identity ids and ids of pools look the same, and each is unknown in another region.
fn not_found(asked: &Asked<'_>) -> (Status, Cow<'static, str>) {
    let (status, region) = match asked.what {
        What::Id(pool) => (Status::CognitoPoolNotFound, pool.region()),
        What::Credentials(identity) => (Status::CognitoIdentityNotFound, identity.region()),
    };
    let asked_in = asked.settings.region.as_str();
    if region != asked.settings.region {
        let hint = format!(
            "The id is of region {}, and Cognito was asked in {asked_in}: unset cognito_region",
            region.as_str()
        );
        return (status, hint.into());
    }
    let hint = match asked.what {
        What::Id(_) => format!(
            "If this is the id of an identity, give it as identity and not as identity_pool; else the pool was deleted or is \
             of another account: list its pools with `aws cognito-identity list-identity-pools --max-results 60 --region \
             {asked_in}`"
        ),
        What::Credentials(_) if asked.is_of_a_pool() => {
            "The identity was deleted in this moment: connect again".to_owned()
        }
        What::Credentials(_) => format!(
            "If this is the id of an identity pool, give it as identity_pool and not as identity; else the identity was \
             deleted or is of another account: make a new one with `aws cognito-identity get-id --identity-pool-id POOL \
             --region {asked_in}`"
        ),
    };
    (status, hint.into())
}

/// Cognito has one error type for all of these, and tells them apart in its message.
fn not_authorized(message: &str, asked: &Asked<'_>) -> (Status, Cow<'static, str>) {
    let says = |words: &str| message.contains(words);
    let (status, hint) = if says("Unauthenticated access is not supported") {
        let hint = "Allow guest access in the identity pool (AWS console: Amazon Cognito, Identity pools, User access), or give \
                    logins by cognito_config_set_login";
        (Status::CognitoNotAuthorized, hint)
    } else if says("oken expired") || says("oken is expired") {
        let hint = "The login token has expired: the login callback is asked at every fetch and must give a fresh one";
        (Status::CognitoLoginRefused, hint)
    } else if says("ogins don't match") {
        let known = "The identity was made with the login of another provider: give that one too, or set identity_pool in \
                     place of identity";
        (Status::CognitoLoginRefused, another_identity(asked, known))
    } else if says("ogin token") || says("supported provider") {
        let hint = "Give a token of a provider that the identity pool knows, under exactly the provider's name there; of a \
                    user pool it is the ID token";
        (Status::CognitoLoginRefused, hint)
    } else if says("is forbidden") && asked.with_logins {
        let known =
            "These logins do not belong to this identity: give those that it was made with, or set identity_pool";
        (Status::CognitoNotAuthorized, another_identity(asked, known))
    } else if says("is forbidden") && asked.settings.logins.is_some() {
        let hint = "The identity belongs to somebody who logs in, and the login callback gave no login: give one";
        (Status::CognitoNotAuthorized, hint)
    } else if says("is forbidden") {
        let hint = "The identity belongs to somebody who logs in: give its logins by cognito_config_set_login";
        (Status::CognitoNotAuthorized, hint)
    } else {
        (Status::CognitoNotAuthorized, role_missing(asked))
    };
    (status, hint.into())
}

/// The logins and the identity are those of two. `known` is what to do when the application has set the identity.
fn another_identity(asked: &Asked<'_>, known: &'static str) -> &'static str {
    if asked.is_of_a_pool() {
        "The identity that was kept is that of another login: remove it from the file or store, and the pool gives the one of \
         this login"
    } else {
        known
    }
}

fn role_missing(asked: &Asked<'_>) -> &'static str {
    if asked.settings.custom_role_arn.is_some() {
        "Check that custom_role_arn is a role that the login allows, and that its trust policy names this pool and \
         sts:AssumeRoleWithWebIdentity"
    } else if asked.with_logins {
        "Give the identity pool a role for authenticated identities, whose trust policy names this pool and \
         sts:AssumeRoleWithWebIdentity"
    } else {
        "Give the identity pool a role for guests (unauthenticated), whose trust policy names this pool and \
         sts:AssumeRoleWithWebIdentity"
    }
}

/// An answer that is not Cognito's.
fn unreadable(aws: AwsReason) -> Failure {
    let code = aws.http_status;
    if code == 429 {
        let message = "Cognito answered with HTTP status 429 and no reason";
        return Failure::new(Status::CognitoThrottled, Stage::Cognito, message).aws(aws);
    }
    if code >= 500 {
        return Failure::new(
            Status::CognitoUnavailable,
            Stage::Cognito,
            format!("Cognito answered with HTTP status {code}"),
        )
        .aws(aws);
    }
    let message = match code {
        300..=399 => format!("Cognito's answer is a redirection, HTTP status {code}, which Cognito never sends"),
        400.. => format!("Cognito answered with HTTP status {code} and no reason"),
        _ => format!("Cognito's answer with HTTP status {code} is not the JSON that it should be"),
    };
    Failure::new(Status::CognitoMalformed, Stage::Cognito, message).hint(PORTAL).aws(aws)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_in_awss_words_are_shortened() {
        let id = "us-east-1:01234567-89ab-cdef-0123-456789abcdef";
        assert_eq!(
            shorten_ids(&format!("Identity '{id}' not found: {id}")),
            "Identity 'us-east-1:01234567...' not found: us-east-1:01234567..."
        );
        for text in ["", "Rate exceeded", "Token expired: 1480000000 >= 1479999999", "a:", "é:é"] {
            assert_eq!(shorten_ids(text), text);
        }
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now = UNIX_EPOCH + Duration::from_secs(784_903_526);
        let parse = |text| parse_retry_after(text, now).map(|it| it.as_secs());
        assert_eq!(parse("7"), Some(7));
        assert_eq!(parse(" 0 "), Some(0));
        assert_eq!(parse("Tue, 15 Nov 1994 12:45:36 GMT"), Some(10));
        assert_eq!(parse("Tue, 15 Nov 1994 12:45:16 GMT"), Some(0));
        assert_eq!(parse("soon"), None);
        assert_eq!(parse("-1"), None);
    }
}
