//! What happened: events in order, counters, and the readable log.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::io::Write;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use serde_json::{Map, Value, json};
use tokio::sync::watch;

/// Older events are forgotten beyond this number, so that a long run stays small.
const KEPT_EVENTS: usize = 20_000;

/// The counters that are always listed, also while they are 0.
pub const COUNTERS: &[&str] = &[
    "iot_accepted",
    "iot_tls_handshakes",
    "iot_tls_failures",
    "iot_tls_1_2",
    "iot_tls_1_3",
    "iot_sni_seen",
    "iot_close_notify",
    "iot_fin",
    "iot_rst",
    "iot_bytes_sent",
    "iot_bytes_received",
    "iot_network_faults",
    "cognito_accepted",
    "cognito_tls_handshakes",
    "cognito_tls_failures",
    "cognito_tls_1_2",
    "cognito_tls_1_3",
    "cognito_sni_seen",
    "cognito_close_notify",
    "cognito_fin",
    "cognito_rst",
    "cognito_bytes_sent",
    "cognito_bytes_received",
    "cognito_network_faults",
    "cognito_requests",
    "cognito_get_id",
    "cognito_get_credentials",
    "cognito_reused",
    "cognito_with_logins",
    "cognito_with_custom_role",
    "cognito_errors",
    "upgrade_requests",
    "upgrades",
    "upgrades_refused",
    "sigv4_valid",
    "token_outside_signature",
    "connects",
    "connects_v4",
    "connects_v5",
    "connects_forbidden",
    "connects_without_policy",
    "connacks",
    "disconnects",
    "takeovers",
    "mqtt_packets_received",
    "publishes",
    "publishes_again",
    "publishes_again_same_id",
    "publishes_again_other_id",
    "subscribes",
    "split_packets",
    "coalesced_packets",
    "packets_before_connack",
    "websocket_closes",
    "websocket_pings_sent",
    "websocket_pings_received",
    "reading_pauses",
    "websocket_pongs",
    "websocket_violations",
    "proxy_accepted",
    "proxy_tunnels",
    "proxy_auth_failures",
    "proxy_fin",
    "proxy_rst",
    "proxy_bytes_sent",
    "proxy_bytes_received",
    "proxy_network_faults",
];

/// The three doors of this program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    /// AWS IoT Core.
    Iot,
    /// Cognito Identity.
    Cognito,
    /// The HTTP CONNECT proxy.
    Proxy,
}

impl Service {
    /// The name in events, fault keys and counters.
    pub fn name(self) -> &'static str {
        match self {
            Service::Iot => "iot",
            Service::Cognito => "cognito",
            Service::Proxy => "proxy",
        }
    }
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Events and counters since the start or the last reset.
pub struct Journal {
    start: Instant,
    recorded: Mutex<Recorded>,
    log: Option<Mutex<Box<dyn Write + Send>>>,
    changes: watch::Sender<u64>,
}

#[derive(Default)]
struct Recorded {
    events: VecDeque<Value>,
    last: u64,
    counters: BTreeMap<String, u64>,
}

impl Journal {
    /// An empty journal that also writes to `log`.
    pub fn new(log: Option<Box<dyn Write + Send>>) -> Journal {
        Journal {
            start: Instant::now(),
            recorded: Mutex::new(Recorded::default()),
            log: log.map(Mutex::new),
            changes: watch::Sender::new(0),
        }
    }

    /// Records an event. `details` is a JSON object and holds no secret.
    pub fn event(&self, service: Service, connection: u64, event: &str, details: Value) {
        let at_ms = u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX);
        if let Some(log) = &self.log {
            let mut log = log.lock().unwrap_or_else(PoisonError::into_inner);
            let shown = match &details {
                Value::Object(map) if map.is_empty() => String::new(),
                other => format!(" {other}"),
            };
            // A full disk or a closed pipe must not change what the services do.
            let _ = writeln!(log, "{at_ms:>8} ms {service}#{connection} {event}{shown}");
            let _ = log.flush();
        }
        let mut recorded = self.lock();
        recorded.last += 1;
        let mut object = Map::new();
        object.insert("n".into(), json!(recorded.last));
        object.insert("at_ms".into(), json!(at_ms));
        object.insert("connection".into(), json!(connection));
        object.insert("service".into(), json!(service.name()));
        object.insert("event".into(), json!(event));
        if let Value::Object(details) = details {
            object.extend(details);
        }
        if recorded.events.len() == KEPT_EVENTS {
            recorded.events.pop_front();
        }
        recorded.events.push_back(Value::Object(object));
        drop(recorded);
        self.changed();
    }

    /// Adds one to a counter.
    pub fn count(&self, counter: &str) {
        self.add(counter, 1);
    }

    /// Adds to a counter.
    pub fn add(&self, counter: &str, more: u64) {
        *self.lock().counters.entry(counter.to_owned()).or_default() += more;
        self.changed();
    }

    /// All counters, the known ones first.
    pub fn counters(&self) -> Map<String, Value> {
        let recorded = self.lock();
        let known = COUNTERS.iter().map(|name| ((*name).to_owned(), json!(0)));
        let mut all: Map<String, Value> = known.collect();
        for (name, value) in &recorded.counters {
            all.insert(name.clone(), json!(value));
        }
        all
    }

    /// All events that are still kept.
    pub fn events(&self) -> Vec<Value> {
        self.lock().events.iter().cloned().collect()
    }

    /// Forgets events and counters.
    pub fn reset(&self) {
        *self.lock() = Recorded::default();
        self.changed();
    }

    /// Says that something that `changes` watchers look at is different now.
    pub fn changed(&self) {
        self.changes.send_modify(|n| *n = n.wrapping_add(1));
    }

    /// Wakes at each event and counter change.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Recorded> {
        self.recorded.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_numbered_and_a_reset_starts_again() {
        let journal = Journal::new(None);
        journal.event(Service::Iot, 3, "accepted", json!({"peer": "x"}));
        journal.event(Service::Iot, 3, "fin", json!({}));
        let events = journal.events();
        assert_eq!(events[1]["n"], 2);
        assert_eq!(events[0]["peer"], "x");
        journal.reset();
        journal.event(Service::Proxy, 4, "accepted", json!({}));
        assert_eq!(journal.events()[0]["n"], 1);
    }

    #[test]
    fn known_counters_are_listed_as_zero() {
        let journal = Journal::new(None);
        journal.count("upgrades");
        let counters = journal.counters();
        assert_eq!(counters["upgrades"], 1);
        assert_eq!(counters["connects"], 0);
    }
}
