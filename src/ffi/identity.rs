//! The part of `cognito_config` that says who the device is, and the callbacks for it.

use super::boundary::{self, UserData, c_string, optional_text, text};
use super::config::{cognito_config, set};
use super::handle::{Kind, Table};
use crate::callback;
use crate::config::{IdentityStore, Login, LoginSource, length_in_range};
use crate::credentials::FileStore;
use crate::error::{Failure, Stage};
use crate::names::{Identity, IdentityPool};
use crate::status::Status;
use std::ffi::{c_char, c_void};
use std::sync::{Arc, Mutex, PoisonError};

static IDENTITY_SINKS: Table<Mutex<Option<String>>> = Table::new(Kind::IdentitySink);
static LOGIN_SINKS: Table<Mutex<Vec<Login>>> = Table::new(Kind::LoginSink);

/// The limits of Cognito's service model.
const LOGINS: usize = 10;
const PROVIDER_NAME: usize = 128;
const TOKEN: usize = 50_000;

/// Takes the identity in a load callback. Valid during that call only.
pub struct cognito_identity_sink;

/// Takes the logins in a login callback. Valid during that call only.
pub struct cognito_login_sink;

/// Loads the identity that was saved for an identity pool. Called once for each provider, before it asks Cognito the first
/// time, on the thread that is inside a call of this library and in the middle of its work: it should not take long.
/// In it, but for cognito_identity_sink_set() and cognito_client_cancel(), every call of this library returns
/// COGNITO_STATUS_REENTRANT. Must not throw or jump out.
///
/// @param identity_pool As it was set, for stores that hold the identities of several. Valid during the call only.
/// @param sink          Hand the identity to cognito_identity_sink_set(), or nothing when there is none yet.
/// @param user_data     As given to cognito_config_set_identity_store().
/// @return COGNITO_STATUS_OK, or anything else when the store could not be read: this is logged, and the pool is asked.
pub type cognito_identity_load_fn = Option<
    unsafe extern "C" fn(identity_pool: *const c_char, sink: *mut cognito_identity_sink, user_data: *mut c_void) -> i32,
>;

/// Saves the identity that an identity pool gave, in place of an earlier one. Called in the middle of a call of this
/// library, as cognito_identity_load_fn is.
///
/// @param identity_pool As it was set. Valid during the call only.
/// @param identity      At most 55 bytes. Valid during the call only. Whoever knows the id of a guest can get that
///                      guest's credentials, so keep it readable by the owner only.
/// @param user_data     As given to cognito_config_set_identity_store().
/// @return COGNITO_STATUS_OK, or anything else when it could not be saved: this is logged, and saving is tried again
///         when the next fetch begins.
pub type cognito_identity_save_fn =
    Option<unsafe extern "C" fn(identity_pool: *const c_char, identity: *const c_char, user_data: *mut c_void) -> i32>;

/// Gives the logins for one fetch of credentials. Called for every fetch, because tokens expire, on the thread that is
/// inside a call of this library and in the middle of its work. While it runs, no deadline, wait_ms or cancel takes effect,
/// and a free waits for it: get the tokens elsewhere beforehand, and only hand them over here. In it, but for cognito_login_sink_set() and cognito_client_cancel(), every call of this library returns
/// COGNITO_STATUS_REENTRANT. Must not throw or jump out.
///
/// @param sink      Hand each login to cognito_login_sink_set(); without any the device asks as a guest.
/// @param user_data As given to cognito_config_set_login().
/// @return COGNITO_STATUS_OK, or anything else to give up the fetch: the connect fails with
///         COGNITO_STATUS_LOGIN_FAILED.
pub type cognito_login_fn = Option<unsafe extern "C" fn(sink: *mut cognito_login_sink, user_data: *mut c_void) -> i32>;

/// Sets the Cognito identity. This or an identity pool is required.
///
/// @param identity An identity id, "REGION:UUID", or NULL for none. An identity pool id looks the same but is another
///                 thing: the pool is the class, the identity one member of it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cognito_config_set_identity(config: *mut cognito_config, identity: *const c_char) -> Status {
    set(config, |config| {
        // SAFETY: the caller's promise.
        let identity = unsafe { optional_text("identity", identity) }?;
        config.identity = identity.map(|identity| Identity::parse("identity", identity)).transpose()?;
        Ok(())
    })
}

