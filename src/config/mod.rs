//! The settings, checked one by one as they are set, and together when a provider or a client is made of them.

mod session;
mod settings;

pub use crate::mqtt::codec::{MqttVersion, Will};
pub use session::check_will_payload_len;
pub use settings::{
    Backoff, ClientSettings, ClockSettings, CognitoSettings, DialSettings, IdentitySource, IdentityStore, Login,
    LoginSource, Network, Proxy, Trust,
};

use crate::error::{Failure, Stage};
use crate::mqtt::session::Limits;
use crate::names::{HTTPS_PORT, Host, Identity, IdentityPool, Region};
use crate::status::Status;
use session::{DEFAULT_BACKOFF, DEFAULT_KEEP_ALIVE, DEFAULT_LIMITS, DEFAULT_PING_TIME};
use std::sync::Arc;
use std::time::Duration;

/// All settings, as the application sets them.
#[derive(Clone)]
pub struct Config {
    /// The IoT data endpoint.
    pub endpoint: Option<Host>,
    /// Its port.
    pub port: u16,
    /// The region in the signature, if not read from the endpoint.
    pub signing_region: Option<Region>,
    /// Cognito's region, if not that of the identity.
    pub cognito_region: Option<Region>,
    /// Host and port in place of Cognito's public endpoint.
    pub cognito_endpoint: Option<(Host, u16)>,
    /// Whether Cognito's public endpoint is the FIPS one.
    pub fips: bool,
    /// The Cognito identity.
    pub identity: Option<Identity>,
    /// The identity pool to get an identity from instead.
    pub identity_pool: Option<IdentityPool>,
    /// Keeps what the pool gave.
    pub identity_store: Option<Arc<dyn IdentityStore>>,
    /// The logins of the identity.
    pub logins: Option<LoginSource>,
    /// The role to take among those that the logins allow.
    pub custom_role_arn: Option<String>,
    /// How often Cognito is asked at most before a fetch fails.
    pub cognito_tries: u32,
    /// Server time.
    pub clock: ClockSettings,
    /// MQTT client identifier.
    pub client_id: Option<String>,
    /// MQTT keep-alive.
    pub keep_alive: Duration,
    /// How long PINGRESP may take.
    pub ping_time: Duration,
    /// MQTT clean session flag.
    pub clean_session: bool,
    /// MQTT user name.
    pub user_name: Option<String>,
    /// MQTT will.
    pub will: Option<Will>,
    /// Version of MQTT.
    pub version: MqttVersion,
    /// Session Expiry Interval in seconds, if it was set.
    pub session_expiry_s: Option<u32>,
    /// Receive Maximum, if it was set.
    pub receive_maximum: Option<u16>,
    /// Topic Alias Maximum, if it was set.
    pub topic_alias_maximum: Option<u16>,
    /// When a lost session is dialled for again, if it is.
    pub backoff: Option<Backoff>,
    /// What the session holds at most.
    pub limits: Limits,
    /// One deadline for everything from DNS to CONNACK.
    pub connect_timeout: Duration,
    /// Proxy and trust.
    pub network: Network,
}

/// The default connect timeout.
pub const DEFAULT_CONNECT_TIMEOUT: Duration = Duration::from_secs(30);

/// The default of `cognito_tries`.
pub const DEFAULT_COGNITO_TRIES: u32 = 4;

impl Default for Config {
    fn default() -> Self {
        Self {
            endpoint: None,
            port: HTTPS_PORT,
            signing_region: None,
            cognito_region: None,
            cognito_endpoint: None,
            fips: false,
            identity: None,
            identity_pool: None,
            identity_store: None,
            logins: None,
            custom_role_arn: None,
            cognito_tries: DEFAULT_COGNITO_TRIES,
            clock: ClockSettings { correction: true, max_offset: None, without_clock: false },
            client_id: None,
            keep_alive: DEFAULT_KEEP_ALIVE,
            ping_time: DEFAULT_PING_TIME,
            clean_session: true,
            user_name: None,
            will: None,
            version: MqttVersion::V3_1_1,
            session_expiry_s: None,
            receive_maximum: None,
            topic_alias_maximum: None,
            backoff: Some(DEFAULT_BACKOFF),
            limits: DEFAULT_LIMITS,
            connect_timeout: DEFAULT_CONNECT_TIMEOUT,
            network: Network { proxy: None, trust: None, ca_file: None, ca_pem: None },
        }
    }
}

impl Config {
    /// Sets the connect timeout in milliseconds.
    pub fn set_connect_timeout_ms(&mut self, milliseconds: u32) -> Result<(), Failure> {
        let checked = in_range("connect_timeout_ms", milliseconds, 1, 600_000, "milliseconds")?;
        self.connect_timeout = Duration::from_millis(checked.into());
        Ok(())
    }

    /// Sets the port of the IoT endpoint.
    pub fn set_port(&mut self, port: u32) -> Result<(), Failure> {
        self.port = port_in_range("port", port)?;
        Ok(())
    }

