//! Answers that a test has written byte by byte, for everything that no fault has a word for.

use std::io;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::sleep;

use crate::answers;
use crate::connection::{Connection, End};
use crate::events::Service;
use crate::tls::{self, Tls};

/// One such answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// The bytes, with placeholders in them.
    pub template: Vec<u8>,
    /// How often they are sent; 0: until the client ends the connection.
    pub repeat: u32,
    /// A pause after every byte, if there is one.
    pub pace_ms: u64,
    /// What follows.
    pub then: Then,
}

/// What becomes of the connection behind an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    /// It goes on as after a good answer.
    Keep,
    /// `close_notify` and FIN.
    Close,
    /// FIN alone, as one who cuts the answer off would do it.
    Fin,
    /// RST.
    Reset,
    /// Silence.
    Stall,
}

/// The answers that wait for their request.
#[derive(Default)]
pub struct WrittenAnswers {
    waiting: Mutex<Vec<Waiting>>,
}

struct Waiting {
    service: Service,
    /// Of Cognito; `None` is any.
    operation: Option<String>,
    left: u32,
    written: Written,
}

impl WrittenAnswers {
    /// From a request to the control port: pairs of its query, and its body.
    pub fn add(&self, pairs: &[(String, String)], template: Vec<u8>) -> Result<(), String> {
        let (mut service, mut operation, mut left) = (None, None, 1);
        let mut written = Written { template, repeat: 1, pace_ms: 0, then: Then::Keep };
        for (key, value) in pairs {
            let number = value.parse::<u32>().ok();
            match (key.as_str(), value.as_str(), number) {
                ("service", "cognito", _) => service = Some(Service::Cognito),
                ("service", "iot", _) => service = Some(Service::Iot),
                ("operation", "GetId" | "GetCredentialsForIdentity", _) => operation = Some(value.clone()),
                ("times", _, Some(number @ 1..)) => left = number,
                ("repeat", _, Some(number)) => written.repeat = number,
                ("pace_ms", _, Some(number @ 0..=60_000)) => written.pace_ms = number.into(),
                ("then", word, _) if Then::of(word).is_some() => written.then = Then::of(word).unwrap_or(Then::Keep),
                _ => {
                    return Err(format!(
                        "'{key}={value}': expected service=cognito|iot, operation=GetId|GetCredentialsForIdentity, \
                         times=1.., repeat=0.., pace_ms=0..60000, then=keep|close|fin|reset|stall"
                    ));
                }
            }
        }
        let service = service.ok_or("service=cognito|iot is missing")?;
        self.lock().push(Waiting { service, operation, left, written });
        Ok(())
    }

    /// The answer for a request, if one waits for it.
    pub fn take(&self, service: Service, operation: &str) -> Option<Written> {
        let mut waiting = self.lock();
        let fits = |it: &Waiting| it.service == service && it.operation.as_deref().is_none_or(|own| own == operation);
        let index = waiting.iter().position(fits)?;
        let found = waiting.get_mut(index)?;
        let written = found.written.clone();
        found.left -= 1;
        if found.left == 0 {
            waiting.remove(index);
        }
        Some(written)
    }

