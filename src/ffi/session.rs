//! The part of `cognito_config` that says what the MQTT session is.

use super::boundary::{self, optional_text, text};
use super::config::{cognito_config, set};
use super::message::qos;
use super::properties::{cognito_properties, given};
use crate::config::{MqttVersion, Will, check_will_payload_len};
use crate::error::Failure;
use crate::features::MQTT5;
use crate::status::Status;
use bytes::Bytes;
use std::ffi::{c_char, c_void};

/// Sets the MQTT client identifier. Required for a client. The policy must allow iot:Connect for it, and a second
/// connection with the same one ends the first.
///
/// @param client_id 1 to 128 bytes of UTF-8 without control characters.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cognito_config_set_client_id(config: *mut cognito_config, client_id: *const c_char) -> Status {
    set(config, |config| {
        // SAFETY: the caller's promise.
        config.set_client_id(Some(unsafe { text("client_id", client_id) }?))
    })
}

/// Sets the MQTT keep-alive: after so many seconds of silence a PINGREQ is sent while the client is processed, and
/// after 1.5 times that the server ends a silent session. Default 60.
///
/// @param seconds 1 to 1200. AWS IoT Core counts less than 30 as 30.
#[unsafe(no_mangle)]
pub extern "C" fn cognito_config_set_keep_alive_s(config: *mut cognito_config, seconds: u32) -> Status {
    set(config, |config| config.set_keep_alive_s(seconds))
}

/// Sets whether the MQTT session begins anew (true, the default) or goes on where the last one of this client
/// identifier was left (false).
#[unsafe(no_mangle)]
pub extern "C" fn cognito_config_set_clean_session(config: *mut cognito_config, clean_session: bool) -> Status {
    set(config, |config| {
        config.clean_session = clean_session;
        Ok(())
    })
}

/// Sets the version of MQTT. All functions do the same with either; with MQTT 5 the server says why it refuses or ends
/// something, in cognito_failure_reason_code() and cognito_failure_reason_string(), and messages may have properties. Topic aliases
/// are given to the server without being asked for. Default COGNITO_MQTT_VERSION_V3_1_1.
///
/// @param version A cognito_mqtt_version.
/// @return COGNITO_STATUS_NOT_BUILT for MQTT 5 in a build without it. So do the other setters that are for MQTT 5 only.
#[unsafe(no_mangle)]
pub extern "C" fn cognito_config_set_mqtt_version(config: *mut cognito_config, version: i32) -> Status {
    set(config, |config| {
        let mut known = [MqttVersion::V3_1_1, MqttVersion::V5].into_iter();
        let known = known.find(|known| *known as i32 == version).ok_or_else(|| {
            let problem = format!("is {version}; a cognito_mqtt_version is 4, for MQTT 3.1.1, or 5");
            Failure::argument("mqtt_version", problem)
        })?;
        if known == MqttVersion::V5 {
            MQTT5.required()?;
        }
        config.version = known;
        Ok(())
    })
}

/// Sets how long the server keeps the session when no connection is open (Session Expiry Interval). MQTT 5 only. Default 0
/// with a clean session, which begins anew with every connection whatever this is, and 3600 without.
///
/// @param seconds 0 for no longer than the connection; UINT32_MAX for ever. AWS IoT Core keeps none longer than 7 days.
#[unsafe(no_mangle)]
pub extern "C" fn cognito_config_set_session_expiry_s(config: *mut cognito_config, seconds: u32) -> Status {
    set(config, |config| {
        MQTT5.required()?;
        config.session_expiry_s = Some(seconds);
        Ok(())
    })
}

/// Sets how many messages of QoS 1 the server may send ahead of their acknowledgement (Receive Maximum). MQTT 5 only.
/// Default 100.
///
/// @param messages 1 to 65535.
#[unsafe(no_mangle)]
pub extern "C" fn cognito_config_set_receive_maximum(config: *mut cognito_config, messages: u32) -> Status {
    set(config, |config| {
        MQTT5.required()?;
        config.set_receive_maximum(messages)
    })
}

