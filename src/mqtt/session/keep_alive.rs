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
    /// By the clock that stands still.
    ping_sent: Option<Duration>,
}

/// What is to be done now.
#[derive(Debug, PartialEq)]
pub enum Due {
    /// Nothing before this boot time.
    At(Duration),
    /// Nothing before this time of the clock that stands still, unless the answer comes.
    AnswerBy(Duration),
    /// Send PINGREQ.
    Ping,
    /// PINGRESP is late: unless it lies unread in the socket, the connection is over.
    GiveUp,
}

impl KeepAlive {
    /// Opened by a CONNACK at `now`. PINGRESP may take `ping_time`.
    pub fn new(interval: Duration, ping_time: Duration, now: Now) -> Self {
        Self { interval, ping_time, last_sent: now.boot, last_received: now.boot, ping_sent: None }
    }

    /// What is due at `now`. PINGREQ goes out after an interval in which nothing was sent, as MQTT demands, and after one in which
    /// nothing has come: who sends only would never learn that nobody is there.
    pub fn due(&self, now: Now) -> Due {
        match self.ping_sent.map(|sent| sent + self.ping_time) {
            Some(due) if now.awake >= due => Due::GiveUp,
            Some(due) => Due::AnswerBy(due),
            None => match self.last_sent.min(self.last_received) + self.interval {
                due if now.boot >= due => Due::Ping,
                due => Due::At(due),
            },
        }
    }

    /// A packet goes out.
    pub fn sent(&mut self, now: Now) {
        self.last_sent = now.boot;
    }

    /// PINGREQ goes out.
    pub fn ping_sent(&mut self, now: Now) {
        self.last_sent = now.boot;
        self.ping_sent = Some(now.awake);
    }

    /// A packet came.
    pub fn received(&mut self, now: Now) {
        self.last_received = now.boot;
    }

    /// PINGRESP came. Gives whether it answers anything.
    pub fn answered(&mut self) -> bool {
        self.ping_sent.take().is_some()
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
        assert_eq!(keep_alive.due(at(s(1059))), Due::At(s(1060)));
        assert_eq!(keep_alive.due(at(s(1060))), Due::Ping);
        keep_alive.ping_sent(at(s(1060)));
        assert_eq!(keep_alive.due(at(s(1061))), Due::AnswerBy(s(1070)));
        keep_alive.received(at(s(1061)));
        assert!(keep_alive.answered());
        assert_eq!(keep_alive.due(at(s(1061))), Due::At(s(1120)));
        assert!(!keep_alive.answered());
    }

    #[test]
    fn sleep_makes_a_ping_due_and_gives_its_answer_the_time_that_the_board_is_awake() {
        let mut keep_alive = KeepAlive::new(s(60), PING_TIME, at(s(0)));
        assert_eq!(keep_alive.due(Now { boot: s(3600), awake: s(1) }), Due::Ping);
        keep_alive.ping_sent(Now { boot: s(3600), awake: s(1) });
        assert_eq!(keep_alive.due(Now { boot: s(7200), awake: s(2) }), Due::AnswerBy(s(11)));
        assert_eq!(keep_alive.due(Now { boot: s(7209), awake: s(11) }), Due::GiveUp);
    }

    #[test]
    fn who_only_sends_asks_too_and_who_only_receives() {
        let mut keep_alive = KeepAlive::new(s(60), PING_TIME, at(s(0)));
        for second in 1..60 {
            keep_alive.sent(at(s(second)));
            assert_eq!(keep_alive.due(at(s(second))), Due::At(s(60)));
        }
        assert_eq!(keep_alive.due(at(s(60))), Due::Ping);
        let mut keep_alive = KeepAlive::new(s(60), PING_TIME, at(s(0)));
        keep_alive.received(at(s(59)));
        assert_eq!(keep_alive.due(at(s(60))), Due::Ping);
    }

    /// One ping in each silent minute, and never later than MQTT allows.
    #[test]
    fn a_day_goes_by_without_a_break() {
        let mut keep_alive = KeepAlive::new(s(60), PING_TIME, at(s(0)));
        let (mut now, mut last_sent, mut pings) = (s(0), s(0), 0);
        while now < s(24 * 3600) {
            match keep_alive.due(at(now)) {
                Due::At(due) => now = due,
                Due::Ping => {
                    assert!(now - last_sent <= s(60));
                    keep_alive.ping_sent(at(now));
                    last_sent = now;
                    pings += 1;
                    now += Duration::from_millis(150);
                    keep_alive.received(at(now));
                    assert!(keep_alive.answered());
                }
                due => panic!("{due:?} at {now:?}"),
            }
        }
        assert!((1435..=1440).contains(&pings), "{pings}");
    }
}
