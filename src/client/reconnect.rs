//! When a lost session is dialled for again: at once, then with a delay that grows and is random, so that a thousand devices that
//! were cut off together do not come back together. Pure.

use crate::config::Backoff;
use crate::error::Failure;
use crate::status::Status;
use std::time::Duration;

/// The first dial after a session that lasted is this late at most.
const FIRST: Duration = Duration::from_millis(100);

/// Delays grow until a session has lasted this long.
const LASTING: Duration = Duration::from_secs(30);

/// So many short sessions in a row are no coincidence.
const SHORT_SESSIONS: u32 = 3;

/// What happened since the last session that lasted.
pub struct Reconnect {
    bounds: Option<Backoff>,
    /// Dials and sessions that came to nothing.
    tries: u32,
    short_sessions: u32,
}

impl Reconnect {
    /// Without bounds, nothing is dialled for again.
    pub fn new(bounds: Option<Backoff>) -> Self {
        Self { bounds, tries: 0, short_sessions: 0 }
    }

    /// A session of this length was lost. Gives how long to wait, unless it is not dialled for again.
    pub fn session_lost(&mut self, lasted: Duration, random: u64) -> Option<Duration> {
        if lasted >= LASTING {
            (self.tries, self.short_sessions) = (0, 0);
        } else {
            self.short_sessions += 1;
        }
        self.delay(random)
    }

    /// A dial for a lost session has failed. Gives how long to wait, unless it is not tried again.
    pub fn dial_failed(&mut self, failure: &Failure, random: u64) -> Option<Duration> {
        if is_final(failure) { None } else { self.delay(random) }
    }

    /// Whether sessions end so soon and so often that somebody must be doing it.
    pub fn ends_are_a_pattern(&self) -> bool {
        self.short_sessions >= SHORT_SESSIONS
    }

    /// The application connects anew.
    pub fn reset(&mut self) {
        (self.tries, self.short_sessions) = (0, 0);
    }

    /// Full jitter: anything from nothing to a bound that doubles.
    fn delay(&mut self, random: u64) -> Option<Duration> {
        let Backoff { min, max } = self.bounds?;
        let bound = match self.tries {
            0 => FIRST.min(max),
            tries => min.saturating_mul(1_u32.checked_shl(tries - 1).unwrap_or(u32::MAX)).min(max),
        };
        self.tries = self.tries.saturating_add(1);
        let nanoseconds = u64::try_from(bound.as_nanos()).unwrap_or(u64::MAX);
        Some(Duration::from_nanos(random.checked_rem(nanoseconds.saturating_add(1)).unwrap_or(0)))
    }
}

/// Refusals that the same device gets again for as long as nobody changes anything.
pub fn is_final(failure: &Failure) -> bool {
    if failure.status == Status::UpgradeRefused {
        // A fault of the service passes, a policy does not.
        return failure.aws.as_ref().is_some_and(|aws| aws.http_status == 403);
    }
    matches!(
        failure.status,
        Status::InvalidConfig
            | Status::Forked
            | Status::Internal
            | Status::CognitoIdentityNotFound
            | Status::CognitoPoolNotFound
            | Status::CognitoNotAuthorized
            | Status::CognitoPoolConfiguration
            | Status::UpgradeWrongRegion
            | Status::ConnackProtocolVersion
            | Status::ConnackIdentifierRejected
            | Status::ConnackBadUserNameOrPassword
            | Status::ConnackNotAuthorized
            | Status::ConnackRefused
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{AwsReason, Stage};

    const BOUNDS: Backoff = Backoff { min: Duration::from_secs(1), max: Duration::from_secs(60) };

    fn failure(status: Status) -> Failure {
        Failure::new(status, Stage::None, "")
    }

    fn ms(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    #[test]
    fn the_first_dial_is_at_once_and_the_bound_doubles_up_to_the_highest() {
        let mut reconnect = Reconnect::new(Some(BOUNDS));
        // The largest remainder is the bound.
        let delays: Vec<u64> = [100, 1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]
            .into_iter()
            .map(|bound| {
                let delay = reconnect.dial_failed(&failure(Status::TcpFailed), bound * 1_000_000).unwrap();
                u64::try_from(delay.as_millis()).unwrap()
            })
            .collect();
        assert_eq!(delays, [100, 1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]);
        assert_eq!(reconnect.dial_failed(&failure(Status::TcpFailed), 0), Some(ms(0)));
        for random in (0..1000).map(|n: u64| n.wrapping_mul(0x9E37_79B9_7F4A_7C15)) {
            assert!(reconnect.dial_failed(&failure(Status::TcpFailed), random).unwrap() <= BOUNDS.max);
        }
    }

    #[test]
    fn a_session_that_lasted_begins_anew_and_short_ones_do_not() {
        let mut reconnect = Reconnect::new(Some(BOUNDS));
        let bound = |delay: Option<Duration>| delay.unwrap();
        assert!(bound(reconnect.session_lost(ms(1), u64::MAX)) <= FIRST);
        reconnect.session_lost(ms(1), 1_000_000_000);
        assert!(!reconnect.ends_are_a_pattern());
        assert_eq!(bound(reconnect.session_lost(ms(1), 2_000_000_000)), ms(2000));
        assert!(reconnect.ends_are_a_pattern());
        assert!(bound(reconnect.session_lost(LASTING, u64::MAX)) <= FIRST);
        assert!(!reconnect.ends_are_a_pattern());
    }

    #[test]
    fn a_final_refusal_is_not_repeated_and_without_bounds_nothing_is() {
        let mut reconnect = Reconnect::new(Some(BOUNDS));
        assert_eq!(reconnect.dial_failed(&failure(Status::ConnackNotAuthorized), 1), None);
        assert!(reconnect.dial_failed(&failure(Status::CognitoThrottled), 1).is_some());
        for (http_status, is_tried_again) in [(403, false), (429, true), (503, true)] {
            let refused = failure(Status::UpgradeRefused).aws(AwsReason { http_status, ..AwsReason::default() });
            assert_eq!(reconnect.dial_failed(&refused, 1).is_some(), is_tried_again);
        }
        assert_eq!(Reconnect::new(None).session_lost(LASTING, 1), None);
    }
}
