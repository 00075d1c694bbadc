//! How long a call may wait.

use crate::callback;
use crate::error::{Failure, Stage};
use crate::execution::Wait;
use crate::status::Status;
use std::time::Duration;

/// For wait_ms and timeout_ms: as long as it takes. A connect or disconnect is bounded by its own timeouts.
pub const COGNITO_WAIT_FOREVER: i32 = -1;

/// Checks a wait_ms or timeout_ms.
pub(super) fn wait(field: &str, milliseconds: i32) -> Result<Wait, Failure> {
    if milliseconds != 0 && callback::is_delivered() {
        let message = "a call that would wait was made inside an event, message or completion callback";
        return Err(Failure::new(Status::InCallback, Stage::None, message).hint(format!("Give {field} 0")));
    }
    match u64::try_from(milliseconds) {
        Ok(milliseconds) => Ok(Wait::AtMost(Duration::from_millis(milliseconds))),
        Err(_) if milliseconds == COGNITO_WAIT_FOREVER => Ok(Wait::Forever),
        Err(_) => {
            Err(Failure::argument(field, format!("is {milliseconds}; it may be 0 and above, or COGNITO_WAIT_FOREVER")))
        }
    }
}
