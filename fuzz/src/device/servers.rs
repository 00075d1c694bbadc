//! A Cognito and an IoT Core on loopback, which never wait: what they send is said to them.

#[path = "certificate.rs"]
mod certificate;

use bytes::BytesMut;
use certificate::{certificate, pem};
use cognito_connect::fuzzing::framing::Place;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, LazyLock};
use tungstenite::handshake::derive_accept_key;
use tungstenite::protocol::frame::{CloseFrame, coding::CloseCode};
use tungstenite::protocol::{Role, WebSocket};
use tungstenite::{Error, Message};

/// What is the same in every run: making a key costs more than a run.
struct Fixed {
    ca_pem: String,
    tls: Arc<ServerConfig>,
    cognito: TcpListener,
    iot: TcpListener,
}

static FIXED: LazyLock<Fixed> = LazyLock::new(|| {
    let random = SystemRandom::new();
    let key = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &random).expect("a key");
    let certificate = certificate(key.as_ref(), &random);
    let ca_pem = pem(&certificate);
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.as_ref().to_vec()));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .expect("TLS 1.3")
        .with_no_client_auth()
        .with_single_cert(vec![certificate.into()], key)
        .expect("a key that fits");
    let listen = || {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        listener.set_nonblocking(true).expect("a socket");
        listener
    };
    Fixed { ca_pem, tls: Arc::new(tls), cognito: listen(), iot: listen() }
});

type Tls = StreamOwned<ServerConnection, TcpStream>;

/// One connection to IoT Core.
enum Iot {
    /// The head of the upgrade has come so far.
    Upgrade(Box<Tls>, Vec<u8>),
    Open(Box<WebSocket<Tls>>),
}

pub struct Servers {
    version: i32,
    cognito: Vec<(Tls, Vec<u8>)>,
    iot: Option<Iot>,
    answers: (u8, u8),
    /// Packets of the device, of which some may not be whole.
    came: BytesMut,
    /// Type and packet identifier of each request, and how many filters it has.
    asked: Vec<(u8, u16)>,
    unacknowledged: usize,
}

fn port(listener: &TcpListener) -> u16 {
    listener.local_addr().map_or(0, |address| address.port())
}

fn accept(listener: &TcpListener) -> Option<Tls> {
    let (socket, _) = listener.accept().ok()?;
    socket.set_nonblocking(true).ok()?;
    socket.set_nodelay(true).ok()?;
    Some(StreamOwned::new(ServerConnection::new(Arc::clone(&FIXED.tls)).ok()?, socket))
}

impl Servers {
    pub fn new(version: i32) -> Self {
        // Of an earlier run.
        while accept(&FIXED.cognito).is_some() || accept(&FIXED.iot).is_some() {}
        let (came, asked) = (BytesMut::new(), Vec::new());
        Self { version, cognito: Vec::new(), iot: None, answers: (0, 0), came, asked, unacknowledged: 0 }
    }

    pub fn ca_pem(&self) -> String {
        FIXED.ca_pem.clone()
    }

    pub fn cognito_port(&self) -> u16 {
        port(&FIXED.cognito)
    }

    pub fn iot_port(&self) -> u16 {
        port(&FIXED.iot)
    }

    /// How the next requests are answered.
    pub fn answers(&mut self, cognito: u8, upgrade: u8) {
        self.answers = (cognito, upgrade);
    }

    /// Takes what has come. Whether there was anything.
    pub fn turn(&mut self) -> bool {
        let mut has_moved = false;
        while let Some(tls) = accept(&FIXED.cognito) {
            self.cognito.push((tls, Vec::new()));
            has_moved = true;
        }
        while let Some(tls) = accept(&FIXED.iot) {
            self.iot = Some(Iot::Upgrade(Box::new(tls), Vec::new()));
            (self.came, self.unacknowledged) = (BytesMut::new(), 0);
            self.asked.clear();
            has_moved = true;
        }
        let how = self.answers.0;
        self.cognito.retain_mut(|(tls, head)| match read(tls, head) {
            Some(count) => {
                has_moved |= count > 0;
                if head.ends_with(b"}") {
                    head.clear();
                    let _ = tls.write_all(&credentials(how));
                }
                let _ = tls.flush();
                true
            }
            None => false,
        });
        self.turn_iot() || has_moved
    }

