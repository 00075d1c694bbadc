//! Server time: AWS's clock, learned from the `Date` of an answer over authenticated TLS and carried forward by the boot
//! clock, so that a wrong device clock, or a step of it, does not spoil a signature.

use crate::error::Stage;
use crate::log::log;
use crate::sys::boot_time;
use aws_smithy_types::date_time::{DateTime, Format};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Knows what time it is for AWS. Shared by everything that signs with one provider's credentials.
#[derive(Default)]
pub struct Clock {
    /// Server time since the Unix epoch, and the boot time at which it was that.
    learned: Mutex<Option<(Duration, Duration)>>,
}

impl Clock {
    /// Server time once it was learned, the device's clock before.
    pub fn now(&self) -> SystemTime {
        match *self.learned.lock().unwrap_or_else(PoisonError::into_inner) {
            Some((server, boot)) => UNIX_EPOCH + server + boot_time().saturating_sub(boot),
            None => SystemTime::now(),
        }
    }

    /// Whether server time was learned.
    pub fn is_learned(&self) -> bool {
        self.learned.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    /// Takes the `Date` header of an answer that came over authenticated TLS.
    pub fn learn(&self, date: &str) {
        let Some(server) = parse_http_date(date) else { return };
        *self.learned.lock().unwrap_or_else(PoisonError::into_inner) = Some((server, boot_time()));
        let device = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let (difference, direction) = match server >= device {
            true => (server - device, "behind"),
            false => (device - server, "ahead of"),
        };
        if difference > Duration::from_secs(60) {
            log!(Warn, Stage::Cognito, "the device clock is {} s {direction} server time", difference.as_secs());
        }
    }
}

/// An IMF-fixdate of RFC 9110, as time since the Unix epoch.
pub fn parse_http_date(date: &str) -> Option<Duration> {
    let date = DateTime::from_str(date, Format::HttpDate).ok()?;
    u64::try_from(date.secs()).ok().map(Duration::from_secs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn server_time_goes_on_from_what_was_learned() {
        let clock = Clock::default();
        clock.learn("Tue, 15 Nov 1994 12:45:26 GMT");
        let since = clock.now().duration_since(UNIX_EPOCH + Duration::from_secs(784_903_526)).unwrap();
        assert!(since < Duration::from_secs(60));
    }

    #[test]
    fn a_date_that_is_none_changes_nothing() {
        let clock = Clock::default();
        clock.learn("yesterday");
        clock.learn("");
        assert!(clock.now() > UNIX_EPOCH + Duration::from_secs(1_700_000_000));
    }
}
