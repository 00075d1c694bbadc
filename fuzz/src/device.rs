//! A device and its servers in one thread: a client of the C API connects to a Cognito and an IoT Core over loopback, with TLS, and
//! the input says what they send and what the device does. The client's events stay in order, every completion comes once, and
//! what is quiet stays so.

#[path = "device/servers.rs"]
mod servers;

use crate::calls::world::{self, Kind, Told, World, check_text};
use arbitrary::{Arbitrary, Unstructured};
use cognito_connect::Status;
use cognito_connect::ffi::*;
use servers::Servers;
use std::ffi::CString;
use std::ptr::{null, null_mut};
use std::sync::atomic::Ordering;

#[derive(Arbitrary, Debug)]
enum Step {
    Connect,
    Disconnect,
    Cancel,
    Process {
        turns: u8,
    },
    Publish {
        topic: u8,
        length: u16,
        counted: bool,
    },
    Subscribe {
        filter: u8,
    },
    Unsubscribe {
        filter: u8,
    },
    /// The servers' side of the next connect.
    Answers {
        cognito: u8,
        upgrade: u8,
    },
    /// CONNACK, plainly or with this code.
    Connack {
        session_present: bool,
        code: u8,
    },
    /// The answer to the oldest request.
    Answer {
        code: u8,
    },
    /// PUBLISH.
    Message {
        counted: bool,
        id: u16,
        length: u8,
        duplicate: bool,
    },
    /// MQTT in one frame, or in one byte each.
    Packets {
        bytes: Vec<u8>,
        apart: bool,
    },
    /// Frames.
    Frames {
        bytes: Vec<u8>,
    },
    Close {
        code: u16,
    },
    Drop,
}

const TOPICS: [&std::ffi::CStr; 3] = [c"a", c"device/1/state", c"b/+"];

/// A choice of settings, and a sequence of [`Step`].
pub fn device(data: &[u8]) {
    let _alone = world::alone();
    let mut input = Unstructured::new(data);
    let (version, is_clean) =
        (if input.arbitrary().unwrap_or(false) { 5 } else { 4 }, input.arbitrary().unwrap_or(false));
    let mut device = Device::new(version, is_clean);
    device.step(Step::Connect);
    for _ in 0..100 {
        if input.is_empty() {
            break;
        }
        let Ok(step) = input.arbitrary() else { break };
        device.step(step);
    }
    device.end();
}

struct Device {
    world: &'static World,
    servers: Servers,
    client: *mut cognito_client,
    told: &'static Told,
}

impl Device {
    fn new(version: i32, is_clean: bool) -> Self {
        let (world, servers) = (World::begin(Vec::new()), Servers::new(version));
        let (mut config, mut client) = (null_mut(), null_mut());
        let told: &'static Told = Box::leak(Box::default());
        let text = |text: String| CString::new(text).unwrap_or_default();
        let (cognito, ca) = (text(format!("127.0.0.1:{}", servers.cognito_port())), text(servers.ca_pem()));
        // SAFETY: all are texts, and results that may be written.
        let status = unsafe {
            let mut statuses = vec![
                cognito_config_new(&raw mut config),
                cognito_config_set_endpoint(config, c"127.0.0.1".as_ptr()),
                cognito_config_set_port(config, servers.iot_port().into()),
                cognito_config_set_cognito_endpoint(config, cognito.as_ptr()),
                cognito_config_set_identity(config, c"us-east-1:01234567-89ab-cdef-0123-456789abcdef".as_ptr()),
                cognito_config_set_client_id(config, c"device-1".as_ptr()),
                cognito_config_set_ca_pem(config, ca.as_ptr()),
                cognito_config_set_mqtt_version(config, version),
                cognito_config_set_clean_session(config, is_clean),
                cognito_config_set_cognito_tries(config, 1),
                cognito_config_set_queue_max(config, 8, 10_000),
                cognito_config_set_reconnect_ms(config, 1, 1),
            ];
            let told = std::ptr::from_ref(told).cast_mut().cast();
            statuses.push(cognito_client_new(config, null(), Some(world::on_event), told, &raw mut client));
            statuses.into_iter().find(|status| *status != Status::Ok)
        };
        assert_eq!(status, None);
        world.made(Kind::Config, config);
        world.made(Kind::Client, client);
        world.tells(client, told);
        Self { world, servers, client, told }
    }