    fn turn_iot(&mut self) -> bool {
        match self.iot.take() {
            None => false,
            Some(Iot::Upgrade(mut tls, mut head)) => {
                let Some(count) = read(&mut tls, &mut head) else { return true };
                if !head.ends_with(b"\r\n\r\n") {
                    self.iot = Some(Iot::Upgrade(tls, head));
                    return count > 0;
                }
                let is_open = tls.write_all(&upgraded(&head, self.answers.1)).is_ok() && self.answers.1 % 16 != 15;
                let _ = tls.flush();
                if is_open {
                    self.iot = Some(Iot::Open(Box::new(WebSocket::from_raw_socket(*tls, Role::Server, None))));
                }
                true
            }
            Some(Iot::Open(mut socket)) => {
                let mut has_moved = false;
                for _ in 0..64 {
                    match socket.read() {
                        Ok(Message::Binary(bytes)) => {
                            self.came.extend_from_slice(&bytes);
                            self.take_packets();
                        }
                        Ok(_) => {}
                        Err(Error::Io(error)) if error.kind() == ErrorKind::WouldBlock => {
                            let _ = socket.flush();
                            self.iot = Some(Iot::Open(socket));
                            return has_moved;
                        }
                        Err(_) => return true,
                    }
                    has_moved = true;
                }
                panic!("the device sends without end");
            }
        }
    }

    /// Packets of the device: one in each frame, and none of an unknown type.
    fn take_packets(&mut self) {
        while let Ok(Some(end)) = Place::Between.next_end(&self.came) {
            let packet = self.came.split_to(end);
            let header = 1 + packet[1..].iter().position(|byte| byte & 0x80 == 0).map_or(0, |at| at + 1);
            let id = |at: usize| packet.get(at..at + 2).map_or(0, |id| u16::from_be_bytes([id[0], id[1]]));
            match packet[0] >> 4 {
                3 if packet[0] & 6 != 0 => self.asked.push((3, id(header + 2 + usize::from(id(header))))),
                kind @ (8 | 10) => self.asked.push((kind, id(header))),
                4 => {
                    assert!(self.unacknowledged > 0, "a PUBACK for nothing");
                    self.unacknowledged -= 1;
                }
                1 | 3 | 12 | 14 => {}
                kind => panic!("a device sends no packet of type {kind}"),
            }
            assert!(self.asked.len() <= 100, "{} requests are under way", self.asked.len());
        }
        assert!(self.came.is_empty(), "a packet in two frames");
    }

    fn send(&mut self, packet: Vec<u8>) {
        if let Some(Iot::Open(socket)) = &mut self.iot {
            let _ = socket.send(Message::binary(packet));
        }
    }

    pub fn connack(&mut self, session_present: bool, code: u8) {
        let code = code.saturating_sub(200);
        let mut packet =
            vec![0x20, if self.version == 5 { 3 } else { 2 }, u8::from(session_present && code == 0), code];
        if self.version == 5 {
            packet.push(0);
        }
        self.send(packet);
    }

    pub fn answer(&mut self, code: u8) {
        if self.asked.is_empty() {
            return;
        }
        let (kind, id) = self.asked.remove(0);
        let [high, low] = id.to_be_bytes();
        let code = if code < 200 { 0 } else { 0x80 };
        let packet = match (kind, self.version) {
            (3, _) => vec![0x40, 2, high, low],
            (8, 5) => vec![0x90, 4, high, low, 0, code],
            (8, _) => vec![0x90, 3, high, low, code],
            (_, 5) => vec![0xb0, 4, high, low, 0, code],
            _ => vec![0xb0, 2, high, low],
        };
        self.send(packet);
    }

