//! Faults that are switched on at run time: which exist, how they are written, when they act.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use crate::events::Service;

mod known;

use known::Form;

/// A fault's value: its word (empty for a plain number, all of a text) and its number (0 without one).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Value {
    /// `drip` of `drip:20`.
    pub word: String,
    /// `20` of `drip:20`.
    pub number: i64,
}

impl Value {
    /// The number as a length, a port or a duration, never negative.
    pub fn size(&self) -> usize {
        usize::try_from(self.number).unwrap_or(0)
    }
}

#[derive(Clone, Debug)]
struct Active {
    value: Value,
    text: String,
    left: Option<u32>,
}

/// The faults that are on.
#[derive(Default)]
pub struct Faults {
    active: Mutex<BTreeMap<String, Active>>,
}

impl Faults {
    /// Applies all of `settings`, or, when one of them is wrong, none: the error lists what is known.
    pub fn set(&self, settings: &[(String, String)]) -> Result<(), String> {
        let mut parsed = Vec::with_capacity(settings.len());
        for (key, value) in settings {
            let (name, forms) = known::forms(key)?;
            let active = if value.is_empty() { None } else { Some(parse(name, forms, value)?) };
            parsed.push((name, active));
        }
        let mut map = self.lock();
        for (key, active) in parsed {
            match active {
                Some(active) => map.insert(key.to_owned(), active),
                None => map.remove(key),
            };
        }
        Ok(())
    }

    /// Switches all of them off.
    pub fn clear(&self) {
        self.lock().clear();
    }

    /// The fault of `service`, if it is on; this use of it is counted.
    pub fn take(&self, service: Service, key: &str) -> Option<Value> {
        self.take_if(service, key, |_| true)
    }

    /// Like `take`, but only when the value is one that acts at this moment.
    pub fn take_if(&self, service: Service, key: &str, acts_now: impl Fn(&Value) -> bool) -> Option<Value> {
        let mut map = self.lock();
        let name = format!("{service}.{key}");
        let active = map.get_mut(&name)?;
        if !acts_now(&active.value) {
            return None;
        }
        let value = active.value.clone();
        if let Some(left) = &mut active.left {
            *left -= 1;
            if *left == 0 {
                map.remove(&name);
            }
        }
        Some(value)
    }

    /// The fault's value without counting a use.
    pub fn peek(&self, service: Service, key: &str) -> Option<Value> {
        let map = self.lock();
        map.get(&format!("{service}.{key}")).map(|active| active.value.clone())
    }

    /// What is on now, as it would be written in a request.
    pub fn list(&self) -> Vec<(String, String)> {
        let map = self.lock();
        let shown = |a: &Active| match a.left {
            Some(left) => format!("{}*{left}", a.text),
            None => a.text.clone(),
        };
        map.iter().map(|(key, active)| (key.clone(), shown(active))).collect()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Active>> {
        self.active.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn parse(key: &str, forms: &[Form], text: &str) -> Result<Active, String> {
    let (value, left) = match text.rsplit_once('*') {
        None => (text, None),
        Some((value, times)) => {
            let times = times.parse().ok().filter(|n| *n > 0);
            let times =
                times.ok_or_else(|| format!("'{text}' for {key}: after '*' a number of times from 1 is expected"))?;
            (value, Some(times))
        }
    };
    let parsed = forms.iter().find_map(|form| form.parse(value)).ok_or_else(|| {
        let shown: Vec<String> = forms.iter().map(|form| form.shown()).collect();
        format!("unknown value '{value}' for {key}; known are: {}", shown.join(", "))
    })?;
    Ok(Active { value: parsed, text: value.to_owned(), left })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(faults: &Faults, key: &str, value: &str) -> Result<(), String> {
        faults.set(&[(key.to_owned(), value.to_owned())])
    }

    #[test]
    fn a_counted_fault_clears_itself() {
        let faults = Faults::default();
        set(&faults, "cognito.response", "throttled*2").unwrap();
        assert_eq!(faults.take(Service::Cognito, "response").unwrap().word, "throttled");
        assert!(faults.take(Service::Cognito, "response").is_some());
        assert!(faults.take(Service::Cognito, "response").is_none());
    }

    #[test]
    fn a_number_is_read_and_bounded() {
        let faults = Faults::default();
        set(&faults, "iot.upgrade", "refuse-late-body:250").unwrap();
        let value = faults.take(Service::Iot, "upgrade").unwrap();
        assert_eq!((value.word.as_str(), value.number), ("refuse-late-body", 250));
        assert!(set(&faults, "iot.connack", "code:256").is_err());
        assert!(set(&faults, "iot.frames", "bytes:0").is_err());
        set(&faults, "iot.clock_offset_s", "-3600").unwrap();
        assert_eq!(faults.peek(Service::Iot, "clock_offset_s").unwrap().number, -3600);
    }

    #[test]
    fn an_empty_value_clears_the_fault() {
        let faults = Faults::default();
        set(&faults, "iot.tls", "stall").unwrap();
        set(&faults, "iot.tls", "").unwrap();
        assert!(faults.take(Service::Iot, "tls").is_none());
    }

    #[test]
    fn a_wrong_setting_changes_nothing_and_lists_what_is_known() {
        let faults = Faults::default();
        let both = [("iot.tls".to_owned(), "stall".to_owned()), ("iot.nonsense".to_owned(), "stall".to_owned())];
        let error = faults.set(&both).unwrap_err();
        assert!(error.contains("iot.nonsense") && error.contains("cognito.response"), "{error}");
        assert!(faults.list().is_empty());
        let error = set(&faults, "iot.accept", "explode").unwrap_err();
        assert!(error.contains("stall, reset, close"), "{error}");
        assert!(set(&faults, "iot.accept", "stall*0").is_err());
    }

    #[test]
    fn a_fault_waits_for_its_moment() {
        let faults = Faults::default();
        set(&faults, "iot.end", "no-fin*1").unwrap();
        let reset = |v: &Value| v.word == "reset-on-disconnect";
        assert!(faults.take_if(Service::Iot, "end", reset).is_none());
        assert!(faults.take_if(Service::Iot, "end", |v| v.word == "no-fin").is_some());
        assert!(faults.list().is_empty());
    }
}
