//! The handles of one sequence of calls, its callbacks, and what they have been told.

use super::{Call, run};
use cognito_connect::Status;
use cognito_connect::ffi::*;
use std::cell::Cell;
use std::collections::{BTreeSet, VecDeque};
use std::ffi::{CStr, c_char, c_void};
use std::net::TcpListener;
use std::ptr::null_mut;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{LazyLock, Mutex, MutexGuard, Once, PoisonError};
use std::thread::{ThreadId, current};

/// The types of handles, in the order in which they are given back at the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    Client,
    Transport,
    Provider,
    Config,
    Properties,
    Failure,
    Trace,
}

pub const KINDS: [Kind; 7] =
    [Kind::Client, Kind::Transport, Kind::Provider, Kind::Config, Kind::Properties, Kind::Failure, Kind::Trace];

/// Secrets that are set, and must be in no message.
pub const SECRETS: [&CStr; 2] = [c"PASSWORDPASSWORD", c"LOGINTOKENLOGINTOKEN"];

/// What one client has told.
#[derive(Default)]
pub struct Told {
    kinds: Mutex<Vec<i32>>,
    pub asked: AtomicU32,
    answered: AtomicU32,
    is_freed: AtomicBool,
}

#[derive(Default)]
struct Inner {
    calls: VecDeque<Call>,
    /// All that there were, with those that were freed.
    handles: Vec<(Kind, usize)>,
    live: BTreeSet<(Kind, usize)>,
    told: Vec<(usize, &'static Told)>,
    problem: Option<String>,
    /// The thread that makes the calls. Another one makes none: it would free under this one's feet what it looks at.
    thread: Option<ThreadId>,
}

/// One sequence at a time.
pub struct World(Mutex<Inner>);

static WORLD: LazyLock<World> = LazyLock::new(|| World(Mutex::default()));

/// Handles and callbacks are those of the process: one target at a time has them, also where tests run beside each other.
pub fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A port on which nobody listens.
pub static CLOSED: LazyLock<u16> = LazyLock::new(|| {
    let listener = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
    listener.expect("a port of this machine").port()
});

thread_local! {
    static DEPTH: Cell<u32> = const { Cell::new(0) };
    static IN_LOGIN: Cell<bool> = const { Cell::new(false) };
}

/// Whether this thread is inside a callback.
pub fn is_in_callback() -> bool {
    DEPTH.get() > 0
}

impl World {
    pub fn begin(calls: Vec<Call>) -> &'static Self {
        show_panics();
        *WORLD.lock() = Inner { calls: calls.into(), thread: Some(current().id()), ..Inner::default() };
        &WORLD
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn next_call(&self) -> Option<Call> {
        self.lock().calls.pop_front()
    }

    /// A handle of this type, mostly: it may have been freed, and it may be none.
    pub fn handle<T>(&self, kind: Kind, which: u8) -> *mut T {
        let inner = self.lock();
        let of_kind: Vec<usize> =
            inner.handles.iter().filter(|(of, _)| *of == kind).map(|(_, handle)| *handle).collect();
        let handle = match which {
            255 => 0,
            254 => 0x1235,
            253 => inner.handles.last().map_or(1, |(_, handle)| *handle),
            _ => of_kind.get(usize::from(which) % of_kind.len().max(1)).copied().unwrap_or(0),
        };
        handle as *mut T
    }

    /// Notes a handle that was made.
    pub fn made<T>(&self, kind: Kind, handle: *mut T) {
        if !handle.is_null() {
            let mut inner = self.lock();
            let is_new = !inner.handles.iter().any(|(_, known)| *known == handle as usize);
            inner.handles.push((kind, handle as usize));
            inner.live.insert((kind, handle as usize));
            drop(inner);
            self.demand(is_new, || "a handle came twice".to_owned());
        }
    }

    pub fn is_live<T>(&self, kind: Kind, handle: *mut T) -> bool {
        self.lock().live.contains(&(kind, handle as usize))
    }

    /// Notes that a client tells this.
    pub fn tells(&self, client: *mut cognito_client, told: &'static Told) {
        self.lock().told.push((client as usize, told));
    }

    pub fn told(&self, client: *mut cognito_client) -> Option<&'static Told> {
        self.lock().told.iter().find(|(of, _)| *of == client as usize).map(|(_, told)| *told)
    }

    /// Gives a handle back.
    pub fn free(&self, kind: Kind, handle: usize) {
        // In a login callback every call is refused.
        if !IN_LOGIN.get() {
            self.lock().live.remove(&(kind, handle));
        }
        match kind {
            Kind::Client => {
                cognito_client_free(handle as *mut _);
                if let Some(told) = self.told(handle as *mut _).filter(|_| !is_in_callback()) {
                    told.is_freed.store(true, Ordering::SeqCst);
                }
            }
            Kind::Transport => cognito_transport_free(handle as *mut _),
            Kind::Provider => cognito_provider_free(handle as *mut _),
            Kind::Config => cognito_config_free(handle as *mut _),
            Kind::Properties => cognito_properties_free(handle as *mut _),
            Kind::Failure => cognito_failure_free(handle as *mut _),
            Kind::Trace => cognito_trace_free(handle as *mut _),
        }
    }

    /// Notes that something does not hold. Nothing may unwind out of a callback.
    pub fn demand(&self, holds: bool, otherwise: impl FnOnce() -> String) {
        if !holds {
            self.lock().problem.get_or_insert_with(otherwise);
        }
    }