/// Sets the identity pool to get an identity from, once: by GetId, which makes a new identity for a guest. The provider
/// keeps it; set a file or a store to keep it over restarts. An identity that Cognito does not know any more is replaced
/// by a new one.
///
/// @param identity_pool The id of an identity pool, "REGION:UUID", or NULL for none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cognito_config_set_identity_pool(
    config: *mut cognito_config,
    identity_pool: *const c_char,
) -> Status {
    set(config, |config| {
        // SAFETY: the caller's promise.
        let pool = unsafe { optional_text("identity_pool", identity_pool) }?;
        config.identity_pool = pool.map(|pool| IdentityPool::parse("identity_pool", pool)).transpose()?;
        Ok(())
    })
}

/// Sets the callbacks that keep the identity which the pool gave, in place of a former file or store. Default none: every
/// provider then asks the pool anew.
/// A store that fails costs a new identity, not the connection; the log says so at level Warn. What could not be loaded is
/// not saved over, because it may be a good identity. While a callback runs, no deadline, wait_ms or cancel takes effect,
/// and a free waits for it.
///
/// @param load      Both, or both NULL for none.
/// @param save      Both, or both NULL for none.
/// @param user_data Handed to both; any thread may be the one that receives it. Must live until every provider, transport and
///                  client that was made with this setting is freed.
#[unsafe(no_mangle)]
pub extern "C" fn cognito_config_set_identity_store(
    config: *mut cognito_config,
    load: cognito_identity_load_fn,
    save: cognito_identity_save_fn,
    user_data: *mut c_void,
) -> Status {
    set(config, |config| {
        config.identity_store = match (load, save) {
            (Some(load), Some(save)) => Some(Arc::new(Callbacks { load, save, user_data: UserData(user_data) })),
            (None, None) => None,
            (None, _) => return Err(Failure::argument("load", "is NULL while save is given")),
            (_, None) => return Err(Failure::argument("save", "is NULL while load is given")),
        };
        Ok(())
    })
}

/// Sets a file that keeps the identity which the pool gave, in place of a former file or store. Default none.
/// It holds one line, the ids of the pool and of the identity; it is replaced as a whole, and only its owner may read it
/// (mode 0600). Its folder must exist. An identity of another pool in it counts as none; a file that holds something else, or
/// cannot be read, is left alone, and the pool is asked at every start. It is read and written, and synchronised to the disk,
/// in the middle of a connect.
///
/// @param path A path, or NULL for none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cognito_config_set_identity_file(config: *mut cognito_config, path: *const c_char) -> Status {
    set(config, |config| {
        // SAFETY: the caller's promise.
        let path = unsafe { optional_text("identity_file", path) }?;
        if path.is_some_and(str::is_empty) {
            return Err(Failure::argument("identity_file", "is empty: give a path, or NULL for none"));
        }
        config.identity_store = path.map(|path| Arc::new(FileStore::new(path)) as Arc<dyn IdentityStore>);
        Ok(())
    })
}

/// Sets the callback that gives the logins of an authenticated identity. Default none: the device is a guest.
///
/// @param login     The callback, or NULL for none.
/// @param user_data Handed to it; any thread may be the one that receives it. Must live until every provider, transport and
///                  client that was made with this setting is freed.
#[unsafe(no_mangle)]
pub extern "C" fn cognito_config_set_login(
    config: *mut cognito_config,
    login: cognito_login_fn,
    user_data: *mut c_void,
) -> Status {
    set(config, |config| {
        let user_data = UserData(user_data);
        config.logins = login.map(|login| Arc::new(move || ask_for_logins(login, &user_data)) as LoginSource);
        Ok(())
    })
}

/// Sets the role to take among those that the logins allow. Default: the one that Cognito chooses by the rules of the
/// pool. Needs a login callback.
///
/// @param arn The ARN of a role, 20 to 2048 bytes, or NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cognito_config_set_custom_role_arn(config: *mut cognito_config, arn: *const c_char) -> Status {
    set(config, |config| {
        // SAFETY: the caller's promise.
        config.set_custom_role_arn(unsafe { optional_text("custom_role_arn", arn) }?)
    })
}

/// Hands an identity over in a load callback. Copies it; a second call replaces the first.
///
/// @param identity As it was given to the save callback.
/// @return COGNITO_STATUS_INVALID_HANDLE outside of the callback.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cognito_identity_sink_set(
    sink: *mut cognito_identity_sink,
    identity: *const c_char,
) -> Status {
    boundary::status_in_callback(|| {
        let sink = IDENTITY_SINKS.get(sink)?;
        // SAFETY: the caller's promise.
        let identity = unsafe { text("identity", identity) }?;
        Identity::parse("identity", identity)?;
        *sink.lock().unwrap_or_else(PoisonError::into_inner) = Some(identity.to_owned());
        Ok(())
    })
}

