//! The calls that set something: configs and properties.

use super::world::{self, CLOSED, SECRETS};
use cognito_connect::Status;
use cognito_connect::ffi::*;
use std::ffi::{CString, c_char};
use std::ptr::{null, null_mut};

pub const IDENTITY: &str = "us-east-1:01234567-89ab-cdef-0123-456789abcdef";

/// As C takes it.
pub fn pointer(text: &Option<CString>) -> *const c_char {
    text.as_ref().map_or(null(), |text| text.as_ptr())
}

/// Ports of nobody, and none.
fn port(number: u32) -> u32 {
    match number % 4 {
        0 => 0,
        1 => 70_000,
        _ => u32::from(*CLOSED),
    }
}

/// A config that could be connected with, if somebody listened.
pub fn set_up(config: *mut cognito_config) {
    let cognito = CString::new(format!("127.0.0.1:{}", *CLOSED)).unwrap_or_default();
    let identity = CString::new(IDENTITY).unwrap_or_default();
    // SAFETY: all are texts.
    unsafe {
        let _ = cognito_config_set_endpoint(config, c"127.0.0.1".as_ptr());
        let _ = cognito_config_set_cognito_endpoint(config, cognito.as_ptr());
        let _ = cognito_config_set_identity(config, identity.as_ptr());
        let _ = cognito_config_set_client_id(config, c"device-1".as_ptr());
    }
    let _ = cognito_config_set_port(config, (*CLOSED).into());
}

/// One setting of a config.
pub fn set(
    config: *mut cognito_config,
    setting: u8,
    text: &Option<CString>,
    other: &Option<CString>,
    number: u32,
    flag: bool,
) -> Status {
    let (at, too, small) = (pointer(text), pointer(other), (number % 2000).wrapping_sub(500));
    // Names that a name server would be asked for stay out.
    let host = if flag { c"127.0.0.1".as_ptr() } else { c"wss://x".as_ptr() };
    // SAFETY: all are texts or NULL.
    unsafe {
        match setting % 34 {
            0 => cognito_config_set_endpoint(config, if number == 0 { null() } else { host }),
            1 => cognito_config_set_port(config, port(number)),
            2 => cognito_config_set_signing_region(config, at),
            3 => cognito_config_set_cognito_region(config, at),
            4 => cognito_config_set_cognito_endpoint(config, c"wss://x".as_ptr()),
            5 => cognito_config_set_cognito_tries(config, number),
            6 => cognito_config_set_clock_correction(config, flag),
            7 => cognito_config_set_clock_correction_max_s(config, number),
            8 => cognito_config_set_without_clock(config, flag),
            9 => cognito_config_set_connect_timeout_ms(config, number),
            10 => cognito_config_set_ca_file(config, at),
            11 => cognito_config_set_ca_pem(config, at),
            12 => cognito_config_set_trust(config, small.cast_signed()),
            13 => cognito_config_set_proxy(config, if number == 0 { null() } else { host }, port(number)),
            14 => cognito_config_set_proxy_credentials(config, at, if flag { SECRETS[0].as_ptr() } else { null() }),
            15 => cognito_config_set_identity(config, at),
            16 => cognito_config_set_identity_pool(config, at),
            17 => cognito_config_set_identity_file(config, if flag { c"/nonexistent/file".as_ptr() } else { null() }),
            18 => cognito_config_set_login(config, if flag { Some(world::on_login) } else { None }, null_mut()),
            19 => cognito_config_set_custom_role_arn(config, at),
            20 => cognito_config_set_client_id(config, at),
            21 => cognito_config_set_keep_alive_s(config, small),
            22 => cognito_config_set_clean_session(config, flag),
            23 => cognito_config_set_mqtt_version(config, small.cast_signed() % 8),
            24 => cognito_config_set_session_expiry_s(config, number),
            25 => cognito_config_set_receive_maximum(config, number),
            26 => cognito_config_set_topic_alias_maximum(config, number),
            27 => cognito_config_set_ping_timeout_ms(config, number),
            28 => cognito_config_set_user_name(config, at),
            29 => cognito_config_set_will(
                config,
                at,
                too.cast(),
                other.as_ref().map_or(0, |other| other.count_bytes()),
                1,
                flag,
                null(),
            ),
            30 => cognito_config_set_reconnect_ms(config, small, number),
            31 => cognito_config_set_queue_max(config, small, usize::try_from(number).unwrap_or(0)),
            32 => cognito_config_new(null_mut()),
            _ => cognito_config_set_identity_store(config, None, None, null_mut()),
        }
    }
}

/// One property, set or read.
pub fn set_property(
    properties: *mut cognito_properties,
    what: u8,
    text: &Option<CString>,
    other: &Option<CString>,
    number: i64,
) -> Status {
    let (at, too) = (pointer(text), pointer(other));
    let index = usize::try_from(number % 4).unwrap_or(0);
    // SAFETY: all are texts or NULL, and data of the length that is given.
    unsafe {
        match what % 10 {
            0 => cognito_properties_set_payload_is_utf8(properties, number % 2 == 0),
            1 => cognito_properties_set_message_expiry_s(properties, number),
            2 => cognito_properties_set_content_type(properties, at),
            3 => cognito_properties_set_response_topic(properties, at),
            4 => cognito_properties_set_correlation_data(
                properties,
                at.cast(),
                text.as_ref().map_or(0, |text| text.count_bytes()),
            ),
            5 | 6 => cognito_properties_add_user_property(properties, at, too),
            7 => cognito_properties_set_will_delay_s(properties, number),
            8 => {
                let mut length = 0;
                let _ = cognito_properties_correlation_data(properties, &raw mut length);
                let _ = cognito_properties_content_type(properties);
                let _ = cognito_properties_response_topic(properties);
                Status::Ok
            }
            _ => {
                let _ = cognito_properties_user_property_count(properties);
                let _ = cognito_properties_user_property_name(properties, index);
                let _ = cognito_properties_user_property_value(properties, index);
                Status::Ok
            }
        }
    }
}
