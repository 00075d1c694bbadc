//! As much MQTT as the edge in front of a broker needs: the CONNECT packet, where packets begin and
//! end, and a few packets of its own.

/// Packet types in the upper half of the first byte.
pub const CONNECT: u8 = 1;
/// CONNACK.
pub const CONNACK: u8 = 2;
/// PUBLISH.
pub const PUBLISH: u8 = 3;
/// DISCONNECT.
pub const DISCONNECT: u8 = 14;
/// SUBSCRIBE.
pub const SUBSCRIBE: u8 = 8;
/// The flag of a PUBLISH that is sent again.
pub const DUP: u8 = 0x08;
/// The flags of a PUBLISH that say its QoS.
const QOS: u8 = 0x06;

/// A larger CONNECT is refused.
const MAX_CONNECT: usize = 256 * 1024;

/// So much of a PUBLISH is looked at.
const PUBLISH_BEGIN: usize = 2048;

/// What a CONNECT says.
#[derive(Debug, PartialEq, Eq)]
pub struct Connect {
    /// Protocol level: 4 is MQTT 3.1.1, 5 is MQTT 5.
    pub level: u8,
    /// Client identifier.
    pub client_id: String,
    /// Clean session, or clean start.
    pub clean: bool,
    /// Keep-alive in seconds.
    pub keep_alive_s: u16,
    /// Where the keep-alive stands in the packet.
    pub keep_alive_at: usize,
    /// Whether there is a will.
    pub will: bool,
    /// Whether there is a user name.
    pub username: bool,
    /// Length of the whole packet.
    pub len: usize,
}

/// Parses a CONNECT at the begin of `bytes`; `None` when more bytes are needed.
pub fn parse_connect(bytes: &[u8]) -> Result<Option<Connect>, &'static str> {
    let Some(first) = bytes.first() else {
        return Ok(None);
    };
    if first >> 4 != CONNECT {
        return Err("the first packet is not CONNECT");
    }
    if first & 0x0f != 0 {
        return Err("reserved flags in CONNECT");
    }
    let Some((header, remaining)) = fixed_header(bytes)? else {
        return Ok(None);
    };
    let len = header + remaining;
    if len > MAX_CONNECT {
        return Err("CONNECT too large");
    }
    let Some(packet) = bytes.get(..len) else {
        return Ok(None);
    };
    let body = packet.get(header..).unwrap_or_default();
    let short = "CONNECT too short";
    let (name, body) = string(body).ok_or(short)?;
    if name != b"MQTT" {
        return Err("the protocol is not MQTT");
    }
    let [level, flags, high, low, body @ ..] = body else {
        return Err(short);
    };
    if !matches!(level, 4 | 5) {
        return Err("the protocol level is neither 4 nor 5");
    }
    if flags & 1 != 0 {
        return Err("reserved connect flag");
    }
    let body = match level {
        5 => {
            let (header, len) = variable_int(body)?.ok_or(short)?;
            body.get(header + len..).ok_or(short)?
        }
        _ => body,
    };
    let (client_id, _) = string(body).ok_or(short)?;
    let client_id = std::str::from_utf8(client_id).map_err(|_| "client id is not UTF-8")?;
    Ok(Some(Connect {
        level: *level,
        client_id: client_id.to_owned(),
        clean: flags & 2 != 0,
        keep_alive_s: u16::from_be_bytes([*high, *low]),
        keep_alive_at: header + 2 + name.len() + 2,
        will: flags & 4 != 0,
        username: flags & 0x80 != 0,
        len,
    }))
}

/// Whether a client id matches a pattern with `*` (any characters) and `?` (one).
pub fn matches(pattern: &str, text: &str) -> bool {
    let (mut rest_pattern, mut rest_text) = (pattern.chars(), text.chars());
    match (rest_pattern.next(), rest_text.next()) {
        (None, None) => true,
        (Some('*'), next) => {
            matches(rest_pattern.as_str(), text) || (next.is_some() && matches(pattern, rest_text.as_str()))
        }
        (Some('?'), Some(_)) => matches(rest_pattern.as_str(), rest_text.as_str()),
        (Some(p), Some(t)) => p == t && matches(rest_pattern.as_str(), rest_text.as_str()),
        _ => false,
    }
}

/// The length of the packet at the begin of `bytes`, when all of it is there.
pub fn complete_packet(bytes: &[u8]) -> Result<Option<usize>, &'static str> {
    let Some((header, remaining)) = fixed_header(bytes)? else {
        return Ok(None);
    };
    let len = header + remaining;
    Ok((bytes.len() >= len).then_some(len))
}

/// A CONNACK of either protocol level.
pub fn connack(level: u8, session_present: bool, code: u8) -> Vec<u8> {
    let present = u8::from(session_present);
    match level {
        5 => vec![0x20, 3, present, code, 0],
        _ => vec![0x20, 2, present, code],
    }
}