    fn step(&mut self, step: Step) {
        match step {
            Step::Connect => {
                let _ = cognito_client_connect(self.client, 0);
                self.run(60);
            }
            Step::Disconnect => drop(cognito_client_disconnect(self.client, 0)),
            Step::Cancel => drop(cognito_client_cancel(self.client)),
            Step::Process { turns } => self.run(u32::from(turns % 16) + 1),
            Step::Publish { topic, length, counted } => {
                let (topic, payload) =
                    (TOPICS[usize::from(topic) % 3].as_ptr(), vec![b'x'; usize::from(length % 6000)]);
                self.ask(|client, told| {
                    let (payload, length) = (payload.as_ptr().cast(), payload.len());
                    // SAFETY: all of it lives for as long as the call, and `told` as long as the client.
                    unsafe {
                        let qos = counted.into();
                        cognito_client_publish(
                            client,
                            topic,
                            payload,
                            length,
                            qos,
                            false,
                            null(),
                            0,
                            Some(world::on_complete),
                            told,
                        )
                    }
                });
            }
            Step::Subscribe { filter } => self.ask(|client, told| {
                let filter = TOPICS[usize::from(filter) % 3].as_ptr();
                // SAFETY: as above.
                unsafe {
                    let (message, complete) = (Some(world::on_message as _), Some(world::on_complete as _));
                    cognito_client_subscribe(client, filter, 1, message, null_mut(), 0, complete, told)
                }
            }),
            Step::Unsubscribe { filter } => self.ask(|client, told| {
                let filter = TOPICS[usize::from(filter) % 3].as_ptr();
                // SAFETY: as above.
                unsafe { cognito_client_unsubscribe(client, filter, 0, Some(world::on_complete), told) }
            }),
            Step::Answers { cognito, upgrade } => self.servers.answers(cognito, upgrade),
            Step::Connack { session_present, code } => {
                self.servers.connack(session_present, code);
                self.run(8);
            }
            Step::Answer { code } => self.servers.answer(code),
            Step::Message { counted, id, length, duplicate } => self.servers.message(counted, id, length, duplicate),
            Step::Packets { bytes, apart } => self.servers.packets(&bytes, apart),
            Step::Frames { bytes } => self.servers.frames(&bytes),
            Step::Close { code } => self.servers.close(code),
            Step::Drop => self.servers.hang_up(),
        }
        self.run(4);
    }

    fn ask(&self, ask: impl FnOnce(*mut cognito_client, *mut std::ffi::c_void) -> Status) {
        self.told.asked.fetch_add(1, Ordering::SeqCst);
        if ask(self.client, std::ptr::from_ref(self.told).cast_mut().cast()) != Status::Ok {
            self.told.asked.fetch_sub(1, Ordering::SeqCst);
        }
    }

    /// Lets both sides work, until nothing moves or so many turns have passed.
    fn run(&mut self, turns: u32) {
        for _ in 0..turns {
            let status = cognito_client_process(self.client, 0);
            self.world.demand(status != Status::Internal, || "a panic was caught".to_owned());
            check_text(cognito_last_error());
            if !self.servers.turn() && cognito_client_next_timeout_ms(self.client) != 10 {
                break;
            }
        }
    }

    /// What has nothing to do says so, and for longer than now.
    fn check_quiet(&mut self) {
        for _ in 0..200 {
            let _ = cognito_client_process(self.client, 0);
            let is_moving = self.servers.turn();
            let (due, fd) = (cognito_client_next_timeout_ms(self.client), cognito_client_fd(self.client));
            let mut poll = libc::pollfd { fd, events: libc::POLLIN, revents: 0 };
            // SAFETY: one entry, which may be written.
            let is_readable = unsafe { libc::poll(&raw mut poll, 1, 0) } == 1;
            if !is_moving && !is_readable && due != 0 {
                return;
            }
        }
        panic!("the client has something to do without end");
    }

    fn end(mut self) {
        self.check_quiet();
        let _ = cognito_client_disconnect(self.client, 0);
        self.run(20);
        self.servers.check();
        self.world.end();
    }
}
