//! Keep-alive: when to ask whether the server is still there, and when to give it up. Pure.

use std::time::Duration;

/// The keep-alive of an open connection. Time is the boot clock's, which goes on while the board is suspended.
pub struct KeepAlive {
    interval: Duration,
    ping_time: Duration,
    last_sent: Duration,
    last_received: Duration,
    ping_sent: Option<Duration>,
}

/// What is to be done now.
#[derive(Debug, PartialEq)]
pub enum Due {
    /// Nothing before this time.
    At(Duration),
    /// Send PINGREQ.
    Ping,
    /// PINGRESP is late: unless it lies unread in the socket, the connection is over.
    GiveUp,
}

impl KeepAlive {
    /// Opened by a CONNACK at `now`. PINGRESP may take `ping_time`.
    pub fn new(interval: Duration, ping_time: Duration, now: Duration) -> Self {
        Self { interval, ping_time, last_sent: now, last_received: now, ping_sent: None }
    }

    /// What is due at `now`. PINGREQ goes out after an interval in which nothing was sent, as MQTT demands, and after one in which
    /// nothing has come: who sends only would never learn that nobody is there.
    pub fn due(&self, now: Duration) -> Due {
        let (due, then) = match self.ping_sent {
            Some(sent) => (sent + self.ping_time, Due::GiveUp),
            None => (self.last_sent.min(self.last_received) + self.interval, Due::Ping),
        };
        if now >= due { then } else { Due::At(due) }
    }

    /// A packet goes out.
    pub fn sent(&mut self, now: Duration) {
        self.last_sent = now;
    }

    /// PINGREQ goes out.
    pub fn ping_sent(&mut self, now: Duration) {
        self.last_sent = now;
        self.ping_sent = Some(now);
    }

    /// A packet came.
    pub fn received(&mut self, now: Duration) {
        self.last_received = now;
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

    #[test]
    fn silence_of_an_interval_asks_for_a_ping_and_its_answer_ends_the_wait() {
        let mut keep_alive = KeepAlive::new(s(60), PING_TIME, s(1000));
        assert_eq!(keep_alive.due(s(1059)), Due::At(s(1060)));
        assert_eq!(keep_alive.due(s(1060)), Due::Ping);
        keep_alive.ping_sent(s(1060));
        assert_eq!(keep_alive.due(s(1061)), Due::At(s(1070)));
        keep_alive.received(s(1061));
        assert!(keep_alive.answered());
        assert_eq!(keep_alive.due(s(1061)), Due::At(s(1120)));
        assert!(!keep_alive.answered());
    }

    #[test]
    fn a_ping_without_an_answer_is_given_up_also_after_a_suspend() {
        let mut keep_alive = KeepAlive::new(s(60), PING_TIME, s(0));
        keep_alive.ping_sent(s(60));
        assert_eq!(keep_alive.due(s(70)), Due::GiveUp);
        assert_eq!(keep_alive.due(s(100_000)), Due::GiveUp);
    }

    #[test]
    fn who_only_sends_asks_too_and_who_only_receives() {
        let mut keep_alive = KeepAlive::new(s(60), PING_TIME, s(0));
        for second in 1..60 {
            keep_alive.sent(s(second));
            assert_eq!(keep_alive.due(s(second)), Due::At(s(60)));
        }
        assert_eq!(keep_alive.due(s(60)), Due::Ping);
        let mut keep_alive = KeepAlive::new(s(60), PING_TIME, s(0));
        keep_alive.received(s(59));
        assert_eq!(keep_alive.due(s(60)), Due::Ping);
    }

    /// A day with messages now and then: one ping in each silent minute, and never later than MQTT allows.
    #[test]
    fn a_day_goes_by_without_a_break() {
        let mut keep_alive = KeepAlive::new(s(60), PING_TIME, s(0));
        let (mut now, mut last_sent, mut pings) = (s(0), s(0), 0);
        while now < s(24 * 3600) {
            match keep_alive.due(now) {
                Due::At(due) => now = due,
                Due::Ping => {
                    assert!(now - last_sent <= s(60));
                    keep_alive.ping_sent(now);
                    last_sent = now;
                    pings += 1;
                    now += Duration::from_millis(150);
                    keep_alive.received(now);
                    assert!(keep_alive.answered());
                }
                Due::GiveUp => panic!("given up at {now:?}"),
            }
        }
        assert!((1435..=1440).contains(&pings), "{pings}");
    }
}
