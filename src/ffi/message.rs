//! `cognito_message`: publish, subscribe and unsubscribe.

use super::boundary::{self, UserData, c_string, text};
use super::client::{CLIENTS, cognito_client};
use super::event::failure_token;
use super::failure::{FAILURES, cognito_failure};
use super::properties::{PROPERTIES, cognito_properties, given, token_of};
use super::wait::wait;
use crate::client::{Message, OnComplete, OnMessage, Qos, Then, check_payload_len};
use crate::error::Failure;
use crate::status::Status;
use bytes::Bytes;
use std::ffi::{c_char, c_void};
use std::ptr::without_provenance_mut;
use std::sync::Arc;

/// A message that has come. Valid during the callback only. Later versions may add members at the end.
#[repr(C)]
pub struct cognito_message {
    /// NUL-terminated UTF-8.
    pub topic: *const c_char,
    /// Never NULL. Not NUL-terminated.
    pub payload: *const c_void,
    /// Bytes.
    pub payload_len: usize,
    /// 0 or 1.
    pub qos: i32,
    /// It was kept by the server from before the subscription.
    pub retain: bool,
    /// The server sends it again, so it may have come before.
    pub duplicate: bool,
    /// What MQTT 5 says beside it, to be read by the functions of cognito_properties; NULL when it says nothing. It is freed
    /// after the callback.
    pub properties: *const cognito_properties,
}

/// What came of a request. Valid during the callback only. Later versions may add members at the end.
#[repr(C)]
pub struct cognito_completion {
    /// COGNITO_STATUS_OK when a message of QoS 0 was written, or the server has acknowledged; what the server refused, such as
    /// COGNITO_STATUS_SUBSCRIBE_REFUSED; COGNITO_STATUS_WITHDRAWN or COGNITO_STATUS_OUTCOME_UNKNOWN when the client was disconnected or freed before.
    pub status: Status,
    /// The same in full, or NULL. It is freed after the callback.
    pub failure: *const cognito_failure,
    /// The QoS that the server has granted a subscription, which may be lower than asked for; else -1.
    pub granted_qos: i32,
}

/// Given a message of a subscription, in the order in which messages come, on a thread that is inside a call of that client. A
/// message of QoS 1 is acknowledged when the callbacks of all subscriptions that match have returned: who is slow makes the
/// server wait. Every call of this library works in it, but one that would wait returns COGNITO_STATUS_IN_CALLBACK: give
/// wait_ms 0. Must not throw or jump out.
///
/// @param message   Valid during the call only.
/// @param user_data As given to cognito_client_subscribe().
pub type cognito_message_fn =
    Option<unsafe extern "C" fn(client: *mut cognito_client, message: *const cognito_message, user_data: *mut c_void)>;

/// Told once what came of a request, as cognito_message_fn is told of messages.
///
/// @param completion Valid during the call only.
/// @param user_data  As given with the request.
pub type cognito_completion_fn = Option<
    unsafe extern "C" fn(client: *mut cognito_client, completion: *const cognito_completion, user_data: *mut c_void),
>;

/// Publishes a message. One of QoS 0 is done when it is written to the connection, one of QoS 1 when the server has acknowledged
/// it, over as many connections as that takes. While a session is being connected, messages wait in a queue, in order, up to
/// cognito_config_set_queue_max(). Blocks for at most wait_ms, and for as long as callbacks take.
///
/// @param topic       1 to 256 bytes of UTF-8 with at most 7 slashes, without wildcards and control characters; what comes
///                    before the topic of a rule, "$aws/rules/NAME/", does not count. Copied.
/// @param payload     Copied. May be NULL when payload_len is 0.
/// @param payload_len Bytes, at most 131072. The packet, with topic and properties, has at most 149504.
/// @param qos         0 or 1. AWS IoT Core has no QoS 2.
/// @param retain      Whether the server keeps it for later subscribers.
/// @param properties  What MQTT 5 says beside it; copied. NULL for nothing, and with MQTT 3.1.1. A message expiry counts from this
///                    call: a message that expires before it could be sent is withdrawn.
/// @param wait_ms     Milliseconds, or COGNITO_WAIT_FOREVER; 0 takes the message over and returns at once.
/// @param on_complete With wait_ms 0, told once what came of it; or NULL. NULL with any other wait_ms.
/// @param user_data   Handed to on_complete.
/// @return COGNITO_STATUS_OK when done, or with wait_ms 0 when taken over; COGNITO_STATUS_QUEUE_FULL;
///         COGNITO_STATUS_PUBLISH_REFUSED by a server with MQTT 5; COGNITO_STATUS_WITHDRAWN when wait_ms passed before it was sent: it will not be;
///         COGNITO_STATUS_OUTCOME_UNKNOWN when wait_ms passed after it was sent: it goes its way, and nobody is told;
///         COGNITO_STATUS_CANCELLED, whose message says which of the two; COGNITO_STATUS_INVALID_STATE when nothing is open
///         or under way.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cognito_client_publish(
    client: *mut cognito_client,
    topic: *const c_char,
    payload: *const c_void,
    payload_len: usize,
    qos: i32,
    retain: bool,
    properties: *const cognito_properties,
    wait_ms: i32,
    on_complete: cognito_completion_fn,
    user_data: *mut c_void,
) -> Status {
    boundary::status(|| {
        let then = then(client, wait_ms, on_complete, user_data)?;
        check_payload_len(payload_len)?;
        let message = Message {
            // SAFETY: the caller's promise.
            topic: unsafe { text("topic", topic) }?.to_owned(),
            // SAFETY: the caller's promise.
            payload: Bytes::copy_from_slice(unsafe { boundary::bytes("payload", payload, payload_len) }?),
            qos: self::qos(qos)?,
            retain,
            duplicate: false,
            packet_id: 0,
            properties: given(properties)?,
        };
        message.check_len()?;
        CLIENTS.get(client)?.publish(message, then)
    })
}