    /// Forgets them.
    pub fn clear(&self) {
        self.lock().clear();
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Waiting>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Then {
    fn of(word: &str) -> Option<Then> {
        Some(match word {
            "keep" => Then::Keep,
            "close" => Then::Close,
            "fin" => Then::Fin,
            "reset" => Then::Reset,
            "stall" => Then::Stall,
            _ => return None,
        })
    }
}

impl Written {
    /// Sends it. `values` are the texts of its placeholders. `None`: the connection goes on.
    pub async fn send(
        &self,
        connection: &Connection,
        stream: &mut Tls,
        values: &[(&str, String)],
    ) -> io::Result<Option<End>> {
        let bytes = self.filled(values);
        let mut sent = 0;
        while self.repeat == 0 || sent < self.repeat {
            if self.pace_ms == 0 {
                answers::send(stream, &bytes).await?;
            } else {
                answers::drip(stream, &bytes, self.pace_ms).await?;
            }
            // An answer without bytes goes on for ever too.
            if self.repeat == 0 && bytes.is_empty() {
                sleep(Duration::from_millis(10)).await;
            }
            sent = sent.saturating_add(1);
            tokio::task::yield_now().await;
        }
        Ok(match self.then {
            Then::Keep => None,
            Then::Close => Some(tls::close(connection, stream).await),
            Then::Fin => Some(End::Close),
            Then::Reset => Some(End::Reset),
            Then::Stall => Some(tls::hold(connection, stream).await),
        })
    }

    /// The bytes with `{NAME}` replaced by its value, and then `{length}` by the length of the body: of what is between the
    /// next empty line and `{end}`, or the end.
    fn filled(&self, values: &[(&str, String)]) -> Vec<u8> {
        let mut bytes = self.template.clone();
        for (name, value) in values {
            bytes = replaced(&bytes, name, value);
        }
        let Some(length_at) = find(&bytes, b"{length}", 0) else { return bytes };
        let body = find(&bytes, b"\r\n\r\n", length_at).map_or(bytes.len(), |at| at + 4);
        let end = find(&bytes, b"{end}", body).unwrap_or(bytes.len());
        let rest = replaced(bytes.get(body..).unwrap_or_default(), "end", "");
        bytes.truncate(body);
        let mut bytes = replaced(&bytes, "length", &(end - body).to_string());
        bytes.extend(rest);
        bytes
    }
}

fn find(bytes: &[u8], what: &[u8], from: usize) -> Option<usize> {
    let found = bytes.get(from..)?.windows(what.len()).position(|part| part == what)?;
    Some(from + found)
}

fn replaced(bytes: &[u8], name: &str, value: &str) -> Vec<u8> {
    let placeholder = format!("{{{name}}}").into_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some(at) = rest.windows(placeholder.len()).position(|part| part == placeholder) {
        let (before, behind) = rest.split_at(at);
        out.extend_from_slice(before);
        out.extend_from_slice(value.as_bytes());
        rest = behind.get(placeholder.len()..).unwrap_or_default();
    }
    out.extend_from_slice(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(query: &str) -> Vec<(String, String)> {
        crate::http::query_pairs(query).unwrap()
    }

    #[test]
    fn an_answer_waits_for_its_request_and_is_used_up() {
        let answers = WrittenAnswers::default();
        answers.add(&pairs("service=cognito&operation=GetId&times=2&then=reset"), b"x".to_vec()).unwrap();
        assert_eq!(answers.take(Service::Iot, ""), None);
        assert_eq!(answers.take(Service::Cognito, "GetCredentialsForIdentity"), None);
        assert_eq!(answers.take(Service::Cognito, "GetId").unwrap().then, Then::Reset);
        assert!(answers.take(Service::Cognito, "GetId").is_some());
        assert_eq!(answers.take(Service::Cognito, "GetId"), None);
        for wrong in ["", "service=proxy", "service=iot&times=0", "service=iot&then=sing", "service=iot&operation=Get"]
        {
            assert!(answers.add(&pairs(wrong), Vec::new()).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_length_is_that_of_the_body_with_its_values() {
        let template =
            b"HTTP/1.1 100 No\r\n\r\nHTTP/1.1 200 OK\r\nA: {length}\r\n\r\n{\"a\":\"{secret_key}\"}{end}{}".to_vec();
        let written = Written { template, repeat: 1, pace_ms: 0, then: Then::Keep };
        let filled = written.filled(&[("secret_key", "abc".to_owned())]);
        let wanted = b"HTTP/1.1 100 No\r\n\r\nHTTP/1.1 200 OK\r\nA: 11\r\n\r\n{\"a\":\"abc\"}{}";
        assert_eq!(filled, wanted);
    }
}
