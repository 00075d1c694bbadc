//! The task that owns a client's connection: it dials, keeps the session, and ends it in order. It runs while some thread is
//! inside a waiting call of the client.

use super::dial::{Connection, Dial};
use super::state::State;
use crate::boxed::boxed;
use crate::error::{Failure, Stage};
use crate::log::log;
use crate::mqtt::codec;
use crate::mqtt::session::Action;
use crate::status::Status;
use crate::sys::boot_time;
use crate::transport::packets::Incoming;
use crate::transport::{self, finish};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// The whole orderly end may take this long.
const END: Duration = Duration::from_secs(5);

/// What a client's calls ask of the task.
#[derive(Clone, Copy, PartialEq, PartialOrd)]
pub enum Order {
    /// Dial and stay connected.
    Connect,
    /// End the session in order.
    Disconnect,
    /// Drop everything now.
    Abort,
}

/// The task of one connect, from dial to end.
pub async fn run(dial: Arc<Dial>, state: Arc<State>, attempt: u64, mut orders: watch::Receiver<Order>) {
    let over = Over { state: &state, attempt };
    let dialled = tokio::select! {
        biased;
        _ = orders.wait_for(|order| *order != Order::Connect) => Err(Failure::cancelled(Stage::None)),
        dialled = boxed(|| dial.run()) => dialled,
    };
    match dialled {
        Err(failure) => over.with(Some(failure)),
        Ok(connection) => {
            state.connected(attempt);
            over.with(boxed(|| session(connection, orders)).await.err());
        }
    }
}

/// Reports the end of the task, also when it panicked.
struct Over<'a> {
    state: &'a State,
    attempt: u64,
}

impl Over<'_> {
    fn with(self, failure: Option<Failure>) {
        self.state.over(self.attempt, failure);
        std::mem::forget(self);
    }
}

impl Drop for Over<'_> {
    fn drop(&mut self) {
        let failure = Failure::new(Status::Internal, Stage::None, "the connection's task ended by a defect");
        self.state.over(self.attempt, Some(failure));
    }
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
            tokio::spawn(boxed(|| finish(connection.packets.into_inner())));
            Err(failure)
        }
    }
}

async fn ordered(orders: &mut watch::Receiver<Order>) -> Order {
    match orders.wait_for(|order| *order != Order::Connect).await {
        Ok(order) => *order,
        Err(_) => Order::Abort,
    }
}

/// Receives and keeps alive until something ends the session.
async fn keep(connection: &mut Connection) -> Failure {
    let Connection { packets, session, buffer } = connection;
    loop {
        let received = codec::decode(buffer).and_then(|packet| match packet {
            Some(packet) => session.received(&packet).map(|()| true),
            None => Ok(false),
        });
        match received {
            Ok(true) => continue,
            Ok(false) => {}
            Err(error) => return error.failure(Stage::Session),
        }
        let now = boot_time();
        let pause = match session.action(now) {
            Err(error) => return error.failure(Stage::Session),
            Ok(Action::WaitUntil(due)) => due.saturating_sub(now),
            Ok(Action::Ping) => {
                log!(Trace, Stage::Session, "PINGREQ");
                if let Err(error) = packets.send(codec::PINGREQ).await {
                    return ended_by(error, packets.peer());
                }
                session.ping_sent(now);
                continue;
            }
        };
        tokio::select! {
            bytes = packets.next() => match bytes {
                Ok(Incoming::Bytes(bytes)) => buffer.extend_from_slice(&bytes),
                Ok(Incoming::Closed(how)) => return closed(packets.peer(), &how),
                Err(error) => return ended_by(error, packets.peer()),
            },
            () = tokio::time::sleep(pause) => {}
        }
    }
}

fn ended_by(error: transport::Error, peer: &str) -> Failure {
    match error {
        transport::Error::Lost { source: None, .. } => closed(peer, ""),
        error => error.into(),
    }
}

fn closed(peer: &str, how: &str) -> Failure {
    Failure::new(Status::SessionClosed, Stage::Session, format!("{peer} ended the session{how}")).hint(
        "A second connection with the same client_id, or a publish or subscribe that the policy forbids, does that",
    )
}

/// DISCONNECT and WebSocket Close in one write, the server's Close, then close_notify, FIN and the server's end of it.
async fn end_in_order(connection: Box<Connection>) {
    let Connection { mut packets, .. } = *connection;
    let end = async {
        packets.send_last(codec::DISCONNECT).await?;
        while let Incoming::Bytes(_) = packets.next().await? {}
        Ok::<_, transport::Error>(packets)
    };
    match tokio::time::timeout(END.saturating_sub(transport::LINGER), end).await {
        Ok(Ok(packets)) => boxed(|| finish(packets.into_inner())).await,
        Ok(Err(error)) => log!(Debug, Stage::Disconnect, "the session did not end in order: {error}"),
        Err(_) => log!(Debug, Stage::Disconnect, "the server did not answer the WebSocket Close"),
    }
    log!(Info, Stage::Disconnect, "disconnected");
}
