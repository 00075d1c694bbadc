//! `cognito_log_set`.

use super::boundary::{self, UserData};
use crate::error::Failure;
use crate::log::{self, LogLevel};
use crate::status::Status;
use std::ffi::{c_char, c_void};

/// Receives one log line. Called on the thread that is inside a call of this library, in the middle of its work:
/// any call of this library made here, but for cognito_client_cancel(), returns COGNITO_STATUS_REENTRANT. May be called by several threads at once.
/// Never receives a secret, at any level; the identity id of a guest is shortened. Must not throw or jump out.
///
/// @param level     A cognito_log_level.
/// @param stage     Name of the stage, such as "TLS". Valid during the call only.
/// @param message   One line of UTF-8 without a line end. Valid during the call only.
/// @param user_data As given to cognito_log_set().
pub type cognito_log_fn =
    Option<unsafe extern "C" fn(level: i32, stage: *const c_char, message: *const c_char, user_data: *mut c_void)>;

/// Sets the log callback of the whole process, or removes it. The default is none.
/// May be called at any time by any thread. When it returns, the former callback is not running and will not be
/// called again; it waits for that. A child of fork() has the callback of its parent, and waits for its own threads alone. Costs
/// nothing when no callback is set.
///
/// @param max_level The most verbose cognito_log_level to report.
/// @param log       The callback, or NULL for none.
/// @param user_data Handed to the callback; any thread may be the one that receives it.
/// @return COGNITO_STATUS_INVALID_ARGUMENT for a level that is none.
#[unsafe(no_mangle)]
pub extern "C" fn cognito_log_set(max_level: i32, log: cognito_log_fn, user_data: *mut c_void) -> Status {
    boundary::status(|| {
        let level = LogLevel::all()
            .into_iter()
            .find(|level| *level as i32 == max_level)
            .ok_or_else(|| Failure::argument("max_level", format!("is {max_level}; a cognito_log_level is 0 to 6")))?;
        let user_data = UserData(user_data);
        log::set(
            level,
            log.map(|log| {
                Box::new(move |level: LogLevel, stage: crate::error::Stage, line: &str| {
                    let line = boundary::c_string(line);
                    // SAFETY: the application gave the function and its user_data for exactly this call.
                    unsafe { log(level as i32, stage.name().as_ptr(), line.as_ptr(), user_data.pointer()) };
                }) as log::Sink
            }),
        );
        Ok(())
    })
}
