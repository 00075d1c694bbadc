//! How MQTT packets are cut into frames and TLS records: the ordinary way, and those of the
//! `iot.frames`, `iot.pace_ms` and `iot.pings` faults.

use std::time::Duration;

use serde_json::json;

use crate::connection::Connection;
use crate::events::Service;
use crate::random::Seeded;
use crate::websocket::{self, BINARY, CONTINUATION, PING};

/// How the packets of a session are cut.
pub struct Cutting {
    way: String,
    size: usize,
    /// How long to wait behind each piece.
    pub pace: Option<Duration>,
    pings: bool,
    seeded: Seeded,
}

impl Cutting {
    /// As the faults say that are on now.
    pub fn of(connection: &Connection) -> Cutting {
        let take = |key| connection.state.faults.take(Service::Iot, key);
        let (frames, pace, pings) = (take("frames"), take("pace_ms"), take("pings"));
        let pace = pace.map(|fault| Duration::from_millis(fault.number.unsigned_abs()));
        let (way, size) = frames.map(|fault| (fault.word.clone(), fault.size())).unwrap_or_default();
        let cutting = Cutting { pace, pings: pings.is_some(), ..Cutting::by(&way, size) };
        if !way.is_empty() || pace.is_some() || cutting.pings {
            let details = json!({"way": way, "size": size, "pace": pace, "pings": cutting.pings});
            connection.event("frames-fault", details);
        }
        if way == "tcp-bytes" {
            // The records stay whole; it is the bytes below them that come in pieces.
            connection.cut_writes(size, pace.unwrap_or_default());
            return Cutting { pace: None, ..cutting };
        }
        cutting
    }

    fn by(way: &str, size: usize) -> Cutting {
        let seeded = Seeded::new(u64::try_from(size).unwrap_or(0));
        Cutting { way: way.to_owned(), size: size.max(1), pace: None, pings: false, seeded }
    }

    /// Whether packets wait for others, to share a frame.
    pub fn gathers(&self) -> bool {
        self.way == "coalesce"
    }

    /// What to write, in pieces that are written one by one, and how many pings are in it. Every
    /// message ends in it.
    pub fn pieces(&mut self, packets: &[Vec<u8>]) -> (Vec<Vec<u8>>, u64) {
        let mut frames = self.frames(packets);
        let mut pings = 0;
        if self.pings || self.way == "random" {
            let ping = websocket::encode(PING, true, b"between");
            let mut with_pings = Vec::with_capacity(frames.len() * 2);
            for frame in frames {
                if self.pings || self.seeded.one_in(64) {
                    with_pings.push(ping.clone());
                    pings += 1;
                }
                with_pings.push(frame);
            }
            frames = with_pings;
        }
        let pieces = match self.way.as_str() {
            "tls-bytes" => frames.concat().chunks(self.size).map(<[u8]>::to_vec).collect(),
            "random" => self.at_random(&frames.concat()).map(<[u8]>::to_vec).collect(),
            _ if self.pace.is_some() => frames,
            _ => vec![frames.concat()],
        };
        (pieces, pings)
    }

    fn frames(&mut self, packets: &[Vec<u8>]) -> Vec<Vec<u8>> {
        let whole = |payload: &[u8]| websocket::encode(BINARY, true, payload);
        match self.way.as_str() {
            "bytes" => packets.concat().chunks(self.size).map(whole).collect(),
            "fragments" => packets.iter().flat_map(|packet| fragments(packet.chunks(self.size))).collect(),
            "coalesce" => vec![whole(&packets.concat())],
            "random" => {
                let (all, mut frames) = (packets.concat(), Vec::new());
                for message in self.at_random(&all).collect::<Vec<_>>() {
                    if self.seeded.one_in(2) {
                        frames.push(whole(message));
                    } else {
                        frames.extend(fragments(self.at_random(message)));
                    }
                }
                frames
            }
            _ => packets.iter().map(|packet| whole(packet)).collect(),
        }
    }

    fn at_random<'b>(&mut self, mut bytes: &'b [u8]) -> impl Iterator<Item = &'b [u8]> {
        let seeded = &mut self.seeded;
        std::iter::from_fn(move || {
            let (piece, rest) = bytes.split_at(seeded.size().min(bytes.len()));
            bytes = rest;
            (!piece.is_empty()).then_some(piece)
        })
    }
}

/// One message.
fn fragments<'b>(pieces: impl Iterator<Item = &'b [u8]>) -> Vec<Vec<u8>> {
    let mut frames = Vec::new();
    let mut pieces = pieces.peekable();
    while let Some(piece) = pieces.next() {
        let opcode = if frames.is_empty() { BINARY } else { CONTINUATION };
        frames.push(websocket::encode(opcode, pieces.peek().is_none(), piece));
    }
    frames
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(cutting: &mut Cutting, packets: &[Vec<u8>]) -> Vec<u8> {
        cutting.pieces(packets).0.concat()
    }

    #[test]
    fn fragments_are_one_message_and_bytes_are_many() {
        let packet = vec![vec![1, 2, 3, 4, 5]];
        let fragments = bytes(&mut Cutting::by("fragments", 2), &packet);
        assert_eq!(fragments, [0x02, 2, 1, 2, 0x00, 2, 3, 4, 0x80, 1, 5]);
        assert_eq!(bytes(&mut Cutting::by("bytes", 3), &packet), [0x82, 3, 1, 2, 3, 0x82, 2, 4, 5]);
        assert_eq!(bytes(&mut Cutting::by("", 0), &packet), [0x82, 5, 1, 2, 3, 4, 5]);
    }

    #[test]
    fn pings_stand_before_every_frame() {
        let mut cutting = Cutting { pings: true, ..Cutting::by("fragments", 1) };
        let (pieces, pings) = cutting.pieces(&[vec![1, 2]]);
        let ping = b"\x89\x07between";
        assert_eq!((pieces.concat(), pings), ([&ping[..], &[0x02, 1, 1], ping, &[0x80, 1, 2]].concat(), 2));
    }

    #[test]
    fn the_same_seed_cuts_in_the_same_way_and_loses_nothing() {
        let packets = vec![(0..=255).cycle().take(70_000).collect(), vec![7; 300]];
        let (first, _) = Cutting::by("random", 3).pieces(&packets);
        assert!(first == Cutting::by("random", 3).pieces(&packets).0);
        assert!(first != Cutting::by("random", 4).pieces(&packets).0);
        let (mut wire, mut payload) = (first.concat(), Vec::new());
        while let [frame, len, rest @ ..] = wire.as_slice() {
            let (len, rest) = match (len, rest) {
                (126, [high, low, rest @ ..]) => (usize::from(u16::from_be_bytes([*high, *low])), rest),
                (len, rest) => (usize::from(*len), rest),
            };
            if frame & 8 == 0 {
                payload.extend_from_slice(&rest[..len]);
            }
            wire = rest[len..].to_vec();
        }
        assert!(payload == packets.concat());
    }
}
