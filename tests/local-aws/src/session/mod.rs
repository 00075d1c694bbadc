//! IoT Core behind the upgrade: CONNECT, client-id policy, and the bridge to the broker.

mod admission;
mod broker_side;
mod client_side;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize};

use serde_json::json;
use tokio::io::{AsyncWriteExt, ReadHalf, WriteHalf};
use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::answers;
use crate::connection::{Connection, End, Order};
use crate::credentials::Owner;
use crate::cutting::Cutting;
use crate::frames::{self, Out};
use crate::mqtt::{self, Connect};
use crate::sessions;
use crate::tls::{GOODBYE, PATIENCE, Tls};

use client_side::Client;

/// Why a session ended.
#[derive(Debug)]
enum Ending {
    /// The client ended TLS or TCP.
    Gone,
    /// The client sent a Close frame with this code.
    ClientClose(u16),
    /// The client broke WebSocket or MQTT: a Close frame with this code.
    Violation(u16, &'static str),
    /// A Close frame with this code, for no fault of the client.
    ServerClose(u16),
    /// close_notify and FIN without a Close frame.
    Drop,
    /// RST.
    Reset,
    /// Silence.
    Hold,
}

/// What the broker has sent to the client.
#[derive(Default)]
struct Heard {
    /// The CONNACK left.
    connack: AtomicBool,
    packets: AtomicUsize,
}

/// Runs a session on an open WebSocket. `buffer` came behind the upgrade request, `owner` signed it.
pub async fn run(connection: &Arc<Connection>, mut stream: Tls, buffer: Vec<u8>, owner: &Owner) -> End {
    let heard = Heard::default();
    let mut client = Client::new(connection, buffer, &heard);
    let ended = loop {
        tokio::select! {
            ended = timeout(PATIENCE, client.first_packet(&mut stream)) => break ended,
            _ = connection.ordered(is_close) => break Ok(Err(Ending::ServerClose(1001))),
            bytes = connection.insertions.next() => {
                if answers::send(&mut stream, &bytes).await.is_err() {
                    break Ok(Err(Ending::Gone));
                }
            }
        }
    };
    let ending = match ended {
        Ok(Ok((connect, bytes))) => {
            let (ending, same_stream) = session(&mut client, stream, owner, &connect, bytes).await;
            stream = same_stream;
            ending
        }
        Ok(Err(ending)) => ending,
        Err(_) => Ending::Drop,
    };
    connection.event("session-end", json!({"why": format!("{ending:?}")}));
    client.finish(&mut stream, ending).await
}

async fn session(
    client: &mut Client<'_>,
    mut stream: Tls,
    owner: &Owner,
    connect: &Connect,
    mut bytes: Vec<u8>,
) -> (Ending, Tls) {
    let connection = client.connection;
    let state = &connection.state;
    let early = match admission::admit(connection, owner, connect, &mut stream).await {
        Ok(early) => early,
        Err(ending) => return (ending, stream),
    };
    let registration = sessions::register(connection, &connect.client_id).await;
    if connect.keep_alive_s == 0
        && state.broker.refuses_keep_alive_0()
        && let Some(field) = bytes.get_mut(connect.keep_alive_at..connect.keep_alive_at + 2)
    {
        // AWS takes 0 as its maximum.
        field.copy_from_slice(&1200_u16.to_be_bytes());
    }
    let broker = match state.broker.connect(connect.level).await {
        Ok(broker) => broker,
        Err(e) => {
            connection.event("broker-unreachable", json!({"error": e.to_string()}));
            return (Ending::Drop, stream);
        }
    };
    let (mut from_broker, mut to_broker) = broker.into_split();
    if to_broker.write_all(&bytes).await.is_err() {
        return (Ending::Drop, stream);
    }

    let cutting = Cutting::of(connection);
    let (mut read, mut write) = tokio::io::split(stream);
    let heard = client.heard;
    let (out, queue) = mpsc::channel(32);
    let ending = {
        let writing = frames::write(connection, &mut write, queue, cutting);
        tokio::pin!(writing);
        let mut closing_writer = false;
        let ending = tokio::select! {
            ending = client.bridge(&mut read, &mut to_broker, out.clone()) => ending,
            ending = broker_side::bridge(connection, &mut from_broker, &out, early, heard) => ending,
            _ = &mut writing => {
                closing_writer = true;
                Ending::Gone
            }
            ending = insert(connection, &out) => ending,
            order = connection.ordered(is_close) => {
                if connect.level == 5 {
                    let packet = mqtt::server_disconnect(order == Order::TakenOver);
                    let _ = out.send(Out::Packets(vec![packet])).await;
                }
                Ending::ServerClose(1001)
            }
        };
        if client.said_goodbye && state.broker.is_hurt_by_disconnect() {
            tokio::spawn(broker_side::until_end(from_broker, to_broker));
        }
        drop(registration);
        // What the broker sent before still goes out, and no frame is left half written.
        drop(out);
        if !closing_writer && !matches!(ending, Ending::Reset) {
            let _ = timeout(GOODBYE, writing).await;
        }
        ending
    };
    (ending, unsplit(read, write))
}

fn is_close(order: Order) -> bool {
    matches!(order, Order::Close | Order::TakenOver)
}

/// Hands on what the control port puts in.
async fn insert(connection: &Connection, out: &mpsc::Sender<Out>) -> Ending {
    loop {
        let bytes = connection.insertions.next().await;
        if out.send(Out::Frame(bytes)).await.is_err() {
            return Ending::Gone;
        }
    }
}

fn unsplit(read: ReadHalf<Tls>, write: WriteHalf<Tls>) -> Tls {
    read.unsplit(write)
}
