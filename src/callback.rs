//! Whether this thread is inside a callback that runs in the middle of a call of this library: log, login or identity store.

use std::cell::Cell;

thread_local! {
    static INSIDE: Cell<bool> = const { Cell::new(false) };
}

/// Whether this thread is inside one.
pub fn is_inside() -> bool {
    INSIDE.try_with(Cell::get).unwrap_or(false)
}

/// Runs the application's code.
pub fn run<T>(call: impl FnOnce() -> T) -> T {
    struct Restore(bool);
    impl Drop for Restore {
        fn drop(&mut self) {
            let _ = INSIDE.try_with(|inside| inside.set(self.0));
        }
    }
    let _restore = Restore(is_inside());
    let _ = INSIDE.try_with(|inside| inside.set(true));
    call()
}
