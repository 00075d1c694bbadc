//! What goes to the client of a session, and the ways of the `iot.connack` faults.

use std::io;
use std::time::Duration;

use tokio::io::WriteHalf;
use tokio::sync::mpsc;
use tokio::time::{sleep, timeout};

use crate::answers;
use crate::connection::Connection;
use crate::cutting::Cutting;
use crate::faults;
use crate::mqtt;
use crate::tls::Tls;
use crate::websocket;

/// How long `coalesce` waits for another packet.
const GATHER_TIME: Duration = Duration::from_millis(20);
const GATHER_BYTES: usize = 64 * 1024;

/// Something to write.
#[derive(Debug)]
pub enum Out {
    /// MQTT packets, to be put into frames.
    Packets(Vec<Vec<u8>>),
    /// A frame as it is.
    Frame(Vec<u8>),
}

/// Writes what comes out of `queue` until all its senders are gone.
pub async fn write(
    connection: &Connection,
    stream: &mut WriteHalf<Tls>,
    mut queue: mpsc::Receiver<Out>,
    mut cutting: Cutting,
) -> io::Result<()> {
    let mut next = queue.recv().await;
    while let Some(out) = next.take() {
        let pieces = match out {
            Out::Frame(frame) => vec![frame],
            Out::Packets(mut packets) => {
                let mut gathered: usize = packets.iter().map(Vec::len).sum();
                while cutting.gathers() && gathered < GATHER_BYTES {
                    match timeout(GATHER_TIME, queue.recv()).await {
                        Ok(Some(Out::Packets(more))) => {
                            gathered += more.iter().map(Vec::len).sum::<usize>();
                            packets.extend(more);
                        }
                        Ok(other) => {
                            next = other;
                            break;
                        }
                        Err(_) => break,
                    }
                }
                let (pieces, pings) = cutting.pieces(&packets);
                if pings > 0 {
                    connection.state.journal.add("websocket_pings_sent", pings);
                }
                pieces
            }
        };
        for piece in pieces {
            answers::send(stream, &piece).await?;
            if let Some(pace) = cutting.pace {
                sleep(pace).await;
            }
        }
        if next.is_none() {
            next = queue.recv().await;
        }
    }
    Ok(())
}

/// The broker's CONNACK, and what the fault makes of it.
pub fn connack(connection: &Connection, mut packet: Vec<u8>, fault: Option<faults::Value>) -> Vec<Out> {
    let mut out = Vec::new();
    match fault.as_ref().map_or("", |fault| fault.word.as_str()) {
        "text-frame" => {
            return vec![Out::Frame(websocket::encode(websocket::TEXT, true, &packet))];
        }
        "other-packet" => {
            out.push(Out::Packets(vec![mqtt::publish("local-aws/too-early", b"", 0)]));
        }
        "extra-ping" => {
            connection.state.journal.count("websocket_pings_sent");
            out.push(Out::Frame(websocket::encode(websocket::PING, true, b"ping")));
        }
        "session-present" => {
            if let Some(flags) = packet.get_mut(2) {
                *flags |= 1;
            }
        }
        "reserved-flags" => {
            if let Some(first) = packet.first_mut() {
                *first |= 1;
            }
        }
        "trailing-bytes" => {
            if let Some(len) = packet.get_mut(1) {
                *len = len.saturating_add(1);
            }
            packet.push(0);
        }
        _ => {}
    }
    out.push(Out::Packets(vec![packet]));
    out
}
