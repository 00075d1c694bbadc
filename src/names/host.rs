//! Host names and addresses.

use super::Region;
use crate::error::Failure;
use std::fmt::Write;
use std::net::{IpAddr, Ipv6Addr};

/// The port of HTTPS and of MQTT over WebSocket on AWS IoT Core.
pub const HTTPS_PORT: u16 = 443;

/// What may stand beside a host: brackets, a colon and a port.
const BESIDE_HOST: usize = "[]:65535".len();

/// A host name or an IP address, lower-case, without brackets.
#[derive(Clone, PartialEq, Eq)]
pub struct Host(String);

impl Host {
    /// Reads a host name, an IPv4 address or an IPv6 address (bare or in brackets). `field` names it in the error.
    pub fn parse(field: &str, text: &str) -> Result<Self, Failure> {
        if text.is_empty() {
            return Err(Failure::argument(field, "is empty"));
        }
        if let Some((scheme, _)) = text.split_once("://") {
            return Err(Failure::argument(
                field,
                format!("starts with '{scheme}://': give the host name alone, without scheme or path"),
            ));
        }
        if text.contains('/') {
            return Err(Failure::argument(field, "holds '/': give the host name alone, without a path"));
        }
        let bracketed = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        if let Ok(address) = bracketed.unwrap_or(text).parse::<Ipv6Addr>() {
            return Ok(Self(address.to_string()));
        }
        if text.contains(':') {
            return Err(Failure::argument(field, "holds ':': give the host name alone, the port has its own setting"));
        }
        // The dot of a fully qualified name has no place in SNI and certificates.
        let name = text.strip_suffix('.').unwrap_or(text);
        if text.parse::<IpAddr>().is_err() && !is_dns_name(name) {
            return Err(Failure::argument(field, "is neither a host name nor an IP address"));
        }
        Ok(Self(name.to_ascii_lowercase()))
    }

    /// Reads `host`, `host:port`, `[ipv6]:port` or a bare IPv6 address.
    pub fn parse_with_port(field: &str, text: &str, default_port: u16) -> Result<(Self, u16), Failure> {
        let (host, port) = match text.rsplit_once(':') {
            Some((host, port)) if host.ends_with(']') || !host.contains(':') && !host.is_empty() => (host, Some(port)),
            _ => (text, None),
        };
        // "https://name" also has a colon; let `parse` see it whole, for its better answer.
        if port.is_some_and(|port| port.starts_with("//")) {
            return Err(Self::parse(field, text).err().unwrap_or_else(|| Failure::argument(field, "is not a host")));
        }
        let port = match port {
            None => default_port,
            Some(port) => match port.parse::<u16>() {
                Ok(port) if port > 0 => port,
                _ => return Err(Failure::argument(field, format!("has the port '{port}'; a TCP port is 1 to 65535"))),
            },
        };
        Ok((Self::parse(field, host)?, port))
    }

    /// As it goes to the resolver and into SNI.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The address, when the host is one.
    pub fn address(&self) -> Option<IpAddr> {
        self.0.parse().ok()
    }

    /// As it stands in a URL or a `Host` header: IPv6 in brackets.
    pub fn in_url(&self) -> String {
        let mut text = String::with_capacity(self.0.len() + BESIDE_HOST);
        if self.0.contains(':') {
            text.extend(["[", &self.0, "]"]);
        } else {
            text.push_str(&self.0);
        }
        text
    }

    /// `host:port`, as in a CONNECT request or a message.
    pub fn with_port(&self, port: u16) -> String {
        let mut text = self.in_url();
        // Writing to a String does not fail.
        let _ = write!(text, ":{port}");
        text
    }

    /// The `Host` header: the port shows only when it is not HTTPS's own.
    pub fn host_header(&self, port: u16) -> String {
        if port == HTTPS_PORT { self.in_url() } else { self.with_port(port) }
    }

