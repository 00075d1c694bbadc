//! The settings of the MQTT session.

use super::{Backoff, ClientSettings, Config, in_range, length_in_range, required};
use crate::error::{Failure, Stage};
use crate::mqtt::codec::{MqttVersion, Will};
use crate::mqtt::session::Limits;
use crate::mqtt::topics::check_topic;
use crate::status::Status;
use std::time::Duration;

/// The default keep-alive. NAT tables often forget a silent connection after a few minutes.
pub const DEFAULT_KEEP_ALIVE: Duration = Duration::from_secs(60);

/// The default of `ping_timeout_ms`.
pub const DEFAULT_PING_TIME: Duration = Duration::from_secs(10);

/// The default of `reconnect_ms`.
pub const DEFAULT_BACKOFF: Backoff = Backoff { min: Duration::from_secs(1), max: Duration::from_secs(60) };

/// AWS IoT Core's limit on unacknowledged messages, either way.
const IN_FLIGHT: u16 = 100;

/// The default of `queue_max` and of `receive_maximum`.
pub const DEFAULT_LIMITS: Limits = Limits {
    queue_messages: 1000,
    queue_bytes: 1024 * 1024,
    in_flight: IN_FLIGHT as usize,
    receive_maximum: IN_FLIGHT,
    topic_alias_maximum: 0,
};

/// The default of `session_expiry_s` for a session that is not clean: as long as AWS IoT Core keeps one of MQTT 3.1.1.
const DEFAULT_SESSION_EXPIRY_S: u32 = 3600;

/// IoT Core's limit on the client identifier, in bytes.
const CLIENT_ID_MAX: usize = 128;

/// Checks the length of a will's payload, which is done before it is copied.
pub fn check_will_payload_len(len: usize) -> Result<(), Failure> {
    if len > usize::from(u16::MAX) {
        let problem = format!("is {len}; a will has at most {} bytes in MQTT", u16::MAX);
        return Err(Failure::argument("payload_len", problem));
    }
    Ok(())
}

impl Config {
    /// Sets the client identifier; `None` removes it.
    pub fn set_client_id(&mut self, client_id: Option<&str>) -> Result<(), Failure> {
        if let Some(id) = client_id {
            if id.is_empty() || id.len() > CLIENT_ID_MAX {
                return Err(Failure::argument(
                    "client_id",
                    format!("has {} bytes; AWS IoT Core takes 1 to {CLIENT_ID_MAX}", id.len()),
                ));
            }
            if id.chars().any(char::is_control) {
                return Err(Failure::argument("client_id", "holds a control character, which MQTT forbids"));
            }
        }
        self.client_id = client_id.map(str::to_owned);
        Ok(())
    }

    /// Sets the keep-alive in seconds.
    pub fn set_keep_alive_s(&mut self, seconds: u32) -> Result<(), Failure> {
        self.keep_alive = Duration::from_secs(in_range("keep_alive_s", seconds, 1, 1200, "seconds")?.into());
        Ok(())
    }

    /// Sets how long PINGRESP may take, in milliseconds.
    pub fn set_ping_timeout_ms(&mut self, milliseconds: u32) -> Result<(), Failure> {
        let checked = in_range("ping_timeout_ms", milliseconds, 1, 600_000, "milliseconds")?;
        self.ping_time = Duration::from_millis(checked.into());
        Ok(())
    }

    /// Sets the user name; `None` removes it.
    pub fn set_user_name(&mut self, name: Option<&str>) -> Result<(), Failure> {
        if let Some(name) = name {
            length_in_range("user_name", name, 1, usize::from(u16::MAX))?;
            if name.chars().any(char::is_control) {
                return Err(Failure::argument("user_name", "holds a control character, which MQTT forbids"));
            }
        }
        self.user_name = name.map(str::to_owned);
        Ok(())
    }

