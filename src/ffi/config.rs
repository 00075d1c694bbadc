//! `cognito_config`.

use super::boundary::{self, optional_text, text};
use super::handle::{Kind, Table};
use crate::config::{Config, Trust};
use crate::error::Failure;
use crate::features::PROXY;
use crate::names::{Host, Region};
use crate::status::Status;
use std::ffi::c_char;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub(super) static CONFIGS: Table<Mutex<Config>> = Table::new(Kind::Config);

/// The settings of a connection. Providers and clients copy what they need, so a config may be changed, used again
/// or freed at any time. Only one thread may use it at a time.
///
/// Every setter checks its value at once and copies it. It returns COGNITO_STATUS_INVALID_ARGUMENT, with the setting
/// named in cognito_last_error() and the former value left in place, or COGNITO_STATUS_INVALID_HANDLE. None blocks.
/// Where a string may be NULL, NULL restores the default.
pub struct cognito_config;

pub(super) fn lock(config: &Mutex<Config>) -> MutexGuard<'_, Config> {
    config.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(super) fn set(config: *mut cognito_config, change: impl FnOnce(&mut Config) -> Result<(), Failure>) -> Status {
    boundary::status(|| change(&mut lock(&*CONFIGS.get(config)?)))
}

/// Makes a config with every setting at its default.
///
/// @param out Receives the config, or NULL. Free it with cognito_config_free().
/// @return COGNITO_STATUS_OUT_OF_RESOURCES when there are 8192 configs.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cognito_config_new(out: *mut *mut cognito_config) -> Status {
    // SAFETY: the caller's promise about `out`.
    unsafe { boundary::construct("out", out, || CONFIGS.insert(Arc::new(Mutex::new(Config::default())))) }
}

/// Sets the AWS IoT data endpoint. Required.
///
/// @param endpoint Host name, as `aws iot describe-endpoint --endpoint-type iot:Data-ATS` prints it, or an IP
///                 address. Without scheme, port and path.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cognito_config_set_endpoint(config: *mut cognito_config, endpoint: *const c_char) -> Status {
    set(config, |config| {
        // SAFETY: the caller's promise.
        let endpoint = unsafe { text("endpoint", endpoint) }?;
        config.endpoint = Some(Host::parse("endpoint", endpoint)?);
        Ok(())
    })
}

/// Sets the TCP port of the endpoint. Default 443.
///
/// @param port 1 to 65535.
#[unsafe(no_mangle)]
pub extern "C" fn cognito_config_set_port(config: *mut cognito_config, port: u32) -> Status {
    set(config, |config| config.set_port(port))
}

/// Sets the region that the connection is signed for: that of the endpoint. Default: read from the endpoint's name,
/// else that of the
/// identity or pool.
///
/// @param region Such as "us-east-1", or NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cognito_config_set_signing_region(
    config: *mut cognito_config,
    region: *const c_char,
) -> Status {
    set(config, |config| {
        // SAFETY: the caller's promise.
        let region = unsafe { optional_text("signing_region", region) }?;
        config.signing_region = region.map(|region| Region::parse("signing_region", region)).transpose()?;
        Ok(())
    })
}

/// Sets the region of the Cognito identity pool. Default: the one that the identity or the pool begins with.
///
/// @param region Such as "us-east-1", or NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cognito_config_set_cognito_region(
    config: *mut cognito_config,
    region: *const c_char,
) -> Status {
    set(config, |config| {
        // SAFETY: the caller's promise.
        let region = unsafe { optional_text("cognito_region", region) }?;
        config.cognito_region = region.map(|region| Region::parse("cognito_region", region)).transpose()?;
        Ok(())
    })
}

/// Sets another host for Cognito, such as a VPC endpoint or a test server. It is spoken to with HTTPS.
/// Default: the public endpoint of the Cognito region.
///
/// @param endpoint "host", "host:port" or "[ipv6]:port" (port 443 when none is given), or NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cognito_config_set_cognito_endpoint(
    config: *mut cognito_config,
    endpoint: *const c_char,
) -> Status {
    set(config, |config| {
        // SAFETY: the caller's promise.
        config.set_cognito_endpoint(unsafe { optional_text("cognito_endpoint", endpoint) }?)
    })
}

/// Sets whether Cognito's FIPS endpoint of the region is used in place of the ordinary one. Default false. It chooses the
/// server; the cryptography on this side is ring's, which has no FIPS validation.
#[unsafe(no_mangle)]
pub extern "C" fn cognito_config_set_fips(config: *mut cognito_config, fips: bool) -> Status {
    set(config, |config| {
        config.fips = fips;
        Ok(())
    })
}

/// Sets how often a request is sent to Cognito at most, before a fetch of credentials fails: after a throttle
/// (TooManyRequests), a fault of Cognito (HTTP 5xx) or a connection that broke, it is sent again after a random delay
/// that grows, not before the time that a Retry-After asks for, and only if that is within the connect timeout. Refusals
/// that would be the same again are never repeated. Default 4.
///
/// @param tries 1 to 10; 1 never sends again.
#[unsafe(no_mangle)]
pub extern "C" fn cognito_config_set_cognito_tries(config: *mut cognito_config, tries: u32) -> Status {
    set(config, |config| config.set_cognito_tries(tries))
}

/// Sets whether server time, learned from the Date of AWS's answers, is used in place of the device's clock: for
/// signatures, for the expiry of credentials, and for certificates from then on. Default true. When false, a device clock
/// that is off by more than 5 minutes fails with COGNITO_STATUS_UPGRADE_CLOCK_SKEWED.
#[unsafe(no_mangle)]
pub extern "C" fn cognito_config_set_clock_correction(config: *mut cognito_config, correction: bool) -> Status {
    set(config, |config| {
        config.clock.correction = correction;
        Ok(())
    })
}

