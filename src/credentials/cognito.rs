//! GetId and GetCredentialsForIdentity by the AWS SDK: one fetch, with its retries.

use super::connector::Connector;
use super::refusal::{Asked, Refusal, What};
use super::{Credentials, endpoint, operation, retry};
use crate::boxed::boxed;
use crate::clock::Clock;
use crate::config::{CognitoSettings, Login};
use crate::error::{AwsReason, Failure, Stage};
use crate::log::log;
use crate::names::{Identity, IdentityPool};
use crate::status::Status;
use crate::sys::random;
use crate::transport::{Dialer, Progress};
use aws_sdk_cognitoidentity::error::ProvideErrorMetadata;
use aws_sdk_cognitoidentity::operation::RequestId;
use aws_sdk_cognitoidentity::operation::get_credentials_for_identity::{
    GetCredentialsForIdentityInput, GetCredentialsForIdentityOutput,
};
use aws_sdk_cognitoidentity::operation::get_id::GetIdInput;
use aws_smithy_runtime_api::client::http::HttpClient;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;
use tokio::time::Instant;

/// The end of the year 9999. What is later is no date that anybody can write, but for a number that overflowed.
const LAST_SECOND: i64 = 253_402_300_799;

/// What one fetch needs.
pub struct Cognito<'a, C = Connector> {
    pub settings: &'a CognitoSettings,
    pub clock: &'a Clock,
    pub progress: &'a Progress,
    /// Nothing is tried again that could not begin before this.
    pub deadline: Instant,
    /// Secrets: in no message.
    pub logins: HashMap<String, String>,
    pub connector: C,
    /// HTTP status of the last answer that the connector has read.
    pub answered: Arc<AtomicU16>,
    /// When something could be tried again, for which this deadline is too near. Another caller's need not be.
    pub again_at: Mutex<Option<Instant>>,
}

impl<'a> Cognito<'a> {
    /// Requests are not signed and work with a wrong device clock; the `Date` of each answer sets `clock` right.
    pub fn new(
        settings: &'a CognitoSettings,
        dialer: &Arc<Dialer>,
        clock: &'a Clock,
        progress: &'a Arc<Progress>,
        deadline: Instant,
        logins: Vec<Login>,
    ) -> Self {
        let connector = Connector::new(dialer, progress);
        let answered = connector.answered();
        let logins = logins.into_iter().map(|login| (login.provider, login.token)).collect();
        Self { settings, clock, progress, deadline, logins, connector, answered, again_at: Mutex::new(None) }
    }
}

impl<C: HttpClient + Clone + 'static> Cognito<'_, C> {
    /// Asks for the identity of this device in a pool: a new one for a guest, always the same one for the same login.
    pub async fn id(&self, pool: &IdentityPool) -> Result<Identity, Failure> {
        let input = GetIdInput::builder().identity_pool_id(pool.as_str()).set_logins(self.logins());
        let input = input.build().map_err(defect)?;
        let url = endpoint::url(self.settings);
        let mut tried = 0;
        let output = loop {
            match boxed(|| operation::get_id(&url, &self.connector, input.clone())).await {
                Ok(output) => break output,
                Err(error) => {
                    let refusal = self.explain(&error, What::Id(pool));
                    self.pause(refusal, &mut tried).await?;
                }
            }
        };
        let answer = self.answer(output.request_id());
        let identity = output.identity_id().ok_or_else(|| answer.malformed("has no IdentityId"))?;
        let identity = answer.identity(identity)?;
        self.progress.found(|| format!("GetId: {}", identity.shortened()));
        log!(Info, Stage::Cognito, "the pool gave identity {}", identity.shortened());
        Ok(identity)
    }

    /// Asks for credentials of an identity. Gives the identity that they are for, which Cognito may have merged with another.
    pub async fn credentials(&self, identity: &Identity) -> Result<(Credentials, Identity), Failure> {
        let input = GetCredentialsForIdentityInput::builder()
            .identity_id(identity.as_str())
            .set_logins(self.logins())
            .set_custom_role_arn(self.settings.custom_role_arn.clone());
        let input = input.build().map_err(defect)?;
        let url = endpoint::url(self.settings);
        let mut tried = 0;
        let output = loop {
            match boxed(|| operation::get_credentials_for_identity(&url, &self.connector, input.clone())).await {
                Ok(output) => break output,
                Err(error) => {
                    let refusal = self.explain(&error, What::Credentials(identity));
                    self.pause(refusal, &mut tried).await?;
                }
            }
        };
        let credentials = self.read(&output)?;
        let identity = match output.identity_id() {
            Some(returned) => self.answer(output.request_id()).identity(returned)?,
            None => identity.clone(),
        };
        Ok((credentials, identity))
    }

