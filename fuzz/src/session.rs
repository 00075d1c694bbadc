//! The rules of a session, run by any sequence of calls, packets and times, beside a model of what the server has been sent. Every
//! operation ends exactly once, no packet identifier is used twice at a time, and no more is under way than both sides allow.

use crate::check_failure;
use arbitrary::{Arbitrary, Result, Unstructured};
use bytes::{Bytes, BytesMut};
use cognito_connect::Stage;
use cognito_connect::fuzzing::Reason;
use cognito_connect::fuzzing::codec::{self, Accepted, Message, MqttVersion, Properties, Qos, Received};
use cognito_connect::fuzzing::framing::Place;
use cognito_connect::fuzzing::session::{KeepAlive, Limits, Next, Now, Outcome, Output, Session, Withdrawn};
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

const TOPICS: [&str; 4] = ["a", "device/1/state", "$share/x", "a/b/c/d"];
const FILTERS: [&str; 5] = ["a", "device/+/state", "#", "$share/g/a/#", "device/1/state"];

#[derive(Arbitrary, Debug)]
enum Step {
    Publish {
        topic: u8,
        length: u8,
        counted: bool,
        retain: bool,
        expiry_s: Option<u8>,
    },
    Subscribe {
        filter: u8,
        counted: bool,
    },
    Unsubscribe {
        filter: u8,
    },
    Withdraw {
        which: u8,
    },
    Open {
        session_present: bool,
        receive_maximum: u8,
        maximum_qos: bool,
        retain_available: bool,
        size: u16,
        aliases: u8,
    },
    Close,
    Abandon,
    Wait {
        milliseconds: u16,
        asleep: bool,
    },
    Send {
        may_ask: bool,
    },
    Answer {
        which: u8,
        code: u8,
        codes: u8,
    },
    Receive {
        packet: Vec<u8>,
    },
    Delivered {
        late: bool,
    },
}

/// What of ours the server has been sent on this connection and has not answered.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Asked {
    Publish,
    Subscribe(usize),
    Unsubscribe,
}

struct Model {
    version: MqttVersion,
    limits: Limits,
    session: Session<u8>,
    now: Now,
    operations: BTreeMap<u64, &'static str>,
    asked: Vec<(u16, Asked)>,
    /// Messages that were taken and not acknowledged: connection and packet identifier.
    taken: VecDeque<(u64, u16)>,
    to_acknowledge: VecDeque<u16>,
    accepted: Option<Accepted>,
    aliases: BTreeMap<u16, String>,
}

/// A sequence of [`Step`].
pub fn session(data: &[u8]) {
    let _ = run(&mut Unstructured::new(data));
}

fn run(input: &mut Unstructured<'_>) -> Result<()> {
    let version = if input.arbitrary()? { MqttVersion::V5 } else { MqttVersion::V3_1_1 };
    let limits = Limits {
        queue_messages: input.int_in_range(1..=20)?,
        queue_bytes: input.int_in_range(1..=2000)?,
        in_flight: input.int_in_range(1..=10)?,
        receive_maximum: 10,
        topic_alias_maximum: input.int_in_range(0..=4)?,
    };
    let now = Now { boot: Duration::from_secs(1000), awake: Duration::from_secs(900) };
    let mut model = Model {
        version,
        limits,
        session: Session::new(version, limits),
        now,
        operations: BTreeMap::new(),
        asked: Vec::new(),
        taken: VecDeque::new(),
        to_acknowledge: VecDeque::new(),
        accepted: None,
        aliases: BTreeMap::new(),
    };
    while !input.is_empty() {
        let Ok(step) = input.arbitrary() else { break };
        model.step(step);
        model.check();
    }
    model.abandon();
    Ok(())
}

fn pick<T: Copy>(all: &[T], which: u8) -> Option<T> {
    all.get(usize::from(which) % all.len().max(1)).copied()
}

fn qos(counted: bool) -> Qos {
    if counted { Qos::AtLeastOnce } else { Qos::AtMostOnce }
}

