//! Topic names and topic filters: section 4.7 of MQTT, and the limits of AWS IoT Core. Pure.

use crate::error::Failure;

/// AWS IoT Core's limit on a topic or filter, in bytes.
pub const TOPIC_MAX: usize = 256;

/// MQTT's limit on any string, in bytes, of which the prefix that AWS does not count is a part.
const STRING_MAX: usize = u16::MAX as usize;

/// AWS IoT Core's limit on the slashes in a topic or filter.
pub const SLASHES_MAX: usize = 7;

/// What comes before the topic of a rule, after which slashes begin to count.
const RULES: &str = "$aws/rules/";

/// What the broker puts before the filter of a shared subscription, and does not count.
const SHARE: &str = "$share/";

/// Checks a topic to publish to, which is the value of this field.
pub fn check_topic(field: &str, topic: &str) -> Result<(), Failure> {
    check(field, topic)?;
    if let Some(wildcard) = topic.chars().find(|c| matches!(c, '+' | '#')) {
        return Err(Failure::argument(
            field,
            format!("holds the wildcard {wildcard}: a message is published to one topic"),
        ));
    }
    Ok(())
}

/// Checks a filter to subscribe to.
pub fn check_filter(filter: &str) -> Result<(), Failure> {
    check("filter", filter)?;
    let filter = shared(filter)?;
    let levels: Vec<&str> = filter.split('/').collect();
    for (index, level) in levels.iter().enumerate() {
        if level.len() > 1 && level.contains(['+', '#']) {
            return Err(Failure::argument("filter", format!("has a wildcard beside other characters in \"{level}\"")));
        }
        if *level == "#" && index + 1 < levels.len() {
            return Err(Failure::argument("filter", "goes on after #, which must be its last level"));
        }
    }
    Ok(())
}

/// The filter proper of a shared subscription, or the filter itself.
fn shared(filter: &str) -> Result<&str, Failure> {
    let Some(rest) = filter.strip_prefix(SHARE) else { return Ok(filter) };
    match rest.split_once('/') {
        Some((group, filter)) if !group.is_empty() && !group.contains(['+', '#']) && !filter.is_empty() => Ok(filter),
        _ => Err(Failure::argument("filter", "is no shared subscription of the form $share/GROUP/FILTER")),
    }
}

fn check(field: &str, text: &str) -> Result<(), Failure> {
    if text.is_empty() {
        return Err(Failure::argument(field, "is empty"));
    }
    if text.len() > STRING_MAX {
        return Err(Failure::argument(field, format!("has {} bytes; MQTT takes at most {STRING_MAX}", text.len())));
    }
    let counted = &text[prefix_len(text)..];
    if counted.len() > TOPIC_MAX {
        return Err(Failure::argument(
            field,
            format!("has {} bytes; AWS IoT Core takes at most {TOPIC_MAX}", counted.len()),
        ));
    }
    let slashes = counted.bytes().filter(|byte| *byte == b'/').count();
    if slashes > SLASHES_MAX {
        return Err(Failure::argument(
            field,
            format!("has {slashes} slashes; AWS IoT Core takes at most {SLASHES_MAX}"),
        ));
    }
    match forbidden(text) {
        Some(c) => Err(Failure::argument(
            field,
            format!("holds U+{:04X}: AWS IoT Core closes the connection on control characters", u32::from(c)),
        )),
        None => Ok(()),
    }
}

/// How much of a topic does not count for the limits: `$aws/rules/NAME/` of basic ingest, `$share/GROUP/`.
fn prefix_len(text: &str) -> usize {
    let Some(rest) = text.strip_prefix(RULES).or_else(|| text.strip_prefix(SHARE)) else { return 0 };
    rest.find('/').map_or(0, |end| text.len() - rest.len() + end + 1)
}

/// The first character that should not be in a string, and that AWS IoT Core takes in no topic: MQTT 3.1.1, section 1.5.3.
pub fn forbidden(text: &str) -> Option<char> {
    text.chars().find(|c| c.is_control() || is_noncharacter(*c))
}

fn is_noncharacter(c: char) -> bool {
    matches!(u32::from(c), 0xfdd0..=0xfdef) || u32::from(c) & 0xfffe == 0xfffe
}

