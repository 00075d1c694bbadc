//! A Cognito identity to temporary AWS credentials.

pub mod cognito;
pub mod connector;
mod endpoint;
mod file_store;
mod flight;
mod operation;
mod provider;
mod refusal;
mod retry;

pub use file_store::FileStore;
pub use flight::Away;
pub use provider::{Caller, Provider};

use aws_credential_types::Credentials as AwsCredentials;
use std::time::SystemTime;

/// Temporary AWS credentials. Has no `Debug`, so that they cannot end up in a message; memory is zeroed when freed.
#[derive(Clone)]
pub struct Credentials {
    access_key_id: String,
    secret_key: String,
    session_token: String,
    expires_at: SystemTime,
}

impl Credentials {
    /// Credentials that end at `expires_at`, in server time.
    pub fn new(access_key_id: &str, secret_key: &str, session_token: &str, expires_at: SystemTime) -> Self {
        Self {
            access_key_id: access_key_id.to_owned(),
            secret_key: secret_key.to_owned(),
            session_token: session_token.to_owned(),
            expires_at,
        }
    }

    /// The access key id.
    pub fn access_key_id(&self) -> &str {
        &self.access_key_id
    }

    /// The secret access key.
    pub fn secret_access_key(&self) -> &str {
        &self.secret_key
    }

    /// The session token.
    pub fn session_token(&self) -> &str {
        &self.session_token
    }

    /// When they end, in server time.
    pub fn expires_at(&self) -> SystemTime {
        self.expires_at
    }

    /// As aws-sigv4 takes them.
    pub fn to_identity(&self) -> aws_smithy_runtime_api::client::identity::Identity {
        AwsCredentials::new(
            self.access_key_id.clone(),
            self.secret_key.clone(),
            Some(self.session_token.clone()),
            Some(self.expires_at),
            "Cognito",
        )
        .into()
    }
}
