//! Whether this thread is inside a callback of the application. There are two kinds: log, login and store run in the middle of a
//! call of this library; events, messages and completions are delivered between its steps, with nothing locked.

use std::cell::Cell;

thread_local! {
    static INSIDE: Cell<bool> = const { Cell::new(false) };
    static DELIVERING: Cell<bool> = const { Cell::new(false) };
}

/// Whether this thread is inside one that runs in the middle of a call.
pub fn is_inside() -> bool {
    INSIDE.try_with(Cell::get).unwrap_or(false)
}

/// Whether this thread is inside one that is delivered to.
pub fn is_delivered() -> bool {
    DELIVERING.try_with(Cell::get).unwrap_or(false)
}

/// Runs the application's code in the middle of a call.
pub fn run<T>(call: impl FnOnce() -> T) -> T {
    let _mark = Mark::set(&INSIDE);
    call()
}

/// Runs the application's code between the steps of a call.
pub fn deliver<T>(call: impl FnOnce() -> T) -> T {
    let _mark = Mark::set(&DELIVERING);
    call()
}

type Flag = std::thread::LocalKey<Cell<bool>>;

/// A flag that is set for as long as this lives.
struct Mark(&'static Flag, bool);

impl Mark {
    fn set(flag: &'static Flag) -> Self {
        Self(flag, flag.try_with(|inside| inside.replace(true)).unwrap_or(false))
    }
}

impl Drop for Mark {
    fn drop(&mut self) {
        let _ = self.0.try_with(|inside| inside.set(self.1));
    }
}
