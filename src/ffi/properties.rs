//! `cognito_properties`.

use super::boundary::{self, c_string, optional_text, text};
use super::handle::{Kind, Table};
use crate::client::{Properties, check_topic};
use crate::error::Failure;
use crate::features::MQTT5;
use crate::status::Status;
use bytes::Bytes;
use std::ffi::{CStr, CString, c_char, c_void};
use std::ptr::{null, without_provenance};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub(super) static PROPERTIES: Table<Mutex<Held>> = Table::new(Kind::Properties);

/// What MQTT 5 says about a message or a will beside topic and payload. A message or config copies what it is given. Only one
/// thread may use it at a time. Its strings live until it is changed or freed.
///
/// Every setter checks its value at once and copies it. It returns COGNITO_STATUS_INVALID_ARGUMENT, with the former value left in
/// place, or COGNITO_STATUS_INVALID_HANDLE; those of a cognito_message cannot be changed. None blocks. In a build without MQTT 5
/// there are none, and what would make or change some returns COGNITO_STATUS_NOT_BUILT.
pub struct cognito_properties;

/// Properties with their strings in C's form.
pub struct Held {
    properties: Properties,
    content_type: Option<CString>,
    response_topic: Option<CString>,
    /// Of a message that has come.
    is_fixed: bool,
}

impl Held {
    fn of(properties: Properties, is_fixed: bool) -> Self {
        Self {
            content_type: properties.content_type.as_deref().map(c_string),
            response_topic: properties.response_topic.as_deref().map(c_string),
            properties,
            is_fixed,
        }
    }
}

/// The properties behind a pointer that may be NULL.
pub(super) fn given(properties: *const cognito_properties) -> Result<Option<Box<Properties>>, Failure> {
    if properties.is_null() {
        return Ok(None);
    }
    MQTT5.required()?;
    let held = PROPERTIES.get(properties)?;
    let properties = lock(&held).properties.clone();
    Ok(Some(Box::new(properties)))
}

/// A handle for the time of a callback; NULL for none.
pub(super) fn token_of(properties: Option<&Properties>) -> *const cognito_properties {
    let Some(properties) = properties.filter(|_| MQTT5.is_built()) else { return null() };
    let held = Held::of(properties.clone(), true);
    PROPERTIES.insert(Arc::new(Mutex::new(held))).map_or(null(), without_provenance)
}

/// Makes properties that say nothing.
///
/// @param out Receives them, or NULL. Free them with cognito_properties_free().
/// @return COGNITO_STATUS_OUT_OF_RESOURCES when there are 8192.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cognito_properties_new(out: *mut *mut cognito_properties) -> Status {
    let make = || {
        MQTT5.required()?;
        PROPERTIES.insert(Arc::new(Mutex::new(Held::of(Properties::default(), false))))
    };
    // SAFETY: the caller's promise about `out`.
    unsafe { boundary::construct("out", out, make) }
}

/// Sets whether the payload is UTF-8 text (Payload Format Indicator). Default false. AWS IoT Core refuses one that is not.
#[unsafe(no_mangle)]
pub extern "C" fn cognito_properties_set_payload_is_utf8(
    properties: *mut cognito_properties,
    payload_is_utf8: bool,
) -> Status {
    set(properties, |held| {
        held.properties.payload_is_utf8 = payload_is_utf8;
        Ok(())
    })
}

/// Sets how long the message is worth delivering (Message Expiry Interval).
///
/// @param seconds 0 to 4294967295, or -1 for ever, the default.
#[unsafe(no_mangle)]
pub extern "C" fn cognito_properties_set_message_expiry_s(properties: *mut cognito_properties, seconds: i64) -> Status {
    set(properties, |held| {
        held.properties.message_expiry_s = interval("message_expiry_s", seconds)?;
        Ok(())
    })
}

