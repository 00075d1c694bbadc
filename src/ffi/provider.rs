//! `cognito_provider`.

use super::boundary::{self, c_string};
use super::config::{CONFIGS, cognito_config, lock};
use super::credentials::{CREDENTIALS, Keys, cognito_credentials};
use super::handle::{Kind, Table};
use super::signed_url::{SIGNED_URLS, Url, cognito_signed_url};
use super::wait::wait;
use crate::credentials::Provider;
use crate::error::Failure;
use crate::fetching::Fetching;
use crate::signing::HostHeader;
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
    fetching: Fetching,
    /// Every identity that C has seen, so that none is freed while it may be read.
    identities: Mutex<Vec<CString>>,
}

impl Shared {
    pub(super) fn provider(&self) -> &Arc<Provider> {
        self.fetching.provider()
    }
}

/// Makes a provider from the identity, the Cognito region and endpoint, the clock, the proxy and the trust of a config; for
/// cognito_provider_sign() also from its endpoint, port and signing region, if it has an endpoint.
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
            let config = lock(&*CONFIGS.get(config)?).clone();
            let provider = Provider::new(config.cognito()?)?;
            let endpoint = config.endpoint.is_some().then(|| config.dial(provider.region())).transpose()?;
            let fetching = Fetching::new(provider, endpoint, config.connect_timeout);
            PROVIDERS.insert(Arc::new(Shared { fetching, identities: Mutex::default() }))
        })
    }
}

/// Gives valid credentials: those at hand, or fresh ones from Cognito. Any threads may call it at once: Cognito is asked once
/// for all. Blocks for at most wait_ms and at most the connect timeout of the config, each plus 100 ms, and for as long as
/// a login or store callback takes.
///
/// @param wait_ms Milliseconds; 0 gives those at hand and never blocks; COGNITO_WAIT_FOREVER waits until the connect timeout.
/// @param out     Receives the credentials, or NULL. Free them with cognito_credentials_free().
/// @return COGNITO_STATUS_TIMED_OUT when wait_ms or the timeout passed first; COGNITO_STATUS_CANCELLED by a cancel, or by a
///         free of another thread; else why Cognito could not be asked or refused, in full in cognito_last_failure().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cognito_provider_fetch(
    provider: *mut cognito_provider,
    wait_ms: i32,
    out: *mut *mut cognito_credentials,
) -> Status {
    // SAFETY: the caller's promise about `out`.
    unsafe {
        boundary::construct("out", out, || {
            let fetched = PROVIDERS.get(provider)?.fetching.fetch(wait("wait_ms", wait_ms)?)?;
            CREDENTIALS.insert(Arc::new(Keys::of(&fetched)))
        })
    }
}

/// Signs the URL of an MQTT session over WebSocket, GET wss://ENDPOINT/mqtt, for the endpoint, port and signing region of the
/// config that the provider was made of, with credentials as cognito_provider_fetch() gives them and blocking as it does.
/// The signature has server time, when that is known. Sign a URL for every connection attempt: it is good for 5 minutes
/// at most.
///
/// @param host_header A cognito_host_header: how the client that connects writes its Host header, which is signed.
/// @param wait_ms     As in cognito_provider_fetch().
/// @param out         Receives the URL, or NULL. Free it with cognito_signed_url_free().
/// @return COGNITO_STATUS_INVALID_CONFIG when that config had no endpoint; COGNITO_STATUS_INVALID_ARGUMENT when host_header
///         is none; else as cognito_provider_fetch().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cognito_provider_sign(
    provider: *mut cognito_provider,
    host_header: i32,
    wait_ms: i32,
    out: *mut *mut cognito_signed_url,
) -> Status {
    // SAFETY: the caller's promise about `out`.
    unsafe {
        boundary::construct("out", out, || {
            let host_header = match host_header {
                standard if standard == HostHeader::Standard as i32 => HostHeader::Standard,
                with_port if with_port == HostHeader::WithPort as i32 => HostHeader::WithPort,
                other => return Err(Failure::argument("host_header", format!("is {other}, no cognito_host_header"))),
            };
            let signed = PROVIDERS.get(provider)?.fetching.sign(host_header, wait("wait_ms", wait_ms)?)?;
            SIGNED_URLS.insert(Arc::new(Url::of(&signed)))
        })
    }
}

/// Ends every fetch and sign of this provider that waits, with COGNITO_STATUS_CANCELLED and within 100 ms. When none waits,
/// the next one that would ends so. Clients and transports go on. May be called by any thread and in a signal handler: it
/// takes no lock, allocates nothing, keeps errno and leaves the last error alone.
///
/// @return COGNITO_STATUS_INVALID_HANDLE when provider is not a live handle.
#[unsafe(no_mangle)]
pub extern "C" fn cognito_provider_cancel(provider: *mut cognito_provider) -> Status {
    match PROVIDERS.pin(provider) {
        Some(pinned) => {
            pinned.fetching.cancel();
            Status::Ok
        }
        None => Status::InvalidHandle,
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
        let Some(identity) = shared.provider().identity() else { return Ok(c"".as_ptr()) };
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
        Ok(PROVIDERS.get(provider)?.provider().clock().offset_ms().unwrap_or(COGNITO_CLOCK_OFFSET_UNKNOWN))
    })
}

/// Frees a provider. Clients and transports that were made with it keep what they need of it. Calls that wait on other threads
/// end first, with COGNITO_STATUS_CANCELLED. Never waits for the network; waits for a login or store callback that is running.
///
/// @param provider A provider, or NULL.
#[unsafe(no_mangle)]
pub extern "C" fn cognito_provider_free(provider: *mut cognito_provider) {
    boundary::free(|| {
        if let Some(shared) = PROVIDERS.remove(provider)? {
            shared.fetching.free();
        }
        Ok(())
    });
}