impl Model {
    fn step(&mut self, step: Step) {
        match step {
            Step::Publish { topic, length, counted, retain, expiry_s } => {
                self.publish(topic, length, counted, retain, expiry_s)
            }
            Step::Subscribe { filter, counted } => {
                let name = pick(&FILTERS, filter).expect("one");
                let operation = self.session.subscribe(name, qos(counted), filter);
                self.began(operation, "subscribe");
            }
            Step::Unsubscribe { filter } => {
                let operation = self.session.unsubscribe(pick(&FILTERS, filter).expect("one"));
                self.began(operation, "unsubscribe");
            }
            Step::Withdraw { which } => self.withdraw(which),
            Step::Open { session_present, receive_maximum, maximum_qos, retain_available, size, aliases } => {
                let is_v5 = self.version == MqttVersion::V5;
                let accepted = Accepted {
                    receive_maximum: if is_v5 { u16::from(receive_maximum).max(1) } else { u16::MAX },
                    maximum_qos: qos(maximum_qos || !is_v5),
                    retain_available: retain_available || !is_v5,
                    maximum_packet_size: if is_v5 { usize::from(size).max(1) } else { usize::MAX },
                    topic_alias_maximum: if is_v5 { u16::from(aliases) } else { 0 },
                    ..Accepted::plainly(session_present)
                };
                self.open(accepted);
            }
            Step::Close => self.close(),
            Step::Abandon => self.abandon(),
            Step::Wait { milliseconds, asleep } => {
                let time = Duration::from_millis(u64::from(milliseconds) * 10);
                self.now.boot += time;
                self.now.awake += if asleep { Duration::ZERO } else { time };
            }
            Step::Send { may_ask } => self.send(may_ask),
            Step::Answer { which, code, codes } => self.answer(which, code, codes),
            Step::Receive { packet } => self.receive(&packet),
            Step::Delivered { late } => {
                let Some((connection, id)) = (if late { self.taken.pop_back() } else { self.taken.pop_front() }) else {
                    return;
                };
                self.session.delivered(connection, id);
                if self.accepted.is_some() && connection == self.session.connection() && id != 0 {
                    self.to_acknowledge.push_back(id);
                }
            }
        }
    }

    fn began(&mut self, operation: u64, what: &'static str) {
        assert!(self.operations.insert(operation, what).is_none(), "operation {operation} is there twice");
    }

    fn ended(&mut self, operation: u64, how: &str) {
        assert!(
            self.operations.remove(&operation).is_some(),
            "operation {operation} has ended twice or never began: {how}"
        );
    }

    fn publish(&mut self, topic: u8, length: u8, counted: bool, retain: bool, expiry_s: Option<u8>) {
        let expiry = expiry_s.filter(|_| self.version == MqttVersion::V5).map(u32::from);
        let message = Message {
            topic: pick(&TOPICS, topic).expect("one").to_owned(),
            payload: Bytes::from(vec![b'x'; length.into()]),
            qos: qos(counted),
            retain,
            properties: expiry
                .map(|expiry| Box::new(Properties { message_expiry_s: Some(expiry), ..Properties::default() })),
            ..Message::default()
        };
        let now = self.now;
        if let Ok(operation) = self.session.publish(message, || now) {
            self.began(operation, "publish");
        }
    }

    fn withdraw(&mut self, which: u8) {
        let operations: Vec<u64> = self.operations.keys().copied().collect();
        let Some(operation) = pick(&operations, which) else { return };
        match self.session.withdraw(operation) {
            Some(Withdrawn::Unsent) => self.ended(operation, "withdrawn"),
            Some(Withdrawn::Sent) => {}
            None => panic!("operation {operation} is forgotten, and nobody was told"),
        }
    }

    fn open(&mut self, accepted: Accepted) {
        if self.accepted.is_some() {
            self.close();
        }
        let keep_alive = KeepAlive::new(Duration::from_secs(30), Duration::from_secs(5), self.now);
        self.accepted = Some(accepted.clone());
        self.session.opened(accepted, keep_alive);
    }

    fn close(&mut self) {
        self.session.closed();
        self.forget_connection();
    }

    fn forget_connection(&mut self) {
        self.accepted = None;
        self.asked.clear();
        self.to_acknowledge.clear();
        self.aliases.clear();
    }

    fn abandon(&mut self) {
        for (operation, _) in self.session.abandon() {
            if operation != 0 {
                self.ended(operation, "abandoned");
            }
        }
        self.forget_connection();
        assert!(self.operations.is_empty(), "nobody was told of {:?}", self.operations);
    }

    fn send(&mut self, may_ask: bool) {
        let most = self.operations.len() + self.to_acknowledge.len() + FILTERS.len() + 2;
        for _ in 0..=most {
            let mut packet = BytesMut::from(&[0xc0, 0][..]);
            let next = self.session.next(self.now, may_ask, &mut packet);
            assert_eq!(packet.split_to(2), [0xc0, 0][..], "what waits to be sent was changed");
            match next {
                None => {
                    assert!(packet.is_empty());
                    assert!(!self.session.has_something_to_send(may_ask), "something is to be sent, and is not");
                    return;
                }
                Some(Next::Done(operation, outcome)) => {
                    assert!(packet.is_empty(), "{outcome:?}, and it was sent nevertheless");
                    assert!(matches!(outcome, Outcome::NotTaken(_) | Outcome::Expired));
                    self.ended(operation, "not sent");
                }
                Some(Next::Packet { done }) => {
                    self.sent(&packet);
                    done.into_iter().for_each(|operation| self.ended(operation, "sent"));
                }
            }
        }
        panic!("packets without end");
    }

