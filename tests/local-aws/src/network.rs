//! What goes wrong in the network below TLS: a connection that breaks, falls silent, is slow or changes a byte, from a
//! place on that is known to the byte. Pure: `stream` moves the bytes.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::connection::Order;

/// A piece of a slow connection is what passes in this part of a second.
const PIECES_A_SECOND: u64 = 50;
const MOST_MS: u64 = 600_000;
const MOST_BYTES: u64 = 1_000_000_000;

/// One direction of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// To the client.
    Sent,
    /// From the client.
    Received,
}

/// A moment in the life of a connection, by what comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// The server's side of the handshake: the ClientHello was read.
    Tls,
    /// The answer to a request, which was read.
    Answer,
    /// CONNECT: the 101 was sent.
    Connect,
    /// CONNACK: CONNECT was read.
    Connack,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Cut(Order),
    Flip,
    Slices,
    Delay(Duration),
    /// Bytes a second.
    Rate(u64),
}

/// A fault and where it begins: `flip@connack:7`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    kind: Kind,
    stage: Option<Stage>,
    way: Way,
    /// So many bytes pass in that direction before.
    bytes: u64,
}

/// What the next bytes in one direction may do.
#[derive(Debug, PartialEq, Eq)]
pub enum Permit {
    /// Pass.
    Free,
    /// Pass, but no more than so many, and with this behind them.
    Most(usize, Behind),
    /// Wait, then ask again.
    Pause(Duration),
    /// Nothing yet: a fault that lasts begins here; ask again.
    Begins,
    /// The first of them passes changed.
    Flip,
    /// None passes: it is the connection's end.
    Order(Order),
    /// None passes: the end was ordered.
    Never,
}

/// What comes of bytes that have passed.
#[derive(Debug, PartialEq, Eq)]
pub enum Passed {
    /// Nothing.
    Free,
    /// The first of them was changed.
    Flipped,
    /// It is the connection's end.
    Order(Order),
}

/// What follows a piece.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Behind {
    /// The next one.
    Nothing,
    /// Others get their turn.
    Yield,
    /// So much time for each byte.
    PauseForEach(Duration),
}

/// The network of one connection.
#[derive(Default)]
pub struct Network {
    is_faulty: AtomicBool,
    line: Mutex<Option<Line>>,
}

struct Line {
    fault: Fault,
    lasts: bool,
    is_over: bool,
    last_way: Option<Way>,
}

impl Network {
    /// Puts a fault in the way of what comes from now on, in place of an earlier one; `None` takes it away.
    pub fn set(&self, fault: Option<Fault>) {
        *self.line.lock().unwrap_or_else(PoisonError::into_inner) =
            fault.map(|fault| Line { fault, lasts: false, is_over: false, last_way: None });
        self.is_faulty.store(fault.is_some(), Ordering::Release);
    }

    /// A moment has come.
    pub fn reached(&self, stage: Stage) {
        self.with(|line| {
            if line.fault.stage == Some(stage) {
                line.fault.stage = None;
            }
        });
    }

    /// Whether there is a fault, now or later.
    pub fn is_faulty(&self) -> bool {
        self.is_faulty.load(Ordering::Acquire)
    }

    /// What bytes that are there may do.
    pub fn permit(&self, way: Way) -> Permit {
        self.with(|line| line.permit(way)).unwrap_or(Permit::Free)
    }

    /// So many have passed, and this comes of it.
    pub fn passed(&self, way: Way, bytes: usize) -> Passed {
        let passed = self.with(|line| line.passed(way, bytes)).unwrap_or(Passed::Free);
        if passed == Passed::Flipped {
            self.set(None);
        }
        passed
    }

    fn with<T>(&self, act: impl FnOnce(&mut Line) -> T) -> Option<T> {
        if !self.is_faulty() {
            return None;
        }
        self.line.lock().unwrap_or_else(PoisonError::into_inner).as_mut().map(act)
    }
}

impl Line {
    fn permit(&mut self, way: Way) -> Permit {
        let Fault { kind, stage, way: its_way, bytes } = self.fault;
        if self.is_over {
            return Permit::Never;
        }
        if !self.lasts {
            if stage.is_some() || way != its_way {
                return Permit::Free;
            }
            if let Ok(left @ 1..) = usize::try_from(bytes) {
                return Permit::Most(left, Behind::Nothing);
            }
        }
        match kind {
            Kind::Cut(order) => {
                self.is_over = true;
                Permit::Order(order)
            }
            Kind::Flip => Permit::Flip,
            _ if !self.lasts => {
                self.lasts = true;
                Permit::Begins
            }
            Kind::Slices => Permit::Most(1, Behind::Yield),
            Kind::Delay(delay) if self.last_way != Some(way) => {
                self.last_way = Some(way);
                Permit::Pause(delay)
            }
            Kind::Delay(_) => Permit::Free,
            Kind::Rate(rate) => {
                let most = usize::try_from(rate / PIECES_A_SECOND).unwrap_or(usize::MAX).max(1);
                let pause = Duration::from_secs(1) / u32::try_from(rate).unwrap_or(u32::MAX);
                Permit::Most(most, Behind::PauseForEach(pause))
            }
        }
    }

    fn passed(&mut self, way: Way, bytes: usize) -> Passed {
        let fault = &mut self.fault;
        if self.lasts || self.is_over || fault.stage.is_some() || fault.way != way || bytes == 0 {
            return Passed::Free;
        }
        let was_due = fault.bytes == 0;
        fault.bytes = fault.bytes.saturating_sub(u64::try_from(bytes).unwrap_or(u64::MAX));
        match fault.kind {
            Kind::Flip if was_due => Passed::Flipped,
            Kind::Cut(order) if fault.bytes == 0 => {
                self.is_over = true;
                Passed::Order(order)
            }
            _ => Passed::Free,
        }
    }
}