    fn answer<'b>(&self, request_id: Option<&'b str>) -> Answer<'b> {
        Answer { http_status: self.answered.load(Ordering::Relaxed), request_id }
    }

    fn logins(&self) -> Option<HashMap<String, String>> {
        (!self.logins.is_empty()).then(|| self.logins.clone())
    }

    fn explain<E: ProvideErrorMetadata>(&self, error: &operation::Error<E>, what: What<'_>) -> Refusal {
        let asked = Asked { what, settings: self.settings, with_logins: !self.logins.is_empty() };
        Refusal::of(error, &asked, self.clock.now())
    }

    /// Waits until a request may be sent again, or gives the refusal back if it may not.
    async fn pause(&self, refusal: Refusal, tried: &mut u32) -> Result<(), Failure> {
        let Refusal { failure, retry_after } = refusal;
        *tried += 1;
        let Some(pause) = retry::pause(&failure, *tried, retry_after, random()) else { return Err(failure) };
        if *tried >= self.settings.tries {
            return Err(failure);
        }
        let again_at = Instant::now().checked_add(pause);
        if again_at.is_none_or(|again_at| again_at >= self.deadline) {
            log!(Debug, Stage::Cognito, "no time to ask again after {} ms", pause.as_millis());
            *self.again_at.lock().unwrap_or_else(PoisonError::into_inner) = again_at;
            return Err(match retry_after {
                Some(asked_for) if failure.status == Status::CognitoThrottled => failure.hint(format!(
                    "Connect again in {} s, as Cognito asks, and a random delay later: the account asks Cognito too often",
                    asked_for.as_secs()
                )),
                _ => failure,
            });
        }
        self.progress.failed(&failure);
        log!(Warn, Stage::Cognito, "{}; once more in {} ms", failure.message, pause.as_millis());
        tokio::time::sleep(pause).await;
        Ok(())
    }

    /// The credentials in an answer, which are none if they are not whole or over.
    fn read(&self, output: &GetCredentialsForIdentityOutput) -> Result<Credentials, Failure> {
        let answer = self.answer(output.request_id());
        let part = |value: Option<&str>, name: &str| match value {
            // What C programs get ends at a NUL, and a line break in a header of theirs ends the header.
            Some(value) if value.chars().any(char::is_control) => {
                Err(answer.malformed(&format!("has a control character in {name}")))
            }
            Some(value) if !value.is_empty() => Ok(value.to_owned()),
            _ => Err(answer.malformed(&format!("has no {name}"))),
        };
        let given = output.credentials().ok_or_else(|| answer.malformed("has no Credentials"))?;
        let key = part(given.access_key_id(), "AccessKeyId")?;
        let secret = part(given.secret_key(), "SecretKey")?;
        let token = part(given.session_token(), "SessionToken")?;
        let expires_at = given
            .expiration()
            .filter(|expiration| expiration.secs() <= LAST_SECOND)
            .and_then(|expiration| SystemTime::try_from(*expiration).ok())
            .ok_or_else(|| answer.malformed("has no Expiration, or one that is no date"))?;
        let now = self.clock.now();
        if let Ok(ago) = now.duration_since(expires_at) {
            let problem = format!("holds credentials that have expired already, {} s ago", ago.as_secs());
            return Err(answer.malformed(&problem).hint(match self.clock.is_corrected() {
                true => {
                    "By Cognito's own Date the credentials have expired: check that it is Cognito that answers, and no cache \
                     on the way"
                }
                false => "Set the clock of this device, or leave its correction by Cognito's Date on",
            }));
        }
        Ok(Credentials::new(&key, &secret, &token, expires_at))
    }
}

/// An answer that is a success by its HTTP status.
struct Answer<'a> {
    http_status: u16,
    request_id: Option<&'a str>,
}

impl Answer<'_> {
    fn identity(&self, identity: &str) -> Result<Identity, Failure> {
        Identity::parse("IdentityId", identity)
            .map_err(|failure| self.malformed(&format!("is wrong: {}", failure.message)))
    }

    fn malformed(&self, problem: &str) -> Failure {
        let request_id = self.request_id.unwrap_or_default().to_owned();
        Failure::new(Status::CognitoMalformed, Stage::Cognito, format!("Cognito's answer {problem}")).aws(AwsReason {
            http_status: self.http_status,
            request_id,
            ..AwsReason::default()
        })
    }
}

fn defect(error: impl std::fmt::Display) -> Failure {
    Failure::new(Status::Internal, Stage::Cognito, format!("the request to Cognito could not be built: {error}"))
}