    /// What a server sees.
    fn sent(&mut self, packet: &BytesMut) {
        let accepted = self.accepted.clone().expect("nothing is sent while there is no connection");
        assert_eq!(Place::Between.next_end(packet), Ok(Some(packet.len())), "no whole packet");
        let id = |at: usize| u16::from_be_bytes([packet[at], packet[at + 1]]);
        let header = 1 + packet[1..].iter().position(|byte| byte & 0x80 == 0).expect("a length") + 1;
        match packet[0] >> 4 {
            3 => {
                assert!(packet.len() <= accepted.maximum_packet_size);
                let Ok(Some(Received::Publish(message, alias))) = codec::decode(self.version, &mut packet.clone())
                else {
                    panic!("no PUBLISH: {packet:?}");
                };
                assert!(alias <= accepted.topic_alias_maximum);
                assert!(message.qos <= accepted.maximum_qos && (!message.retain || accepted.retain_available));
                if message.topic.is_empty() {
                    assert!(self.aliases.contains_key(&alias), "an alias that stands for nothing");
                } else if alias != 0 {
                    self.aliases.insert(alias, message.topic);
                }
                if message.qos == Qos::AtLeastOnce {
                    self.ask(message.packet_id, Asked::Publish);
                }
            }
            4 => assert_eq!(Some(id(2)), self.to_acknowledge.pop_front(), "a PUBACK that is not due"),
            8 => {
                let mut rest = &packet[header + 2 + usize::from(self.version == MqttVersion::V5)..];
                let mut filters = 0;
                while let [high, low, after @ ..] = rest {
                    rest = &after[usize::from(u16::from_be_bytes([*high, *low])) + 1..];
                    filters += 1;
                }
                assert!((1..=8).contains(&filters));
                self.ask(id(header), Asked::Subscribe(filters));
            }
            10 => self.ask(id(header), Asked::Unsubscribe),
            12 => assert_eq!(packet[..], [0xc0, 0]),
            _ => panic!("a client sends no {packet:?}"),
        }
    }

    fn ask(&mut self, id: u16, asked: Asked) {
        assert_ne!(id, 0);
        assert!(self.asked.iter().all(|(other, _)| *other != id), "packet identifier {id} is in use");
        self.asked.push((id, asked));
        let most =
            self.limits.in_flight.min(self.accepted.as_ref().map_or(0, |accepted| accepted.receive_maximum.into()));
        assert!(self.asked.len() <= most, "{} are under way, and {most} may", self.asked.len());
    }

    fn answer(&mut self, which: u8, code: u8, codes: u8) {
        let Some((id, asked)) = pick(&self.asked, which) else { return };
        let reason = Reason::new(code);
        let granted = |code: u8| if code >= 0x80 { Err(Reason::new(code)) } else { Ok(qos(code & 1 != 0)) };
        let packet = match asked {
            Asked::Publish => Received::Puback(id, reason),
            // Now and then another number of codes than filters.
            Asked::Subscribe(filters) if codes < 240 => Received::Suback(id, vec![granted(code); filters]),
            Asked::Subscribe(_) => Received::Suback(id, vec![granted(code); usize::from(codes - 240)]),
            Asked::Unsubscribe => Received::Unsuback(id, reason),
        };
        self.receive_one(packet);
    }

    /// Any bytes, as from the server.
    fn receive(&mut self, bytes: &[u8]) {
        let mut buffer = BytesMut::from(bytes);
        while self.accepted.is_some() {
            match codec::decode(self.version, &mut buffer) {
                Ok(None) => return,
                Ok(Some(packet)) => self.receive_one(packet),
                Err(error) => {
                    check_failure(&error.failure(Stage::Session), bytes);
                    self.close();
                }
            }
        }
    }

    fn receive_one(&mut self, packet: Received) {
        let answers = match &packet {
            Received::Puback(id, _) | Received::Suback(id, _) | Received::Unsuback(id, _) => Some(*id),
            _ => None,
        };
        match self.session.received(packet, self.now) {
            Ok(output) => {
                self.asked.retain(|(id, _)| Some(*id) != answers);
                match output {
                    None | Some(Output::Unsubscribed(_)) => {}
                    Some(Output::Done(operation, _)) => self.ended(operation, "answered"),
                    Some(Output::Message(message)) => {
                        assert!(!message.topic.is_empty(), "a message without a topic");
                        assert!(self.session.handlers(&message.topic).len() <= FILTERS.len());
                        if self.taken.len() < 50 {
                            self.taken.push_back((self.session.connection(), message.packet_id));
                        }
                    }
                }
            }
            // Any error ends the connection.
            Err(error) => {
                check_failure(&error.failure(Stage::Session), &[0; 1024]);
                self.close();
            }
        }
    }

    fn check(&self) {
        let publishes = self.asked.iter().filter(|(_, asked)| *asked == Asked::Publish).count();
        assert_eq!(self.session.unacknowledged(), publishes);
        match (self.session.keep_alive(), &self.accepted) {
            (Some(keep_alive), Some(_)) => {
                // Never later than MQTT allows.
                assert!(keep_alive.ping_due() <= self.now.boot + Duration::from_secs(30));
            }
            (None, None) => assert!(!self.session.has_something_to_send(true), "something to send, and no connection"),
            _ => panic!("the session and the model differ about whether there is a connection"),
        }
    }
}
