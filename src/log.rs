//! Log lines to the application's callback. One line each, with a level and a stage; nothing is formatted when nobody listens.
//!
//! Neither `log` nor `tracing` is behind this: both are compiled out, because what our dependencies would print there
//! includes the presigned URL and whole bodies.

use crate::callback;
use crate::error::{Stage, one_line};
use crate::sys::{Guard, ProcessLock, ProcessMark};
use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};

/// How much is logged. Each level includes those above it.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LogLevel {
    /// Nothing.
    None = 0,
    /// A defect of this library that was caught.
    Fatal = 1,
    /// A call failed.
    Error = 2,
    /// Something that works but that the operator should know.
    Warn = 3,
    /// The milestones of a connection.
    Info = 4,
    /// Each stage with its details.
    Debug = 5,
    /// Each address and each ping.
    Trace = 6,
}

impl LogLevel {
    /// Every level.
    pub fn all() -> [LogLevel; 7] {
        use LogLevel::{Debug, Error, Fatal, Info, None, Trace, Warn};
        [None, Fatal, Error, Warn, Info, Debug, Trace]
    }
}

/// What receives the lines.
pub type Sink = Box<dyn Fn(LogLevel, Stage, &str) + Send + Sync>;

/// What receives the lines, of this process: each thread that is inside it holds a count.
struct Listener {
    sink: Arc<Sink>,
    process: ProcessMark,
}

impl Listener {
    fn new(sink: Arc<Sink>) -> Arc<Self> {
        Arc::new(Self { sink, process: ProcessMark::current() })
    }
}

static MAX_LEVEL: AtomicI32 = AtomicI32::new(0);
static LISTENER: ProcessLock<Option<Arc<Listener>>> = ProcessLock::new(None);

thread_local! {
    static IN_SINK: Cell<bool> = const { Cell::new(false) };
}

/// Whether a line of this level has a listener.
pub fn enabled(level: LogLevel) -> bool {
    level as i32 <= MAX_LEVEL.load(Ordering::Relaxed)
}

/// Whether this thread is inside the application's log callback, where nothing is logged.
fn in_sink() -> bool {
    IN_SINK.try_with(Cell::get).unwrap_or(false)
}

/// The listener, locked.
fn listener() -> Guard<'static, Option<Arc<Listener>>> {
    // A thread that is cut off by a fork leaves the one pointer or the other.
    let mut listener = LISTENER.lock(|_| {});
    let is_foreign = |listener: &&Arc<Listener>| listener.process != ProcessMark::current();
    if let Some(own) = listener.as_ref().filter(is_foreign).map(|foreign| Listener::new(Arc::clone(&foreign.sink))) {
        // Its counts are of threads that a fork has not brought along, and never end.
        std::mem::forget(listener.replace(own));
    }
    listener
}

/// Replaces the listener. When this returns, the old one is not running and will not be called again.
pub fn set(max_level: LogLevel, sink: Option<Sink>) {
    let level = if sink.is_some() { max_level as i32 } else { 0 };
    let new = sink.map(|sink| Listener::new(Arc::new(sink)));
    let old = {
        let mut current = listener();
        MAX_LEVEL.store(level, Ordering::Relaxed);
        std::mem::replace(&mut *current, new)
    };
    if let Some(old) = old {
        // Whoever is inside the old callback holds a count of it. A callback is expected to be short.
        while Arc::strong_count(&old) > 1 {
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
    }
}

/// Ends the callback, also by a panic on the way to it.
struct Over;

impl Drop for Over {
    fn drop(&mut self) {
        let _ = IN_SINK.try_with(|flag| flag.set(false));
    }
}

/// Hands one line to the listener. Called through [`log!`](crate::log::log), which asks [`enabled`] first.
pub fn write(level: LogLevel, stage: Stage, line: String) {
    let Some(listener) = listener().clone() else { return };
    if in_sink() {
        return;
    }
    let _ = IN_SINK.try_with(|flag| flag.set(true));
    let _over = Over;
    may_panic!("log");
    callback::run(|| (listener.sink)(level, stage, &one_line(line)));
}

/// `log!(Debug, Tls, "format", args…)`: formats only when somebody listens.
macro_rules! log {
    ($level:ident, $stage:expr, $($format:tt)+) => {
        if $crate::log::enabled($crate::log::LogLevel::$level) {
            $crate::log::write($crate::log::LogLevel::$level, $stage, format!($($format)+));
        }
    };
}
pub(crate) use log;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_nobody_hears_costs_no_formatting() {
        let mut formatted = 0;
        let mut count = || {
            formatted += 1;
            formatted
        };
        for _ in 0..3 {
            log!(Fatal, Stage::None, "{}", count());
            log!(Trace, Stage::Dns, "{}", count());
        }
        assert_eq!(formatted, 0);
    }
}
