//! GetCredentialsForIdentity by the AWS SDK, and what its errors mean.

use super::Credentials;
use super::connector::Connector;
use super::operation::{self, Error};
use crate::boxed::boxed;
use crate::clock::Clock;
use crate::config::CognitoSettings;
use crate::error::{AwsReason, Failure, Stage};
use crate::status::Status;
use crate::transport::{self, Dialer, Progress};
use aws_sdk_cognitoidentity::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_cognitoidentity::operation::get_credentials_for_identity::{
    GetCredentialsForIdentityError, GetCredentialsForIdentityOutput,
};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use std::sync::Arc;
use std::time::SystemTime;

/// Asks Cognito for credentials. The request is not signed and works with a wrong device clock; the `Date` of the answer sets
/// `clock` right.
pub async fn fetch(
    settings: &CognitoSettings,
    dialer: &Arc<Dialer>,
    clock: &Arc<Clock>,
    progress: &Arc<Progress>,
) -> Result<Credentials, Failure> {
    let connector = Connector::new(dialer, clock, progress);
    let endpoint = endpoint(settings);
    let answer =
        boxed(|| operation::get_credentials_for_identity(endpoint, connector, settings.identity.as_str())).await;
    match answer {
        Ok(output) => credentials(&output, clock.now()),
        Err(error) => Err(failure(&error, settings)),
    }
}

/// The URL of the endpoint: the one that was set, or the public one of the region.
fn endpoint(settings: &CognitoSettings) -> String {
    match &settings.endpoint {
        Some((host, port)) => format!("https://{}", host.host_header(*port)),
        None => {
            let region = settings.region.as_str();
            format!("https://cognito-identity.{region}.{}", dns_suffix(region))
        }
    }
}

/// The domain of a region's partition. A test compares it with the SDK's endpoint rules for every region that they know.
fn dns_suffix(region: &str) -> &'static str {
    match region.split_once('-') {
        Some(("cn", _)) => "amazonaws.com.cn",
        Some(("eusc", _)) => "amazonaws.eu",
        _ => "amazonaws.com",
    }
}

fn credentials(output: &GetCredentialsForIdentityOutput, now: SystemTime) -> Result<Credentials, Failure> {
    let malformed = |problem: &str| {
        Failure::new(Status::CognitoMalformed, Stage::Cognito, format!("Cognito's answer {problem}"))
            .hint("Check that it is Cognito that answers, and no proxy or captive portal")
    };
    let part = |value: Option<&str>, name: &str| match value {
        Some(value) if !value.is_empty() => Ok(value.to_owned()),
        _ => Err(malformed(&format!("has no {name}"))),
    };
    let given = output.credentials().ok_or_else(|| malformed("has no Credentials"))?;
    let key = part(given.access_key_id(), "AccessKeyId")?;
    let secret = part(given.secret_key(), "SecretKey")?;
    let token = part(given.session_token(), "SessionToken")?;
    let expires_at = given
        .expiration()
        .and_then(|expiration| SystemTime::try_from(*expiration).ok())
        .ok_or_else(|| malformed("has no Expiration"))?;
    if expires_at <= now {
        return Err(malformed("holds credentials that have expired already"));
    }
    Ok(Credentials::new(&key, &secret, &token, expires_at))
}

fn failure(error: &Error, settings: &CognitoSettings) -> Failure {
    match error {
        SdkError::DispatchFailure(dispatch) => transport_failure(dispatch.as_connector_error().map(|error| error as _)),
        SdkError::ServiceError(service) => refusal(service.err().as_ref(), service.raw(), settings),
        SdkError::ResponseError(response) => unreadable(response.raw()),
        _ => Failure::new(
            Status::InvalidConfig,
            Stage::Cognito,
            format!("the request to Cognito could not be made for region {}", settings.region.as_str()),
        )
        .hint("Check the Cognito region, or set the Cognito endpoint"),
    }
}

/// Our own transport's error, out of the SDK's wrapping.
fn transport_failure(error: Option<&(dyn std::error::Error + 'static)>) -> Failure {
    let mut cause = error;
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref::<transport::Error>() {
            return Failure::from(error);
        }
        cause = error.source();
    }
    Failure::new(Status::Internal, Stage::Cognito, "the request to Cognito could not be sent")
}

