//! What a build may leave out, by features of cargo that are on by default. The functions of the C API are there in every
//! build, and say so where they cannot do what they are for.

use crate::error::{Failure, Stage};
use crate::status::Status;

/// One feature. Where it is left out, the compiler drops what is behind [`Feature::required`].
pub struct Feature {
    is_built: bool,
    what: &'static str,
    option: &'static str,
}

/// The codec of MQTT 5, and properties.
pub const MQTT5: Feature = Feature { is_built: cfg!(feature = "mqtt5"), what: "MQTT 5", option: "MQTT5" };

/// The tunnel through an HTTP proxy.
pub const PROXY: Feature = Feature { is_built: cfg!(feature = "proxy"), what: "the HTTP proxy", option: "PROXY" };

/// The recording of what a connect did.
pub const TRACE: Feature = Feature { is_built: cfg!(feature = "trace"), what: "the trace", option: "TRACE" };

impl Feature {
    /// Whether this build has it.
    #[inline(always)]
    pub const fn is_built(&self) -> bool {
        self.is_built
    }

    /// An error unless this build has it.
    #[inline(always)]
    pub fn required(&self) -> Result<(), Failure> {
        if self.is_built { Ok(()) } else { Err(self.left_out()) }
    }

    #[cold]
    fn left_out(&self) -> Failure {
        let Self { what, option, .. } = self;
        Failure::new(Status::NotBuilt, Stage::None, format!("this build of cognito_connect leaves out {what}"))
            .hint(format!("Build it with COGNITO_CONNECT_{option}=ON (cargo feature {})", option.to_ascii_lowercase()))
    }
}
