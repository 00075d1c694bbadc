//! Which faults exist and how their values are written.

use super::Value;
use crate::network;

/// Longest text of a fault.
const MAX_TEXT: usize = 200;

/// One way to write a fault's value.
#[derive(Clone, Copy, Debug)]
pub enum Form {
    /// A fixed word.
    Word(&'static str),
    /// A word, a colon and a number: `drip:20`.
    Numbered(&'static str, i64, i64),
    /// A number alone.
    Number(i64, i64),
    /// Any text that may stand in a header.
    Text,
    /// A fault of the network and where it begins.
    Network,
}

use Form::{Network, Number, Numbered, Text, Word};

const ACCEPT: &[Form] = &[Word("stall"), Word("reset"), Word("close")];
const TLS: &[Form] =
    &[Word("stall"), Word("stall-mid"), Word("reset"), Word("close"), Word("plain-http"), Word("garbage")];
const CERTIFICATE: &[Form] = &[
    Word("expired"),
    Word("not-yet-valid"),
    Word("wrong-host"),
    Word("self-signed"),
    Word("self-signed-ca"),
    Word("untrusted"),
    Word("inspected"),
];
const REQUEST: &[Form] = &[Word("stall"), Word("reset"), Word("close")];
const DELAY: &[Form] = &[Number(0, 3_600_000)];
const ON: &[Form] = &[Number(1, 1)];
const CLOCK: &[Form] = &[Number(-4_000_000_000, 4_000_000_000)];
const COGNITO_RESPONSE: &[Form] = &[
    Word("throttled"),
    Word("throttled-429"),
    Word("not-authorized"),
    Word("invalid-pool-configuration"),
    Word("internal-error"),
    Word("unavailable"),
    Word("html"),
    Word("redirect"),
    Word("malformed-json"),
    Word("missing-fields"),
    Word("empty"),
    Word("truncated"),
    Word("stall-mid-body"),
    Word("endless-head"),
    Word("endless-body"),
    Word("huge-body"),
    Numbered("drip", 0, 60_000),
    Word("chunked"),
    Word("close-delimited"),
    Word("continue-100"),
    Word("expired"),
    Word("no-expiration"),
    Word("other-identity"),
    Word("not-found"),
    Word("unauthenticated-disabled"),
    Word("access-forbidden"),
    Word("token-expired"),
    Word("invalid-parameter"),
    Word("resource-conflict"),
    Word("limit-exceeded"),
    Word("external-service"),
    Word("validation"),
    Word("service-unavailable-json"),
];
const IOT_UPGRADE: &[Form] = &[
    Word("refuse"),
    Numbered("refuse-late-body", 0, 600_000),
    Word("refuse-chunked"),
    Numbered("refuse-skewed", -4_000_000_000, 4_000_000_000),
    Numbered("status", 100, 599),
    Word("html"),
    Word("wrong-accept"),
    Word("no-accept"),
    Word("no-subprotocol"),
    Word("wrong-subprotocol"),
    Word("endless-head"),
    Word("endless-body"),
    Word("stall"),
    Word("stall-mid-head"),
    Word("reset"),
    Word("close"),
    Word("with-first-frame"),
];
const IOT_CONNECT: &[Form] = &[Word("stall"), Word("reset"), Word("close"), Numbered("ws-close", 0, 65_535)];
const IOT_CONNACK: &[Form] = &[
    Numbered("code", 0, 255),
    Word("stall-mid"),
    Word("reset-mid"),
    Word("garbage"),
    Word("text-frame"),
    Word("oversize"),
    Word("session-present-on-refusal"),
    Word("other-packet"),
    Word("session-present"),
    Word("reserved-flags"),
    Word("trailing-bytes"),
    Word("extra-ping"),
];
const IOT_FRAMES: &[Form] = &[
    Numbered("bytes", 1, 1_000_000),
    Numbered("fragments", 1, 1_000_000),
    Word("coalesce"),
    Numbered("tls-bytes", 1, 16_384),
    Numbered("tcp-bytes", 1, 16_384),
    Numbered("random", 0, 4_294_967_295),
];
const IOT_PINGS: &[Form] = &[Word("between-frames")];
const IOT_READING: &[Form] = &[Word("paused")];
const PACE: &[Form] = &[Number(1, 60_000)];
const IOT_END: &[Form] = &[Word("no-close-answer"), Word("reset-on-disconnect"), Word("no-fin")];
const PROXY_RESPONSE: &[Form] = &[
    Word("refuse"),
    Word("407"),
    Word("502"),
    Word("stall"),
    Word("reset"),
    Word("garbage"),
    Word("endless-head"),
    Word("stall-tunnel"),
];

const KNOWN: &[(&str, &[Form])] = &[
    ("iot.accept", ACCEPT),
    ("iot.network", &[Network]),
    ("iot.tls", TLS),
    ("iot.certificate", CERTIFICATE),
    ("iot.request", REQUEST),
    ("iot.delay_ms", DELAY),
    ("iot.clock_offset_s", CLOCK),
    ("iot.no_date", ON),
    ("iot.upgrade", IOT_UPGRADE),
    ("iot.connect", IOT_CONNECT),
    ("iot.connack", IOT_CONNACK),
    ("iot.frames", IOT_FRAMES),
    ("iot.pace_ms", PACE),
    ("iot.pings", IOT_PINGS),
    ("iot.reading", IOT_READING),
    ("iot.end", IOT_END),
    ("cognito.accept", ACCEPT),
    ("cognito.network", &[Network]),
    ("cognito.tls", TLS),
    ("cognito.certificate", CERTIFICATE),
    ("cognito.request", REQUEST),
    ("cognito.delay_ms", DELAY),
    ("cognito.clock_offset_s", CLOCK),
    ("cognito.no_date", ON),
    ("cognito.retry_after", &[Text]),
    ("cognito.response", COGNITO_RESPONSE),
    ("cognito.get_id", COGNITO_RESPONSE),
    ("cognito.get_credentials", COGNITO_RESPONSE),
    ("proxy.accept", ACCEPT),
    ("proxy.network", &[Network]),
    ("proxy.response", PROXY_RESPONSE),
];

/// The full name of a fault and the ways to write its value.
pub fn forms(key: &str) -> Result<(&'static str, &'static [Form]), String> {
    let found = KNOWN.iter().find(|(name, _)| *name == key);
    found.copied().ok_or_else(|| {
        let names: Vec<&str> = KNOWN.iter().map(|(name, _)| *name).collect();
        format!("unknown fault '{key}'; known are: {}", names.join(", "))
    })
}

impl Form {
    /// The value, if `text` is written in this way.
    pub fn parse(&self, text: &str) -> Option<Value> {
        let number = |digits: &str, min: i64, max: i64| digits.parse().ok().filter(|n| (min..=max).contains(n));
        match *self {
            Word(word) => (text == word).then(|| Value { word: word.to_owned(), number: 0 }),
            Numbered(word, min, max) => {
                let digits = text.strip_prefix(word)?.strip_prefix(':')?;
                let number = number(digits, min, max)?;
                Some(Value { word: word.to_owned(), number })
            }
            Number(min, max) => {
                let number = number(text, min, max)?;
                Some(Value { word: String::new(), number })
            }
            Text => {
                let fits = text.len() <= MAX_TEXT && text.bytes().all(|byte| (b' '..=b'~').contains(&byte));
                fits.then(|| Value { word: text.to_owned(), number: 0 })
            }
            Network => network::Fault::parse(text).map(|_| Value { word: text.to_owned(), number: 0 }),
        }
    }

    /// How it is listed to one who wrote something else.
    pub fn shown(&self) -> String {
        match *self {
            Word(word) => word.to_owned(),
            Numbered(word, min, max) => format!("{word}:{min}..{max}"),
            Number(min, max) => format!("{min}..{max}"),
            Network => network::Fault::FORM.to_owned(),
            Text => format!("up to {MAX_TEXT} printable ASCII characters"),
        }
    }
}
