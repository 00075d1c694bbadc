//! AWS regions.

use crate::error::Failure;

/// An AWS region, such as `us-east-1`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Region(String);

impl Region {
    /// Reads a region. Any name of the right form is taken: AWS opens new ones.
    pub fn parse(field: &str, text: &str) -> Result<Self, Failure> {
        let fits = (1..=32).contains(&text.len())
            && text.contains('-')
            && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        if fits {
            return Ok(Self(text.to_owned()));
        }
        Err(Failure::argument(field, "is not an AWS region, such as us-east-1"))
    }

    /// The region of an id whose form was checked.
    pub(super) fn unchecked(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
