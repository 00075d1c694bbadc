//! Keep-alive: when to ask whether the server is still there, and when to give it up. Pure.

use std::time::Duration;

/// The time, by two clocks.
#[derive(Clone, Copy, Debug)]
pub struct Now {
    /// Since boot. Goes on while the board is suspended.
    pub boot: Duration,
    /// Stands still then.
    pub awake: Duration,
}

/// The keep-alive of an open connection. Silence counts while the board is suspended, because the server counts it; the time for an
/// answer does not, because no answer can come then.
pub struct KeepAlive {
    interval: Duration,
    ping_time: Duration,
    last_sent: Duration,
    last_received: Duration,
    /// PINGREQs that are not answered yet.
    unanswered: u32,
    /// Since when, by the clock that stands still, nothing has come though an answer should.
    silent_since: Duration,
}

impl KeepAlive {
    /// Opened by a CONNACK at `now`. PINGRESP may take `ping_time`.
    pub fn new(interval: Duration, ping_time: Duration, now: Now) -> Self {
        let (last_sent, last_received) = (now.boot, now.boot);
        Self { interval, ping_time, last_sent, last_received, unanswered: 0, silent_since: now.awake }
    }

    /// The boot time at which PINGREQ goes out: after an interval in which nothing was sent, as MQTT demands, and after one in which
    /// nothing has come: who sends only would never learn that nobody is there.
    pub fn ping_due(&self) -> Duration {
        let since = match self.unanswered {
            0 => self.last_sent.min(self.last_received),
            // It was asked already; the server still counts the client's silence.
            _ => self.last_sent,
        };
        since + self.interval
    }

    /// The time, of the clock that stands still, at which the connection is over unless something comes; `None` when nothing has to.
    /// Whatever comes puts it off, because an answer may be behind it.
    pub fn answer_due(&self) -> Option<Duration> {
        (self.unanswered > 0).then(|| self.silent_since + self.ping_time)
    }

    /// A packet goes out.
    pub fn sent(&mut self, now: Now) {
        self.last_sent = now.boot;
    }

    /// PINGREQ goes out.
    pub fn ping_sent(&mut self, now: Now) {
        self.sent(now);
        if self.unanswered == 0 {
            self.silent_since = now.awake;
        }
        self.unanswered = self.unanswered.saturating_add(1);
    }

    /// A packet came.
    pub fn received(&mut self, now: Now) {
        (self.last_received, self.silent_since) = (now.boot, now.awake);
    }

    /// PINGRESP came. One that answers nothing changes nothing.
    pub fn answered(&mut self) {
        self.unanswered = self.unanswered.saturating_sub(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PING_TIME: Duration = Duration::from_secs(10);

    fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    /// A board that has never slept.
    fn at(time: Duration) -> Now {
        Now { boot: time, awake: time }
    }

    #[test]
    fn silence_of_an_interval_asks_for_a_ping_and_its_answer_ends_the_wait() {
        let mut keep_alive = KeepAlive::new(s(60), PING_TIME, at(s(1000)));
        assert_eq!((keep_alive.ping_due(), keep_alive.answer_due()), (s(1060), None));
        keep_alive.ping_sent(at(s(1060)));
        assert_eq!((keep_alive.ping_due(), keep_alive.answer_due()), (s(1120), Some(s(1070))));
        keep_alive.received(at(s(1061)));
        keep_alive.answered();
        assert_eq!((keep_alive.ping_due(), keep_alive.answer_due()), (s(1120), None));
        keep_alive.answered();
        assert_eq!(keep_alive.answer_due(), None);
    }

    #[test]
    fn sleep_makes_a_ping_due_and_gives_its_answer_the_time_that_the_board_is_awake() {
        let mut keep_alive = KeepAlive::new(s(60), PING_TIME, at(s(0)));
        keep_alive.ping_sent(Now { boot: s(3600), awake: s(1) });
        assert_eq!((keep_alive.ping_due(), keep_alive.answer_due()), (s(3660), Some(s(11))));
    }

    #[test]
    fn who_only_sends_asks_too_and_who_only_receives() {
        let mut keep_alive = KeepAlive::new(s(60), PING_TIME, at(s(0)));
        keep_alive.sent(at(s(59)));
        assert_eq!(keep_alive.ping_due(), s(60));
        let mut keep_alive = KeepAlive::new(s(60), PING_TIME, at(s(0)));
        keep_alive.received(at(s(59)));
        assert_eq!(keep_alive.ping_due(), s(60));
    }

    #[test]
    fn what_comes_before_the_answer_puts_its_time_off() {
        let mut keep_alive = KeepAlive::new(s(60), PING_TIME, at(s(0)));
        keep_alive.ping_sent(at(s(60)));
        keep_alive.received(at(s(69)));
        assert_eq!(keep_alive.answer_due(), Some(s(79)));
        keep_alive.answered();
        assert_eq!(keep_alive.answer_due(), None);
    }

    /// Of a client that is so far behind that it reads nothing, the server hears all the same.
    #[test]
    fn a_ping_that_is_not_answered_is_followed_by_others_which_do_not_put_its_time_off() {
        let mut keep_alive = KeepAlive::new(s(60), PING_TIME, at(s(0)));
        for minute in 1..=3 {
            assert_eq!(keep_alive.ping_due(), s(60 * minute));
            keep_alive.ping_sent(at(s(60 * minute)));
            assert_eq!(keep_alive.answer_due(), Some(s(70)));
        }
        for _ in 0..3 {
            keep_alive.received(at(s(200)));
            keep_alive.answered();
        }
        assert_eq!((keep_alive.ping_due(), keep_alive.answer_due()), (s(240), None));
        keep_alive.answered();
        assert_eq!(keep_alive.answer_due(), None);
    }

    /// One ping in each silent minute, and never later than MQTT allows.
    #[test]
    fn a_day_goes_by_without_a_break() {
        let mut keep_alive = KeepAlive::new(s(60), PING_TIME, at(s(0)));
        let (mut now, mut pings) = (s(0), 0);
        while now < s(24 * 3600) {
            let due = keep_alive.ping_due();
            assert!(due > now && due - now <= s(60));
            keep_alive.ping_sent(at(due));
            pings += 1;
            now = due + Duration::from_millis(150);
            keep_alive.received(at(now));
            keep_alive.answered();
        }
        assert_eq!(pings, 1440);
    }
}
