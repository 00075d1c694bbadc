//! Another Rust archive in the same program: a standard library, a panic hook and unwinding of its own.

use std::panic::catch_unwind;

/// Panics inside, catches it, and returns 42.
#[no_mangle]
pub extern "C" fn second_rust_answer() -> i32 {
    std::panic::set_hook(Box::new(|_| {}));
    let caught = catch_unwind(|| -> i32 { panic!("{}", String::from("caught")) });
    let thread = std::thread::spawn(|| 40).join().unwrap_or(0);
    if caught.is_err() { thread + 2 } else { 0 }
}
