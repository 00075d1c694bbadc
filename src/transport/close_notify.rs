//! close_notify before the end of a handshake. rustls takes no word of a peer that is not authenticated yet, and waits on. But who
//! has said it sends nothing more (RFC 5246, section 7.2.1, and RFC 8446, section 6.1), and may keep TCP open for our answer.

/// The alert of any level, as a record that is not encrypted; one that is, is longer.
const ALERT: u8 = 21;
const CLOSE_NOTIFY: u8 = 0;

/// Looks for it in the TLS records of a handshake, whatever pieces they come in.
#[derive(Default)]
pub struct CloseNotify {
    /// The first bytes of a record: its header, and both bytes of an alert.
    head: Vec<u8>,
    /// How many bytes of a record are still to be passed over.
    left: usize,
}

impl CloseNotify {
    /// Whether it is in these bytes, which follow those of the last call.
    pub fn is_in(&mut self, bytes: &[u8]) -> bool {
        let mut rest = bytes;
        while let Some((byte, after)) = rest.split_first() {
            if self.left > 0 {
                let passed = self.left.min(rest.len());
                self.left -= passed;
                rest = rest.get(passed..).unwrap_or_default();
                continue;
            }
            rest = after;
            self.head.push(*byte);
            match *self.head.as_slice() {
                [ALERT, _, _, 0, 2, _, CLOSE_NOTIFY] => return true,
                [ALERT, _, _, 0, 2] | [ALERT, _, _, 0, 2, _] => {}
                [ALERT, _, _, 0, 2, _, _] => self.head.clear(),
                [_, _, _, high, low] => {
                    self.left = usize::from(u16::from_be_bytes([high, low]));
                    self.head.clear();
                }
                _ => {}
            }
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A handshake record of 300 bytes that has the alert in it, another alert, and close_notify.
    fn records() -> Vec<u8> {
        let mut records = vec![22, 3, 3, 1, 44];
        records.extend([21, 3, 3, 0, 2, 1, 0].iter().cycle().take(300));
        records.extend([21, 3, 3, 0, 2, 1, 112]);
        records.extend([21, 3, 1, 0, 2, 1, 0]);
        records
    }

    #[test]
    fn it_is_found_at_its_last_byte_however_the_records_are_cut() {
        let records = records();
        for size in 1..=records.len() {
            let mut search = CloseNotify::default();
            let found: Vec<_> = records.chunks(size).map(|piece| search.is_in(piece)).collect();
            let (last, before) = found.split_last().unwrap();
            assert!(*last && !before.contains(&true), "{size}");
        }
    }

    #[test]
    fn an_encrypted_alert_is_none() {
        let mut encrypted = vec![21, 3, 3, 0, 26];
        encrypted.extend([0; 26]);
        assert!(!CloseNotify::default().is_in(&encrypted));
    }
}
