//! Names to addresses by the system's resolver, which cannot be interrupted and therefore runs on a short-lived thread of its
//! own: all signals blocked, owning nothing but the name, at most one for each name. See docs/adr/0002.

use super::Error;
use crate::error::Stage;
use crate::log::log;
use crate::names::Host;
use crate::sys::{ResolveError, getaddrinfo, with_signals_blocked};
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use tokio::sync::watch;

/// getaddrinfo needs more than musl's default and far less than glibc's.
const STACK: usize = 256 * 1024;

type Answer = Result<Vec<IpAddr>, ResolveError>;

/// Resolves the names of one dialer.
#[derive(Default)]
pub struct Resolver {
    running: Mutex<HashMap<String, Lookup>>,
}

struct Lookup {
    answer: watch::Receiver<Option<Answer>>,
    thread: Option<JoinHandle<()>>,
    /// Each call that waits has a clone.
    waiting: Arc<()>,
    /// The call that began it gave it up.
    was_left_behind: bool,
}

/// What a call has of a lookup that it waits for.
struct Joined {
    answer: watch::Receiver<Option<Answer>>,
    was_left_behind: bool,
    _waiting: Arc<()>,
}

impl Lookup {
    fn joined(&self) -> Joined {
        let (answer, _waiting) = (self.answer.clone(), self.waiting.clone());
        Joined { answer, was_left_behind: self.was_left_behind, _waiting }
    }

    /// Whether the thread has answered, or died.
    fn is_over(&self) -> bool {
        self.answer.borrow().is_some() || self.answer.has_changed().is_err()
    }
}

impl Resolver {
    /// The addresses of a host, in the system's order of preference. An address is its own answer.
    pub async fn resolve(&self, host: &Host) -> Result<Vec<IpAddr>, Error> {
        if let Some(address) = host.address() {
            return Ok(vec![address]);
        }
        let name = host.as_str();
        loop {
            let mut lookup = self.join_or_start(name).map_err(Error::ResolverThread)?;
            let answer = match lookup.answer.wait_for(Option::is_some).await {
                Ok(answer) => answer.clone(),
                Err(_) => None,
            };
            self.reap(name);
            match answer {
                Some(Ok(addresses)) => {
                    log!(Trace, Stage::Dns, "{name} is {addresses:?}");
                    return Ok(addresses);
                }
                // The network was down when it asked, and need not be now.
                Some(Err(error)) if lookup.was_left_behind && !error.not_found => {
                    log!(Debug, Stage::Dns, "{name}: a lookup of an earlier call has failed, and another begins");
                }
                Some(Err(source)) => return Err(Error::Resolve { host: name.to_owned(), source }),
                None => {
                    return Err(Error::Resolve {
                        host: name.to_owned(),
                        source: ResolveError { reason: "the resolver died".to_owned(), not_found: false },
                    });
                }
            }
        }
    }

    /// A lookup of the same name that an earlier call left behind is joined, so that a dead resolver costs one thread.
    fn join_or_start(&self, name: &str) -> std::io::Result<Joined> {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(lookup) = running.get_mut(name).filter(|lookup| !lookup.is_over()) {
            lookup.was_left_behind |= Arc::strong_count(&lookup.waiting) == 1;
            return Ok(lookup.joined());
        }
        let (sender, answer) = watch::channel(None);
        let owned = name.to_owned();
        let thread = with_signals_blocked(|| {
            std::thread::Builder::new().name("cognito-dns".to_owned()).stack_size(STACK).spawn(move || {
                may_panic!("resolver");
                let answer = getaddrinfo(&owned);
                let _ = sender.send(Some(answer));
            })
        })?;
        let lookup = Lookup { answer, thread: Some(thread), waiting: Arc::default(), was_left_behind: false };
        let joined = lookup.joined();
        running.insert(name.to_owned(), lookup);
        Ok(joined)
    }

    /// Waits for a thread that has answered and is on its last instructions, so that none outlives the call.
    fn reap(&self, name: &str) {
        let lookup = {
            let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
            let over = running.get(name).is_some_and(Lookup::is_over);
            over.then(|| running.remove(name)).flatten()
        };
        if let Some(thread) = lookup.and_then(|lookup| lookup.thread) {
            let _ = thread.join();
        }
    }
}
