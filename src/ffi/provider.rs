//! `cognito_provider`.

use super::boundary;
use super::config::{CONFIGS, cognito_config, lock};
use super::handle::{Kind, Table};
use crate::credentials::Provider;
use crate::status::Status;
use std::sync::Arc;

pub(super) static PROVIDERS: Table<Provider> = Table::new(Kind::Provider);

/// Fetches temporary AWS credentials for one Cognito identity and keeps them while they are valid.
/// Clients that share one provider share its credentials: while they are valid, no client asks Cognito again. Clients
/// that connect for the first time at the same moment may each ask.
/// Any threads may use it at once.
pub struct cognito_provider;

/// Makes a provider from the identity, the Cognito region and endpoint, the proxy and the trust of a config.
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
            PROVIDERS.insert(Arc::new(Provider::new(settings)?))
        })
    }
}

/// Frees a provider. Clients that were made with it keep what they need of it. Does not block.
///
/// @param provider A provider, or NULL.
#[unsafe(no_mangle)]
pub extern "C" fn cognito_provider_free(provider: *mut cognito_provider) {
    boundary::free(|| PROVIDERS.remove(provider).map(drop));
}
