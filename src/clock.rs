//! Server time: AWS's clock, learned from the `Date` of an answer over authenticated TLS and carried forward by the boot
//! clock, so that a wrong device clock, or a step of it, does not spoil a signature.

use crate::config::ClockSettings;
use crate::error::Stage;
use crate::log::log;
use crate::sys::boot_time;
use aws_smithy_types::date_time::{DateTime, Format};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// When the library was built, in seconds since the Unix epoch: no device that runs it is earlier than that.
const BUILT_AT_S: &str = env!("COGNITO_CONNECT_BUILT_AT_S");

/// A difference below this is not worth a warning: AWS takes five minutes.
const REMARKABLE: Duration = Duration::from_secs(60);

/// An answer that is read later than this after its request was not read at once.
const LATE: Duration = Duration::from_secs(5);

/// The clock of the machine that built the library may have been ahead.
const BUILD_TOLERANCE: Duration = Duration::from_secs(24 * 3600);

/// The end of the year 2999. Later times are beyond what dates in signatures can hold.
const LATEST: Duration = Duration::from_secs(32_503_680_000);

/// Knows what time it is for AWS. Shared by everything that signs with one provider's credentials.
pub struct Clock {
    settings: ClockSettings,
    learned: Mutex<Option<Learned>>,
    /// Whether a time that was learned turned out wrong, so that nothing is signed before another was learned.
    is_in_doubt: AtomicBool,
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
        Self { settings, learned: Mutex::new(None), is_in_doubt: AtomicBool::new(false) }
    }

    /// What to sign with, and to compare expiry with: server time once it was learned, the device's clock before.
    pub fn now(&self) -> SystemTime {
        match self.learned().filter(|learned| learned.applied) {
            Some(learned) => UNIX_EPOCH + learned.now(),
            None => SystemTime::now(),
        }
    }

    /// What to check certificates with: server time once it was learned, the device's clock before, and never a time before
    /// the library was built.
    pub fn certificate_time(&self) -> SystemTime {
        self.now().max(built_at())
    }

    /// Whether server time was learned and is gone by.
    pub fn is_corrected(&self) -> bool {
        self.learned().is_some_and(|learned| learned.applied)
    }

    /// Whether a certificate that is not yet valid may be one that a board without a clock cannot judge yet.
    pub fn is_missing(&self) -> bool {
        self.settings.without_clock && !self.is_corrected()
    }

    /// Whether server time has to be learned before anything is signed: on a board without a clock, and where the time that
    /// was learned turned out wrong.
    pub fn must_be_learned(&self) -> bool {
        (self.settings.without_clock || self.is_in_doubt.load(Ordering::Relaxed)) && !self.is_corrected()
    }

    /// How far server time is ahead of the device's clock now, in milliseconds, once it was learned.
    pub fn offset_ms(&self) -> Option<i64> {
        let learned = self.learned()?;
        let (server, device) = (learned.now(), device_time());
        let offset = |difference: Duration| i64::try_from(difference.as_millis()).unwrap_or(i64::MAX);
        Some(if server >= device { offset(server - device) } else { -offset(device - server) })
    }

    /// Takes the time of an answer that came over authenticated TLS, to a request that was sent at the boot time `sent`.
    /// Gives whether it is gone by from now on.
    pub fn learn(&self, stage: Stage, server: Duration, sent: Duration) -> bool {
        let now = boot_time();
        // An answer that lay in the socket while nobody called, or while the board slept, is as old as its request.
        let boot = if now.saturating_sub(sent) > LATE { sent } else { now };
        let server = server + now.saturating_sub(boot);
        let device = device_time();
        let difference = server.abs_diff(device);
        let within = self.settings.max_offset.is_none_or(|max| difference <= max);
        let applied = self.settings.correction && within;
        *self.learned.lock().unwrap_or_else(PoisonError::into_inner) = Some(Learned { server, boot: now, applied });
        self.is_in_doubt.store(false, Ordering::Relaxed);
        let (seconds, direction) = (difference.as_secs(), if server >= device { "behind" } else { "ahead of" });
        match (applied, difference > REMARKABLE) {
            (true, false) => log!(Debug, stage, "the device clock is {seconds} s {direction} server time"),
            (true, true) => {
                log!(Warn, stage, "the device clock is {seconds} s {direction} server time, which is used instead")
            }
            (false, false) => log!(Debug, stage, "the device clock is {seconds} s {direction} server time"),
            (false, true) => log!(
                Warn,
                stage,
                "the device clock is {seconds} s {direction} server time, and is used: clock correction is {}",
                if self.settings.correction { "bounded to less" } else { "off" }
            ),
        }
        applied
    }

    /// Goes back to the device's clock, for the connections that tell another time.
    pub fn forget(&self) {
        self.is_in_doubt.store(true, Ordering::Relaxed);
        *self.learned.lock().unwrap_or_else(PoisonError::into_inner) = None;
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

/// The time of an answer, unless it is one at which no answer can have been made.
pub fn plausible_date(date: &str) -> Option<Duration> {
    let earliest = built_at().duration_since(UNIX_EPOCH).unwrap_or_default().saturating_sub(BUILD_TOLERANCE);
    parse_http_date(date).filter(|date| (earliest..LATEST).contains(date))
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

    /// Long before the library was built, so that no other time is near.
    const THEN: Duration = Duration::from_secs(784_903_526);

    fn is_just_after(time: SystemTime, since: Duration) -> bool {
        time.duration_since(UNIX_EPOCH + since).is_ok_and(|late| late < Duration::from_secs(60))
    }

    #[test]
    fn server_time_goes_on_from_what_was_learned_until_it_is_forgotten() {
        let clock = Clock::new(SETTINGS);
        assert_eq!(clock.offset_ms(), None);
        assert!(clock.learn(Stage::Cognito, THEN, boot_time()));
        assert!(is_just_after(clock.now(), THEN));
        assert!(clock.offset_ms().unwrap() < -700_000_000_000);
        assert!(!clock.must_be_learned());
        clock.forget();
        assert!(clock.must_be_learned());
        assert!(clock.now() > built_at() - BUILD_TOLERANCE);
        assert_eq!(clock.offset_ms(), None);
    }

    #[test]
    fn an_answer_that_was_read_late_is_as_old_as_its_request() {
        let clock = Clock::new(SETTINGS);
        let hour = Duration::from_secs(3600);
        clock.learn(Stage::Cognito, THEN, boot_time().saturating_sub(hour));
        let waited = hour.min(boot_time());
        assert!(is_just_after(clock.now(), THEN + waited - Duration::from_secs(1)));
        clock.learn(Stage::Cognito, THEN, boot_time().saturating_sub(LATE / 2));
        assert!(is_just_after(clock.now(), THEN));
    }

    #[test]
    fn a_date_that_is_none_or_cannot_be_is_not_taken() {
        for date in [
            "yesterday",
            "",
            "Tue, 15 Nov 1960 12:45:26 GMT",
            "Tue, 15 Nov 1994 12:45:26 GMT",
            "Fri, 31 Dec 9999 23:59:59 GMT",
        ] {
            assert_eq!(plausible_date(date), None, "{date}");
        }
        assert!(plausible_date("Sun, 15 Nov 2122 12:45:26 GMT").is_some());
    }

    #[test]
    fn a_difference_that_is_not_corrected_can_still_be_read() {
        let off = ClockSettings { correction: false, ..SETTINGS };
        let bounded = ClockSettings { max_offset: Some(Duration::from_secs(3600)), ..SETTINGS };
        for settings in [off, bounded] {
            let clock = Clock::new(settings);
            assert!(!clock.learn(Stage::Cognito, THEN, boot_time()));
            assert!(!clock.is_corrected());
            assert!(clock.now() > built_at() - BUILD_TOLERANCE);
            assert!(clock.offset_ms().unwrap() < -700_000_000_000);
        }
    }

    #[test]
    fn no_certificate_is_checked_at_a_time_before_the_library_was_built() {
        assert!(built_at() > UNIX_EPOCH + Duration::from_secs(1_700_000_000));
        let clock = Clock::new(SETTINGS);
        assert!(clock.certificate_time() >= built_at());
        clock.learn(Stage::Cognito, THEN, boot_time());
        assert_eq!(clock.certificate_time(), built_at());
    }
}
