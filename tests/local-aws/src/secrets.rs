//! What was given out, in a file, for those who search what a client says for it.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use crate::credentials::Key;
use crate::http::{Request, query_pairs};

/// The file, if there is one.
#[derive(Default)]
pub struct Secrets(Option<Mutex<File>>);

impl Secrets {
    /// Appends to this file.
    pub fn to(path: &Path) -> io::Result<Secrets> {
        let file = OpenOptions::new().append(true).create(true).open(path)?;
        Ok(Secrets(Some(Mutex::new(file))))
    }

    /// Credentials that leave now.
    pub fn given(&self, key: &Key) {
        self.note("access_key", &key.access_key_id);
        self.note("secret_key", &key.secret_key);
        self.note("session_token", &key.session_token);
    }

    /// The signature of a request that has come, whatever it is good for.
    pub fn signed(&self, request: &Request) {
        let query = request.target.split_once('?').map_or("", |(_, query)| query);
        for (name, value) in query_pairs(query).unwrap_or_default() {
            if name == "X-Amz-Signature" {
                self.note("signature", &value);
            }
        }
    }

    fn note(&self, kind: &str, value: &str) {
        if let Some(file) = &self.0 {
            let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
            // A search that finds nothing noted fails.
            let _ = file.write_all(format!("{kind} {value}\n").as_bytes());
        }
    }
}
