//! One call, and what holds for its answer.

use super::settings::{IDENTITY, pointer, set, set_property, set_up};
use super::world::{self, KINDS, Kind, Told, World, check_text};
use super::{Call, Text};
use cognito_connect::Status;
use cognito_connect::ffi::*;
use std::ffi::CString;
use std::ptr::null_mut;
use std::sync::atomic::Ordering;

/// What means something to one or another of the calls.
const KNOWN: [&str; 20] = [
    "",
    "a",
    "device/1",
    "#",
    "+/state",
    "$share/group/a",
    "us-east-1",
    IDENTITY,
    "us-east-1_AbCdEf123",
    "arn:aws:iam::123456789012:role/device",
    "/dev/null",
    "/nonexistent/file",
    "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    "user",
    "us:er",
    "wss://localhost/mqtt",
    "a/b/c/d/e/f/g/h/i",
    "\u{1}",
    "größe",
    "$aws/rules/rule/a",
];

impl Text {
    fn c_string(&self) -> Option<CString> {
        match self {
            Self::Null => None,
            Self::Known(which) => CString::new(KNOWN[usize::from(*which) % KNOWN.len()]).ok(),
            Self::Any(bytes) => {
                let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
                CString::new(&bytes[..end]).ok()
            }
        }
    }
}

/// Never one that waits for long: nobody answers.
fn wait(which: u8) -> i32 {
    [0, 0, 0, 0, 1, 2, -2, i32::MIN][usize::from(which) % 8]
}

pub fn run(world: &'static World, call: Call) {
    let status = status(world, call);
    world.demand(status != Status::Internal, || "a panic was caught".to_owned());
    check_text(cognito_status_name(status as i32));
    check_text(cognito_last_error());
}

