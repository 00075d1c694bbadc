//! Where credentials come from: one identity, its cache, and server time learned on the way.

use super::cognito::Cognito;
use super::flight::{Away, Flights, Outcome, Part};
use super::{Credentials, endpoint};
use crate::boxed::boxed;
use crate::clock::Clock;
use crate::config::{CognitoSettings, IdentitySource, Network};
use crate::error::{Device, Failure, Stage};
use crate::log::log;
use crate::names::{Identity, IdentityPool, Region};
use crate::status::Status;
use crate::transport::{Dialer, Progress};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::Instant;

/// Credentials that end sooner than this are fetched anew.
const REFRESH_BEFORE: Duration = Duration::from_secs(5 * 60);

/// Credentials that end sooner than this are not used when no new ones can be had.
const USABLE_UNTIL: Duration = Duration::from_secs(30);

/// Fetches the credentials of one identity and keeps them while they are valid. Shared by clients.
pub struct Provider {
    settings: CognitoSettings,
    dialer: Arc<Dialer>,
    clock: Arc<Clock>,
    flights: Flights,
    kept: Mutex<Kept>,
    process_id: u32,
}

/// What a fetch leaves for the next. The lock is never held while anything is called that could wait or call back.
#[derive(Default)]
struct Kept {
    credentials: Option<Credentials>,
    /// The one that was set, that the store had, that GetId gave, or that Cognito has put in its place.
    identity: Option<Identity>,
    /// Whether the store was asked.
    loaded: bool,
    /// Whether the store holds another identity than this, so that it has to be saved.
    unsaved: bool,
    /// Whether the last fetch had logins.
    authenticated: bool,
}

/// Who asks for credentials, and until when.
pub struct Caller {
    /// Where the stages are noted.
    pub progress: Arc<Progress>,
    /// Nothing is begun that could not be of use before this.
    pub deadline: Instant,
    /// Whether the caller's runtime is driven.
    pub away: watch::Receiver<Away>,
}

impl Provider {
    /// Loads the trusted roots. Does not touch the network.
    pub fn new(settings: CognitoSettings) -> Result<Self, Failure> {
        let clock = Arc::new(Clock::new(settings.clock));
        let dialer = Arc::new(Dialer::new(&settings.network, &clock)?);
        let identity = match &settings.identity {
            IdentitySource::Known(identity) => Some(identity.clone()),
            IdentitySource::Pool(..) => None,
        };
        let kept = Mutex::new(Kept { identity, ..Kept::default() });
        Ok(Self { settings, dialer, clock, flights: Flights::default(), kept, process_id: std::process::id() })
    }

    /// Whether this is a child of the process that made it: a fetch that was under way then has no end here.
    pub fn has_forked(&self) -> bool {
        std::process::id() != self.process_id
    }

    /// The region of its identity.
    pub fn region(&self) -> Region {
        self.settings.identity.region()
    }

    /// The identity in use, once it is known.
    pub fn identity(&self) -> Option<Identity> {
        self.lock().identity.clone()
    }

    /// Whether the credentials are those of somebody who has logged in, for whom IoT Core wants a policy of its own.
    pub fn is_authenticated(&self) -> bool {
        self.lock().authenticated
    }

    /// Who fails, for a failure.
    pub fn device(&self) -> Device {
        Device {
            identity: self.identity().map(|identity| identity.as_str().to_owned()).unwrap_or_default(),
            clock_offset_ms: self.clock.offset_ms(),
        }
    }

    /// A dialer for `network`: the provider's own if that is the same way with the same trust, because its roots are the
    /// largest thing a client has.
    pub fn dialer_for(&self, network: &Network) -> Result<Arc<Dialer>, Failure> {
        if self.settings.network == *network {
            return Ok(Arc::clone(&self.dialer));
        }
        Ok(Arc::new(Dialer::new(network, &self.clock)?))
    }

    /// Server time, as learned from Cognito and IoT Core.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Where Cognito is, for messages.
    pub fn peer(&self) -> String {
        endpoint::url(&self.settings).trim_start_matches("https://").to_owned()
    }

    /// Valid credentials: those at hand, those that another caller is fetching now, or fresh ones.
    pub async fn credentials(&self, caller: &Caller) -> Outcome {
        loop {
            if let Some(credentials) = self.valid_for(REFRESH_BEFORE) {
                log!(Debug, Stage::Cognito, "the credentials at hand are still valid");
                return Ok(credentials);
            }
            match self.flights.join(&caller.away) {
                // Another fetch may have landed just before this one began.
                Part::Fetch(_) if self.valid_for(REFRESH_BEFORE).is_some() => {}
                Part::Fetch(fetcher) => {
                    let outcome = boxed(|| self.fetch(caller)).await;
                    fetcher.land(&outcome);
                    return outcome;
                }
                Part::Wait(waiter) => {
                    caller.progress.enter(Stage::Cognito);
                    caller.progress.found("asked by another client of this provider");
                    if let Some(outcome) = waiter.outcome().await {
                        return outcome;
                    }
                    log!(Debug, Stage::Cognito, "the fetch of another client was given up and is taken over");
                }
            }
        }
    }

