//! Names to addresses by the system's resolver, which cannot be interrupted and therefore runs on a short-lived thread of its
//! own: all signals blocked, owning nothing but the name, at most one for each name. See docs/adr/0002.

use super::Error;
use crate::error::Stage;
use crate::log::log;
use crate::names::Host;
use crate::sys::{ResolveError, getaddrinfo, with_signals_blocked};
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
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
}

impl Lookup {
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
        let mut receiver = self.join_or_start(name).map_err(Error::ResolverThread)?;
        let answer = match receiver.wait_for(Option::is_some).await {
            Ok(answer) => answer.clone(),
            Err(_) => None,
        };
        self.reap(name);
        match answer {
            Some(Ok(addresses)) => {
                log!(Trace, Stage::Dns, "{name} is {addresses:?}");
                Ok(addresses)
            }
            Some(Err(source)) => Err(Error::Resolve { host: name.to_owned(), source }),
            None => Err(Error::Resolve {
                host: name.to_owned(),
                source: ResolveError { reason: "the resolver died".to_owned(), not_found: false },
            }),
        }
    }

    /// A lookup of the same name that an earlier call left behind is joined, so that a dead resolver costs one thread.
    fn join_or_start(&self, name: &str) -> std::io::Result<watch::Receiver<Option<Answer>>> {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(lookup) = running.get(name).filter(|lookup| !lookup.is_over()) {
            return Ok(lookup.answer.clone());
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
        running.insert(name.to_owned(), Lookup { answer: answer.clone(), thread: Some(thread) });
        Ok(answer)
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
