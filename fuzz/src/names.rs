//! The texts that an application gives: hosts, regions, ids, topics, filters, settings, and certificates in PEM. What is taken
//! stays the same when it is read again, and what is refused says why in one line.

use crate::check_failure;
use cognito_connect::fuzzing::{Config, Failure, Host, Identity, IdentityPool, Network, Region, pem, topics, trust};
use cognito_connect::fuzzing::{parse_http_date, plausible_date};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

/// The first byte chooses what the text is.
pub fn names(data: &[u8]) {
    let Some((choice, rest)) = data.split_first() else { return };
    if choice % 8 == 7 {
        return certificates(rest);
    }
    let Ok(text) = std::str::from_utf8(rest) else { return };
    match choice % 8 {
        0 => host(text),
        1 => host_with_port(text),
        2 => region(text),
        3 => ids(text),
        4 => topic(text),
        5 => settings(text),
        _ => date(text),
    }
}

fn refused<T>(result: Result<T, Failure>, text: &str) -> Option<T> {
    result.inspect_err(|failure| check_failure(failure, text.as_bytes())).ok()
}

/// What may go into a request's head, SNI and a message.
fn is_plain(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_graphic() && !byte.is_ascii_uppercase() && !b"/@?#\\".contains(&byte))
}

fn host(text: &str) {
    let Some(host) = refused(Host::parse("endpoint", text), text) else { return };
    assert!(is_plain(host.as_str()) && (1..=253).contains(&host.as_str().len()), "{:?}", host.as_str());
    assert!(
        Host::parse("endpoint", host.as_str()).is_ok_and(|again| again == host),
        "{:?} is not read again",
        host.as_str()
    );
    assert!(Host::parse("endpoint", &host.in_url()).is_ok_and(|again| again == host));
    if let Some(region) = host.iot_region() {
        assert!(host.as_str().contains(region.as_str()));
    }
}

fn host_with_port(text: &str) {
    let Some((host, port)) = refused(Host::parse_with_port("cognito_endpoint", text, 443), text) else { return };
    assert!(port > 0 && is_plain(host.as_str()));
    let again = Host::parse_with_port("cognito_endpoint", &host.with_port(port), 443);
    assert!(again.is_ok_and(|again| again == (host, port)), "{text:?} is not read again");
}

fn region(text: &str) {
    if let Some(region) = refused(Region::parse("region", text), text) {
        assert_eq!(region.as_str(), text);
        assert!(is_plain(text) && text.len() <= 32);
    }
}

fn ids(text: &str) {
    if let Some(identity) = refused(Identity::parse("identity", text), text) {
        assert_eq!(identity.as_str(), text);
        assert!(text.starts_with(identity.region().as_str()) && is_plain(text));
        let shortened = identity.shortened();
        assert!(shortened.len() <= 32 + 12, "{shortened}");
        // Who reads a message must not get the rest of the id.
        let shown = shortened.rsplit(':').next().unwrap_or_default();
        assert!(text.len() < 40 || !shown.contains(&text[text.len() - 12..]));
    }
    if let Some(pool) = refused(IdentityPool::parse("identity_pool", text), text) {
        assert_eq!(pool.as_str(), text);
        assert!(Identity::parse("identity", text).is_ok());
    }
}

fn topic(text: &str) {
    let is_topic = refused(topics::check_topic("topic", text), text).is_some();
    let is_filter = refused(topics::check_filter(text), text).is_some();
    if is_topic {
        assert!(!text.contains(['+', '#', '\0']));
        let is_share = text.starts_with("$share/");
        assert!(is_filter || is_share, "a topic that is no filter: {text:?}");
        assert!(is_share || topics::matches(text, text), "a topic that does not match itself: {text:?}");
        assert_eq!(topics::matches("#", text), !text.starts_with('$'));
        assert!(is_share || topics::matches(&format!("{text}/#"), text));
    }
    // Anything may be asked: a server sends topics that nobody has checked.
    if let Some((filter, topic)) = text.split_once('\n') {
        assert_eq!(topics::matches(filter, topic), matches_by_the_book(filter, topic), "{filter:?} {topic:?}");
    }
}

/// Section 4.7 of MQTT, from the end of the texts and level by level, as it stands there.
fn matches_by_the_book(filter: &str, topic: &str) -> bool {
    let filter = match filter.strip_prefix("$share/").map(|rest| rest.split_once('/')) {
        Some(Some((_, filter))) => filter,
        _ => filter,
    };
    if topic.starts_with('$') && (filter.starts_with('+') || filter.starts_with('#')) {
        return false;
    }
    fn levels(filter: &[&str], topic: &[&str]) -> bool {
        match (filter, topic) {
            (["#", ..], _) => true,
            ([], []) => true,
            ([first, filter @ ..], [level, topic @ ..]) => (*first == "+" || first == level) && levels(filter, topic),
            _ => false,
        }
    }
    let (filter, topic): (Vec<&str>, Vec<&str>) = (filter.split('/').collect(), topic.split('/').collect());
    filter.len() > 1000 || topic.len() > 1000 || levels(&filter, &topic)
}

fn settings(text: &str) {
    let mut config = Config::default();
    refused(config.set_client_id(Some(text)), text);
    refused(config.set_user_name(Some(text)), text);
    refused(config.set_custom_role_arn(Some(text)), text);
    refused(config.set_cognito_endpoint(Some(text)), text);
    let (user, password) = text.split_once('\n').unwrap_or((text, ""));
    if let Some(()) = refused(config.set_proxy(Some(user), 8080), text) {
        assert!(
            refused(config.set_proxy_credentials(Some(password), Some(user)), text).is_none()
                || !password.contains(':')
        );
    }
    if let Some(id) = &config.client_id {
        assert!(!id.chars().any(char::is_control) && (1..=128).contains(&id.len()));
    }
}

fn date(text: &str) {
    let date = parse_http_date(text);
    if let Some(plausible) = plausible_date(text) {
        assert_eq!(date, Some(plausible));
        assert!(plausible.as_secs() < 32_503_680_000);
    }
}

fn certificates(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let ours: Vec<_> = pem::certificates(&text).collect();
    assert!(ours.iter().flatten().map(Vec::len).sum::<usize>() <= text.len());
    // The other reader takes a label that only begins like one, and no end with something behind it.
    let mut lines = text.split(['\n', '\r']);
    let is_exact = lines.all(|line| match line.split(' ').next() {
        Some("-----BEGIN") => line == "-----BEGIN CERTIFICATE-----",
        Some("-----END") => line == "-----END CERTIFICATE-----",
        _ => true,
    });
    // It stops where something is wrong; what it reads before is there.
    if is_exact && ours.iter().all(std::result::Result::is_ok) {
        let theirs: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(text.as_bytes()).collect();
        if let Ok(theirs) = theirs {
            let theirs: Vec<_> = theirs.iter().map(|certificate| Ok(certificate.to_vec())).collect();
            assert_eq!(ours, theirs, "another reader of PEM finds others");
        }
    }
    let network = Network { proxy: None, trust: None, ca_file: None, ca_pem: Some(text.clone().into_owned()) };
    refused(trust(&network), &text);
}