    /// Forgets credentials that the server would not have, unless others are at hand by now.
    pub fn forget(&self, refused: &Credentials) {
        self.lock().credentials.take_if(|cached| cached.access_key_id == refused.access_key_id);
    }

    async fn fetch(&self, caller: &Caller) -> Outcome {
        match boxed(|| self.ask(caller)).await {
            Ok(fresh) => {
                let lifetime = fresh.expires_at().duration_since(self.clock.now()).unwrap_or_default();
                log!(Info, Stage::Cognito, "credentials for {} s", lifetime.as_secs());
                caller.progress.found(&format!("credentials for {} s", lifetime.as_secs()));
                self.lock().credentials = Some(fresh.clone());
                Ok(fresh)
            }
            Err(failure) => match self.valid_for(USABLE_UNTIL).filter(|_| is_outage(failure.status)) {
                Some(credentials) => {
                    log!(Warn, Stage::Cognito, "{}; the credentials at hand are used to their end", failure.message);
                    caller.progress.failed(&failure);
                    Ok(credentials)
                }
                None => Err(failure),
            },
        }
    }

    /// From logins and identity to credentials, on one connection.
    async fn ask(&self, caller: &Caller) -> Outcome {
        let logins = match &self.settings.logins {
            Some(source) => source()?,
            None => Vec::new(),
        };
        self.lock().authenticated = !logins.is_empty();
        let cognito =
            Cognito::new(&self.settings, &self.dialer, &self.clock, &caller.progress, caller.deadline, logins);
        let outcome = match &self.settings.identity {
            IdentitySource::Known(_) => self.ask_for_known(&cognito).await,
            IdentitySource::Pool(pool, _) => boxed(|| self.ask_pool(&cognito, pool)).await,
        };
        cognito.connector.close();
        let credentials = outcome.map(|(credentials, identity)| {
            self.keep(identity);
            credentials
        });
        // Also when there are no credentials: an identity is made once.
        self.save();
        credentials
    }

    async fn ask_for_known(&self, cognito: &Cognito<'_>) -> Result<(Credentials, Identity), Failure> {
        match self.identity() {
            Some(identity) => cognito.credentials(&identity).await,
            None => Err(Failure::new(Status::Internal, Stage::Cognito, "the identity was forgotten")),
        }
    }

    /// With the identity that the pool gave once, or a new one when there is none or Cognito does not know it any more.
    async fn ask_pool(&self, cognito: &Cognito<'_>, pool: &IdentityPool) -> Result<(Credentials, Identity), Failure> {
        self.load(pool);
        if let Some(identity) = self.identity() {
            match cognito.credentials(&identity).await {
                Err(failure) if failure.status == Status::CognitoIdentityNotFound => {
                    log!(Warn, Stage::Cognito, "{}; a new one is asked for", failure.message);
                    cognito.progress.failed(&failure);
                }
                result => return result,
            }
        }
        let identity = boxed(|| cognito.id(pool)).await?;
        self.keep(identity.clone());
        cognito.credentials(&identity).await
    }

    /// Asks the store, the first time. A store that fails costs a new identity, and not the connection.
    fn load(&self, pool: &IdentityPool) {
        let IdentitySource::Pool(_, Some(store)) = &self.settings.identity else { return };
        if std::mem::replace(&mut self.lock().loaded, true) {
            return;
        }
        let identity = match store.load(pool) {
            Ok(Some(identity)) => Identity::parse("the stored identity", &identity).map_err(|failure| failure.text()),
            Ok(None) => return,
            Err(problem) => Err(problem),
        };
        match identity {
            Ok(identity) => {
                log!(Debug, Stage::Cognito, "identity {} from the store", identity.as_str());
                self.lock().identity = Some(identity);
            }
            Err(problem) => log!(Warn, Stage::Cognito, "the identity store could not be read: {problem}"),
        }
    }

    /// Keeps the identity that Cognito has named.
    fn keep(&self, identity: Identity) {
        let mut kept = self.lock();
        if kept.identity.as_ref() == Some(&identity) {
            return;
        }
        kept.unsaved = true;
        let named = identity.as_str().to_owned();
        let former = kept.identity.replace(identity);
        drop(kept);
        if let Some(former) = former {
            log!(Warn, Stage::Cognito, "identity {} is {named} from now on", former.as_str());
        }
    }

    /// Saves an identity that the store does not have, and that it did not take after an earlier fetch.
    fn save(&self) {
        let IdentitySource::Pool(pool, Some(store)) = &self.settings.identity else { return };
        let Some(identity) = self.identity().filter(|_| self.lock().unsaved) else { return };
        let saved = store.save(pool, &identity);
        self.lock().unsaved = saved.is_err();
        if let Err(problem) = saved {
            log!(Warn, Stage::Cognito, "the identity could not be saved: {problem}");
        }
    }

    fn valid_for(&self, time: Duration) -> Option<Credentials> {
        let until = self.clock.now() + time;
        self.lock().credentials.clone().filter(|credentials| credentials.expires_at() > until)
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether Cognito cannot be asked at the moment, and did not refuse.
fn is_outage(status: Status) -> bool {
    matches!(
        status,
        Status::CognitoThrottled
            | Status::CognitoUnavailable
            | Status::ConnectionLost
            | Status::DnsFailed
            | Status::TcpFailed
            | Status::ProxyFailed
    )
}