/// A DISCONNECT of level 5 with a reason string: the session was taken over, or somebody ended it.
pub fn server_disconnect(is_taken_over: bool) -> Vec<u8> {
    let (code, reason) = if is_taken_over { (0x8e, "DUPLICATE_CLIENT_ID") } else { (0x98, "ADMINISTRATIVE_ACTION") };
    let mut properties = vec![0x1f];
    put_string(&mut properties, reason);
    let mut body = vec![code, u8::try_from(properties.len()).unwrap_or(0)];
    body.extend_from_slice(&properties);
    packet(DISCONNECT << 4, &body)
}

/// A CONNECT of level 4 with a clean session and a keep-alive of a minute.
pub fn connect(client_id: &str) -> Vec<u8> {
    let mut body = b"\x00\x04MQTT\x04\x02\x00\x3c".to_vec();
    put_string(&mut body, client_id);
    packet(0x10, &body)
}

/// A PUBLISH of level 4, with packet id 1 above QoS 0.
pub fn publish(topic: &str, payload: &[u8], qos: u8) -> Vec<u8> {
    let mut body = Vec::new();
    put_string(&mut body, topic);
    if qos > 0 {
        body.extend_from_slice(&[0, 1]);
    }
    body.extend_from_slice(payload);
    packet(PUBLISH << 4 | qos << 1, &body)
}

/// A PUBLISH above QoS 0.
#[derive(Debug, PartialEq, Eq)]
pub struct Published<'a> {
    /// Its packet identifier.
    pub packet_id: u16,
    /// The begin of its payload.
    pub payload: &'a [u8],
}

/// Reads the begin of what follows the fixed header of a PUBLISH above QoS 0. `None` when it is none.
pub fn parse_publish(level: u8, body: &[u8]) -> Option<Published<'_>> {
    let (_, rest) = string(body)?;
    let (packet_id, rest) = rest.split_first_chunk()?;
    let payload = match level {
        5 => {
            let (header, len) = variable_int(rest).ok()??;
            rest.get(header + len..)?
        }
        _ => rest,
    };
    Some(Published { packet_id: u16::from_be_bytes(*packet_id), payload })
}

/// Follows the client's bytes and tells where packets end.
#[derive(Default)]
pub struct PacketTracker {
    header: Vec<u8>,
    remaining: usize,
    begin: Vec<u8>,
    in_body: bool,
    split: bool,
}

/// A packet that ended.
#[derive(Debug, PartialEq, Eq)]
pub struct Seen {
    /// Its type.
    pub kind: u8,
    /// Its flags.
    pub flags: u8,
    /// Whether it lay in more than one frame.
    pub split: bool,
    /// The begin of what follows the fixed header of a PUBLISH above QoS 0; of others nothing.
    pub begin: Vec<u8>,
}

impl PacketTracker {
    /// Takes the payload of one frame.
    pub fn frame(&mut self, mut bytes: &[u8]) -> Result<Vec<Seen>, &'static str> {
        let mut seen = Vec::new();
        self.split = self.in_body || !self.header.is_empty();
        while !bytes.is_empty() {
            if !self.in_body {
                let Some((byte, rest)) = bytes.split_first() else { break };
                self.header.push(*byte);
                bytes = rest;
                let Some((_, remaining)) = fixed_header(&self.header)? else { continue };
                self.remaining = remaining;
                self.in_body = true;
            }
            let first = self.header.first().copied().unwrap_or_default();
            let (kind, flags) = (first >> 4, first & 0x0f);
            let (part, rest) = bytes.split_at(self.remaining.min(bytes.len()));
            bytes = rest;
            self.remaining -= part.len();
            if kind == PUBLISH && flags & QOS != 0 {
                let wanted = PUBLISH_BEGIN - self.begin.len();
                self.begin.extend_from_slice(part.get(..wanted).unwrap_or(part));
            }
            if self.remaining == 0 {
                seen.push(Seen { kind, flags, split: self.split, begin: std::mem::take(&mut self.begin) });
                *self = PacketTracker::default();
            }
        }
        Ok(seen)
    }
}

/// Lengths of the fixed header and of what follows it.
fn fixed_header(bytes: &[u8]) -> Result<Option<(usize, usize)>, &'static str> {
    let Some((_, rest)) = bytes.split_first() else {
        return Ok(None);
    };
    Ok(variable_int(rest)?.map(|(header, len)| (header + 1, len)))
}

/// The length of a variable byte integer, and its value.
fn variable_int(bytes: &[u8]) -> Result<Option<(usize, usize)>, &'static str> {
    let mut value = 0;
    for (i, byte) in bytes.iter().take(4).enumerate() {
        value |= usize::from(byte & 0x7f) << (7 * i);
        if byte & 0x80 == 0 {
            return Ok(Some((i + 1, value)));
        }
    }
    if bytes.len() >= 4 { Err("malformed remaining length") } else { Ok(None) }
}

fn string(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (len, rest) = bytes.split_first_chunk()?;
    rest.split_at_checked(usize::from(u16::from_be_bytes(*len)))
}

