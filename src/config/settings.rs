//! What providers and clients are made of: settings that were checked.

use crate::error::Failure;
use crate::mqtt::codec::{MqttVersion, Will};
use crate::mqtt::session::Limits;
use crate::names::{Host, Identity, IdentityPool, Region};
use std::sync::Arc;
use std::time::Duration;

/// What is trusted to have signed the servers' certificates.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trust {
    /// The roots of Amazon Trust Services that are built into the library.
    /// A CA file or PEM is trusted in addition when this was set explicitly.
    Amazon = 0,
    /// The CA bundle of the operating system. A CA file or PEM is trusted in addition.
    System = 1,
    /// Nothing but the CA file and the CA PEM.
    OnlyGiven = 2,
}

/// The HTTP proxy that both hosts are reached through.
#[derive(Clone, PartialEq)]
pub struct Proxy {
    /// Its host.
    pub host: Host,
    /// Its TCP port.
    pub port: u16,
    /// User and password for Basic authentication.
    pub credentials: Option<(String, String)>,
}

/// How the network is reached and whom to trust: the same for Cognito and for IoT Core.
#[derive(Clone, PartialEq)]
pub struct Network {
    /// The proxy, if there is one.
    pub proxy: Option<Proxy>,
    /// Trust mode; `None` when it was never set, so that a CA file or PEM replaces the built-in roots.
    pub trust: Option<Trust>,
    /// A file of PEM certificates.
    pub ca_file: Option<String>,
    /// PEM certificates in memory.
    pub ca_pem: Option<String>,
}

/// Where the identity comes from.
#[derive(Clone)]
pub enum IdentitySource {
    /// The application knows it.
    Known(Identity),
    /// GetId gives one, once; the store keeps it.
    Pool(IdentityPool, Option<Arc<dyn IdentityStore>>),
}

impl IdentitySource {
    /// The region that the id begins with.
    pub fn region(&self) -> Region {
        match self {
            Self::Known(identity) => identity.region(),
            Self::Pool(pool, _) => pool.region(),
        }
    }
}

/// Keeps the identity that a pool gave over restarts. Errors are one line for the log: a store that fails costs a new identity
/// and not the connection.
pub trait IdentityStore: Send + Sync {
    /// The identity that was saved for this pool.
    fn load(&self, pool: &IdentityPool) -> Result<Option<String>, String>;

    /// Keeps an identity of this pool in place of an earlier one.
    fn save(&self, pool: &IdentityPool, identity: &Identity) -> Result<(), String>;
}

/// A proof of identity for one fetch: the name of a provider, as the pool knows it, and its token, which is a secret.
pub struct Login {
    /// Such as `cognito-idp.us-east-1.amazonaws.com/us-east-1_AbCdEf123`.
    pub provider: String,
    /// Such as a user pool's ID token.
    pub token: String,
}

/// Asked for the logins at every fetch, because their tokens expire.
pub type LoginSource = Arc<dyn Fn() -> Result<Vec<Login>, Failure> + Send + Sync>;

/// How far the server's time is taken in place of the device's.
#[derive(Clone, Copy, PartialEq)]
pub struct ClockSettings {
    /// Whether at all.
    pub correction: bool,
    /// Up to which difference, if there is a bound.
    pub max_offset: Option<Duration>,
    /// Whether the device has no clock of its own, so that a certificate may seem not yet valid until server time is known.
    pub without_clock: bool,
}

/// What a provider needs.
#[derive(Clone)]
pub struct CognitoSettings {
    /// The identity that credentials are asked for.
    pub identity: IdentitySource,
    /// The logins that prove it, if it is not a guest's.
    pub logins: Option<LoginSource>,
    /// The role to take among those that the logins allow.
    pub custom_role_arn: Option<String>,
    /// Cognito's region.
    pub region: Region,
    /// Host and port in place of the region's public endpoint.
    pub endpoint: Option<(Host, u16)>,
    /// Whether the public endpoint is the FIPS one.
    pub fips: bool,
    /// How often a request is sent at most.
    pub tries: u32,
    /// Server time.
    pub clock: ClockSettings,
    /// The way there.
    pub network: Network,
}

/// Where AWS IoT Core is, and how to get there.
#[derive(Clone)]
pub struct DialSettings {
    /// The IoT data endpoint.
    pub endpoint: Host,
    /// Its port.
    pub port: u16,
    /// The region in the signature.
    pub signing_region: Region,
    /// One deadline for everything, from DNS to the last answer.
    pub connect_timeout: Duration,
    /// The way there.
    pub network: Network,
}

/// What the MQTT session of a client needs.
#[derive(Clone)]
pub struct ClientSettings {
    /// MQTT client identifier.
    pub client_id: String,
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
    /// Session Expiry Interval in seconds. MQTT 5.
    pub session_expiry_s: u32,
    /// When a lost session is dialled for again, if it is.
    pub backoff: Option<Backoff>,
    /// What the session holds at most.
    pub limits: Limits,
}

/// The bounds of the delay before a lost session is dialled for again.
#[derive(Clone, Copy)]
pub struct Backoff {
    /// Of the second dial.
    pub min: Duration,
    /// Of any.
    pub max: Duration,
}