/// Sets how many topic aliases the server may give (Topic Alias Maximum), each of which keeps a topic in memory while a connection
/// lasts and makes its messages shorter. MQTT 5 only. Default 0.
///
/// @param aliases 0 to 65535.
#[unsafe(no_mangle)]
pub extern "C" fn cognito_config_set_topic_alias_maximum(config: *mut cognito_config, aliases: u32) -> Status {
    set(config, |config| {
        MQTT5.required()?;
        config.set_topic_alias_maximum(aliases)
    })
}

/// Sets how long the server may take to answer PINGREQ before the connection is given up. Default 10000. A connection whose
/// other end is gone is noticed after the keep-alive and this, whatever is sent meanwhile.
///
/// @param milliseconds 1 to 600000.
#[unsafe(no_mangle)]
pub extern "C" fn cognito_config_set_ping_timeout_ms(config: *mut cognito_config, milliseconds: u32) -> Status {
    set(config, |config| config.set_ping_timeout_ms(milliseconds))
}

/// Sets the MQTT user name, which AWS IoT Core uses for metrics and custom authorizers. Default none.
///
/// @param user_name 1 to 65535 bytes of UTF-8 without control characters, or NULL for none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cognito_config_set_user_name(config: *mut cognito_config, user_name: *const c_char) -> Status {
    set(config, |config| {
        // SAFETY: the caller's promise.
        config.set_user_name(unsafe { optional_text("user_name", user_name) }?)
    })
}

/// Sets the MQTT will: what the server publishes when the session ends without DISCONNECT. Default none. The policy has to
/// allow the client to publish to its topic.
///
/// @param topic       As for cognito_client_publish(), or NULL for no will.
/// @param payload_len Bytes, at most 65535; with topic and properties at most 149504.
/// @param qos         0 or 1.
/// @param properties  What MQTT 5 says beside it, a will delay among it; copied. NULL for nothing, and with MQTT 3.1.1.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cognito_config_set_will(
    config: *mut cognito_config,
    topic: *const c_char,
    payload: *const c_void,
    payload_len: usize,
    qos: i32,
    retain: bool,
    properties: *const cognito_properties,
) -> Status {
    set(config, |config| {
        // SAFETY: the caller's promise.
        let topic = unsafe { optional_text("topic", topic) }?;
        let Some(topic) = topic else { return config.set_will(None) };
        check_will_payload_len(payload_len)?;
        // SAFETY: the caller's promise.
        let payload = Bytes::copy_from_slice(unsafe { boundary::bytes("payload", payload, payload_len) }?);
        let qos = self::qos(qos)?;
        config.set_will(Some(Will { topic: topic.to_owned(), payload, qos, retain, properties: given(properties)? }))
    })
}

/// Sets when a lost session is dialled for again: the first time at once, then after a random delay of up to min_ms, which
/// doubles with each failure up to max_ms, and begins anew after a session of 30 seconds. Refusals that would only be repeated,
/// such as those of a policy, are not dialled for again. Defaults 1000 and 60000.
///
/// @param min_ms 1 to 3600000; or 0 with max_ms 0, so that a loss ends the session for good.
/// @param max_ms min_ms to 86400000.
#[unsafe(no_mangle)]
pub extern "C" fn cognito_config_set_reconnect_ms(config: *mut cognito_config, min_ms: u32, max_ms: u32) -> Status {
    set(config, |config| config.set_reconnect_ms(min_ms, max_ms))
}

/// Sets how much may wait to be sent while the session is being connected, or faster than the connection takes it: what is
/// more is refused with COGNITO_STATUS_QUEUE_FULL, and nothing that was accepted is dropped for it. Defaults 1000 and 1048576.
///
/// @param messages 1 to 1000000.
/// @param bytes    Of topics, payloads and properties together, 1 and above. One message of any size is taken when nothing waits.
#[unsafe(no_mangle)]
pub extern "C" fn cognito_config_set_queue_max(config: *mut cognito_config, messages: u32, bytes: usize) -> Status {
    set(config, |config| config.set_queue_max(messages, bytes))
}
