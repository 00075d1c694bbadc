//! The broker's side of a session: its packets, on their way to the client.

use std::io;
use std::sync::atomic::Ordering;

use serde_json::json;
use tokio::io::AsyncReadExt;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::{Ending, Heard};
use crate::connection::Connection;
use crate::faults;
use crate::frames::{self, Out};
use crate::mqtt;
use crate::tls::GOODBYE;

/// A packet of the broker above this is not for this bridge.
const MAX_PACKET: usize = 16 * 1024 * 1024;
const READ_AHEAD: usize = 16 * 1024;

/// From the broker to the client.
pub async fn bridge(
    connection: &Connection,
    broker: &mut OwnedReadHalf,
    out: &mpsc::Sender<Out>,
    mut fault: Option<faults::Value>,
    heard: &Heard,
) -> Ending {
    let mut bytes = Vec::new();
    loop {
        bytes.reserve(READ_AHEAD);
        match broker.read_buf(&mut bytes).await {
            Ok(0) | Err(_) => return Ending::ServerClose(1000),
            Ok(_) => {}
        }
        let packets = if connection.state.options.raw_broker {
            vec![std::mem::take(&mut bytes)]
        } else if let Ok(packets) = split_packets(&mut bytes) {
            packets
        } else {
            connection.event("broker-error", json!({}));
            return Ending::Drop;
        };
        heard.packets.fetch_add(packets.len(), Ordering::AcqRel);
        let mut plain = Vec::with_capacity(packets.len());
        for packet in packets {
            if packet.first().is_some_and(|first| first >> 4 == mqtt::CONNACK) {
                connection.state.journal.count("connacks");
                connection.event("connack", json!({"code": packet.get(3)}));
                heard.connack.store(true, Ordering::Release);
                for sent in frames::connack(connection, packet, fault.take()) {
                    if out.send(sent).await.is_err() {
                        return Ending::Gone;
                    }
                }
            } else {
                plain.push(packet);
            }
        }
        if !plain.is_empty() && out.send(Out::Packets(plain)).await.is_err() {
            return Ending::Gone;
        }
    }
}

/// Keeps a connection until the broker has ended it, after a DISCONNECT. rumqttd that sees its end first removes the
/// session a second time, by a number that another client may have by then.
pub async fn until_end(mut from_broker: OwnedReadHalf, to_broker: OwnedWriteHalf) {
    let mut scrap = [0; 1024];
    let end = async { while from_broker.read(&mut scrap).await.is_ok_and(|len| len > 0) {} };
    let _ = timeout(GOODBYE, end).await;
    drop(to_broker);
}

fn split_packets(bytes: &mut Vec<u8>) -> io::Result<Vec<Vec<u8>>> {
    let wrong = |what: &str| io::Error::new(io::ErrorKind::InvalidData, what.to_owned());
    let mut packets = Vec::new();
    let mut rest = bytes.as_slice();
    while let Some(len) = mqtt::complete_packet(rest).map_err(wrong)? {
        let Some((packet, behind)) = rest.split_at_checked(len) else { break };
        packets.push(packet.to_vec());
        rest = behind;
    }
    let taken = bytes.len() - rest.len();
    bytes.drain(..taken);
    if bytes.len() > MAX_PACKET { Err(wrong("packet too large")) } else { Ok(packets) }
}
