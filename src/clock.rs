//! Server time: AWS's clock, learned from the `Date` of an answer over authenticated TLS and carried forward by the boot
//! clock, so that a wrong device clock, or a step of it, does not spoil a signature.

use crate::config::ClockSettings;
use crate::error::Stage;
use crate::log::log;
use crate::sys::boot_time;
use aws_smithy_types::date_time::{DateTime, Format};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// When the library was built, in seconds since the Unix epoch: no device that runs it is earlier than that.
const BUILT_AT_S: &str = env!("COGNITO_CONNECT_BUILT_AT_S");

/// A difference below this is not worth a warning: AWS takes five minutes.
const REMARKABLE: Duration = Duration::from_secs(60);

/// Knows what time it is for AWS. Shared by everything that signs with one provider's credentials.
pub struct Clock {
    settings: ClockSettings,
    learned: Mutex<Option<Learned>>,
}

/// Server time since the Unix epoch, and the boot time at which it was that.
#[derive(Clone, Copy)]
struct Learned {
    server: Duration,
    boot: Duration,
    /// Whether it is taken in place of the device's clock.
    applied: bool,
}

impl Learned {
    fn now(self) -> Duration {
        self.server + boot_time().saturating_sub(self.boot)
    }
}

impl Clock {
    /// Server time is not known yet.
    pub fn new(settings: ClockSettings) -> Self {
        Self { settings, learned: Mutex::new(None) }
    }

    /// What to sign with, and to compare expiry with: server time once it was learned, the device's clock before.
    pub fn now(&self) -> SystemTime {
        match self.learned().filter(|learned| learned.applied) {
            Some(learned) => UNIX_EPOCH + learned.now(),
            None => SystemTime::now(),
        }
    }

    /// What to check certificates with: server time once it was learned. Before, the device's clock, or the time at which the
    /// library was built, if that is later.
    pub fn certificate_time(&self) -> SystemTime {
        match self.is_corrected() {
            true => self.now(),
            false => SystemTime::now().max(built_at()),
        }
    }

    /// Whether server time was learned and is gone by.
    pub fn is_corrected(&self) -> bool {
        self.learned().is_some_and(|learned| learned.applied)
    }

    /// Whether a certificate that is not yet valid may be one that a board without a clock cannot judge yet.
    pub fn is_missing(&self) -> bool {
        self.settings.without_clock && !self.is_corrected()
    }

    /// Whether the device has no clock, so that what was admitted without one is checked again.
    pub fn was_missing(&self) -> bool {
        self.settings.without_clock
    }

    /// How far server time is ahead of the device's clock now, in milliseconds, once it was learned.
    pub fn offset_ms(&self) -> Option<i64> {
        let learned = self.learned()?;
        let (server, device) = (learned.now(), device_time());
        let offset = |difference: Duration| i64::try_from(difference.as_millis()).unwrap_or(i64::MAX);
        Some(if server >= device { offset(server - device) } else { -offset(device - server) })
    }

    /// Takes the `Date` header of an answer that came over authenticated TLS. Gives whether it is gone by from now on.
    pub fn learn(&self, stage: Stage, date: &str) -> bool {
        let Some(server) = parse_http_date(date) else {
            log!(Debug, stage, "the answer's Date is none");
            return false;
        };
        let device = device_time();
        let difference = server.abs_diff(device);
        let within = self.settings.max_offset.is_none_or(|max| difference <= max);
        let applied = self.settings.correction && within;
        *self.learned.lock().unwrap_or_else(PoisonError::into_inner) =
            Some(Learned { server, boot: boot_time(), applied });
        let (seconds, direction) = (difference.as_secs(), if server >= device { "behind" } else { "ahead of" });
        match (applied, difference > REMARKABLE) {
            (true, false) => log!(Debug, stage, "the device clock is {seconds} s {direction} server time"),
            (true, true) => {
                log!(Warn, stage, "the device clock is {seconds} s {direction} server time, which is used instead")
            }
            (false, _) => log!(
                Warn,
                stage,
                "the device clock is {seconds} s {direction} server time, and is used: clock correction is {}",
                if self.settings.correction { "bounded to less" } else { "off" }
            ),
        }
        applied
    }

    fn learned(&self) -> Option<Learned> {
        *self.learned.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn device_time() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

fn built_at() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(BUILT_AT_S.parse().unwrap_or(0))
}

/// An IMF-fixdate of RFC 9110, as time since the Unix epoch.
pub fn parse_http_date(date: &str) -> Option<Duration> {
    let date = DateTime::from_str(date, Format::HttpDate).ok()?;
    u64::try_from(date.secs()).ok().map(Duration::from_secs)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SETTINGS: ClockSettings = ClockSettings { correction: true, max_offset: None, without_clock: false };

    #[test]
    fn server_time_goes_on_from_what_was_learned() {
        let clock = Clock::new(SETTINGS);
        assert_eq!(clock.offset_ms(), None);
        assert!(clock.learn(Stage::Cognito, "Tue, 15 Nov 1994 12:45:26 GMT"));
        let since = clock.now().duration_since(UNIX_EPOCH + Duration::from_secs(784_903_526)).unwrap();
        assert!(since < Duration::from_secs(60));
        assert!(clock.offset_ms().unwrap() < -700_000_000_000);
        let certificates =
            clock.certificate_time().duration_since(UNIX_EPOCH + Duration::from_secs(784_903_526)).unwrap();
        assert!(certificates < Duration::from_secs(60));
    }

    #[test]
    fn a_date_that_is_none_changes_nothing() {
        let clock = Clock::new(SETTINGS);
        for date in ["yesterday", "", "Tue, 15 Nov 1960 12:45:26 GMT"] {
            assert!(!clock.learn(Stage::Cognito, date), "{date}");
        }
        assert_eq!(clock.offset_ms(), None);
        assert!(clock.now() > UNIX_EPOCH + Duration::from_secs(1_700_000_000));
    }

    #[test]
    fn a_difference_that_is_not_corrected_can_still_be_read() {
        let off = ClockSettings { correction: false, ..SETTINGS };
        let bounded = ClockSettings { max_offset: Some(Duration::from_secs(3600)), ..SETTINGS };
        for settings in [off, bounded] {
            let clock = Clock::new(settings);
            assert!(!clock.learn(Stage::Cognito, "Tue, 15 Nov 1994 12:45:26 GMT"));
            assert!(!clock.is_corrected());
            assert!(clock.now() > built_at() - Duration::from_secs(3600));
            assert!(clock.offset_ms().unwrap() < -700_000_000_000);
        }
    }

    #[test]
    fn no_certificate_is_checked_at_a_time_before_the_library_was_built() {
        assert!(built_at() > UNIX_EPOCH + Duration::from_secs(1_700_000_000));
        assert!(Clock::new(SETTINGS).certificate_time() >= built_at());
    }
}
