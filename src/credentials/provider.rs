//! Where credentials come from: one identity, its cache, and server time learned on the way.

use super::cognito::Cognito;
use super::flight::{Away, Flights, Landed, Outcome, Part};
use super::{Credentials, endpoint};
use crate::boxed::boxed;
use crate::clock::Clock;
use crate::config::{CognitoSettings, IdentitySource, Network};
use crate::error::{Device, Failure, Stage};
use crate::log::log;
use crate::names::{Identity, IdentityPool, Region};
use crate::status::Status;
use crate::sys::ProcessMark;
use crate::transport::{Dialer, Progress};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until, timeout_at};

/// Credentials that end sooner than this are fetched anew.
const REFRESH_BEFORE: Duration = Duration::from_secs(5 * 60);

/// Credentials that end sooner than this are not used when no new ones can be had.
const USABLE_UNTIL: Duration = Duration::from_secs(30);

/// Credentials that are only to be renewed do not keep a connect waiting for longer.
const RENEW_WITHIN: Duration = Duration::from_secs(5);

/// Fetches the credentials of one identity and keeps them while they are valid. Shared by clients.
pub struct Provider {
    settings: CognitoSettings,
    dialer: Arc<Dialer>,
    clock: Arc<Clock>,
    flights: Flights,
    kept: Mutex<Kept>,
    process: ProcessMark,
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
    /// How many fetches ask for an identity at this moment.
    getting: u32,
    /// Whether a fetch is saving at this moment.
    saving: bool,
    /// Whether the store could not be read, and must not be written then.
    unreadable: bool,
    /// Whether the credentials were given for logins.
    authenticated: bool,
}

/// Counts a GetId that is under way, for as long as it is.
struct Getting<'a>(&'a Provider);

impl<'a> Getting<'a> {
    fn begin(provider: &'a Provider) -> Self {
        provider.lock().getting += 1;
        Self(provider)
    }
}

