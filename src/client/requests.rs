//! Publish, subscribe and unsubscribe.

use super::operations::{Done, Listener, unknown, withdrawn};
use super::phase::Phase;
use super::state::State;
use super::traffic::now;
use super::{Client, Message, OnComplete, OnMessage, Qos, not_connected};
use crate::error::{Failure, Stage};
use crate::execution::Wait;
use crate::mqtt::codec::{MqttVersion, PAYLOAD_MAX};
use crate::mqtt::session::{QueueFull, Withdrawn};
use crate::mqtt::topics;
use crate::status::Status;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// Who is told what comes of a request.
pub enum Then {
    /// The call itself waits.
    Wait(Wait),
    /// A callback, if there is one; the call does not wait.
    Tell(Option<OnComplete>),
}

impl Client {
    /// Publishes. A waiting call ends when a message of QoS 0 is written, or one of QoS 1 acknowledged.
    pub fn publish(&self, message: Message, then: Then) -> Result<(), Failure> {
        topics::check_topic("topic", &message.topic)?;
        let has_properties = match &message.properties {
            Some(properties) if properties.will_delay_s.is_some() => {
                return Err(Failure::argument("properties", "have a will delay, which only a will can have"));
            }
            properties => properties.is_some(),
        };
        let mut message = Some(message);
        self.request("publish", then, move |state| {
            if matches!(state.phase, Phase::Idle) {
                return Err(not_connected());
            }
            if has_properties && state.settings.version != MqttVersion::V5 {
                let problem = "are of MQTT 5; choose it by cognito_config_set_mqtt_version";
                return Err(Failure::argument("properties", problem));
            }
            let Some(taken) = message.take() else { return Ok(None) };
            match state.session.publish(taken, now) {
                Ok(operation) => Ok(Some(operation)),
                Err(QueueFull(refused)) => {
                    message = Some(refused);
                    Ok(None)
                }
            }
        })
    }

    /// Subscribes. Before there is a connection, it is made with the next one.
    pub fn subscribe(&self, filter: &str, qos: Qos, on_message: OnMessage, then: Then) -> Result<(), Failure> {
        topics::check_filter(filter)?;
        let waits = matches!(then, Then::Wait(_));
        self.request("subscribe", then, |state| {
            if waits && matches!(state.phase, Phase::Idle) {
                return Err(not_connected());
            }
            Ok(Some(state.session.subscribe(filter, qos, Arc::clone(&on_message))))
        })
    }

    /// Unsubscribes.
    pub fn unsubscribe(&self, filter: &str, then: Then) -> Result<(), Failure> {
        topics::check_filter(filter)?;
        self.request("unsubscribe", then, |state| {
            if matches!(state.phase, Phase::Idle) {
                return Err(not_connected());
            }
            Ok(Some(state.session.unsubscribe(filter)))
        })
    }

    /// Lets the session take a request, and waits for what comes of it, or leaves that to a callback. `begin` gives its operation,
    /// or `None` while there is no room for it.
    fn request(
        &self,
        what: &str,
        then: Then,
        mut begin: impl FnMut(&mut State) -> Result<Option<u64>, Failure>,
    ) -> Result<(), Failure> {
        let mut call = self.visit()?;
        let wait = match then {
            Then::Wait(wait) => wait,
            Then::Tell(on_complete) => {
                let mut state = self.lock();
                let operation = begin(&mut state)?.ok_or_else(queue_full)?;
                if let Some(on_complete) = on_complete {
                    state.operations.listen(operation, Listener::Callback(on_complete));
                }
                state.send_now();
                self.leave(state);
                return Ok(());
            }
        };
        let base = self.execution.pending_counts();
        let outcome: Arc<OnceLock<Done>> = Arc::default();
        let mut operation = None;
        self.lock().waiting += 1;
        let driven = self.drive(&mut call, wait, base, |state| {
            if operation.is_none() {
                operation = match begin(state) {
                    Ok(operation) => operation,
                    Err(failure) => return Some(Err(failure)),
                };
                match operation {
                    Some(operation) => {
                        state.operations.listen(operation, Listener::Call(Arc::clone(&outcome)));
                        state.send_now();
                        if outcome.get().is_some() {
                            state.operations.found();
                        }
                    }
                    None => state.full_at = Some(state.session.departures()),
                }
            }
            outcome.get().cloned()
        });
        let mut state = self.lock();
        state.waiting -= 1;
        // It may have come since the call was found to be over.
        let driven = outcome.get().cloned().map_or(driven, |done| Ok(Some(done)));
        let (passed, why) = match driven {
            Ok(Some(done)) => {
                state.show();
                return done.map(drop);
            }
            Ok(None) => (None, format!("the {what} was not done within {} ms", milliseconds(wait))),
            Err(cancelled) => (Some(cancelled), format!("the {what} was cancelled")),
        };
        let Some(operation) = operation else {
            return Err(passed.unwrap_or_else(queue_full));
        };
        state.operations.forget(operation);
        let withdrawn_how = state.session.withdraw(operation);
        // That has made room.
        self.leave(state);
        let failure = match withdrawn_how {
            Some(Withdrawn::Unsent) => withdrawn(&why),
            // A message of QoS 0 that the socket has not taken is no request of the session any more.
            Some(Withdrawn::Sent) | None => unknown(&why),
        };
        // A cancel stays a cancel; its message says what has become of the request.
        Err(match passed {
            Some(cancelled) => Failure { message: failure.message, ..cancelled },
            None => failure,
        })
    }
}

/// Checks the length of a payload, which is done before it is copied.
pub fn check_payload_len(len: usize) -> Result<(), Failure> {
    if len > PAYLOAD_MAX {
        let problem = format!("is {len}; AWS IoT Core takes at most {PAYLOAD_MAX} bytes");
        return Err(Failure::argument("payload_len", problem));
    }
    Ok(())
}

fn milliseconds(wait: Wait) -> u128 {
    match wait {
        Wait::AtMost(wait) => wait.as_millis(),
        Wait::Forever => Duration::MAX.as_millis(),
    }
}

fn queue_full() -> Failure {
    Failure::new(Status::QueueFull, Stage::Session, "as many messages wait to be sent as may, or as many bytes")
        .hint("Publish again when completions have come, or raise the bounds by cognito_config_set_queue_max")
}
