//! What stands between C and Rust: panics stop here, errors become a status and the thread's last error, and raw pointers
//! become references.

use crate::callback;
use crate::error::{Failure, Stage};
use crate::log::log;
use crate::status::Status;
use std::cell::RefCell;
use std::ffi::{CStr, CString, c_char, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Once;

thread_local! {
    static LAST: RefCell<Last> = const { RefCell::new(Last { failure: None, text: None }) };
}

/// A thread's last failure, and its text for as long as somebody may read it.
struct Last {
    failure: Option<Failure>,
    text: Option<CString>,
}

/// The body of every function that returns a status.
pub fn status(call: impl FnOnce() -> Result<(), Failure>) -> Status {
    recorded(guarded(call)).err().unwrap_or(Status::Ok)
}

/// The body of the functions that are for callbacks and refuse nobody inside one.
pub fn status_in_callback(call: impl FnOnce() -> Result<(), Failure>) -> Status {
    recorded(caught(call)).err().unwrap_or(Status::Ok)
}

/// The body of the functions that give a number of bytes, or a negative status.
pub fn count(call: impl FnOnce() -> Result<usize, Failure>) -> i32 {
    number(|| call().map(|count| i32::try_from(count).unwrap_or(i32::MAX)))
}

/// The body of the functions that give a number, or a negative status.
pub fn number(call: impl FnOnce() -> Result<i32, Failure>) -> i32 {
    recorded(guarded(call)).unwrap_or_else(|status| status as i32)
}

/// The body of a getter of a status, which is also why the call fails.
pub fn told_status(call: impl FnOnce() -> Result<Status, Failure>) -> Status {
    recorded(guarded(call)).unwrap_or_else(|status| status)
}

/// The body of every other getter: `default` where the call fails, with the last error set.
pub fn value<T>(default: T, call: impl FnOnce() -> Result<T, Failure>) -> T {
    recorded(guarded(call)).unwrap_or(default)
}

/// The body of every `_free`.
pub fn free(call: impl FnOnce() -> Result<(), Failure>) {
    value((), call);
}

/// A failure is the thread's last one from here on.
fn recorded<T>(result: Result<T, Failure>) -> Result<T, Status> {
    result.map_err(|failure| {
        record(&failure);
        failure.status
    })
}

fn guarded<T>(call: impl FnOnce() -> Result<T, Failure>) -> Result<T, Failure> {
    if callback::is_inside() {
        return Err(Failure::new(
            Status::Reentrant,
            Stage::None,
            "no function of this library may be called in a log, login or store callback",
        ));
    }
    caught(call)
}

fn caught<T>(call: impl FnOnce() -> Result<T, Failure>) -> Result<T, Failure> {
    quiet_panics();
    let call = || {
        may_panic!("entry");
        call()
    };
    match catch_unwind(AssertUnwindSafe(call)) {
        Ok(result) => result,
        Err(payload) => {
            // Dropping what was thrown may throw again.
            let _ = catch_unwind(AssertUnwindSafe(move || drop(payload)));
            Err(Failure::defect())
        }
    }
}

/// A panic is reported to the log callback, not printed to the application's stderr. The hook is that of the Rust standard
/// library inside the archive, which no other Rust library in the program shares.
fn quiet_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        std::panic::set_hook(Box::new(|info| {
            let at = info.location().map(ToString::to_string).unwrap_or_default();
            log!(Fatal, Stage::None, "a defect was caught at {at}");
        }));
    });
}

fn record(failure: &Failure) {
    // Not a failure to whoever polls.
    if failure.status == Status::InProgress {
        return;
    }
    // Outside of what was caught, and with the way to the application's callback ahead.
    let _ = catch_unwind(AssertUnwindSafe(|| match failure.status {
        Status::Cancelled => log!(Info, failure.stage, "{}", failure.text()),
        _ => log!(Error, failure.stage, "{}", failure.text()),
    }));
    let text = c_string(&failure.text());
    let _ = LAST.try_with(|last| last.replace(Last { failure: Some(failure.clone()), text: Some(text) }));
}

/// The text of the calling thread's last failure; valid until its next failing call.
pub fn last_error() -> *const c_char {
    // A thread that is being torn down has no last error any more.
    let text = |last: &RefCell<Last>| last.borrow().text.as_ref().map_or(c"".as_ptr(), |text| text.as_ptr());
    LAST.try_with(text).unwrap_or(c"".as_ptr())
}

/// The calling thread's last failure.
pub fn last_failure() -> Option<Failure> {
    LAST.try_with(|last| last.borrow().failure.clone()).unwrap_or_default()
}

/// A C string of text that may hold a NUL, which ends it early in C anyway.
pub fn c_string(text: &str) -> CString {
    let end = text.find('\0').unwrap_or(text.len());
    CString::new(text.get(..end).unwrap_or_default()).unwrap_or_default()
}