impl Drop for Getting<'_> {
    fn drop(&mut self) {
        self.0.lock().getting -= 1;
    }
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
        Ok(Self { settings, dialer, clock, flights: Flights::default(), kept, process: ProcessMark::current() })
    }

    /// Whether this is a child of the process that made it: a fetch that was under way then has no end here.
    pub fn has_forked(&self) -> bool {
        ProcessMark::current() != self.process
    }

    /// The region of its identity.
    pub fn region(&self) -> Region {
        self.settings.identity.region()
    }

    /// The identity in use, once it is known.
    pub fn identity(&self) -> Option<Identity> {
        self.lock().identity.clone()
    }

    /// Whether GetId is under way, which makes an identity that must not be lost.
    pub fn is_getting_identity(&self) -> bool {
        self.lock().getting > 0
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
            if let Some(credentials) = self.at_hand() {
                log!(Debug, Stage::Cognito, "the credentials at hand are still valid");
                return Ok(credentials);
            }
            match self.flights.join(&caller.away) {
                // Another fetch may have landed just before this one began.
                Part::Fetch(_) if self.at_hand().is_some() => {}
                Part::Fetch(fetcher) => {
                    let landed = boxed(|| self.fetch(caller)).await;
                    fetcher.land(&landed);
                    return landed.outcome;
                }
                Part::Wait(waiter) => {
                    caller.progress.enter(Stage::Cognito);
                    caller.progress.found(|| "asked by another client of this provider");
                    match waiter.outcome().await {
                        None => {}
                        Some(Landed { again_at: Some(again_at), .. }) if again_at < caller.deadline => {
                            sleep_until(again_at).await;
                        }
                        Some(landed) => return landed.outcome,
                    }
                    log!(Debug, Stage::Cognito, "the fetch of another client was given up and is taken over");
                }
            }
        }
    }

    /// The credentials at hand, if they are valid for long enough.
    pub fn at_hand(&self) -> Option<Credentials> {
        self.valid_for(REFRESH_BEFORE)
    }

    /// Forgets credentials that the server would not have, unless others are at hand by now.
    pub fn forget(&self, refused: &Credentials) {
        self.lock().credentials.take_if(|cached| cached.access_key_id == refused.access_key_id);
    }

    /// Fresh credentials, or those at hand when Cognito cannot be asked and they have not ended.
    async fn fetch(&self, caller: &Caller) -> Landed {
        let Some(at_hand) = self.valid_for(USABLE_UNTIL) else { return boxed(|| self.ask(caller)).await };
        // They are only to be renewed, so that no more time is spent on it than a connect has to spare.
        let patience = (caller.deadline.saturating_duration_since(Instant::now()) / 2).min(RENEW_WITHIN);
        let deadline = Instant::now() + patience;
        let hurried = Caller { deadline, progress: Arc::clone(&caller.progress), away: caller.away.clone() };
        let mut asking = boxed(|| self.ask(&hurried));
        let asked = match timeout_at(deadline, &mut asking).await {
            Err(_) if self.is_getting_identity() => Ok(asking.await),
            asked => asked,
        };
        let failure = match asked {
            Ok(Landed { outcome: Err(failure), .. }) if is_outage(failure.status) => failure,
            Ok(landed) => return landed,
            Err(_) => {
                let message = format!("Cognito did not answer within {} ms", patience.as_millis());
                Failure::new(Status::TimedOut, Stage::Cognito, message)
            }
        };
        log!(Warn, Stage::Cognito, "{}; the credentials at hand are used to their end", failure.message);
        caller.progress.failed(&failure);
        Landed { outcome: Ok(at_hand), again_at: None }
    }

    /// From logins and identity to credentials, on one connection.
    async fn ask(&self, caller: &Caller) -> Landed {
        let mut logins = Vec::new();
        if let Some(source) = &self.settings.logins {
            caller.progress.enter(Stage::Cognito);
            logins = match source() {
                Ok(logins) => logins,
                Err(failure) => return Landed { outcome: Err(failure), again_at: None },
            };
            caller.progress.found(|| format!("{} logins", logins.len()));
        }
        let cognito =
            Cognito::new(&self.settings, &self.dialer, &self.clock, &caller.progress, caller.deadline, logins);
        let outcome = boxed(|| self.ask_for_identity(&cognito)).await;
        cognito.connector.close();
        let again_at = *cognito.again_at.lock().unwrap_or_else(PoisonError::into_inner);
        let outcome = outcome.map(|(fresh, identity)| {
            let lifetime = fresh.expires_at().duration_since(self.clock.now()).unwrap_or_default();
            log!(Info, Stage::Cognito, "credentials for {} s", lifetime.as_secs());
            caller.progress.found(|| format!("credentials for {} s", lifetime.as_secs()));
            self.keep(&fresh, &identity, !cognito.logins.is_empty());
            fresh
        });
        Landed { outcome, again_at }
    }

    /// With the identity that is known, or a new one when there is none or Cognito does not know it any more.
    async fn ask_for_identity(&self, cognito: &Cognito<'_>) -> Result<(Credentials, Identity), Failure> {
        self.load();
        // Saves what an earlier fetch could not.
        self.save();
        match (self.identity(), &self.settings.identity) {
            (Some(identity), IdentitySource::Known(_)) => self.ask_as(cognito, identity).await,
            (Some(identity), IdentitySource::Pool(pool, _)) => match self.ask_as(cognito, identity.clone()).await {
                Err(failure) if failure.status == Status::CognitoIdentityNotFound => {
                    log!(Warn, Stage::Cognito, "{}; a new one is asked for", failure.message);
                    cognito.progress.failed(&failure);
                    boxed(|| self.ask_pool(cognito, pool, Some(identity))).await
                }
                result => result,
            },
            (None, IdentitySource::Pool(pool, _)) => boxed(|| self.ask_pool(cognito, pool, None)).await,
            (None, IdentitySource::Known(_)) => {
                Err(Failure::new(Status::Internal, Stage::Cognito, "the identity was forgotten"))
            }
        }
    }

    /// Asks for an identity in place of `former`, and for its credentials.
    async fn ask_pool(
        &self,
        cognito: &Cognito<'_>,
        pool: &IdentityPool,
        former: Option<Identity>,
    ) -> Result<(Credentials, Identity), Failure> {
        // Another fetch may have put one there meanwhile.
        let current = self.identity().filter(|current| Some(current) != former.as_ref());
        let identity = match current {
            Some(current) => current,
            None => {
                let _getting = Getting::begin(self);
                let given = boxed(|| cognito.id(pool)).await?;
                // At once: whatever happens to this fetch, an identity is made once.
                self.adopt(former.as_ref(), given)
            }
        };
        self.ask_as(cognito, identity).await
    }

    /// Asks for the credentials of an identity. Gives the identity that Cognito names as theirs.
    async fn ask_as(&self, cognito: &Cognito<'_>, identity: Identity) -> Result<(Credentials, Identity), Failure> {
        let (credentials, named) = cognito.credentials(&identity).await?;
        if named != identity {
            self.adopt(Some(&identity), named.clone());
        }
        Ok((credentials, named))
    }

    /// Asks the store, the first time. A store that fails costs a new identity, and not the connection.
    fn load(&self) {
        let IdentitySource::Pool(pool, Some(store)) = &self.settings.identity else { return };
        if std::mem::replace(&mut self.lock().loaded, true) {
            return;
        }
        let loaded = store.load(pool).and_then(|stored| match stored {
            Some(identity) => {
                Identity::parse("the stored identity", &identity).map(Some).map_err(|failure| failure.text())
            }
            None => Ok(None),
        });
        match loaded {
            Ok(None) => {}
            Ok(Some(identity)) => {
                log!(Debug, Stage::Cognito, "identity {} from the store", identity.shortened());
                self.lock().identity.get_or_insert(identity);
            }
            Err(problem) => {
                // It may hold a good identity, or something else altogether.
                self.lock().unreadable = true;
                log!(Warn, Stage::Cognito, "the identity store is left alone, because it could not be read: {problem}");
            }
        }
    }

    /// Takes an identity in place of `former` and saves it. Gives the identity to use: another, if another fetch has put it
    /// there meanwhile.
    fn adopt(&self, former: Option<&Identity>, given: Identity) -> Identity {
        {
            let mut kept = self.lock();
            if let Some(other) = kept.identity.as_ref().filter(|identity| Some(*identity) != former) {
                return other.clone();
            }
            kept.identity = Some(given.clone());
            kept.unsaved = true;
        }
        if let Some(former) = former {
            log!(Warn, Stage::Cognito, "identity {} is {} from now on", former.shortened(), given.shortened());
        }
        self.save();
        given
    }

    /// Keeps credentials, unless those of another identity, or later ones, were put there meanwhile.
    fn keep(&self, fresh: &Credentials, identity: &Identity, authenticated: bool) {
        let mut kept = self.lock();
        let is_later = |kept: &Credentials| kept.expires_at() < fresh.expires_at();
        if kept.identity.as_ref() == Some(identity) && kept.credentials.as_ref().is_none_or(is_later) {
            kept.credentials = Some(fresh.clone());
            kept.authenticated = authenticated;
        }
    }

    /// Saves an identity that the store does not have. One at a time, so that the last one stays.
    fn save(&self) {
        let IdentitySource::Pool(pool, Some(store)) = &self.settings.identity else { return };
        while let Some(identity) = self.begin_to_save() {
            let saved = store.save(pool, &identity);
            let mut kept = self.lock();
            kept.saving = false;
            kept.unsaved = saved.is_err() || kept.identity.as_ref() != Some(&identity);
            drop(kept);
            if let Err(problem) = saved {
                log!(Warn, Stage::Cognito, "the identity could not be saved: {problem}");
                return;
            }
        }
    }

    /// The identity to save, unless another fetch is about it and will see this one as well.
    fn begin_to_save(&self) -> Option<Identity> {
        let mut kept = self.lock();
        let identity = kept.identity.clone().filter(|_| kept.unsaved && !kept.unreadable && !kept.saving)?;
        kept.saving = true;
        Some(identity)
    }

    fn valid_for(&self, time: Duration) -> Option<Credentials> {
        if self.clock.must_be_learned() {
            return None; // Only an answer of Cognito tells whether they are.
        }
        let until = self.clock.now() + time;
        self.lock().credentials.clone().filter(|credentials| credentials.expires_at() > until)
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether Cognito, or the login callback, cannot be asked at the moment, and did not refuse.
fn is_outage(status: Status) -> bool {
    matches!(
        status,
        Status::CognitoThrottled
            | Status::CognitoUnavailable
            | Status::LoginFailed
            | Status::ConnectionLost
            | Status::DnsFailed
            | Status::TcpFailed
            | Status::ProxyFailed
    )
}
