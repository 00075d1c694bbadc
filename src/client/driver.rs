//! The task that owns a client's connection: it dials, keeps the session, and ends it in order. It runs while some thread is
//! inside a waiting call of the client.

use super::connack::{Connection, connack};
use crate::boxed::boxed;
use crate::config::ClientSettings;
use crate::dial::state::{Attempt, Order, Over, State, ordered};
use crate::dial::{Dial, diagnosis};
use crate::error::{Failure, Stage};
use crate::log::log;
use crate::mqtt::session::{Action, PING_TIME};
use crate::mqtt::{Error as MqttError, codec};
use crate::sys::boot_time;
use crate::transport;
use crate::transport::packets::Incoming;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::timeout;

/// The whole orderly end may take this long.
const END: Duration = Duration::from_secs(5);

/// The task of one connect, from dial to end.
pub async fn run(dial: Arc<Dial>, settings: Arc<ClientSettings>, state: Arc<State>, attempt: Arc<Attempt>) {
    let over = Over { state: &state, attempt: &attempt };
    let for_connack = Arc::clone(&dial);
    let connected = dial.run(&attempt, move |upgraded, progress| {
        boxed(move || async move { connack(upgraded, &settings, &for_connack, &progress).await })
    });
    let failure = match boxed(|| connected).await {
        Err(failure) => Some(failure),
        Ok(connection) => {
            // An order that came meanwhile is found by the session.
            state.connected(&attempt);
            boxed(|| session(connection, attempt.orders())).await.err().map(|failure| dial.identified(failure))
        }
    };
    over.with(failure);
}

/// Keeps an open session until it ends; `Ok` is an end that was ordered.
async fn session(mut connection: Box<Connection>, mut orders: watch::Receiver<Order>) -> Result<(), Failure> {
    let end = tokio::select! {
        biased;
        order = ordered(&mut orders) => Ok(order),
        failure = boxed(|| keep(&mut connection)) => Err(failure),
    };
    match end {
        Ok(Order::Abort) => Ok(()),
        Ok(_) => {
            tokio::select! {
                biased;
                _ = orders.wait_for(|order| *order == Order::Abort) => {}
                () = boxed(|| end_in_order(connection)) => {}
            }
            Ok(())
        }
        Err(failure) => {
            log!(Info, failure.stage, "the session ended: {}", failure.message);
            tokio::spawn(boxed(|| connection.packets.finish()));
            Err(failure)
        }
    }
}

/// Receives and keeps alive until something ends the session.
async fn keep(connection: &mut Connection) -> Failure {
    loop {
        match step(connection).await {
            Ok(()) => {}
            Err(failure) => return failure,
        }
    }
}

/// Handles what has come and what is due, and waits for either.
async fn step(connection: &mut Connection) -> Result<(), Failure> {
    let Connection { packets, session, buffer } = connection;
    let mqtt = |error: MqttError| error.failure(Stage::Session);
    while let Some(packet) = codec::decode(buffer).map_err(mqtt)? {
        session.received(&packet).map_err(mqtt)?;
    }
    let now = boot_time();
    let incoming = match session.action(now) {
        Action::WaitUntil(due) => {
            tokio::select! {
                biased;
                incoming = packets.next() => Some(incoming),
                () = tokio::time::sleep(due.saturating_sub(now)) => None,
            }
        }
        Action::Ping => {
            log!(Trace, Stage::Session, "PINGREQ");
            session.ping_sent(now);
            match timeout(PING_TIME, packets.send(codec::PINGREQ)).await {
                Ok(sent) => sent.map_err(|error| ended_by(error, packets.peer()))?,
                Err(_) => return Err(mqtt(MqttError::PingTimedOut)),
            }
            None
        }
        // The answer may lie in the socket since long ago, when nobody called for a while or the board slept.
        Action::GiveUp => match ready_now(packets.next()).await {
            Some(incoming) => Some(incoming),
            None => return Err(mqtt(MqttError::PingTimedOut)),
        },
    };
    match incoming {
        None => Ok(()),
        Some(Ok(Incoming::Bytes(bytes))) => {
            buffer.extend_from_slice(&bytes);
            Ok(())
        }
        Some(Ok(Incoming::Closed(how))) => Err(diagnosis::session_closed(packets.peer(), &how)),
        Some(Err(error)) => Err(ended_by(error, packets.peer())),
    }
}

/// The future's answer if it has one now.
async fn ready_now<F: Future>(future: F) -> Option<F::Output> {
    tokio::select! {
        biased;
        // The scheduler's budget must not make it look as if nothing were there.
        output = tokio::task::unconstrained(future) => Some(output),
        () = std::future::ready(()) => None,
    }
}

fn ended_by(error: transport::Error, peer: &str) -> Failure {
    match error {
        transport::Error::Lost { source: None, .. } => diagnosis::session_closed(peer, ""),
        error => error.into(),
    }
}

/// DISCONNECT and WebSocket Close in one write, the server's Close, then close_notify, FIN and the server's end of it.
async fn end_in_order(connection: Box<Connection>) {
    let Connection { mut packets, .. } = *connection;
    let end = async {
        packets.send_last(codec::DISCONNECT).await?;
        while let Incoming::Bytes(_) = packets.next().await? {}
        Ok::<_, transport::Error>(())
    };
    match timeout(END.saturating_sub(transport::LINGER), end).await {
        Ok(Ok(())) => {}
        // A server may also end the connection without a Close of its own: MQTT 3.1.1 lets it, after DISCONNECT.
        Ok(Err(error)) => log!(Debug, Stage::Disconnect, "instead of a WebSocket Close: {error}"),
        Err(_) => log!(Debug, Stage::Disconnect, "the server did not answer the WebSocket Close"),
    }
    boxed(|| packets.finish()).await;
    log!(Info, Stage::Disconnect, "disconnected");
}
