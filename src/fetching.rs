//! The waiting calls of a provider: credentials and signed URLs for applications that connect by themselves. `cognito_provider` in C.

use crate::boxed::boxed;
use crate::config::DialSettings;
use crate::credentials::{Caller, Credentials, Provider};
use crate::error::{Failure, Stage};
use crate::execution::{Execution, Wait};
use crate::signing::{HostHeader, SignedUrl, presign};
use crate::status::Status;
use crate::trace::Trace;
use crate::transport::Progress;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::Instant;

/// A fetch with less time than this left does not begin another request.
const MARGIN: Duration = Duration::from_millis(5);

/// A provider and those who call it.
pub struct Fetching {
    provider: Arc<Provider>,
    execution: Execution,
    /// What URLs are signed for, if the config has an endpoint.
    endpoint: Option<DialSettings>,
    /// What bounds a fetch in any case.
    timeout: Duration,
}

impl Fetching {
    /// Does not touch the network.
    pub fn new(provider: Provider, endpoint: Option<DialSettings>, timeout: Duration) -> Self {
        let execution = Execution::new("provider", watch::Sender::new(()));
        Self { provider: Arc::new(provider), execution, endpoint, timeout }
    }

    /// The provider itself, for clients and streams.
    pub fn provider(&self) -> &Arc<Provider> {
        &self.provider
    }

    /// Credentials at hand, or fresh ones within `wait`.
    pub fn fetch(&self, wait: Wait) -> Result<Credentials, Failure> {
        self.execution.refuse_forked()?;
        let base = self.execution.pending_counts();
        let at_hand = self.provider.at_hand();
        if self.execution.has_runtime() {
            self.execution.tidy();
        }
        match (at_hand, wait) {
            (Some(credentials), _) => return Ok(credentials),
            (None, Wait::AtMost(Duration::ZERO)) => {
                let message = "no valid credentials are at hand, and wait_ms is 0";
                return Err(Failure::new(Status::TimedOut, Stage::None, message)
                    .hint("Fetch them with a wait_ms that Cognito can answer in"));
            }
            (None, _) => {}
        }
        let mut call = self.execution.enter()?;
        call.rest();
        let patience = match wait {
            Wait::AtMost(wait) => wait.min(self.timeout),
            Wait::Forever => self.timeout,
        };
        let deadline = Instant::now() + patience;
        let progress = Arc::new(Progress::new(c"Cognito", self.provider.peer(), &Arc::new(Trace::new())));
        let caller = Caller {
            progress: Arc::clone(&progress),
            deadline: deadline.checked_sub(MARGIN).unwrap_or(deadline),
            away: self.execution.away(),
        };
        let fetched = call.run(Wait::AtMost(patience), base, boxed(|| self.provider.credentials(&caller)));
        let outcome = fetched.and_then(|outcome| outcome.unwrap_or_else(|| Err(self.timed_out(&progress, patience))));
        outcome.map_err(|failure| failure.device(self.provider.device()))
    }

    /// A URL signed now, with credentials as [`Fetching::fetch`] gives them.
    pub fn sign(&self, host_header: HostHeader, wait: Wait) -> Result<SignedUrl, Failure> {
        let Some(endpoint) = &self.endpoint else {
            let message = "the config that the provider was made of has no endpoint to sign for";
            return Err(Failure::new(Status::InvalidConfig, Stage::Config, message)
                .hint("Call cognito_config_set_endpoint before cognito_provider_new"));
        };
        let credentials = self.fetch(wait)?;
        let now = self.provider.clock().now();
        presign(&endpoint.endpoint, endpoint.port, host_header, &endpoint.signing_region, &credentials, now)
    }

    /// Ends the calls that wait, or else the next one that would. Safe in a signal handler.
    pub fn cancel(&self) {
        self.execution.cancel();
    }

    /// Ends all calls and gives everything back. Clients and streams keep what they need.
    pub fn free(&self) {
        self.execution.close(|| {});
    }

    fn timed_out(&self, progress: &Progress, patience: Duration) -> Failure {
        let (stage, peer) = (progress.stage(), progress.peer());
        let message = format!("timed out after {} ms {} with {peer}", patience.as_millis(), stage.waiting_for());
        let setting = if patience < self.timeout { "wait_ms" } else { "connect_timeout_ms" };
        Failure::new(Status::TimedOut, stage, message)
            .hint(format!("Check the network on the way to that host, or raise {setting}"))
    }
}

impl Drop for Fetching {
    fn drop(&mut self) {
        self.free();
    }
}
