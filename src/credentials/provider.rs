//! Where credentials come from: one identity, its cache, and server time learned on the way.

use super::{Credentials, cognito};
use crate::boxed::boxed;
use crate::clock::Clock;
use crate::config::{CognitoSettings, Network};
use crate::error::{Failure, Stage};
use crate::log::log;
use crate::names::Identity;
use crate::transport::{Dialer, Progress};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Credentials that end sooner than this are fetched anew.
const REFRESH_BEFORE: Duration = Duration::from_secs(5 * 60);

/// Fetches the credentials of one identity and keeps them while they are valid. Shared by clients.
pub struct Provider {
    settings: CognitoSettings,
    dialer: Arc<Dialer>,
    clock: Arc<Clock>,
    cached: Mutex<Option<Credentials>>,
}

impl Provider {
    /// Loads the trusted roots. Does not touch the network.
    pub fn new(settings: CognitoSettings) -> Result<Self, Failure> {
        let dialer = Arc::new(Dialer::new(&settings.network)?);
        Ok(Self { settings, dialer, clock: Arc::new(Clock::default()), cached: Mutex::new(None) })
    }

    /// The identity it was made for.
    pub fn identity(&self) -> &Identity {
        &self.settings.identity
    }

    /// The dialer to share, if `network` is the same way with the same trust: its roots are the largest thing a client has.
    pub fn dialer_for(&self, network: &Network) -> Option<Arc<Dialer>> {
        (self.settings.network == *network).then(|| Arc::clone(&self.dialer))
    }

    /// Server time, as learned from Cognito.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Where Cognito is, as `host:port` or the name of the public endpoint, for messages.
    pub fn peer(&self) -> String {
        match &self.settings.endpoint {
            Some((host, port)) => host.with_port(*port),
            None => format!("Cognito in {}", self.settings.region.as_str()),
        }
    }

    /// Valid credentials: those at hand, or fresh ones.
    pub async fn credentials(&self, progress: &Arc<Progress>) -> Result<Credentials, Failure> {
        if let Some(credentials) = self.valid() {
            log!(Debug, Stage::Cognito, "the credentials at hand are still valid");
            return Ok(credentials);
        }
        let fresh = boxed(|| cognito::fetch(&self.settings, &self.dialer, &self.clock, progress)).await?;
        let lifetime = fresh.expires_at().duration_since(self.clock.now()).unwrap_or_default();
        log!(Info, Stage::Cognito, "credentials for {} s", lifetime.as_secs());
        *self.cached.lock().unwrap_or_else(PoisonError::into_inner) = Some(fresh.clone());
        Ok(fresh)
    }

    /// Forgets credentials that the server would not have, unless others are at hand by now.
    pub fn forget(&self, refused: &Credentials) {
        let mut cached = self.cached.lock().unwrap_or_else(PoisonError::into_inner);
        cached.take_if(|cached| cached.access_key_id == refused.access_key_id);
    }

    fn valid(&self) -> Option<Credentials> {
        let cached = self.cached.lock().unwrap_or_else(PoisonError::into_inner);
        cached.clone().filter(|credentials| credentials.expires_at() > self.clock.now() + REFRESH_BEFORE)
    }
}