    /// The region of an AWS IoT data endpoint, `….iot.REGION.amazonaws.com` or its FIPS and China forms.
    pub fn iot_region(&self) -> Option<Region> {
        let labels: Vec<&str> = self.0.split('.').collect();
        let service = labels.iter().position(|label| matches!(*label, "iot" | "iot-fips"))?;
        let domain = labels.get(service + 2).copied()?;
        if !domain.starts_with("amazonaws") {
            return None;
        }
        labels.get(service + 1).and_then(|region| Region::parse("region", region).ok())
    }
}

fn is_dns_name(text: &str) -> bool {
    text.len() <= 253
        && text.split('.').all(|label| {
            (1..=63).contains(&label.len())
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(text: &str) -> Result<String, String> {
        Host::parse("endpoint", text).map(|host| host.0).map_err(|failure| failure.text())
    }

    #[test]
    fn hosts_are_names_and_addresses() {
        assert_eq!(host("A1-ats.iot.us-east-1.amazonaws.com").unwrap(), "a1-ats.iot.us-east-1.amazonaws.com");
        assert_eq!(host("localhost.").unwrap(), "localhost");
        assert!(host(".").is_err());
        assert_eq!(host("127.0.0.1").unwrap(), "127.0.0.1");
        assert_eq!(host("[::1]").unwrap(), "::1");
        assert_eq!(host("::1").unwrap(), "::1");
        assert_eq!(Host::parse("h", "::1").unwrap().host_header(8443), "[::1]:8443");
        assert_eq!(Host::parse("h", "::1").unwrap().host_header(443), "[::1]");
    }

    #[test]
    fn what_is_not_a_host_is_refused_with_the_reason() {
        for (text, reason) in [
            ("", "is empty"),
            ("wss://x.y", "starts with 'wss://'"),
            ("x.y/mqtt", "holds '/'"),
            ("x.y:443", "the port has its own setting"),
            ("x y", "neither a host name nor an IP address"),
            ("-x.y", "neither"),
            ("a..b", "neither"),
            ("x\r\ny", "neither"),
        ] {
            assert!(host(text).unwrap_err().contains(reason), "{text}");
        }
    }

    #[test]
    fn a_port_may_follow_the_cognito_endpoint() {
        let parse = |text| {
            Host::parse_with_port("cognito_endpoint", text, 443)
                .map(|(host, port)| (host.0, port))
                .map_err(|failure| failure.text())
        };
        assert_eq!(parse("localhost").unwrap(), ("localhost".into(), 443));
        assert_eq!(parse("localhost:8443").unwrap(), ("localhost".into(), 8443));
        assert_eq!(parse("[::1]:8443").unwrap(), ("::1".into(), 8443));
        assert_eq!(parse("[::1]").unwrap(), ("::1".into(), 443));
        assert_eq!(parse("::1").unwrap(), ("::1".into(), 443));
        assert!(parse("localhost:0").is_err());
        assert!(parse("localhost:x").unwrap_err().contains("port 'x'"));
        assert!(parse("https://localhost").unwrap_err().contains("starts with 'https://'"));
        assert!(parse("https://localhost:1").unwrap_err().contains("starts with 'https://'"));
    }

    #[test]
    fn the_region_is_read_from_iot_endpoints_only() {
        let region =
            |text: &str| Host::parse("endpoint", text).unwrap().iot_region().map(|region| region.as_str().to_owned());
        assert_eq!(region("a1-ats.iot.us-east-1.amazonaws.com").unwrap(), "us-east-1");
        assert_eq!(region("a1.ats.iot.cn-northwest-1.amazonaws.com.cn").unwrap(), "cn-northwest-1");
        assert_eq!(region("a1.iot-fips.us-gov-west-1.amazonaws.com").unwrap(), "us-gov-west-1");
        assert_eq!(region("iot.example.com"), None);
        assert_eq!(region("localhost"), None);
    }
}