    /// Sets Cognito's `host[:port]`; `None` goes back to the region's public endpoint.
    pub fn set_cognito_endpoint(&mut self, endpoint: Option<&str>) -> Result<(), Failure> {
        self.cognito_endpoint =
            endpoint.map(|endpoint| Host::parse_with_port("cognito_endpoint", endpoint, HTTPS_PORT)).transpose()?;
        Ok(())
    }

    /// Sets the role; `None` goes back to the one that Cognito chooses.
    pub fn set_custom_role_arn(&mut self, arn: Option<&str>) -> Result<(), Failure> {
        const FIELD: &str = "custom_role_arn";
        if let Some(arn) = arn {
            if !arn.starts_with("arn:") || !arn.contains(":role/") {
                return Err(Failure::argument(FIELD, "is not the ARN of a role, arn:aws:iam::ACCOUNT:role/NAME"));
            }
            // The limits of Cognito's service model.
            length_in_range(FIELD, arn, 20, 2048)?;
        }
        self.custom_role_arn = arn.map(str::to_owned);
        Ok(())
    }

    /// Sets how often Cognito is asked at most.
    pub fn set_cognito_tries(&mut self, tries: u32) -> Result<(), Failure> {
        self.cognito_tries = in_range("tries", tries, 1, 10, "tries")?;
        Ok(())
    }

    /// Sets the largest difference that is corrected; 0 goes back to none.
    pub fn set_clock_correction_max_s(&mut self, seconds: u32) {
        self.clock.max_offset = (seconds > 0).then(|| Duration::from_secs(seconds.into()));
    }

    /// Sets the proxy and forgets user and password of an earlier one; `None` goes back to no proxy.
    pub fn set_proxy(&mut self, host: Option<&str>, port: u32) -> Result<(), Failure> {
        self.network.proxy = match host {
            None => None,
            Some(host) => Some(Proxy {
                host: Host::parse("proxy host", host)?,
                port: port_in_range("proxy port", port)?,
                credentials: None,
            }),
        };
        Ok(())
    }

    /// Sets user and password for the proxy; `None` as the user goes back to no authentication.
    pub fn set_proxy_credentials(&mut self, user: Option<&str>, password: Option<&str>) -> Result<(), Failure> {
        let Some(proxy) = &mut self.network.proxy else {
            return Err(Failure::new(
                Status::InvalidConfig,
                Stage::Config,
                "there is no proxy to authenticate to: set the proxy first",
            ));
        };
        proxy.credentials = match user {
            None if password.is_some() => return Err(Failure::argument("user", "is NULL while a password is given")),
            None => None,
            Some(user) if user.contains(':') => {
                return Err(Failure::argument("user", "holds ':', which Basic authentication cannot carry"));
            }
            Some(user) => {
                let password = password.unwrap_or_default();
                check_basic("user", user)?;
                check_basic("password", password)?;
                Some((user.to_owned(), password.to_owned()))
            }
        };
        Ok(())
    }

    /// What a provider needs of these settings.
    pub fn cognito(&self) -> Result<CognitoSettings, Failure> {
        let identity = self.identity_source()?;
        if self.custom_role_arn.is_some() && self.logins.is_none() {
            return Err(contradiction("custom_role_arn is set without logins: a guest has the role of its pool")
                .hint("Call cognito_config_set_login, or unset custom_role_arn"));
        }
        if self.fips && self.cognito_endpoint.is_some() {
            return Err(contradiction(
                "fips chooses Cognito's public endpoint, and cognito_endpoint is set in place of it",
            )
            .hint("Unset one of the two"));
        }
        if self.clock.without_clock && (!self.clock.correction || self.clock.max_offset.is_some()) {
            return Err(contradiction("without_clock needs server time, and clock_correction is off or bounded")
                .hint("Unset without_clock, or allow the correction without a bound"));
        }
        Ok(CognitoSettings {
            region: self.cognito_region.clone().unwrap_or_else(|| identity.region()),
            endpoint: self.cognito_endpoint.clone(),
            fips: self.fips,
            identity,
            logins: self.logins.clone(),
            custom_role_arn: self.custom_role_arn.clone(),
            tries: self.cognito_tries,
            clock: self.clock,
            network: self.network()?,
        })
    }

    fn identity_source(&self) -> Result<IdentitySource, Failure> {
        match (&self.identity, &self.identity_pool, &self.identity_store) {
            (Some(_), Some(_), _) => {
                Err(contradiction("identity and identity_pool are both set").hint("Unset one of the two"))
            }
            (Some(_), None, Some(_)) => Err(contradiction(
                "identity_store or identity_file is set, and identity is too: they keep what identity_pool gives",
            )
            .hint("Unset identity and set identity_pool, or unset the store")),
            (Some(identity), None, None) => Ok(IdentitySource::Known(identity.clone())),
            (None, Some(pool), store) => Ok(IdentitySource::Pool(pool.clone(), store.clone())),
            (None, None, _) => Err(contradiction("neither identity nor identity_pool is set")
                .hint("Call cognito_config_set_identity or cognito_config_set_identity_pool")),
        }
    }

