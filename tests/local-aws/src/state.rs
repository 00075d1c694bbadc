//! What all connections share.

use std::sync::{Arc, OnceLock};

use crate::broker::Broker;
use crate::certificates::Certificates;
use crate::clock;
use crate::connection::Connections;
use crate::credentials::Credentials;
use crate::events::{Journal, Service};
use crate::faults::Faults;
use crate::identities::Identities;
use crate::options::Options;
use crate::ready::Ready;
use crate::resends::Resends;
use crate::secrets::Secrets;
use crate::sessions::Sessions;
use crate::written::WrittenAnswers;

/// Everything behind the ports.
pub struct State {
    /// The command line.
    pub options: Options,
    /// Events and counters.
    pub journal: Journal,
    /// Faults that are on.
    pub faults: Faults,
    /// Answers that a test has written.
    pub written: WrittenAnswers,
    /// Keys.
    pub credentials: Credentials,
    /// Where they are noted.
    pub secrets: Secrets,
    /// Identities and their policies.
    pub identities: Identities,
    /// Open connections.
    pub connections: Connections,
    /// Who is connected by MQTT.
    pub sessions: Sessions,
    /// What was published with which packet identifier.
    pub resends: Resends,
    /// TLS configurations.
    pub certificates: Certificates,
    /// The broker behind IoT Core.
    pub broker: Broker,
    /// What was printed at the start; empty only before that.
    pub ready: OnceLock<Ready>,
}

impl State {
    /// A service's time in Unix seconds.
    pub fn now(&self, service: Service) -> i64 {
        let offset = match (self.faults.peek(service, "clock_offset_s"), service) {
            (Some(fault), _) => fault.number,
            (None, Service::Iot) => self.options.iot_clock_offset_s,
            (None, Service::Cognito) => self.options.cognito_clock_offset_s,
            (None, Service::Proxy) => 0,
        };
        clock::now() + offset
    }

    /// The identity pool's id.
    pub fn identity_pool(self: &Arc<Self>) -> &str {
        self.ready.get().map_or("", |ready| ready.identity_pool.as_str())
    }
}
