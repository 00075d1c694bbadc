//! Server-to-client frames: the ordinary way, and the ways of the `iot.frames` and `iot.connack`
//! faults.

use std::io;
use std::time::Duration;

use serde_json::json;
use tokio::io::WriteHalf;
use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::answers;
use crate::connection::Connection;
use crate::faults;
use crate::mqtt;
use crate::tls::Tls;
use crate::websocket::{self, BINARY, CONTINUATION};

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
    mode: Option<faults::Value>,
) -> io::Result<()> {
    let (word, size) = mode.as_ref().map_or(("", 0), |mode| (mode.word.as_str(), mode.size()));
    if !word.is_empty() {
        connection.event("frames-fault", json!({"fault": word, "size": size}));
    }
    let mut next = queue.recv().await;
    while let Some(out) = next.take() {
        let bytes = match out {
            Out::Frame(frame) => frame,
            Out::Packets(packets) if word == "coalesce" => {
                let mut payload = packets.concat();
                while payload.len() < GATHER_BYTES {
                    match timeout(GATHER_TIME, queue.recv()).await {
                        Ok(Some(Out::Packets(more))) => payload.extend(more.concat()),
                        Ok(other) => {
                            next = other;
                            break;
                        }
                        Err(_) => break,
                    }
                }
                websocket::encode(BINARY, true, &payload)
            }
            Out::Packets(packets) => in_frames(&packets, word, size),
        };
        if word == "tls-bytes" {
            for record in bytes.chunks(size.max(1)) {
                answers::send(stream, record).await?;
            }
        } else {
            answers::send(stream, &bytes).await?;
        }
        if next.is_none() {
            next = queue.recv().await;
        }
    }
    Ok(())
}

fn in_frames(packets: &[Vec<u8>], mode: &str, size: usize) -> Vec<u8> {
    let size = size.max(1);
    let mut bytes = Vec::new();
    match mode {
        "bytes" => {
            for piece in packets.concat().chunks(size) {
                bytes.extend(websocket::encode(BINARY, true, piece));
            }
        }
        "fragments" => {
            for packet in packets {
                let last = packet.len().div_ceil(size) - 1;
                for (i, piece) in packet.chunks(size).enumerate() {
                    let opcode = if i == 0 { BINARY } else { CONTINUATION };
                    bytes.extend(websocket::encode(opcode, i == last, piece));
                }
            }
        }
        _ => {
            for packet in packets {
                bytes.extend(websocket::encode(BINARY, true, packet));
            }
        }
    }
    bytes
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fragments_are_one_message_and_bytes_are_many() {
        let packet = vec![vec![1, 2, 3, 4, 5]];
        let fragments = in_frames(&packet, "fragments", 2);
        assert_eq!(fragments, [0x02, 2, 1, 2, 0x00, 2, 3, 4, 0x80, 1, 5]);
        let bytes = in_frames(&packet, "bytes", 3);
        assert_eq!(bytes, [0x82, 3, 1, 2, 3, 0x82, 2, 4, 5]);
        assert_eq!(in_frames(&packet, "", 0), [0x82, 5, 1, 2, 3, 4, 5]);
    }
}