fn put_string(out: &mut Vec<u8>, text: &str) {
    let len = u16::try_from(text.len()).unwrap_or(u16::MAX);
    out.extend_from_slice(&len.to_be_bytes());
    out.extend_from_slice(text.as_bytes().get(..usize::from(len)).unwrap_or_default());
}

fn packet(first: u8, body: &[u8]) -> Vec<u8> {
    let mut packet = vec![first];
    let mut len = body.len();
    loop {
        let low = u8::try_from(len & 0x7f).unwrap_or(0);
        len >>= 7;
        packet.push(if len > 0 { low | 0x80 } else { low });
        if len == 0 {
            break;
        }
    }
    packet.extend_from_slice(body);
    packet
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connect_of_level_4_is_read_once_all_of_it_is_there() {
        let packet = connect("test-1");
        for cut in 0..packet.len() {
            assert_eq!(parse_connect(&packet[..cut]), Ok(None), "{cut}");
        }
        let parsed = parse_connect(&packet).unwrap().unwrap();
        assert_eq!((parsed.level, parsed.client_id.as_str()), (4, "test-1"));
        assert_eq!((parsed.clean, parsed.keep_alive_s, parsed.len), (true, 60, packet.len()));
        assert_eq!(packet[parsed.keep_alive_at..][..2], [0, 60]);
    }

    #[test]
    fn a_connect_of_level_5_has_properties_before_its_client_id() {
        let packet = b"\x10\x15\x00\x04MQTT\x05\x00\x00\x0a\x05\x11\x00\x00\x00\x64\x00\x02id!";
        let parsed = parse_connect(packet).unwrap().unwrap();
        assert_eq!((parsed.level, parsed.client_id.as_str()), (5, "id"));
    }

    #[test]
    fn what_is_no_connect_is_refused() {
        for packet in [
            &b"\x30\x00"[..],
            b"\x11\x00",
            b"\x10\x00",
            b"\x10\xff\xff\xff\xff\x01",
            b"\x10\x0c\x00\x04MQTT\x03\x02\x00\x3c\x00\x00",
            b"\x10\x0e\x00\x06MQIsdp\x03\x02\x00\x3c\x00\x00",
            b"\x10\x0c\x00\x04MQTT\x04\x03\x00\x3c\x00\x00",
            b"\x10\x0c\x00\x04MQTT\x04\x02\x00\x3c\x00\x05",
        ] {
            assert!(parse_connect(packet).is_err(), "{packet:?}");
        }
    }

    #[test]
    fn packets_are_followed_across_frames() {
        let mut tracker = PacketTracker::default();
        let big = publish("a", &[0; 300], 0);
        let whole = Seen { kind: PUBLISH, flags: 0, split: false, begin: Vec::new() };
        assert_eq!(tracker.frame(&big).unwrap(), [whole]);
        for cut in 1..big.len() {
            let (left, right) = big.split_at(cut);
            assert_eq!(tracker.frame(left).unwrap(), []);
            let mut end = right.to_vec();
            end.extend_from_slice(&[0xe0, 0]);
            let split = Seen { kind: PUBLISH, flags: 0, split: true, begin: Vec::new() };
            let seen = tracker.frame(&end).unwrap();
            assert_eq!(seen[0], split, "{cut}");
            assert_eq!(seen[1].kind, DISCONNECT);
        }
        assert!(tracker.frame(&[0x30, 0xff, 0xff, 0xff, 0xff]).is_err());
    }

    #[test]
    fn a_publish_above_qos_0_shows_its_begin_however_it_is_cut() {
        let packet = publish("a/b", &[7; 5000], 1);
        for cut in [1, 2, 3, 9, 100, 3000, packet.len() - 1] {
            let mut tracker = PacketTracker::default();
            let (left, right) = packet.split_at(cut);
            assert_eq!(tracker.frame(left).unwrap(), []);
            let seen = tracker.frame(right).unwrap();
            assert_eq!(seen[0].begin.len(), PUBLISH_BEGIN, "{cut}");
            let published = parse_publish(4, &seen[0].begin).unwrap();
            assert_eq!((published.packet_id, published.payload), (1, &[7; PUBLISH_BEGIN - 7][..]));
        }
        let with_alias = b"\x00\x01a\x01\x02\x03\x23\x00\x01payload";
        assert_eq!(parse_publish(5, with_alias), Some(Published { packet_id: 0x102, payload: b"payload" }));
        assert_eq!(parse_publish(5, b"\x00\x01a\x01"), None);
    }

    #[test]
    fn client_ids_are_matched_with_wildcards() {
        assert!(matches("test-*", "test-"));
        assert!(matches("test-*", "test-a-b"));
        assert!(!matches("test-*", "prod-1"));
        assert!(matches("*-?", "x-1") && !matches("*-?", "x-"));
        assert!(matches("", "") && !matches("", "x") && matches("*", ""));
    }
}
