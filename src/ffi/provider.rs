//! `cognito_provider`.

use super::boundary::{self, c_string};
use super::config::{CONFIGS, cognito_config, lock};
use super::handle::{Kind, Table};
use crate::credentials::Provider;
use crate::status::Status;
use std::ffi::{CString, c_char};
use std::sync::{Arc, Mutex, PoisonError};

pub(super) static PROVIDERS: Table<Shared> = Table::new(Kind::Provider);

/// No server time is known yet.
pub const COGNITO_CLOCK_OFFSET_UNKNOWN: i64 = i64::MIN;

/// Fetches temporary AWS credentials for one Cognito identity and keeps them while they are valid: until 5 minutes
/// before their end by server time.
/// Clients that share one provider share its credentials, and ask Cognito once: the first that needs credentials fetches
/// them, in the call that it is in, and the others wait for the outcome, each for as long as its own call. When the first
/// is cancelled, freed, runs out of time or is not processed for half a second, another takes over. A refusal goes to all
/// who wait, and is not kept for later calls; a throttle that Cognito wants to be waited for is waited for by those who have
/// the time.
/// Any threads may use it at once.
pub struct cognito_provider;

/// A provider with the strings that C was given.
pub struct Shared {
    pub(super) provider: Arc<Provider>,
    /// Every identity that C has seen, so that none is freed while it may be read.
    identities: Mutex<Vec<CString>>,
}

/// Makes a provider from the identity, the Cognito region and endpoint, the clock, the proxy and the trust of a config.
/// Reads the CA file, if one is set; does not touch the network.
///
/// @param config Copied; may be changed or freed afterwards.
/// @param out    Receives the provider, or NULL. Free it with cognito_provider_free().
/// @return COGNITO_STATUS_INVALID_CONFIG or COGNITO_STATUS_TRUST_STORE with the setting named in the last error.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cognito_provider_new(
    config: *const cognito_config,
    out: *mut *mut cognito_provider,
) -> Status {
    // SAFETY: the caller's promise about `out`.
    unsafe {
        boundary::construct("out", out, || {
            let settings = lock(&*CONFIGS.get(config)?).cognito()?;
            let provider = Arc::new(Provider::new(settings)?);
            PROVIDERS.insert(Arc::new(Shared { provider, identities: Mutex::default() }))
        })
    }
}

/// The Cognito identity id in use: the one that was set or stored, that the pool gave, or that Cognito has put in its
/// place. Whoever knows the id of a guest can get that guest's credentials. Does not block.
///
/// @return Owned by the provider and valid until it is freed. Never NULL; empty while it is not known.
#[unsafe(no_mangle)]
pub extern "C" fn cognito_provider_identity(provider: *const cognito_provider) -> *const c_char {
    boundary::value(c"".as_ptr(), || {
        let shared = PROVIDERS.get(provider)?;
        let Some(identity) = shared.provider.identity() else { return Ok(c"".as_ptr()) };
        let identity = c_string(identity.as_str());
        let mut identities = shared.identities.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = identities.iter().find(|known| **known == identity) {
            return Ok(known.as_ptr());
        }
        let pointer = identity.as_ptr();
        identities.push(identity);
        Ok(pointer)
    })
}

/// How far server time is ahead of the device's clock now, in milliseconds; negative when the device's clock is ahead.
/// It is learned from the Date of every answer of Cognito, to a second, and from that of an answer of AWS IoT Core that
/// refuses a signature for its time, and carried forward by CLOCK_BOOTTIME. Does not block.
///
/// @return COGNITO_CLOCK_OFFSET_UNKNOWN while server time is not known.
#[unsafe(no_mangle)]
pub extern "C" fn cognito_provider_clock_offset_ms(provider: *const cognito_provider) -> i64 {
    boundary::value(COGNITO_CLOCK_OFFSET_UNKNOWN, || {
        Ok(PROVIDERS.get(provider)?.provider.clock().offset_ms().unwrap_or(COGNITO_CLOCK_OFFSET_UNKNOWN))
    })
}

/// Frees a provider. Clients that were made with it keep what they need of it. Does not block.
///
/// @param provider A provider, or NULL.
#[unsafe(no_mangle)]
pub extern "C" fn cognito_provider_free(provider: *mut cognito_provider) {
    boundary::free(|| PROVIDERS.remove(provider).map(drop));
}