/// Bounds the correction: a Date that differs by more from the device's clock is not used. Default 0.
///
/// @param seconds The largest difference, or 0 for no bound.
#[unsafe(no_mangle)]
pub extern "C" fn cognito_config_set_clock_correction_max_s(config: *mut cognito_config, seconds: u32) -> Status {
    set(config, |config| {
        config.set_clock_correction_max_s(seconds);
        Ok(())
    })
}

/// Sets whether the board has no clock, so that it does not know the time until AWS has told it. Default false.
/// Certificates are never checked at a time before this library was built. When a board without a clock meets one that
/// begins later, it is checked at its own beginning instead; when the time is known, and before anything that is signed is
/// sent, the certificates of both servers are checked again. This changes dates only, never whom to trust. The time comes
/// from Cognito itself, so whoever holds the key of a certificate of Cognito that has expired since this library was built
/// can pass for it, and receives the login tokens.
/// Needs the clock correction, without a bound.
#[unsafe(no_mangle)]
pub extern "C" fn cognito_config_set_without_clock(config: *mut cognito_config, without_clock: bool) -> Status {
    set(config, |config| {
        config.clock.without_clock = without_clock;
        Ok(())
    })
}

/// Sets the one deadline over everything that a connect does: DNS, proxy, TCP, TLS, Cognito, upgrade and CONNACK
/// together. Default 30000.
///
/// @param milliseconds 1 to 600000.
#[unsafe(no_mangle)]
pub extern "C" fn cognito_config_set_connect_timeout_ms(config: *mut cognito_config, milliseconds: u32) -> Status {
    set(config, |config| config.set_connect_timeout_ms(milliseconds))
}

/// Sets a file of PEM certificates to trust. It is read when a provider or client is made; a file that is missing,
/// unreadable, malformed or empty is an error then, never ignored. Default none.
/// Without a call of cognito_config_set_trust() these certificates replace the built-in roots.
///
/// @param path A path, or NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cognito_config_set_ca_file(config: *mut cognito_config, path: *const c_char) -> Status {
    set(config, |config| {
        // SAFETY: the caller's promise.
        let path = unsafe { optional_text("ca_file", path) }?;
        if path.is_some_and(str::is_empty) {
            return Err(Failure::argument("ca_file", "is empty: give a path, or NULL for none"));
        }
        config.network.ca_file = path.map(str::to_owned);
        Ok(())
    })
}

/// Sets PEM certificates to trust. Default none.
/// Without a call of cognito_config_set_trust() these certificates replace the built-in roots.
///
/// @param pem One or more certificates in PEM form, or NULL. Checked when a provider or client is made.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cognito_config_set_ca_pem(config: *mut cognito_config, pem: *const c_char) -> Status {
    set(config, |config| {
        // SAFETY: the caller's promise.
        config.network.ca_pem = unsafe { optional_text("ca_pem", pem) }?.map(str::to_owned);
        Ok(())
    })
}

/// Sets what is trusted to have signed the certificates of both servers. Once this is called, a CA file and a CA PEM
/// add to the chosen roots instead of replacing them. Default COGNITO_TRUST_AMAZON.
///
/// @param trust A cognito_trust.
#[unsafe(no_mangle)]
pub extern "C" fn cognito_config_set_trust(config: *mut cognito_config, trust: i32) -> Status {
    set(config, |config| {
        let known = [Trust::Amazon, Trust::System, Trust::OnlyGiven];
        let trust = known
            .into_iter()
            .find(|known| *known as i32 == trust)
            .ok_or_else(|| Failure::argument("trust", format!("is {trust}; a cognito_trust is 0 to 2")))?;
        config.network.trust = Some(trust);
        Ok(())
    })
}

/// Sets the HTTP proxy that Cognito and the endpoint are both reached through, by CONNECT, and forgets the
/// credentials of a former one. Default none; no environment variable is read.
///
/// @param host Host name or IP address, or NULL for no proxy.
/// @param port 1 to 65535. Ignored when host is NULL.
/// @return COGNITO_STATUS_NOT_BUILT in a build without the proxy.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cognito_config_set_proxy(
    config: *mut cognito_config,
    host: *const c_char,
    port: u32,
) -> Status {
    set(config, |config| {
        // SAFETY: the caller's promise.
        let host = unsafe { optional_text("host", host) }?;
        if host.is_some() {
            PROXY.required()?;
        }
        config.set_proxy(host, port)
    })
}

/// Sets user and password for the proxy, sent to it in clear by Basic authentication. Default none.
/// Call cognito_config_set_proxy() first: without a proxy this is COGNITO_STATUS_INVALID_CONFIG.
///
/// @param user     Without ':' and control characters, or NULL for no authentication.
/// @param password Without control characters. May be NULL, which is an empty one.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cognito_config_set_proxy_credentials(
    config: *mut cognito_config,
    user: *const c_char,
    password: *const c_char,
) -> Status {
    set(config, |config| {
        PROXY.required()?;
        // SAFETY: the caller's promise.
        let (user, password) = unsafe { (optional_text("user", user)?, optional_text("password", password)?) };
        config.set_proxy_credentials(user, password)
    })
}

/// Frees a config. What was made of it stays as it is. Does not block.
///
/// @param config A config, or NULL.
#[unsafe(no_mangle)]
pub extern "C" fn cognito_config_free(config: *mut cognito_config) {
    boundary::free(|| CONFIGS.remove(config).map(drop));
}