/// Sets what the payload is (Content Type), such as "application/json".
///
/// @param content_type At most 65535 bytes of UTF-8 without control characters, or NULL for none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cognito_properties_set_content_type(
    properties: *mut cognito_properties,
    content_type: *const c_char,
) -> Status {
    set(properties, |held| {
        // SAFETY: the caller's promise.
        let content_type = unsafe { optional_text("content_type", content_type) }?;
        content_type.map_or(Ok(()), |text| check("content_type", text))?;
        held.properties.content_type = content_type.map(str::to_owned);
        held.content_type = content_type.map(c_string);
        Ok(())
    })
}

/// Sets where an answer is to be published (Response Topic).
///
/// @param response_topic As for cognito_client_publish(), or NULL for none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cognito_properties_set_response_topic(
    properties: *mut cognito_properties,
    response_topic: *const c_char,
) -> Status {
    set(properties, |held| {
        // SAFETY: the caller's promise.
        let topic = unsafe { optional_text("response_topic", response_topic) }?;
        topic.map_or(Ok(()), |topic| check_topic("response_topic", topic))?;
        held.properties.response_topic = topic.map(str::to_owned);
        held.response_topic = topic.map(c_string);
        Ok(())
    })
}

/// Sets what tells the answer to a message from others (Correlation Data).
///
/// @param data Copied. NULL for none.
/// @param len  Bytes, at most 65535.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cognito_properties_set_correlation_data(
    properties: *mut cognito_properties,
    data: *const c_void,
    len: usize,
) -> Status {
    set(properties, |held| {
        // SAFETY: the caller's promise.
        let bytes = unsafe { boundary::bytes("correlation_data", data, len) }?;
        check_length("correlation_data", len)?;
        held.properties.correlation_data = (!data.is_null()).then(|| Bytes::copy_from_slice(bytes));
        Ok(())
    })
}

/// Adds a name and a value of the application's own (User Property). A name may be there more than once. AWS IoT Core takes 8 KiB
/// of them with a message; more than 149504 bytes of properties, which no packet has room for, are refused.
///
/// @param name  At most 65535 bytes of UTF-8 without control characters.
/// @param value As name.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cognito_properties_add_user_property(
    properties: *mut cognito_properties,
    name: *const c_char,
    value: *const c_char,
) -> Status {
    set(properties, |held| {
        // SAFETY: the caller's promise.
        let (name, value) = unsafe { (text("name", name)?, text("value", value)?) };
        check("name", name)?;
        check("value", value)?;
        held.properties.add_user_property(name, value)
    })
}

/// Sets how long after the end of the session the server waits before it publishes a will (Will Delay Interval), so that a short
/// loss of the network goes unnoticed. Of a will only. It is published earlier when the session expires, as a clean one does at once.
///
/// @param seconds 0 to 4294967295, or -1 for at once, the default.
#[unsafe(no_mangle)]
pub extern "C" fn cognito_properties_set_will_delay_s(properties: *mut cognito_properties, seconds: i64) -> Status {
    set(properties, |held| {
        held.properties.will_delay_s = interval("will_delay_s", seconds)?;
        Ok(())
    })
}

/// Whether the payload is said to be UTF-8 text.
///
/// @return false when it is not said, or properties is not a live handle.
#[unsafe(no_mangle)]
pub extern "C" fn cognito_properties_payload_is_utf8(properties: *const cognito_properties) -> bool {
    read(properties, false, |held| held.properties.payload_is_utf8)
}

/// How many seconds the message is still worth delivering.
///
/// @return -1 when that is not said.
#[unsafe(no_mangle)]
pub extern "C" fn cognito_properties_message_expiry_s(properties: *const cognito_properties) -> i64 {
    read(properties, -1, |held| held.properties.message_expiry_s.map_or(-1, i64::from))
}

/// What the payload is.
///
/// @return Owned by the properties. NULL when that is not said.
#[unsafe(no_mangle)]
pub extern "C" fn cognito_properties_content_type(properties: *const cognito_properties) -> *const c_char {
    read(properties, null(), |held| pointer(held.content_type.as_deref()))
}

/// Where an answer is to be published.
///
/// @return Owned by the properties. NULL when that is not said.
#[unsafe(no_mangle)]
pub extern "C" fn cognito_properties_response_topic(properties: *const cognito_properties) -> *const c_char {
    read(properties, null(), |held| pointer(held.response_topic.as_deref()))
}

