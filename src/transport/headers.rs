//! The headers of an HTTP answer, kept in one piece of memory.

/// The headers of an answer, in one text.
#[derive(Default)]
pub struct Headers {
    text: String,
    /// The lengths of each name and value.
    lengths: Vec<(usize, usize)>,
}

impl Headers {
    /// None yet; room for this many bytes, and this many of them.
    pub fn with_capacity(bytes: usize, count: usize) -> Self {
        Self { text: String::with_capacity(bytes), lengths: Vec::with_capacity(count) }
    }

    /// Appends one. Its name becomes lower case, and the line breaks in a folded value spaces (RFC 9112, section 5.2).
    pub fn push(&mut self, name: &str, value: &[u8]) {
        let begin = self.text.len();
        self.text.extend(name.chars().map(|character| character.to_ascii_lowercase()));
        let value = String::from_utf8_lossy(value);
        let unfolded =
            value.trim().chars().map(|character| if matches!(character, '\r' | '\n') { ' ' } else { character });
        self.text.extend(unfolded);
        self.lengths.push((name.len(), self.text.len() - begin - name.len()));
    }

    /// Names and values.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        let mut rest = self.text.as_str();
        self.lengths.iter().map_while(move |(name, value)| {
            let (name, behind) = rest.split_at_checked(*name)?;
            let (value, behind) = behind.split_at_checked(*value)?;
            rest = behind;
            Some((name, value))
        })
    }
}