    /// What a dial needs of these settings. `identity_region` is that of its provider's identity.
    pub fn dial(&self, identity_region: Region) -> Result<DialSettings, Failure> {
        let endpoint = required("endpoint", "cognito_config_set_endpoint", self.endpoint.as_ref())?.clone();
        let signing_region = match &self.signing_region {
            Some(region) => region.clone(),
            None => endpoint.iot_region().unwrap_or(identity_region),
        };
        Ok(DialSettings {
            endpoint,
            port: self.port,
            signing_region,
            connect_timeout: self.connect_timeout,
            network: self.network()?,
        })
    }

    fn network(&self) -> Result<Network, Failure> {
        let network = &self.network;
        if network.trust == Some(Trust::OnlyGiven) && network.ca_file.is_none() && network.ca_pem.is_none() {
            return Err(Failure::new(
                Status::InvalidConfig,
                Stage::Config,
                "trust is limited to the given CA certificates, and none is given",
            )
            .hint("Call cognito_config_set_ca_file or cognito_config_set_ca_pem"));
        }
        Ok(network.clone())
    }
}

/// Settings that cannot be together, or not without another.
fn contradiction(problem: &str) -> Failure {
    Failure::new(Status::InvalidConfig, Stage::Config, problem)
}

/// Checks the length of a string, in bytes, against a limit of the service.
pub fn length_in_range(field: &str, text: &str, low: usize, high: usize) -> Result<(), Failure> {
    if (low..=high).contains(&text.len()) {
        return Ok(());
    }
    Err(Failure::argument(field, format!("has {} bytes; it may have {low} to {high}", text.len())))
}

/// RFC 7617, section 2.
fn check_basic(field: &str, text: &str) -> Result<(), Failure> {
    if text.chars().any(|c| c.is_ascii_control()) {
        return Err(Failure::argument(field, "holds a control character, which Basic authentication forbids"));
    }
    Ok(())
}

fn required<'a, T>(field: &str, setter: &str, value: Option<&'a T>) -> Result<&'a T, Failure> {
    value.ok_or_else(|| {
        Failure::new(Status::InvalidConfig, Stage::Config, format!("{field} is not set")).hint(format!("Call {setter}"))
    })
}

fn in_range(field: &str, value: u32, low: u32, high: u32, unit: &str) -> Result<u32, Failure> {
    if (low..=high).contains(&value) {
        return Ok(value);
    }
    Err(Failure::argument(field, format!("is {value}; it may be {low} to {high} {unit}")))
}

fn port_in_range(field: &str, port: u32) -> Result<u16, Failure> {
    match u16::try_from(port) {
        Ok(port) if port > 0 => Ok(port),
        _ => Err(Failure::argument(field, format!("is {port}; a TCP port is 1 to 65535"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const IDENTITY: &str = "eu-west-1:11111111-2222-3333-4444-555555555555";

    fn config() -> Config {
        Config {
            endpoint: Host::parse("endpoint", "a1b2c3-ats.iot.us-east-2.amazonaws.com").ok(),
            identity: Identity::parse("identity", IDENTITY).ok(),
            client_id: Some("test-1".into()),
            ..Config::default()
        }
    }

    #[test]
    fn the_signing_region_is_read_from_the_endpoint_and_the_cognito_region_from_the_identity() {
        let config = config();
        let cognito = config.cognito().unwrap();
        assert_eq!(cognito.region.as_str(), "eu-west-1");
        assert_eq!(config.dial(cognito.identity.region()).unwrap().signing_region.as_str(), "us-east-2");
    }

    #[test]
    fn an_endpoint_without_a_region_leaves_the_signing_region_to_the_identity() {
        let config = Config { endpoint: Host::parse("endpoint", "localhost").ok(), ..config() };
        let region = Region::parse("region", "eu-west-1").unwrap();
        assert_eq!(config.dial(region).unwrap().signing_region.as_str(), "eu-west-1");
    }

    #[test]
    fn a_missing_setting_is_named_with_its_setter() {
        let failure = Config { client_id: None, ..config() }.client().err().unwrap();
        assert_eq!(failure.status, Status::InvalidConfig);
        assert_eq!(failure.text(), "client_id is not set. Call cognito_config_set_client_id");
    }

    #[test]
    fn numbers_out_of_range_are_refused_with_the_range() {
        let mut config = config();
        let failure = config.set_port(70_000).err().unwrap();
        assert_eq!(failure.text(), "port is 70000; a TCP port is 1 to 65535");
        assert!(config.set_port(0).is_err());
        assert!(config.set_keep_alive_s(0).is_err());
        assert!(config.set_keep_alive_s(1201).is_err());
        assert!(config.set_connect_timeout_ms(0).is_err());
    }

    #[test]
    fn only_given_trust_needs_something_given() {
        let mut config = config();
        config.network.trust = Some(Trust::OnlyGiven);
        assert_eq!(config.cognito().err().unwrap().status, Status::InvalidConfig);
        config.network.ca_pem = Some("x".into());
        assert!(config.cognito().is_ok());
    }
}