/// Hands a login over in a login callback. Copies it; a second one of the same provider replaces the first.
///
/// @param provider The name of the login provider as the identity pool knows it, 1 to 128 bytes, such as
///                 "cognito-idp.us-east-1.amazonaws.com/us-east-1_AbCdEf123".
/// @param token    Its token, 1 to 50000 bytes, such as a user pool's ID token. A secret: in no log and no message.
/// @return COGNITO_STATUS_INVALID_ARGUMENT when one is too long or they are more than 10;
///         COGNITO_STATUS_INVALID_HANDLE outside of the callback.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cognito_login_sink_set(
    sink: *mut cognito_login_sink,
    provider: *const c_char,
    token: *const c_char,
) -> Status {
    boundary::status_in_callback(|| {
        let sink = LOGIN_SINKS.get(sink)?;
        // SAFETY: the caller's promise.
        let (provider, token) = unsafe { (text("provider", provider)?, text("token", token)?) };
        length_in_range("provider", provider, 1, PROVIDER_NAME)?;
        length_in_range("token", token, 1, TOKEN)?;
        let mut logins = sink.lock().unwrap_or_else(PoisonError::into_inner);
        logins.retain(|login| login.provider != provider);
        if logins.len() == LOGINS {
            return Err(Failure::argument("provider", format!("is one too many: Cognito takes {LOGINS} logins")));
        }
        logins.push(Login { provider: provider.to_owned(), token: token.to_owned() });
        Ok(())
    })
}

/// A store in the application.
struct Callbacks {
    load: unsafe extern "C" fn(*const c_char, *mut cognito_identity_sink, *mut c_void) -> i32,
    save: unsafe extern "C" fn(*const c_char, *const c_char, *mut c_void) -> i32,
    user_data: UserData,
}

impl IdentityStore for Callbacks {
    fn load(&self, pool: &IdentityPool) -> Result<Option<String>, String> {
        let pool = c_string(pool.as_str());
        let (answer, identity) = with_sink(&IDENTITY_SINKS, |sink| {
            may_panic!("load");
            // SAFETY: the application gave the function and its user_data for exactly this call.
            unsafe { (self.load)(pool.as_ptr(), sink, self.user_data.pointer()) }
        })
        .map_err(|failure| failure.text())?;
        match answer {
            0 => Ok(identity),
            answer => Err(format!("the load callback returned {answer}")),
        }
    }

    fn save(&self, pool: &IdentityPool, identity: &Identity) -> Result<(), String> {
        let (pool, identity) = (c_string(pool.as_str()), c_string(identity.as_str()));
        may_panic!("save");
        // SAFETY: as above.
        let save = || unsafe { (self.save)(pool.as_ptr(), identity.as_ptr(), self.user_data.pointer()) };
        match callback::run(save) {
            0 => Ok(()),
            answer => Err(format!("the save callback returned {answer}")),
        }
    }
}

fn ask_for_logins(
    login: unsafe extern "C" fn(*mut cognito_login_sink, *mut c_void) -> i32,
    user_data: &UserData,
) -> Result<Vec<Login>, Failure> {
    let (answer, logins) = with_sink(&LOGIN_SINKS, |sink| {
        may_panic!("login");
        // SAFETY: the application gave the function and its user_data for exactly this call.
        unsafe { login(sink, user_data.pointer()) }
    })?;
    match answer {
        0 => Ok(logins),
        answer => Err(Failure::new(
            Status::LoginFailed,
            Stage::Cognito,
            format!("the login callback returned {answer}, {}", name(answer)),
        )),
    }
}

fn name(answer: i32) -> String {
    match Status::from_number(answer) {
        Some(status) => status.c_name().to_string_lossy().into_owned(),
        None => "which is no cognito_status".to_owned(),
    }
}

/// Runs a callback with a sink that lives as long, and gives what was put into it.
fn with_sink<T: Default + Send + 'static, S>(
    table: &Table<Mutex<T>>,
    call: impl FnOnce(*mut S) -> i32,
) -> Result<(i32, T), Failure> {
    /// Takes the sink away, whatever becomes of the callback.
    struct Sink<'a, T: Send + 'static>(&'a Table<Mutex<T>>, usize);
    impl<T: Send + 'static> Drop for Sink<'_, T> {
        fn drop(&mut self) {
            let _ = self.0.remove(std::ptr::without_provenance::<()>(self.1));
        }
    }
    let content = Arc::new(Mutex::new(T::default()));
    let sink = Sink(table, table.insert(Arc::clone(&content))?);
    let answer = callback::run(|| call(std::ptr::without_provenance_mut(sink.1)));
    drop(sink);
    let content = std::mem::take(&mut *content.lock().unwrap_or_else(PoisonError::into_inner));
    Ok((answer, content))
}