/// What tells the answer to this message from others.
///
/// @param len Receives its length in bytes, 0 when there is none.
/// @return Owned by the properties. NULL when there is none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cognito_properties_correlation_data(
    properties: *const cognito_properties,
    len: *mut usize,
) -> *const c_void {
    // SAFETY: the caller's promise about `len`.
    let Some(len) = (unsafe { len.as_mut() }) else {
        return boundary::value(null(), || Err(Failure::argument("len", "is NULL")));
    };
    *len = 0;
    read(properties, null(), |held| match &held.properties.correlation_data {
        Some(data) => {
            *len = data.len();
            data.as_ptr().cast()
        }
        None => null(),
    })
}

/// How many user properties there are.
///
/// @return 0 when properties is not a live handle.
#[unsafe(no_mangle)]
pub extern "C" fn cognito_properties_user_property_count(properties: *const cognito_properties) -> usize {
    read(properties, 0, |held| held.properties.user_properties.count())
}

/// The name of a user property.
///
/// @param index From 0, in the order in which they were added or have come.
/// @return Owned by the properties. NULL when there is none.
#[unsafe(no_mangle)]
pub extern "C" fn cognito_properties_user_property_name(
    properties: *const cognito_properties,
    index: usize,
) -> *const c_char {
    read(properties, null(), |held| pointer(held.properties.user_properties.get(index).map(|(name, _)| name)))
}

/// The value of a user property.
///
/// @param index As for cognito_properties_user_property_name().
/// @return Owned by the properties. NULL when there is none.
#[unsafe(no_mangle)]
pub extern "C" fn cognito_properties_user_property_value(
    properties: *const cognito_properties,
    index: usize,
) -> *const c_char {
    read(properties, null(), |held| pointer(held.properties.user_properties.get(index).map(|(_, value)| value)))
}

/// Frees properties and their strings. Does not block.
///
/// @param properties Properties of cognito_properties_new(), or NULL.
#[unsafe(no_mangle)]
pub extern "C" fn cognito_properties_free(properties: *mut cognito_properties) {
    boundary::free(|| PROPERTIES.remove(properties).map(drop));
}

fn lock(held: &Mutex<Held>) -> MutexGuard<'_, Held> {
    held.lock().unwrap_or_else(PoisonError::into_inner)
}

fn set(properties: *mut cognito_properties, change: impl FnOnce(&mut Held) -> Result<(), Failure>) -> Status {
    boundary::status(|| {
        MQTT5.required()?;
        let held = PROPERTIES.get(properties)?;
        let mut held = lock(&held);
        if held.is_fixed {
            let problem = "are those of a message that has come, which cannot be changed";
            return Err(Failure::argument("properties", problem));
        }
        change(&mut held)
    })
}

/// The pointers that this gives outlive the lock: they are good until the next change.
fn read<T>(properties: *const cognito_properties, default: T, part: impl FnOnce(&Held) -> T) -> T {
    boundary::value(default, || Ok(part(&lock(&*PROPERTIES.get(properties)?))))
}

fn pointer(text: Option<&CStr>) -> *const c_char {
    text.map_or(null(), |text| text.as_ptr())
}

fn interval(field: &str, seconds: i64) -> Result<Option<u32>, Failure> {
    if seconds == -1 {
        return Ok(None);
    }
    let problem = || format!("is {seconds}; it may be 0 to {} seconds, or -1 for none", u32::MAX);
    u32::try_from(seconds).map(Some).map_err(|_| Failure::argument(field, problem()))
}

fn check(field: &str, text: &str) -> Result<(), Failure> {
    if text.chars().any(char::is_control) {
        return Err(Failure::argument(field, "holds a control character, which MQTT forbids"));
    }
    check_length(field, text.len())
}

fn check_length(field: &str, len: usize) -> Result<(), Failure> {
    let max = usize::from(u16::MAX);
    if len <= max {
        Ok(())
    } else {
        Err(Failure::argument(field, format!("has {len} bytes; MQTT takes at most {max}")))
    }
}
