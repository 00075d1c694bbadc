//! `cognito_credentials`.

use super::boundary::{self, c_string};
use super::handle::{Kind, Table};
use crate::credentials::Credentials;
use std::ffi::{CString, c_char};
use std::time::{SystemTime, UNIX_EPOCH};

pub(super) static CREDENTIALS: Table<Keys> = Table::new(Kind::Credentials);

/// Temporary AWS credentials. A snapshot that never changes; any threads may read it at once. Its strings are secrets, live
/// until it is freed, and are zeroed then.
pub struct cognito_credentials;

/// Credentials with their strings in C's form.
pub struct Keys {
    access_key_id: CString,
    secret_access_key: CString,
    session_token: CString,
    expires_at: i64,
}

impl Keys {
    pub(super) fn of(credentials: &Credentials) -> Self {
        Self {
            access_key_id: c_string(credentials.access_key_id()),
            secret_access_key: c_string(credentials.secret_access_key()),
            session_token: c_string(credentials.session_token()),
            expires_at: unix_seconds(credentials.expires_at()),
        }
    }
}

/// The access key id.
///
/// @return Owned by the credentials. Never NULL; empty when credentials is not a live handle.
#[unsafe(no_mangle)]
pub extern "C" fn cognito_credentials_access_key_id(credentials: *const cognito_credentials) -> *const c_char {
    text(credentials, |keys| &keys.access_key_id)
}

/// The secret access key.
///
/// @return As cognito_credentials_access_key_id().
#[unsafe(no_mangle)]
pub extern "C" fn cognito_credentials_secret_access_key(credentials: *const cognito_credentials) -> *const c_char {
    text(credentials, |keys| &keys.secret_access_key)
}

/// The session token, without which the two keys are of no use. It may be of any length; 1 to 2 KiB are usual.
///
/// @return As cognito_credentials_access_key_id().
#[unsafe(no_mangle)]
pub extern "C" fn cognito_credentials_session_token(credentials: *const cognito_credentials) -> *const c_char {
    text(credentials, |keys| &keys.session_token)
}

/// When the credentials end, in Unix seconds of server time; cognito_provider_clock_offset_ms() tells how far the device's
/// clock is off from that.
///
/// @return 0 when credentials is not a live handle.
#[unsafe(no_mangle)]
pub extern "C" fn cognito_credentials_expires_at(credentials: *const cognito_credentials) -> i64 {
    boundary::value(0, || Ok(CREDENTIALS.get(credentials)?.expires_at))
}

/// Frees credentials and zeroes them. Does not block.
///
/// @param credentials Credentials, or NULL.
#[unsafe(no_mangle)]
pub extern "C" fn cognito_credentials_free(credentials: *mut cognito_credentials) {
    boundary::free(|| CREDENTIALS.remove(credentials).map(drop));
}

fn text(credentials: *const cognito_credentials, part: impl FnOnce(&Keys) -> &CString) -> *const c_char {
    // The pointer outlives the lookup: the snapshot never changes and stays in the table until it is freed.
    boundary::value(c"".as_ptr(), || Ok(part(&*CREDENTIALS.get(credentials)?).as_ptr()))
}

/// Whole seconds since the Unix epoch.
pub(super) fn unix_seconds(time: SystemTime) -> i64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}