    /// Frees all, and looks at what was told.
    pub fn end(&self) {
        for kind in KINDS {
            loop {
                let next = self.lock().live.iter().find(|(of, _)| *of == kind).map(|(_, handle)| *handle);
                let Some(handle) = next else { break };
                self.free(kind, handle);
            }
        }
        cognito_log_set(0, None, std::ptr::null_mut());
        let inner = std::mem::take(&mut *self.lock());
        for (_, told) in inner.told {
            let kinds = told.kinds.lock().unwrap_or_else(PoisonError::into_inner).clone();
            check_events(&kinds);
            assert_eq!(told.asked.load(Ordering::SeqCst), told.answered.load(Ordering::SeqCst), "completions");
            // SAFETY: it was leaked by `run::run` for this sequence, whose clients are all gone.
            drop(unsafe { Box::from_raw(std::ptr::from_ref(told).cast_mut()) });
        }
        assert_eq!(inner.problem, None);
    }
}

/// The library's first call silences panics, which it catches. Here each of them counts.
fn show_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let hook = std::panic::take_hook();
        cognito_config_free(null_mut());
        std::panic::set_hook(hook);
    });
}

/// Every CONNECTING is followed by exactly one CONNECTED or CONNECT_FAILED, and every CONNECTED by one DISCONNECTED.
fn check_events(kinds: &[i32]) {
    const CONNECTING: i32 = 1;
    const CONNECTED: i32 = 2;
    const CONNECT_FAILED: i32 = 3;
    const DISCONNECTED: i32 = 4;
    let mut before = DISCONNECTED;
    for kind in kinds {
        let fits = match *kind {
            CONNECTING => matches!(before, DISCONNECTED | CONNECT_FAILED),
            CONNECTED | CONNECT_FAILED => before == CONNECTING,
            DISCONNECTED => before == CONNECTED,
            _ => false,
        };
        assert!(fits, "events out of order: {kinds:?}");
        before = *kind;
    }
    assert!(matches!(before, DISCONNECTED | CONNECT_FAILED), "a client was freed, and its end was not told: {kinds:?}");
}

/// A text of the library: there, UTF-8, one line, without a secret.
pub fn check_text(text: *const c_char) {
    if text.is_null() {
        return WORLD.demand(false, || "a text is NULL".to_owned());
    }
    // SAFETY: the library promises a text that ends with NUL.
    let text = unsafe { CStr::from_ptr(text) };
    let is_line = text.to_str().is_ok_and(|text| !text.chars().any(char::is_control));
    WORLD.demand(is_line, || format!("no line of text: {text:?}"));
    let shows =
        |secret: &&CStr| text.to_bytes().windows(secret.count_bytes()).any(|window| window == secret.to_bytes());
    WORLD.demand(!SECRETS.iter().any(shows), || format!("a secret is shown: {text:?}"));
}

/// Makes some of the calls that are left, inside of a callback.
fn call_back() {
    let thread = WORLD.lock().thread;
    if DEPTH.get() < 3 && thread == Some(current().id()) {
        DEPTH.set(DEPTH.get() + 1);
        for _ in 0..2 {
            if let Some(call) = WORLD.next_call() {
                run::run(&WORLD, call);
            }
        }
        DEPTH.set(DEPTH.get() - 1);
    }
}

fn heard(told: *mut c_void) -> &'static Told {
    // SAFETY: it is the `Told` of a client, which lives until `World::end`.
    let told = unsafe { &*told.cast::<Told>() };
    WORLD.demand(!told.is_freed.load(Ordering::SeqCst), || "a callback after free has returned".to_owned());
    told
}

pub unsafe extern "C" fn on_event(_: *mut cognito_client, event: *const cognito_event, told: *mut c_void) {
    let told = heard(told);
    // SAFETY: the library hands over an event that lives for as long as this call.
    let event = unsafe { &*event };
    told.kinds.lock().unwrap_or_else(PoisonError::into_inner).push(event.kind as i32);
    if !event.failure.is_null() {
        check_text(cognito_failure_message(event.failure));
    }
    WORLD.demand(event.next_delay_ms >= -1, || format!("a delay of {} ms", event.next_delay_ms));
    call_back();
}

pub unsafe extern "C" fn on_complete(_: *mut cognito_client, completion: *const cognito_completion, told: *mut c_void) {
    heard(told).answered.fetch_add(1, Ordering::SeqCst);
    // SAFETY: the library hands over a completion that lives for as long as this call.
    let completion = unsafe { &*completion };
    if completion.status != Status::Ok {
        check_text(cognito_failure_message(completion.failure));
    }
    call_back();
}

pub unsafe extern "C" fn on_message(_: *mut cognito_client, _: *const cognito_message, _: *mut c_void) {}

pub unsafe extern "C" fn on_log(_: i32, stage: *const c_char, message: *const c_char, _: *mut c_void) {
    check_text(stage);
    check_text(message);
}

pub unsafe extern "C" fn on_login(sink: *mut cognito_login_sink, _: *mut c_void) -> i32 {
    IN_LOGIN.set(true);
    call_back();
    IN_LOGIN.set(false);
    // SAFETY: both are texts.
    let status = unsafe { cognito_login_sink_set(sink, c"login.example.com".as_ptr(), SECRETS[1].as_ptr()) };
    i32::from(status != Status::Ok)
}