impl Fault {
    /// How it is written, for one who wrote something else.
    pub const FORM: &str = "rst|fin|silence|flip|slices|delay:MS|rate:BYTES_A_SECOND, then \
                            @sent|@received|@tls|@answer|@connect|@connack, then :BYTES that pass before, or nothing";

    /// Reads it.
    pub fn parse(text: &str) -> Option<Fault> {
        let (kind, place) = text.split_once('@')?;
        let kind = match kind.split_once(':') {
            None => match kind {
                "rst" => Kind::Cut(Order::Reset),
                "fin" => Kind::Cut(Order::Fin),
                "silence" => Kind::Cut(Order::Stall),
                "flip" => Kind::Flip,
                "slices" => Kind::Slices,
                _ => return None,
            },
            Some(("delay", ms)) => Kind::Delay(Duration::from_millis(number(ms, 1, MOST_MS)?)),
            Some(("rate", bytes)) => Kind::Rate(number(bytes, 1, MOST_BYTES)?),
            Some(_) => return None,
        };
        let (name, bytes) = match place.split_once(':') {
            None => (place, 0),
            Some((name, bytes)) => (name, number(bytes, 0, MOST_BYTES)?),
        };
        let (stage, way) = match name {
            "sent" => (None, Way::Sent),
            "received" => (None, Way::Received),
            "tls" => (Some(Stage::Tls), Way::Sent),
            "answer" => (Some(Stage::Answer), Way::Sent),
            "connect" => (Some(Stage::Connect), Way::Received),
            "connack" => (Some(Stage::Connack), Way::Sent),
            _ => return None,
        };
        Some(Fault { kind, stage, way, bytes })
    }
}

fn number(text: &str, min: u64, max: u64) -> Option<u64> {
    text.parse().ok().filter(|number| (min..=max).contains(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(fault: &str) -> Network {
        let network = Network::default();
        network.set(Some(Fault::parse(fault).unwrap()));
        network
    }

    #[test]
    fn a_cut_lets_so_many_bytes_of_its_direction_pass() {
        let network = network("rst@sent:5");
        assert_eq!(network.permit(Way::Received), Permit::Free);
        assert_eq!(network.passed(Way::Received, 100), Passed::Free);
        assert_eq!(network.permit(Way::Sent), Permit::Most(5, Behind::Nothing));
        assert_eq!(network.passed(Way::Sent, 3), Passed::Free);
        assert_eq!(network.permit(Way::Sent), Permit::Most(2, Behind::Nothing));
        assert_eq!(network.passed(Way::Sent, 2), Passed::Order(Order::Reset));
        assert_eq!(network.permit(Way::Sent), Permit::Never);
        assert_eq!(network.permit(Way::Received), Permit::Never);
    }

    #[test]
    fn a_fault_of_a_stage_waits_for_it() {
        let network = network("flip@connack:1");
        assert_eq!(network.passed(Way::Sent, 100), Passed::Free);
        network.reached(Stage::Tls);
        assert_eq!(network.permit(Way::Sent), Permit::Free);
        network.reached(Stage::Connack);
        assert_eq!(network.permit(Way::Sent), Permit::Most(1, Behind::Nothing));
        assert_eq!(network.passed(Way::Sent, 1), Passed::Free);
        assert_eq!(network.permit(Way::Sent), Permit::Flip);
        assert_eq!(network.passed(Way::Sent, 1), Passed::Flipped);
        assert_eq!(network.permit(Way::Sent), Permit::Free);
    }

    #[test]
    fn what_lasts_begins_in_its_direction_and_goes_both_ways() {
        let slices = network("slices@received");
        assert_eq!(slices.permit(Way::Sent), Permit::Free);
        assert_eq!(slices.permit(Way::Received), Permit::Begins);
        assert_eq!(slices.permit(Way::Sent), Permit::Most(1, Behind::Yield));
        slices.set(None);
        assert_eq!(slices.permit(Way::Sent), Permit::Free);
    }

    #[test]
    fn a_delay_is_of_each_turn_and_not_of_each_piece() {
        let network = network("delay:200@sent");
        let pause = || Permit::Pause(Duration::from_millis(200));
        assert_eq!(network.permit(Way::Sent), Permit::Begins);
        assert_eq!(network.permit(Way::Sent), pause());
        assert_eq!(network.permit(Way::Sent), Permit::Free);
        assert_eq!(network.permit(Way::Received), pause());
        assert_eq!(network.permit(Way::Sent), pause());
    }

    #[test]
    fn a_rate_is_kept_in_pieces() {
        let network = network("rate:1000@sent");
        assert_eq!(network.permit(Way::Sent), Permit::Begins);
        assert_eq!(network.permit(Way::Sent), Permit::Most(20, Behind::PauseForEach(Duration::from_millis(1))));
    }

    #[test]
    fn a_wrong_text_is_no_fault() {
        for text in [
            "",
            "rst",
            "rst@",
            "rst@nowhere",
            "drop@sent",
            "rst:1@sent",
            "delay@sent",
            "delay:0@sent",
            "rate:x@sent",
            "rst@sent:-1",
        ] {
            assert_eq!(Fault::parse(text), None, "{text}");
        }
    }
}
