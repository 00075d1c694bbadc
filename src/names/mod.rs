//! Hosts, regions and identities: the names that the application gives, parsed once so that nothing behind
//! has to doubt them.

mod host;
mod identity;
mod region;

pub use host::{HTTPS_PORT, Host};
pub use identity::{Identity, IdentityPool};
pub use region::Region;