/// Whether a topic is one of those that a filter stands for.
pub fn matches(filter: &str, topic: &str) -> bool {
    let filter = filter.strip_prefix(SHARE).and_then(|rest| rest.split_once('/')).map_or(filter, |(_, filter)| filter);
    // Section 4.7.2: a wildcard at the beginning does not stand for a topic of the server's own.
    if topic.starts_with('$') && filter.starts_with(['+', '#']) {
        return false;
    }
    let mut topic = topic.split('/');
    for level in filter.split('/') {
        match (level, topic.next()) {
            ("#", _) => return true,
            ("+", Some(_)) => {}
            (level, Some(name)) if level == name => {}
            _ => return false,
        }
    }
    topic.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_match_as_section_4_7_says() {
        let cases = [
            ("sport/tennis/player1/#", "sport/tennis/player1", true),
            ("sport/tennis/player1/#", "sport/tennis/player1/ranking", true),
            ("sport/tennis/player1/#", "sport/tennis/player1/score/wimbledon", true),
            ("sport/#", "sport", true),
            ("#", "any/thing", true),
            ("sport/tennis/+", "sport/tennis/player1", true),
            ("sport/tennis/+", "sport/tennis/player1/ranking", false),
            ("sport/+", "sport", false),
            ("sport/+", "sport/", true),
            ("+/+", "/finance", true),
            ("/+", "/finance", true),
            ("+", "/finance", false),
            ("#", "$SYS/uptime", false),
            ("+/monitor/Clients", "$SYS/monitor/Clients", false),
            ("$SYS/#", "$SYS/", true),
            ("$SYS/monitor/+", "$SYS/monitor/Clients", true),
            ("Accounts", "accounts", false),
            ("größe/+", "größe/ä", true),
            ("$share/group/a/+", "a/b", true),
            ("a", "a/b", false),
            ("a/b", "a", false),
        ];
        for (filter, topic, expected) in cases {
            assert_eq!(matches(filter, topic), expected, "{filter} {topic}");
        }
    }

    #[test]
    fn topics_and_filters_that_aws_or_mqtt_refuses_are_refused() {
        let long = "a".repeat(257);
        let deep = "/".repeat(8);
        for (topic, words) in [
            ("", "empty"),
            (long.as_str(), "257 bytes"),
            (deep.as_str(), "8 slashes"),
            ("a/+", "wildcard +"),
            ("a/#", "wildcard #"),
            ("a\u{1}", "U+0001"),
            ("a\u{ffff}", "U+FFFF"),
        ] {
            let problem = check_topic("topic", topic).unwrap_err().text();
            assert!(problem.contains(words) && problem.contains("topic"), "{problem}");
        }
        for (filter, words) in [
            ("", "empty"),
            ("a/b#", "b#"),
            ("a/#/b", "last level"),
            ("a+/b", "a+"),
            (deep.as_str(), "8 slashes"),
            ("$share/a", "shared"),
            ("$share//a", "shared"),
        ] {
            let problem = check_filter(filter).unwrap_err().text();
            assert!(problem.contains(words) && problem.contains("filter"), "{problem}");
        }
        for filter in ["#", "+", "a/+/b/#", "$share/group/a/#", "/"] {
            check_filter(filter).unwrap();
        }
    }

    #[test]
    fn the_name_of_a_rule_does_not_count() {
        check_topic("topic", "$aws/rules/a_rule/1/2/3/4/5/6/7/8").unwrap();
        check_topic("topic", &format!("$aws/rules/a_rule/{}", "a".repeat(256))).unwrap();
        assert!(check_topic("topic", "$aws/rules/a_rule/1/2/3/4/5/6/7/8/9").is_err());
        let long = format!("$aws/rules/{}/a", "a".repeat(STRING_MAX));
        assert!(check_topic("topic", &long).unwrap_err().text().contains("65548 bytes"));
        assert!(check_topic("topic", "$aws/rules/a\u{1}/a").unwrap_err().text().contains("U+0001"));
        assert!(check_filter("$share/a\u{1}/a").unwrap_err().text().contains("U+0001"));
        check_topic("topic", "1/2/3/4/5/6/7/8").unwrap();
    }
}