/// Reads a string argument. `field` names it in the error.
///
/// # Safety
/// `pointer` is NULL or a NUL-terminated string that outlives `'a`.
pub unsafe fn optional_text<'a>(field: &str, pointer: *const c_char) -> Result<Option<&'a str>, Failure> {
    if pointer.is_null() {
        return Ok(None);
    }
    // SAFETY: not NULL, and NUL-terminated by the caller's promise.
    let text = unsafe { CStr::from_ptr(pointer) };
    text.to_str().map(Some).map_err(|_| Failure::argument(field, "is not valid UTF-8"))
}

/// Reads a string argument that must be there.
///
/// # Safety
/// As [`optional_text`].
pub unsafe fn text<'a>(field: &str, pointer: *const c_char) -> Result<&'a str, Failure> {
    // SAFETY: the caller's promise is the same.
    unsafe { optional_text(field, pointer) }?.ok_or_else(|| Failure::argument(field, "is NULL"))
}

/// The body of every constructor: `*out` is NULL unless it succeeds. `field` names the parameter.
///
/// # Safety
/// `out` is NULL or points to writable memory for one pointer.
pub unsafe fn construct<T>(field: &str, out: *mut *mut T, make: impl FnOnce() -> Result<usize, Failure>) -> Status {
    if out.is_null() {
        return status(|| Err(Failure::argument(field, "is NULL: it must point to where the handle is written")));
    }
    // SAFETY: not NULL, and writable by the caller's promise.
    unsafe { out.write(std::ptr::null_mut()) };
    status(|| {
        let token = make()?;
        // SAFETY: as above. The token is an odd number and never read through.
        unsafe { out.write(std::ptr::without_provenance_mut(token)) };
        Ok(())
    })
}

/// The largest number of bytes that a call takes or gives: what it returns is an `int32_t`.
const COUNT_MAX: usize = i32::MAX as usize;

/// As much of a length as a call takes: no more than [`COUNT_MAX`], and none behind the end of the address space, which is
/// near where an address has 32 bits.
fn taken(pointer: *const c_void, len: usize) -> usize {
    len.min(COUNT_MAX).min(usize::MAX - pointer.addr())
}

/// As many pieces as writev(2) takes.
const PIECES_MAX: usize = 1024;

/// Reads a buffer argument. `field` names it in the error.
///
/// # Safety
/// `pointer` is NULL or points to `len` readable bytes that stay for `'a`.
pub unsafe fn bytes<'a>(field: &str, pointer: *const c_void, len: usize) -> Result<&'a [u8], Failure> {
    match (pointer.is_null(), len) {
        (_, 0) => Ok(&[]),
        (true, _) => Err(Failure::argument(field, "is NULL")),
        // SAFETY: not NULL, and readable by the caller's promise.
        (false, _) => Ok(unsafe { std::slice::from_raw_parts(pointer.cast(), taken(pointer, len)) }),
    }
}

/// Takes a buffer argument to write to. `field` names it in the error.
///
/// # Safety
/// `pointer` is NULL or points to `len` writable bytes that nobody else uses during `'a`.
pub unsafe fn buffer<'a>(field: &str, pointer: *mut c_void, len: usize) -> Result<&'a mut [u8], Failure> {
    match (pointer.is_null(), len) {
        (_, 0) => Ok(&mut []),
        (true, _) => Err(Failure::argument(field, "is NULL")),
        // SAFETY: not NULL, and writable by the caller's promise. It is written before it is read.
        (false, _) => Ok(unsafe { std::slice::from_raw_parts_mut(pointer.cast(), taken(pointer, len)) }),
    }
}

/// Reads an array of buffers, of which together no more than `INT32_MAX` bytes are given.
///
/// # Safety
/// `vectors` is NULL or points to `count` vectors, each of which is as for [`bytes`].
pub unsafe fn pieces<'a>(field: &str, vectors: *const libc::iovec, count: usize) -> Result<Vec<&'a [u8]>, Failure> {
    if vectors.is_null() && count > 0 {
        return Err(Failure::argument(field, "is NULL"));
    }
    let mut left = COUNT_MAX;
    let mut pieces = Vec::with_capacity(count.min(PIECES_MAX));
    for index in 0..count.min(PIECES_MAX) {
        // SAFETY: one of the `count` vectors that the caller promised.
        let vector = unsafe { vectors.add(index).read() };
        // SAFETY: the caller's promise is the same.
        let piece = unsafe { bytes(field, vector.iov_base, vector.iov_len.min(left)) }?;
        left -= piece.len();
        pieces.push(piece);
    }
    Ok(pieces)
}

/// A pointer of the application that is only handed back to it.
pub struct UserData(pub *mut c_void);

// SAFETY: the pointer is never read through, and the application promised with the callback that any thread may receive it.
unsafe impl Send for UserData {}
// SAFETY: as above.
unsafe impl Sync for UserData {}

impl UserData {
    /// What the application gave. Through a method, so that a closure captures the whole and not the bare pointer.
    pub fn pointer(&self) -> *mut c_void {
        self.0
    }
}