    pub fn message(&mut self, counted: bool, id: u16, length: u8, duplicate: bool) {
        let mut body = b"\x00\x01a".to_vec();
        if counted {
            body.extend(id.max(1).to_be_bytes());
            self.unacknowledged += 1;
        }
        if self.version == 5 {
            body.push(0);
        }
        body.extend(vec![b'x'; usize::from(length % 100)]);
        let first = 0x30 | u8::from(counted) << 1 | u8::from(counted && duplicate) << 3;
        let mut packet = vec![first, u8::try_from(body.len()).unwrap_or(0)];
        packet.extend(body);
        self.send(packet);
    }

    pub fn packets(&mut self, bytes: &[u8], apart: bool) {
        // Messages may be among them.
        self.unacknowledged += bytes.len();
        let piece = if apart { 1 } else { bytes.len().max(1) };
        for piece in bytes.chunks(piece) {
            self.send(piece.to_vec());
        }
    }

    pub fn frames(&mut self, bytes: &[u8]) {
        self.unacknowledged += bytes.len();
        if let Some(Iot::Open(socket)) = &mut self.iot {
            let _ = socket.get_mut().write_all(bytes);
            let _ = socket.get_mut().flush();
        }
    }

    pub fn close(&mut self, code: u16) {
        if let Some(Iot::Open(socket)) = &mut self.iot {
            let _ = socket.close(Some(CloseFrame { code: CloseCode::from(code), reason: "why".into() }));
            let _ = socket.flush();
        }
    }

    pub fn hang_up(&mut self) {
        self.iot = None;
    }

    pub fn check(&self) {
        assert!(self.asked.len() <= 100);
    }
}

/// Reads what is there. `None` when the connection is over.
fn read(tls: &mut Tls, into: &mut Vec<u8>) -> Option<usize> {
    let (before, mut buffer) = (into.len(), [0; 4096]);
    loop {
        match tls.read(&mut buffer) {
            Ok(0) => return None,
            Ok(count) => into.extend_from_slice(&buffer[..count]),
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Some(into.len() - before),
            Err(_) => return None,
        }
    }
}

fn credentials(how: u8) -> Vec<u8> {
    let (status, body) = match how % 16 {
        13 => (400, r#"{"__type":"NotAuthorizedException","message":"Access to Identity is forbidden."}"#),
        14 => (429, r#"{"__type":"TooManyRequestsException","message":"Rate exceeded"}"#),
        15 => (200, r#"{"Credentials":{}}"#),
        _ => (
            200,
            r#"{"Credentials":{"AccessKeyId":"ASIAEXAMPLE","SecretKey":"secret","SessionToken":"token","Expiration":4102444800},"IdentityId":"us-east-1:01234567-89ab-cdef-0123-456789abcdef"}"#,
        ),
    };
    let length = body.len();
    format!("HTTP/1.1 {status} X\r\nContent-Type: application/x-amz-json-1.1\r\nContent-Length: {length}\r\n\r\n{body}")
        .into_bytes()
}

fn upgraded(request: &[u8], how: u8) -> Vec<u8> {
    if how % 16 == 15 {
        return b"HTTP/1.1 403 Forbidden\r\nx-amzn-ErrorType: ForbiddenException\r\nContent-Length: 23\r\n\r\n{\"message\":\"Forbidden\"}".to_vec();
    }
    let request = String::from_utf8_lossy(request);
    let key = request.lines().find_map(|line| line.strip_prefix("Sec-WebSocket-Key: ")).unwrap_or_default();
    let accept = derive_accept_key(key.as_bytes());
    format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n\
         Sec-WebSocket-Protocol: mqtt\r\n\r\n"
    )
    .into_bytes()
}