/// Subscribes to all topics that a filter stands for, in place of an earlier subscription with the same filter: messages come to
/// this one from now on, and to the earlier one again if this one is refused or withdrawn. The subscription
/// lasts as long as the client: it is made again on every connection that needs it, after cognito_client_disconnect() too. It
/// can be asked for with wait_ms 0 before the first connect, which is the way not to miss messages that the server has kept
/// for a session. A message is given to every subscription that it matches, once each.
/// Blocks for at most wait_ms, and for as long as callbacks take.
///
/// @param filter      As a topic, and with the wildcards + and #.
/// @param qos         The highest QoS that messages shall come with: 0 or 1.
/// @param on_message  Given the messages.
/// @param message_data Handed to on_message.
/// @param wait_ms     Milliseconds, or COGNITO_WAIT_FOREVER; 0 takes it over and returns at once.
/// @param on_complete With wait_ms 0, told once what came of it; or NULL. NULL with any other wait_ms.
/// @param user_data   Handed to on_complete.
/// @return COGNITO_STATUS_OK when the server has made it, or with wait_ms 0 when taken over; COGNITO_STATUS_SUBSCRIBE_REFUSED;
///         else as cognito_client_publish().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cognito_client_subscribe(
    client: *mut cognito_client,
    filter: *const c_char,
    qos: i32,
    on_message: cognito_message_fn,
    message_data: *mut c_void,
    wait_ms: i32,
    on_complete: cognito_completion_fn,
    user_data: *mut c_void,
) -> Status {
    boundary::status(|| {
        let then = then(client, wait_ms, on_complete, user_data)?;
        // SAFETY: the caller's promise.
        let filter = unsafe { text("filter", filter) }?;
        let on_message = message_callback(client, on_message, message_data)?;
        CLIENTS.get(client)?.subscribe(filter, self::qos(qos)?, on_message, then)
    })
}

/// Ends a subscription. Messages can come until that is done. Blocks for at most wait_ms, and for as long as callbacks take.
///
/// @param filter      Of the subscription, letter by letter.
/// @param wait_ms     Milliseconds, or COGNITO_WAIT_FOREVER; 0 takes it over and returns at once.
/// @param on_complete With wait_ms 0, told once what came of it; or NULL. NULL with any other wait_ms.
/// @param user_data   Handed to on_complete.
/// @return As cognito_client_publish().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cognito_client_unsubscribe(
    client: *mut cognito_client,
    filter: *const c_char,
    wait_ms: i32,
    on_complete: cognito_completion_fn,
    user_data: *mut c_void,
) -> Status {
    boundary::status(|| {
        let then = then(client, wait_ms, on_complete, user_data)?;
        // SAFETY: the caller's promise.
        CLIENTS.get(client)?.unsubscribe(unsafe { text("filter", filter) }?, then)
    })
}

/// Checks a QoS.
pub(super) fn qos(qos: i32) -> Result<Qos, Failure> {
    match qos {
        0 => Ok(Qos::AtMostOnce),
        1 => Ok(Qos::AtLeastOnce),
        2 => Err(Failure::argument("qos", "is 2, which AWS IoT Core never answers; it may be 0 or 1")),
        _ => Err(Failure::argument("qos", format!("is {qos}; it may be 0 or 1"))),
    }
}

fn then(
    client: *mut cognito_client,
    wait_ms: i32,
    on_complete: cognito_completion_fn,
    user_data: *mut c_void,
) -> Result<Then, Failure> {
    let wait = wait("wait_ms", wait_ms)?;
    let Some(function) = on_complete else {
        return Ok(if wait_ms == 0 { Then::Tell(None) } else { Then::Wait(wait) });
    };
    if wait_ms != 0 {
        let problem = "is given together with a wait_ms other than 0: the call itself returns what came of the request";
        return Err(Failure::argument("on_complete", problem));
    }
    let (token, user_data) = (client.addr(), UserData(user_data));
    let on_complete: OnComplete = Box::new(move |done| {
        let failure = failure_token(done.as_ref().err());
        let completion = cognito_completion {
            status: done.as_ref().err().map_or(Status::Ok, |failure| failure.status),
            failure,
            granted_qos: done.ok().flatten().map_or(-1, number),
        };
        // SAFETY: the application's promise about its function; `completion` is valid for the call.
        unsafe { function(without_provenance_mut(token), &raw const completion, user_data.pointer()) };
        let _ = FAILURES.remove(failure);
    });
    Ok(Then::Tell(Some(on_complete)))
}

fn message_callback(
    client: *mut cognito_client,
    on_message: cognito_message_fn,
    message_data: *mut c_void,
) -> Result<OnMessage, Failure> {
    let function = on_message.ok_or_else(|| Failure::argument("on_message", "is NULL"))?;
    let (token, message_data) = (client.addr(), UserData(message_data));
    Ok(Arc::new(move |message: &Message| {
        let topic = c_string(&message.topic);
        let properties = token_of(message.properties.as_deref());
        let message = cognito_message {
            topic: topic.as_ptr(),
            payload: message.payload.as_ptr().cast(),
            payload_len: message.payload.len(),
            qos: number(message.qos),
            retain: message.retain,
            duplicate: message.duplicate,
            properties,
        };
        // SAFETY: the application's promise about its function; `message` is valid for the call.
        unsafe { function(without_provenance_mut(token), &raw const message, message_data.pointer()) };
        let _ = PROPERTIES.remove(properties);
    }))
}

fn number(qos: Qos) -> i32 {
    match qos {
        Qos::AtMostOnce => 0,
        Qos::AtLeastOnce => 1,
    }
}