fn status(world: &'static World, call: Call) -> Status {
    match call {
        Call::ConfigNew => {
            let mut config = null_mut();
            // SAFETY: `config` may be written.
            let status = unsafe { cognito_config_new(&raw mut config) };
            world.made(Kind::Config, config);
            set_up(config);
            status
        }
        Call::ConfigSet { config, setting, text, other, number, flag } => {
            let config = world.handle(Kind::Config, config);
            refused(
                world,
                Kind::Config,
                config,
                set(config, setting, &text.c_string(), &other.c_string(), number, flag),
            )
        }
        Call::ProviderNew { config } => {
            let (config, mut provider) = (world.handle(Kind::Config, config), null_mut());
            // SAFETY: `provider` may be written.
            let status = unsafe { cognito_provider_new(config, &raw mut provider) };
            world.made(Kind::Provider, provider);
            refused(world, Kind::Config, config, status)
        }
        Call::Provider { provider, what, wait: wait_ms } => {
            let provider = world.handle(Kind::Provider, provider);
            refused(world, Kind::Provider, provider, provider_call(provider, what, wait(wait_ms)))
        }
        Call::ClientNew { config, provider, with_events } => {
            let (config, mut client) = (world.handle(Kind::Config, config), null_mut());
            let provider = provider.map_or(null_mut(), |provider| world.handle(Kind::Provider, provider));
            let told: &'static Told = Box::leak(Box::default());
            let on_event: cognito_event_fn = if with_events { Some(world::on_event) } else { None };
            // SAFETY: `client` may be written, and `told` lives as long as it.
            let status = unsafe {
                cognito_client_new(
                    config,
                    provider,
                    on_event,
                    std::ptr::from_ref(told).cast_mut().cast(),
                    &raw mut client,
                )
            };
            world.tells(client, told);
            world.made(Kind::Client, client);
            refused(world, Kind::Config, config, status)
        }
        Call::Client { client, what, wait: wait_ms } => {
            let client = world.handle(Kind::Client, client);
            refused(world, Kind::Client, client, client_call(world, client, what, wait(wait_ms)))
        }
        Call::Publish { client, topic, payload, counted, properties, wait: wait_ms, tells } => {
            let (client, topic) = (world.handle(Kind::Client, client), topic.c_string());
            let properties = properties.map_or(null_mut(), |properties| world.handle(Kind::Properties, properties));
            asks(world, client, tells, |on_complete, told| {
                // SAFETY: all of it lives for as long as the call, and `told` as long as the client.
                unsafe {
                    cognito_client_publish(
                        client,
                        pointer(&topic),
                        payload.as_ptr().cast(),
                        payload.len(),
                        counted.into(),
                        counted > 5,
                        properties,
                        wait(wait_ms),
                        on_complete,
                        told,
                    )
                }
            })
        }
        Call::Subscribe { client, filter, counted, wait: wait_ms, tells } => {
            let (client, filter) = (world.handle(Kind::Client, client), filter.c_string());
            let on_message: cognito_message_fn = if counted > 5 { None } else { Some(world::on_message) };
            asks(world, client, tells, |on_complete, told| {
                // SAFETY: as above.
                unsafe {
                    let (filter, qos) = (pointer(&filter), counted.into());
                    cognito_client_subscribe(
                        client,
                        filter,
                        qos,
                        on_message,
                        null_mut(),
                        wait(wait_ms),
                        on_complete,
                        told,
                    )
                }
            })
        }
        Call::Unsubscribe { client, filter, wait: wait_ms, tells } => {
            let (client, filter) = (world.handle(Kind::Client, client), filter.c_string());
            asks(world, client, tells, |on_complete, told| {
                // SAFETY: as above.
                unsafe { cognito_client_unsubscribe(client, pointer(&filter), wait(wait_ms), on_complete, told) }
            })
        }
        Call::TransportNew { config, provider } => {
            let (config, mut transport) = (world.handle(Kind::Config, config), null_mut());
            let provider = provider.map_or(null_mut(), |provider| world.handle(Kind::Provider, provider));
            // SAFETY: `transport` may be written.
            let status = unsafe { cognito_transport_new(config, provider, &raw mut transport) };
            world.made(Kind::Transport, transport);
            refused(world, Kind::Config, config, status)
        }
        Call::Transport { transport, what, wait: wait_ms, bytes } => {
            let transport = world.handle(Kind::Transport, transport);
            transport_call(world, transport, what, wait(wait_ms), &bytes)
        }
        Call::PropertiesNew => {
            let mut properties = null_mut();
            // SAFETY: `properties` may be written.
            let status = unsafe { cognito_properties_new(&raw mut properties) };
            world.made(Kind::Properties, properties);
            status
        }
        Call::Properties { properties, what, text, other, number } => {
            set_property(world.handle(Kind::Properties, properties), what, &text.c_string(), &other.c_string(), number)
        }
        Call::Failure { failure, what } => failure_call(world, world.handle(Kind::Failure, failure), what),
        Call::Trace { trace, what, index } => trace_call(world.handle(Kind::Trace, trace), what, index.into()),
        Call::Nothing { what, number } => {
            match what % 4 {
                0 => check_text(cognito_status_name(number)),
                1 => check_text(cognito_status_description(number)),
                2 => check_text(cognito_stage_name(number)),
                _ => check_text(cognito_version()),
            }
            Status::Ok
        }
        Call::Free { kind, which } => {
            let kind = KINDS[usize::from(kind) % KINDS.len()];
            world.free(kind, world.handle::<u8>(kind, which) as usize);
            Status::Ok
        }
        Call::Log { level, on } => {
            cognito_log_set(level.into(), if on { Some(world::on_log) } else { None }, null_mut())
        }
    }
}

/// A handle that is not one, or no more, is refused by each function that can say so.
fn refused<T>(world: &World, kind: Kind, handle: *mut T, status: Status) -> Status {
    // Another thread, or a callback, may have freed it meanwhile.
    if !world::is_in_callback() && !world.is_live(kind, handle) {
        world.demand(status != Status::Ok, || format!("{kind:?} {handle:?} is taken, and is none"));
    }
    status
}

/// A request, whose completion must come exactly once if it was taken.
fn asks(
    world: &World,
    client: *mut cognito_client,
    tells: bool,
    ask: impl FnOnce(cognito_completion_fn, *mut std::ffi::c_void) -> Status,
) -> Status {
    let Some(told) = world.told(client).filter(|_| tells) else { return ask(None, null_mut()) };
    // Before the call: it may be told before that has returned.
    told.asked.fetch_add(1, Ordering::SeqCst);
    let status = ask(Some(world::on_complete), std::ptr::from_ref(told).cast_mut().cast());
    if status != Status::Ok {
        told.asked.fetch_sub(1, Ordering::SeqCst);
    }
    refused(world, Kind::Client, client, status)
}

