//! When Cognito is asked again. Pure: the random number is a parameter.

use crate::error::{Failure, Stage};
use crate::status::Status;
use std::time::Duration;

/// The longest pause before the second try after a fault, and after a throttle, which needs more time to pass.
const FAULT_BASE: Duration = Duration::from_millis(200);
const THROTTLE_BASE: Duration = Duration::from_secs(1);

/// The longest pause that is chosen here; a server may ask for a longer one.
const LONGEST: Duration = Duration::from_secs(20);

/// How long to wait before trying again after `failure`, which was that of try number `tried`, counted from 1. `None` when
/// there is no sense in it. `retry_after` is what the server asked for; `random` is any number.
pub fn pause(failure: &Failure, tried: u32, retry_after: Option<Duration>, random: u64) -> Option<Duration> {
    let base = match failure.status {
        Status::CognitoThrottled => THROTTLE_BASE,
        Status::CognitoUnavailable => FAULT_BASE,
        Status::ConnectionLost if matches!(failure.stage, Stage::Tls | Stage::Cognito) => FAULT_BASE,
        _ => return None,
    };
    // Full jitter: a fleet that was throttled together must not come back together.
    let longest = base.saturating_mul(1 << tried.saturating_sub(1).min(16)).min(LONGEST);
    let nanos = u64::try_from(longest.as_nanos()).unwrap_or(u64::MAX);
    let pause = Duration::from_nanos(random % nanos.max(1));
    Some(pause.max(retry_after.unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(status: Status) -> Failure {
        Failure::new(status, Stage::Cognito, "")
    }

    #[test]
    fn the_longest_pause_doubles_up_to_a_cap() {
        let longest = |status, tried| pause(&failure(status), tried, None, u64::MAX / 2);
        for status in [Status::CognitoThrottled, Status::CognitoUnavailable, Status::ConnectionLost] {
            for tried in 1..40 {
                assert!(longest(status, tried).unwrap() < LONGEST);
            }
        }
        let spread = |tried| {
            let pauses = (0..1000_u64).map(|n| n.wrapping_mul(0x9E37_79B9_7F4A_7C15));
            pauses.filter_map(|random| pause(&failure(Status::CognitoThrottled), tried, None, random)).max().unwrap()
        };
        assert!((900..1000).contains(&spread(1).as_millis()), "{:?}", spread(1));
        assert!((3600..4000).contains(&spread(3).as_millis()), "{:?}", spread(3));
    }

    #[test]
    fn the_server_may_ask_for_more() {
        let asked = Some(Duration::from_secs(60));
        assert_eq!(pause(&failure(Status::CognitoThrottled), 1, asked, 7), asked);
    }

    #[test]
    fn what_cannot_succeed_is_not_tried_again() {
        for status in [
            Status::CognitoNotAuthorized,
            Status::CognitoIdentityNotFound,
            Status::CognitoPoolNotFound,
            Status::CognitoPoolConfiguration,
            Status::CognitoRefused,
            Status::CognitoMalformed,
            Status::CognitoLoginRefused,
            Status::CertificateUntrusted,
            Status::DnsFailed,
        ] {
            assert_eq!(pause(&failure(status), 1, None, 7), None, "{status:?}");
        }
        assert_eq!(pause(&Failure::new(Status::ConnectionLost, Stage::Upgrade, ""), 1, None, 7), None);
    }
}
