//! Who is connected with which client id: the newest connection wins.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde_json::json;
use tokio::time::timeout;

use crate::connection::{Connection, Order};

/// How long an older connection with the same client id may take to go.
const TAKEOVER_TIME: Duration = Duration::from_secs(1);

/// Which connections have a session, by their client ids.
#[derive(Default)]
pub struct Sessions(Mutex<HashMap<String, Vec<u64>>>);

/// Registers a session and drops the older ones with the same client id.
pub async fn register<'a>(connection: &'a Connection, client_id: &'a str) -> Registration<'a> {
    let registration = Registration { connection, client_id };
    connection.state.sessions.take_over(connection, client_id).await;
    registration
}

/// Ends the registration with the session, also when an order cuts it off.
pub struct Registration<'a> {
    connection: &'a Connection,
    client_id: &'a str,
}

impl Drop for Registration<'_> {
    fn drop(&mut self) {
        self.connection.state.sessions.forget(self.connection, self.client_id);
    }
}

impl Sessions {
    async fn take_over(&self, connection: &Connection, client_id: &str) {
        let older: Vec<u64> = {
            let mut sessions = self.lock();
            let all = sessions.entry(client_id.to_owned()).or_default();
            let older = all.clone();
            all.push(connection.id);
            older
        };
        let state = &connection.state;
        for older in older.iter().filter_map(|id| state.connections.get(*id)) {
            state.journal.count("takeovers");
            older.event("takeover", json!({"by": connection.id}));
            older.order(Order::TakenOver);
        }
        // The broker is to see the end of the older one first.
        let mut changes = state.journal.changes();
        let gone = async {
            while self.has_any(client_id, &older) {
                if changes.changed().await.is_err() {
                    break;
                }
            }
        };
        let _ = timeout(TAKEOVER_TIME, gone).await;
    }

    fn forget(&self, connection: &Connection, client_id: &str) {
        let mut sessions = self.lock();
        if let Some(all) = sessions.get_mut(client_id) {
            all.retain(|id| *id != connection.id);
            if all.is_empty() {
                sessions.remove(client_id);
            }
        }
        drop(sessions);
        connection.state.journal.changed();
    }

    fn has_any(&self, client_id: &str, ids: &[u64]) -> bool {
        let sessions = self.lock();
        sessions.get(client_id).is_some_and(|all| all.iter().any(|id| ids.contains(id)))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, Vec<u64>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
