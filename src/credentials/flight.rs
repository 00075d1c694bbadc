//! One fetch for all who want credentials at the same moment. It runs in the call that began it; the others wait for its
//! outcome, each by its own deadline and cancel, and one of them takes over when it is given up: cancelled, freed, timed out, or
//! no longer driven by its application.

use super::Credentials;
use crate::error::Failure;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

/// What a fetch ends with, for all who wait for it.
pub type Outcome = Result<Credentials, Failure>;

/// An outcome, and when Cognito may be asked again, where only the deadline of who asked has ended it.
#[derive(Clone)]
pub struct Landed {
    pub outcome: Outcome,
    pub again_at: Option<Instant>,
}

/// Since when no thread has been inside a call of a client, so that nothing of it goes on; `None` while one is.
pub type Away = Option<Instant>;

/// A client that is not driven for this long has left its fetch to others. Between two calls of an event loop it is driven
/// again sooner.
const PATIENCE: Duration = Duration::from_millis(500);

/// The fetch of one provider that is under way, if any.
#[derive(Default)]
pub struct Flights {
    inner: Arc<Mutex<Inner>>,
}

#[derive(Default)]
struct Inner {
    last_number: u64,
    current: Option<Flight>,
}

#[derive(Clone)]
struct Flight {
    number: u64,
    outcome: watch::Receiver<Option<Landed>>,
    away: watch::Receiver<Away>,
}

/// What falls to a caller.
pub enum Part {
    /// To fetch, for all.
    Fetch(Fetcher),
    /// To wait for the one who does.
    Wait(Waiter),
}

impl Flights {
    /// Joins the fetch under way, or begins one. `away` is the caller's own.
    pub fn join(&self, away: &watch::Receiver<Away>) -> Part {
        let mut inner = lock(&self.inner);
        if let Some(flight) = &inner.current {
            return Part::Wait(Waiter { flight: flight.clone(), inner: Arc::clone(&self.inner) });
        }
        let (sender, outcome) = watch::channel(None);
        inner.last_number += 1;
        let number = inner.last_number;
        inner.current = Some(Flight { number, outcome, away: away.clone() });
        Part::Fetch(Fetcher { number, outcome: sender, inner: Arc::clone(&self.inner) })
    }
}

/// Must say how the fetch ended. Dropped without that, it leaves the fetch to the next who waits.
pub struct Fetcher {
    number: u64,
    outcome: watch::Sender<Option<Landed>>,
    inner: Arc<Mutex<Inner>>,
}

impl Fetcher {
    /// Hands the outcome to all who wait now. Those who come later begin a fetch of their own.
    pub fn land(self, landed: &Landed) {
        remove(&self.inner, self.number);
        self.outcome.send_replace(Some(landed.clone()));
    }
}

impl Drop for Fetcher {
    fn drop(&mut self) {
        remove(&self.inner, self.number);
    }
}

/// Waits for somebody else's fetch.
pub struct Waiter {
    flight: Flight,
    inner: Arc<Mutex<Inner>>,
}

impl Waiter {
    /// The outcome; `None` when the fetch was given up and somebody has to begin anew.
    pub async fn outcome(mut self) -> Option<Landed> {
        loop {
            let away = *self.flight.away.borrow_and_update();
            let patience = async {
                match away {
                    Some(since) => sleep_until(since + PATIENCE).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                biased;
                landed = self.flight.outcome.wait_for(Option::is_some) => return landed.ok().and_then(|it| it.clone()),
                changed = self.flight.away.changed() => if changed.is_err() { break },
                () = patience => break,
            }
        }
        remove(&self.inner, self.flight.number);
        None
    }
}

fn remove(inner: &Mutex<Inner>, number: u64) {
    lock(inner).current.take_if(|flight| flight.number == number);
}

fn lock(inner: &Mutex<Inner>) -> MutexGuard<'_, Inner> {
    inner.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Stage;
    use crate::status::Status;

    fn fetcher(flights: &Flights, away: &watch::Sender<Away>) -> Fetcher {
        match flights.join(&away.subscribe()) {
            Part::Fetch(fetcher) => fetcher,
            Part::Wait(_) => panic!("a fetch is under way"),
        }
    }

    fn waiter(flights: &Flights, away: &watch::Sender<Away>) -> Waiter {
        match flights.join(&away.subscribe()) {
            Part::Wait(waiter) => waiter,
            Part::Fetch(_) => panic!("no fetch is under way"),
        }
    }

    fn run<T>(test: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(test)
    }

    fn refusal() -> Landed {
        let outcome = Err(Failure::new(Status::CognitoNotAuthorized, Stage::Cognito, "no"));
        Landed { outcome, again_at: None }
    }

    #[test]
    fn a_refusal_goes_to_all_who_wait_and_to_nobody_later() {
        run(async {
            let (flights, away) = (Flights::default(), watch::Sender::new(None));
            let first = fetcher(&flights, &away);
            let waiters = [waiter(&flights, &away), waiter(&flights, &away)];
            first.land(&refusal());
            for waiter in waiters {
                assert_eq!(waiter.outcome().await.unwrap().outcome.err().unwrap().status, Status::CognitoNotAuthorized);
            }
            drop(fetcher(&flights, &away));
        });
    }

    #[test]
    fn a_fetch_that_is_dropped_is_left_to_one_who_waits() {
        run(async {
            let (flights, away) = (Flights::default(), watch::Sender::new(None));
            let first = fetcher(&flights, &away);
            let (second, third) = (waiter(&flights, &away), waiter(&flights, &away));
            drop(first);
            assert!(second.outcome().await.is_none());
            let next = fetcher(&flights, &away);
            assert!(third.outcome().await.is_none());
            let third = waiter(&flights, &away);
            next.land(&refusal());
            assert!(third.outcome().await.unwrap().outcome.is_err());
        });
    }

    #[test]
    fn a_fetch_that_nobody_drives_is_taken_over_and_its_late_end_disturbs_nobody() {
        run(async {
            let (flights, away) = (Flights::default(), watch::Sender::new(Some(Instant::now())));
            let first = fetcher(&flights, &away);
            let began = Instant::now();
            assert!(waiter(&flights, &away).outcome().await.is_none());
            assert!(began.elapsed() >= PATIENCE);
            let second = fetcher(&flights, &watch::Sender::new(None));
            first.land(&refusal());
            drop(waiter(&flights, &away));
            second.land(&refusal());
            drop(fetcher(&flights, &away));
        });
    }

    #[test]
    fn a_fetch_that_is_driven_again_in_time_is_not_taken_over() {
        run(async {
            let (flights, away) = (Flights::default(), watch::Sender::new(Some(Instant::now())));
            let first = fetcher(&flights, &away);
            let second = waiter(&flights, &away);
            let drive = async {
                for _ in 0..4 {
                    tokio::time::sleep(PATIENCE / 2).await;
                    away.send_replace(None);
                    away.send_replace(Some(Instant::now()));
                }
                first.land(&refusal());
            };
            let (outcome, ()) = tokio::join!(second.outcome(), drive);
            assert!(outcome.unwrap().outcome.is_err());
        });
    }
}
