//! The dial: from settings to an open WebSocket in four round trips. TCP and TLS to IoT Core do not depend on the credentials and
//! run while Cognito answers; the signed upgrade goes out the moment both are there.

mod attempt;
pub mod diagnosis;

pub use attempt::Attempt;

use crate::boxed::{BoxFuture, Subtask, boxed};
use crate::config::DialSettings;
use crate::credentials::{Away, Caller, Credentials, Provider};
use crate::error::{Failure, Stage};
use crate::log::log;
use crate::signing::{HostHeader, SignedUrl, presign};
use crate::status::Status;
use crate::sys::boot_time;
use crate::trace::Trace;
use crate::transport::{Dialer, Error, Progress, SAME_TIME, TlsStream, Told, Upgraded, closed_while_idle, websocket};
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};

/// A connect that has failed waits this long for the identity that it has asked a pool for: who makes a new one for every
/// attempt has lost them all.
const GET_ID_WITHIN: Duration = Duration::from_secs(5);

/// What was refused is not tried again with less time than this.
const ONE_MORE_DIAL: Duration = Duration::from_millis(500);

/// What is left of the deadline to end a connect in.
const MARGIN: Duration = Duration::from_millis(20);

/// What a dial needs.
pub struct Dial {
    settings: DialSettings,
    /// The MQTT client identifier, if it is known to whoever dials.
    client_id: Option<String>,
    provider: Arc<Provider>,
    dialer: Arc<Dialer>,
    /// Whether a thread of the application is inside a call of the handle.
    away: watch::Receiver<Away>,
}

/// The two connections of a dial, and how far each has come.
struct Legs {
    iot: Arc<Progress>,
    cognito: Arc<Progress>,
}

impl Dial {
    /// Loads the trusted roots, unless the provider has the same. `away` tells since when nobody drives the dial.
    pub fn new(
        settings: DialSettings,
        client_id: Option<String>,
        provider: Arc<Provider>,
        away: watch::Receiver<Away>,
    ) -> Result<Self, Failure> {
        if provider.has_forked() {
            return Err(Failure::forked("provider"));
        }
        let dialer = provider.dialer_for(&settings.network)?;
        Ok(Self { settings, client_id, provider, dialer, away })
    }

    /// Dials for an attempt, unless it is aborted, and goes on with `then`; all within one deadline. The attempt's trace
    /// is still open then.
    pub async fn run<T: Send>(
        &self,
        attempt: &Attempt,
        then: impl FnOnce(Upgraded, Arc<Progress>) -> BoxFuture<'static, Result<T, Failure>> + Send,
    ) -> Result<T, Failure> {
        let dialled = tokio::select! {
            biased;
            () = attempt.aborted() => Err(Failure::cancelled(Stage::None)),
            dialled = boxed(|| self.within_deadline(attempt.trace(), then)) => dialled,
        };
        dialled.map_err(|failure| self.identified(failure))
    }

    /// The MQTT client identifier, if it is known.
    pub fn client_id(&self) -> Option<&str> {
        self.client_id.as_deref()
    }

    /// A failure with what is known about the device.
    pub fn identified(&self, failure: Failure) -> Failure {
        failure.device(self.provider.device())
    }

    /// How long a whole connect may take.
    pub fn timeout(&self) -> Duration {
        self.settings.connect_timeout
    }

    /// The deadline has passed while these legs were doing something.
    pub fn timed_out(&self, legs: &[&Progress]) -> Failure {
        let pending: Vec<&&Progress> = legs.iter().filter(|leg| leg.is_pending()).collect();
        let stage = pending.first().map_or(Stage::None, |leg| leg.stage());
        let mut doing: Vec<String> =
            pending.iter().map(|leg| format!("{} with {}", leg.stage().waiting_for(), leg.peer())).collect();
        // Both legs may be with the proxy.
        doing.dedup();
        let message = format!("timed out after {} ms {}", self.timeout().as_millis(), doing.join(" and "));
        Failure::new(Status::TimedOut, stage, message)
            .hint("Check the network on the way to that host, or raise connect_timeout_ms")
    }

    async fn within_deadline<T>(
        &self,
        trace: &Arc<Trace>,
        then: impl FnOnce(Upgraded, Arc<Progress>) -> BoxFuture<'static, Result<T, Failure>>,
    ) -> Result<T, Failure> {
        let timeout = self.settings.connect_timeout;
        let deadline = Instant::now() + timeout;
        let legs = Legs {
            iot: Arc::new(Progress::new(c"IoT Core", self.settings.endpoint.with_port(self.settings.port), trace)),
            cognito: Arc::new(Progress::new(c"Cognito", self.provider.peer(), trace)),
        };
        log!(Info, Stage::Dns, "connecting to {}", legs.iot.peer());
        let whole = async {
            let upgraded = boxed(|| self.stages(&legs, deadline)).await?;
            then(upgraded, Arc::clone(&legs.iot)).await
        };
        match timeout_at(deadline, whole).await {
            Ok(result) => result,
            Err(_) => Err(self.timed_out(&[&legs.cognito, &legs.iot])),
        }
    }