    /// Sets the will; `None` removes it.
    pub fn set_will(&mut self, will: Option<Will>) -> Result<(), Failure> {
        if let Some(will) = &will {
            check_topic("topic", &will.topic)?;
            will.check_len()?;
        }
        self.will = will;
        Ok(())
    }

    /// Sets how many messages of QoS 1 the server may send ahead of their acknowledgement. MQTT 5.
    pub fn set_receive_maximum(&mut self, messages: u32) -> Result<(), Failure> {
        let checked = in_range("receive_maximum", messages, 1, u16::MAX.into(), "messages")?;
        self.receive_maximum = Some(u16::try_from(checked).unwrap_or(u16::MAX));
        Ok(())
    }

    /// Sets how many topic aliases the server may give. MQTT 5.
    pub fn set_topic_alias_maximum(&mut self, aliases: u32) -> Result<(), Failure> {
        let checked = in_range("topic_alias_maximum", aliases, 0, u16::MAX.into(), "aliases")?;
        self.topic_alias_maximum = Some(u16::try_from(checked).unwrap_or(u16::MAX));
        Ok(())
    }

    /// Sets the bounds of the delay before a lost session is dialled for again; 0 and 0 is never.
    pub fn set_reconnect_ms(&mut self, min: u32, max: u32) -> Result<(), Failure> {
        if (min, max) == (0, 0) {
            self.backoff = None;
            return Ok(());
        }
        in_range("min_ms", min, 1, 3_600_000, "milliseconds, or 0 together with max_ms to switch reconnecting off")?;
        in_range("max_ms", max, min, 86_400_000, "milliseconds, and no less than min_ms")?;
        self.backoff = Some(Backoff { min: Duration::from_millis(min.into()), max: Duration::from_millis(max.into()) });
        Ok(())
    }

    /// Sets how many messages, and how many bytes of them, may wait to be sent.
    pub fn set_queue_max(&mut self, messages: u32, bytes: usize) -> Result<(), Failure> {
        let messages = in_range("messages", messages, 1, 1_000_000, "messages")?;
        if bytes == 0 {
            return Err(Failure::argument("bytes", "is 0; it must be 1 and above"));
        }
        self.limits.queue_messages = usize::try_from(messages).unwrap_or(usize::MAX);
        self.limits.queue_bytes = bytes;
        Ok(())
    }

    /// What an MQTT session needs of these settings.
    pub fn client(&self) -> Result<ClientSettings, Failure> {
        if self.version != MqttVersion::V5 {
            let of_mqtt_5 = [
                ("session_expiry_s", self.session_expiry_s.is_some()),
                ("receive_maximum", self.receive_maximum.is_some()),
                ("topic_alias_maximum", self.topic_alias_maximum.is_some()),
                ("the properties of the will", self.will.as_ref().is_some_and(|will| will.properties.is_some())),
            ];
            if let Some((setting, _)) = of_mqtt_5.into_iter().find(|(_, is_set)| *is_set) {
                let problem = format!(
                    "{setting} needs MQTT 5: choose it by cognito_config_set_mqtt_version, or leave the setting out"
                );
                return Err(Failure::new(Status::InvalidConfig, Stage::Config, problem));
            }
        }
        let by_default = if self.clean_session { 0 } else { DEFAULT_SESSION_EXPIRY_S };
        let limits = Limits {
            receive_maximum: self.receive_maximum.unwrap_or(self.limits.receive_maximum),
            topic_alias_maximum: self.topic_alias_maximum.unwrap_or(self.limits.topic_alias_maximum),
            ..self.limits
        };
        Ok(ClientSettings {
            client_id: required("client_id", "cognito_config_set_client_id", self.client_id.as_ref())?.clone(),
            keep_alive: self.keep_alive,
            ping_time: self.ping_time,
            clean_session: self.clean_session,
            user_name: self.user_name.clone(),
            will: self.will.clone(),
            backoff: self.backoff,
            limits,
            version: self.version,
            session_expiry_s: self.session_expiry_s.unwrap_or(by_default),
        })
    }
}
