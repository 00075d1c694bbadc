//! getaddrinfo(3): the system's own resolver, with its /etc/hosts, nsswitch and address order (RFC 6724).

use std::ffi::{CStr, CString};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Why a name has no address.
#[derive(Clone, Debug)]
pub struct ResolveError {
    /// The resolver's own words.
    pub reason: String,
    /// The name does not exist, as opposed to a resolver that could not say.
    pub not_found: bool,
}

/// Resolves a name. Blocks for as long as the resolver takes, and cannot be interrupted.
pub fn getaddrinfo(name: &str) -> Result<Vec<IpAddr>, ResolveError> {
    let refused = |reason: &str| ResolveError { reason: reason.to_owned(), not_found: true };
    let name = CString::new(name).map_err(|_| refused("the name holds a NUL"))?;
    // SAFETY: an all-zero addrinfo is a valid hint.
    let mut hints: libc::addrinfo = unsafe { std::mem::zeroed() };
    hints.ai_family = libc::AF_UNSPEC;
    hints.ai_socktype = libc::SOCK_STREAM;
    // Without it a board with IPv4 only waits for AAAA answers it cannot use.
    hints.ai_flags = libc::AI_ADDRCONFIG;
    let mut list: *mut libc::addrinfo = std::ptr::null_mut();
    // SAFETY: the name is NUL-terminated, the hints are valid, and `list` is written only on success.
    let code = unsafe { libc::getaddrinfo(name.as_ptr(), std::ptr::null(), &raw const hints, &raw mut list) };
    if code != 0 {
        return Err(ResolveError {
            reason: describe(code),
            not_found: matches!(code, libc::EAI_NONAME | libc::EAI_NODATA),
        });
    }
    let mut addresses = Vec::new();
    let mut entry = list;
    // SAFETY: `list` and what it links to is valid until freeaddrinfo, which is called once, after the last use.
    unsafe {
        while let Some(info) = entry.as_ref() {
            addresses.extend(address(info));
            entry = info.ai_next;
        }
        libc::freeaddrinfo(list);
    }
    match addresses.is_empty() {
        true => Err(refused("the name has no address")),
        false => Ok(addresses),
    }
}

/// # Safety
/// `info` is an entry that getaddrinfo made.
unsafe fn address(info: &libc::addrinfo) -> Option<IpAddr> {
    match info.ai_family {
        libc::AF_INET => {
            // SAFETY: the family says what the address is; it may be unaligned.
            let address = unsafe { info.ai_addr.cast::<libc::sockaddr_in>().read_unaligned() };
            Some(Ipv4Addr::from(u32::from_be(address.sin_addr.s_addr)).into())
        }
        libc::AF_INET6 => {
            // SAFETY: as above.
            let address = unsafe { info.ai_addr.cast::<libc::sockaddr_in6>().read_unaligned() };
            Some(Ipv6Addr::from(address.sin6_addr.s6_addr).into())
        }
        _ => None,
    }
}

fn describe(code: i32) -> String {
    if code == libc::EAI_SYSTEM {
        return std::io::Error::last_os_error().to_string();
    }
    // SAFETY: gai_strerror returns a constant string for every number.
    unsafe { CStr::from_ptr(libc::gai_strerror(code)) }.to_string_lossy().into_owned()
}