    async fn stages(&self, legs: &Legs, deadline: Instant) -> Result<Upgraded, Failure> {
        let mut at_hand = self.provider.at_hand();
        let mut corrected = false;
        loop {
            let clock = self.provider.clock();
            let (began, opened_at, is_admitted) = (boot_time(), clock.certificate_time(), clock.is_missing());
            let (stream, credentials) = self.both(legs, deadline).await?;
            let stream = self.still_open(stream, &legs.iot).await?;
            // Cognito may have told another time than that by which IoT Core's certificate was taken, or the certificate was
            // admitted at its own beginning, which may be later than any clock says.
            let expected = opened_at + boot_time().saturating_sub(began);
            if is_admitted
                || clock.must_be_learned()
                || diagnosis::difference(clock.certificate_time(), expected) > SAME_TIME
            {
                legs.iot.enter(Stage::Tls);
                self.dialer.check_again(&stream, &self.settings.endpoint, self.settings.port)?;
                legs.iot.found(|| "the certificates are valid at server time");
            }
            let url = self.sign(&credentials, &legs.iot)?;
            let sent = boot_time();
            match boxed(|| websocket::upgrade(stream, &url.host_header, &url.path, deadline, &legs.iot)).await {
                Ok(upgraded) => return Ok(upgraded),
                // Once and at once: with the right time, the same credentials will do.
                Err(error)
                    if !corrected && may_dial_again(deadline) && self.learn_from(&error, url.signed_at, sent) =>
                {
                    corrected = true;
                    legs.iot.failed(&Failure::from(&error));
                }
                Err(error) => {
                    let failure = diagnosis::upgrade(self, error, &credentials, url.signed_at);
                    let is_old = at_hand.take().is_some_and(|old| old.access_key_id() == credentials.access_key_id());
                    if !is_old || !diagnosis::may_be_the_credentials(&failure) || !may_dial_again(deadline) {
                        return Err(failure);
                    }
                    // Once and at once: they may have been revoked since they were fetched, and are forgotten by now.
                    log!(Info, Stage::Upgrade, "{}; once more, with fresh credentials", failure.message);
                    legs.iot.failed(&failure);
                }
            }
        }
    }

    /// Both legs at once. The first failure ends both, but for an identity that Cognito is making.
    async fn both(&self, legs: &Legs, deadline: Instant) -> Result<(TlsStream, Credentials), Failure> {
        let (mut opened, mut fetched) =
            (boxed(|| self.open(&legs.iot)), boxed(|| self.credentials(&legs.cognito, deadline)));
        tokio::select! {
            opened = &mut opened => match opened {
                Ok(stream) => Ok((stream, fetched.await?)),
                Err(failure) if self.provider.is_getting_identity() => {
                    let until = (Instant::now() + GET_ID_WITHIN).min(deadline.checked_sub(MARGIN).unwrap_or(deadline));
                    let _ = timeout_at(until, fetched).await;
                    Err(failure)
                }
                Err(failure) => Err(failure),
            },
            fetched = &mut fetched => {
                let credentials = fetched?;
                Ok((opened.await?, credentials))
            }
        }
    }

    async fn open(&self, progress: &Arc<Progress>) -> Result<TlsStream, Failure> {
        let (dialer, leg) = (Arc::clone(&self.dialer), Arc::clone(progress));
        let (endpoint, port) = (self.settings.endpoint.clone(), self.settings.port);
        let opened = Subtask::spawn(|| async move { dialer.open(&endpoint, port, &[], &leg).await });
        let stream = flatten(opened.await).inspect_err(|failure| progress.fail(failure))?;
        progress.complete();
        Ok(stream)
    }

    async fn credentials(&self, progress: &Arc<Progress>, deadline: Instant) -> Result<Credentials, Failure> {
        let (provider, away) = (Arc::clone(&self.provider), self.away.clone());
        let caller = Caller { progress: Arc::clone(progress), deadline, away };
        let fetched = Subtask::spawn(|| async move { provider.credentials(&caller).await });
        let credentials = flatten(fetched.await).inspect_err(|failure| progress.fail(failure))?;
        progress.complete();
        Ok(credentials)
    }

    /// The stream itself, or another one if the server has ended it while Cognito was asked.
    async fn still_open(&self, mut stream: TlsStream, progress: &Arc<Progress>) -> Result<TlsStream, Failure> {
        if closed_while_idle(&mut stream).await {
            log!(Debug, Stage::Tls, "{} closed the idle connection; once more", progress.peer());
            return self.open(progress).await;
        }
        Ok(stream)
    }

    fn sign(&self, credentials: &Credentials, progress: &Progress) -> Result<SignedUrl, Failure> {
        progress.enter(Stage::Signing);
        let DialSettings { endpoint, port, signing_region: region, .. } = &self.settings;
        let now = self.provider.clock().now();
        let url = presign(endpoint, *port, HostHeader::Standard, region, credentials, now)?;
        progress.found(|| format!("SigV4 for region {}", region.as_str()));
        Ok(url)
    }

    /// Takes the time of a refusal that may be one of a wrong time. Gives whether another signature would be of another time.
    fn learn_from(&self, error: &Error, signed_at: SystemTime, sent: Duration) -> bool {
        let Error::UpgradeRefused { aws, date: Some(date), chain, .. } = error else { return false };
        let skew = diagnosis::skew(date, signed_at);
        if aws.http_status != 403 || skew.is_none_or(|skew| skew <= diagnosis::CLOCK_TOLERANCE) {
            return false;
        }
        let told = Told { stage: Stage::Upgrade, date: Some(date), sent };
        self.dialer.learn(&told, chain, &self.settings.endpoint, self.settings.port).unwrap_or(false)
    }
}

fn may_dial_again(deadline: Instant) -> bool {
    deadline.saturating_duration_since(Instant::now()) > ONE_MORE_DIAL
}

fn flatten<T, E: Into<Failure>>(result: Result<Result<T, E>, Failure>) -> Result<T, Failure> {
    result?.map_err(Into::into)
}
