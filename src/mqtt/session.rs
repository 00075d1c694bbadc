//! The rules of an open MQTT session, as a state machine: packets and time in, actions out.

use super::Error;
use super::codec::Received;
use std::time::Duration;

/// How long PINGRESP may take.
pub const PING_TIME: Duration = Duration::from_secs(10);

/// An open session. Time is the boot clock's, which goes on while the board is suspended.
pub struct Session {
    keep_alive: Duration,
    last_sent: Duration,
    ping_sent: Option<Duration>,
}

/// What is to be done now.
#[derive(Debug, PartialEq)]
pub enum Action {
    /// Nothing before this time.
    WaitUntil(Duration),
    /// Tell [`Session::ping_sent`] and send PINGREQ.
    Ping,
    /// PINGRESP is late: unless it lies unread in the socket, the session is over.
    GiveUp,
}

impl Session {
    /// Opened by a CONNACK at `now`.
    pub fn new(keep_alive: Duration, now: Duration) -> Self {
        Self { keep_alive, last_sent: now, ping_sent: None }
    }

    /// What keep-alive demands at `now`. PINGREQ goes out after a whole keep-alive of silence of ours; the server waits half a
    /// keep-alive longer.
    pub fn action(&self, now: Duration) -> Action {
        let (due, then) = match self.ping_sent {
            Some(sent) => (sent + PING_TIME, Action::GiveUp),
            None => (self.last_sent + self.keep_alive, Action::Ping),
        };
        if now >= due { then } else { Action::WaitUntil(due) }
    }

    /// PINGREQ goes out.
    pub fn ping_sent(&mut self, now: Duration) {
        self.last_sent = now;
        self.ping_sent = Some(now);
    }

    /// A packet came.
    pub fn received(&mut self, packet: &Received) -> Result<(), Error> {
        match packet {
            Received::Pingresp if self.ping_sent.take().is_some() => Ok(()),
            Received::Pingresp => Err(Error::Malformed("PINGRESP without PINGREQ")),
            // From a subscription of an earlier connection. Not acknowledged, so a QoS 1 message is not lost: the server sends it
            // again to whoever takes the session up.
            Received::Publish => Ok(()),
            Received::Connack { .. } => Err(Error::Malformed("a second CONNACK")),
            Received::Unsolicited(_) => Err(Error::Malformed("an acknowledgement of nothing")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn silence_of_a_keep_alive_asks_for_a_ping_and_its_answer_ends_the_wait() {
        let mut session = Session::new(s(60), s(1000));
        assert_eq!(session.action(s(1059)), Action::WaitUntil(s(1060)));
        assert_eq!(session.action(s(1060)), Action::Ping);
        session.ping_sent(s(1060));
        assert_eq!(session.action(s(1061)), Action::WaitUntil(s(1070)));
        session.received(&Received::Pingresp).unwrap();
        assert_eq!(session.action(s(1061)), Action::WaitUntil(s(1120)));
    }

    #[test]
    fn a_ping_without_an_answer_is_given_up_also_after_a_suspend() {
        let mut session = Session::new(s(60), s(0));
        session.ping_sent(s(60));
        assert_eq!(session.action(s(70)), Action::GiveUp);
        assert_eq!(session.action(s(100_000)), Action::GiveUp);
    }

    #[test]
    fn what_nobody_asked_for_breaks_the_protocol() {
        let mut session = Session::new(s(60), s(0));
        assert!(session.received(&Received::Pingresp).is_err());
        assert!(session.received(&Received::Connack { session_present: false }).is_err());
        assert!(session.received(&Received::Unsolicited("SUBACK")).is_err());
        assert!(session.received(&Received::Publish).is_ok());
    }
}
