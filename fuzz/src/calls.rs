//! Sequences of calls of the C API: any functions, on handles that live, were freed or never were, with bad strings and numbers, also
//! inside callbacks. All of the network is a closed port of this machine.

#[path = "calls/run.rs"]
mod run;
#[path = "calls/settings.rs"]
mod settings;
#[path = "calls/world.rs"]
pub mod world;

use arbitrary::{Arbitrary, Unstructured};
use world::World;

/// One call. Which handle and which text are numbers, of those that there are.
#[derive(Arbitrary, Clone, Debug)]
pub enum Call {
    ConfigNew,
    ConfigSet { config: u8, setting: u8, text: Text, other: Text, number: u32, flag: bool },
    ProviderNew { config: u8 },
    Provider { provider: u8, what: u8, wait: u8 },
    ClientNew { config: u8, provider: Option<u8>, with_events: bool },
    Client { client: u8, what: u8, wait: u8 },
    Publish { client: u8, topic: Text, payload: Vec<u8>, counted: i8, properties: Option<u8>, wait: u8, tells: bool },
    Subscribe { client: u8, filter: Text, counted: i8, wait: u8, tells: bool },
    Unsubscribe { client: u8, filter: Text, wait: u8, tells: bool },
    TransportNew { config: u8, provider: Option<u8> },
    Transport { transport: u8, what: u8, wait: u8, bytes: Vec<u8> },
    PropertiesNew,
    Properties { properties: u8, what: u8, text: Text, other: Text, number: i64 },
    Failure { failure: u8, what: u8 },
    Trace { trace: u8, what: u8, index: u8 },
    Nothing { what: u8, number: i32 },
    Free { kind: u8, which: u8 },
    Log { level: i8, on: bool },
}

/// A string: one of those that mean something here, or any bytes.
#[derive(Arbitrary, Clone, Debug)]
pub enum Text {
    Null,
    Known(u8),
    Any(Vec<u8>),
}

/// A sequence of [`Call`].
pub fn calls(data: &[u8]) {
    let mut input = Unstructured::new(data);
    let mut calls = Vec::new();
    while let (false, true, Ok(call)) = (input.is_empty(), calls.len() < 200, input.arbitrary()) {
        calls.push(call);
    }
    let _alone = world::alone();
    let world = World::begin(calls);
    while let Some(call) = world.next_call() {
        run::run(world, call);
    }
    world.end();
}