fn provider_call(provider: *mut cognito_provider, what: u8, wait_ms: i32) -> Status {
    let (mut credentials, mut url) = (null_mut(), null_mut());
    // SAFETY: both may be written.
    match what % 5 {
        0 => unsafe { cognito_provider_fetch(provider, wait_ms, &raw mut credentials) },
        1 => unsafe { cognito_provider_sign(provider, (what >> 4).into(), wait_ms, &raw mut url) },
        2 => cognito_provider_cancel(provider),
        3 => {
            let _ = cognito_provider_identity(provider);
            let _ = cognito_provider_clock_offset_ms(provider);
            Status::InvalidHandle
        }
        _ => unsafe { cognito_provider_fetch(provider, wait_ms, null_mut()) },
    }
}

fn client_call(world: &World, client: *mut cognito_client, what: u8, wait_ms: i32) -> Status {
    match what % 12 {
        0 | 1 => cognito_client_connect(client, wait_ms),
        2..=4 => cognito_client_process(client, wait_ms),
        5 => cognito_client_disconnect(client, wait_ms),
        6 => cognito_client_cancel(client),
        7 => cognito_client_start(client),
        8 => cognito_client_stop(client),
        9 => {
            let due = cognito_client_next_timeout_ms(client);
            world.demand(due >= -1, || format!("due in {due} ms"));
            let _ = cognito_client_fd(client);
            world.demand(!cognito_client_is_connected(client), || "connected with nobody".to_owned());
            Status::InvalidHandle
        }
        10 => {
            let mut failure = null_mut();
            // SAFETY: `failure` may be written.
            let status = unsafe { cognito_client_failure(client, &raw mut failure) };
            world.made(Kind::Failure, failure);
            status
        }
        _ => {
            let mut trace = null_mut();
            // SAFETY: `trace` may be written.
            let status = unsafe { cognito_client_trace(client, &raw mut trace) };
            world.made(Kind::Trace, trace);
            status
        }
    }
}

fn transport_call(world: &World, transport: *mut cognito_transport, what: u8, wait_ms: i32, bytes: &[u8]) -> Status {
    let mut buffer = [0_u8; 64];
    let length = bytes.len();
    // SAFETY: buffers of the lengths that are given, and results that may be written.
    let count = unsafe {
        match what % 12 {
            0..=2 => return refused(world, Kind::Transport, transport, cognito_transport_open(transport, wait_ms)),
            3 => return refused(world, Kind::Transport, transport, cognito_transport_close(transport, wait_ms)),
            4 => return refused(world, Kind::Transport, transport, cognito_transport_cancel(transport)),
            5 => cognito_transport_recv(transport, buffer.as_mut_ptr().cast(), buffer.len()),
            6 => cognito_transport_send(transport, bytes.as_ptr().cast(), length),
            7 => cognito_coremqtt_recv(cognito_coremqtt_context(transport), buffer.as_mut_ptr().cast(), buffer.len()),
            8 => cognito_coremqtt_send(cognito_coremqtt_context(transport), bytes.as_ptr().cast(), length),
            9 => cognito_transport_fd(transport),
            10 => {
                let mut failure = null_mut();
                let status = cognito_transport_failure(transport, &raw mut failure);
                world.made(Kind::Failure, failure);
                return refused(world, Kind::Transport, transport, status);
            }
            _ => cognito_transport_recv(transport, null_mut(), 1),
        }
    };
    world.demand(what % 12 == 9 || count <= 0, || format!("{count} bytes, and no connection"));
    Status::Ok
}

fn failure_call(world: &World, failure: *mut cognito_failure, what: u8) -> Status {
    let is_live = world.is_live(Kind::Failure, failure);
    let text = match what % 7 {
        0 => cognito_failure_message(failure),
        1 => cognito_failure_hint(failure),
        2 => cognito_failure_aws_message(failure),
        3 => cognito_failure_aws_error_type(failure),
        4 => cognito_failure_identity(failure),
        5 => cognito_failure_reason_string(failure),
        _ => {
            let mut last = null_mut();
            // SAFETY: `last` may be written.
            let status = unsafe { cognito_last_failure(&raw mut last) };
            world.made(Kind::Failure, last);
            return status;
        }
    };
    if is_live && !world::is_in_callback() {
        check_text(text);
    }
    Status::Ok
}

fn trace_call(trace: *mut cognito_trace, what: u8, index: usize) -> Status {
    match what % 4 {
        0 => drop(cognito_trace_count(trace)),
        1 => drop((cognito_trace_peer(trace, index), cognito_trace_finding(trace, index))),
        2 => drop((cognito_trace_began_us(trace, index), cognito_trace_took_us(trace, index))),
        _ => drop((
            cognito_trace_status(trace, index),
            cognito_trace_stage(trace, index),
            cognito_trace_service(trace, index),
        )),
    }
    Status::Ok
}