fn refusal(error: Option<&GetCredentialsForIdentityError>, raw: &HttpResponse, settings: &CognitoSettings) -> Failure {
    let aws = reason(error.and_then(|error| error.code()), error.and_then(|error| error.message()), raw);
    let (status, hint) = match aws.error_type.as_str() {
        "ResourceNotFoundException" => (
            Status::CognitoIdentityNotFound,
            "Give an identity id, as `aws cognito-identity get-id` prints it, not the id of the identity pool",
        ),
        "NotAuthorizedException" => (
            Status::CognitoNotAuthorized,
            "Allow unauthenticated access in the identity pool, or use an identity without logins",
        ),
        "TooManyRequestsException" | "ThrottlingException" => {
            (Status::CognitoThrottled, "Try again later, with a growing and random delay")
        }
        "InvalidIdentityPoolConfigurationException" => (
            Status::CognitoPoolConfiguration,
            "Give the identity pool a role for unauthenticated identities, with a trust policy for this pool",
        ),
        _ if aws.http_status == 429 => (Status::CognitoThrottled, "Try again later, with a growing and random delay"),
        _ if aws.http_status >= 500 => (Status::CognitoUnavailable, "Try again later, with a growing delay"),
        "" => (Status::CognitoMalformed, "Check that it is Cognito that answers, and no proxy or captive portal"),
        _ => (Status::CognitoRefused, ""),
    };
    let mut message = format!("Cognito refused identity {}", settings.identity.as_str());
    for part in [&aws.error_type, &aws.message] {
        if !part.is_empty() {
            message.push_str(": ");
            message.push_str(part);
        }
    }
    if aws.error_type.is_empty() {
        message = format!("Cognito answered with HTTP status {} and no reason", aws.http_status);
    }
    Failure::new(status, Stage::Cognito, message).hint(hint).aws(aws)
}

/// An answer that the SDK could not read.
fn unreadable(raw: &HttpResponse) -> Failure {
    let aws = reason(None, None, raw);
    if aws.http_status >= 500 {
        return Failure::new(
            Status::CognitoUnavailable,
            Stage::Cognito,
            format!("Cognito answered with HTTP status {}", aws.http_status),
        )
        .hint("Try again later, with a growing delay")
        .aws(aws);
    }
    Failure::new(
        Status::CognitoMalformed,
        Stage::Cognito,
        format!("Cognito's answer with HTTP status {} is not the JSON that it should be", aws.http_status),
    )
    .hint("Check that it is Cognito that answers, and no proxy or captive portal")
    .aws(aws)
}

fn reason(code: Option<&str>, message: Option<&str>, raw: &HttpResponse) -> AwsReason {
    AwsReason {
        http_status: raw.status().as_u16(),
        error_type: code.unwrap_or_default().to_owned(),
        message: message.unwrap_or_default().to_owned(),
        request_id: raw.headers().get("x-amzn-requestid").unwrap_or_default().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_cognitoidentity::config::endpoint::{DefaultResolver, Params, ResolveEndpoint};

    #[test]
    fn public_endpoints_are_those_of_the_sdks_endpoint_rules() {
        let resolver = DefaultResolver::new();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        // One of each kind in each partition that has identity pools, and regions with rules of their own.
        for region in [
            "us-east-1",
            "us-east-2",
            "us-west-1",
            "us-west-2",
            "ca-central-1",
            "eu-central-1",
            "eu-west-3",
            "ap-south-2",
            "sa-east-1",
            "me-south-1",
            "af-south-1",
            "il-central-1",
            "mx-central-1",
            "cn-north-1",
            "cn-northwest-1",
            "us-gov-west-1",
            "us-gov-east-1",
            "eusc-de-east-1",
        ] {
            let params = Params::builder().region(region).use_fips(false).use_dual_stack(false).build().unwrap();
            let endpoint = runtime.block_on(async { resolver.resolve_endpoint(&params).await }).unwrap();
            let ours = format!("https://cognito-identity.{region}.{}", dns_suffix(region));
            assert_eq!(endpoint.url(), ours);
        }
    }
}
