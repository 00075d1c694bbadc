//! A local AWS in a process of its own, and a client of plain sockets that says what it saw.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests; no test uses all of them"
)]

use std::cell::Cell;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use local_aws::{clock, mqtt, sigv4, websocket};
use serde_json::Value;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned, crypto::ring};

pub const PROGRAM: &str = env!("CARGO_BIN_EXE_local-aws");

/// A machine under load is slow; a stall is looked for only where it is expected.
const LONG: Duration = Duration::from_secs(20);
const SHORT: Duration = Duration::from_millis(500);

pub type Tls = StreamOwned<ClientConnection, TcpStream>;

/// A running program; ended at the end of the test.
pub struct LocalAws {
    pub child: Child,
    pub ready: Value,
    patience: Cell<Duration>,
}

impl Drop for LocalAws {
    fn drop(&mut self) {
        signal(self.child.id(), "TERM");
        for _ in 0..500 {
            if self.child.try_wait().unwrap().is_some() {
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
        assert!(std::thread::panicking(), "it did not end within 5 s");
    }
}

/// Sends a signal; a process that is gone does not mind.
pub fn signal(process: u32, name: &str) {
    let mut kill = Command::new("kill");
    let _ = kill.arg(format!("-{name}")).arg(process.to_string()).stderr(Stdio::null()).status();
}

impl LocalAws {
    pub fn start(arguments: &[&str]) -> LocalAws {
        let mut command = Command::new(PROGRAM);
        let mut child = command.args(arguments).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        LocalAws { child, ready: serde_json::from_str(&line).unwrap(), patience: Cell::new(LONG) }
    }

    /// How long the next connections wait for bytes before they are "stalled".
    pub fn expect(&self, seen: &str) {
        self.patience.set(if seen.ends_with("stalled") { SHORT } else { LONG });
    }

    pub fn text(&self, name: &str) -> &str {
        self.ready[name].as_str().unwrap()
    }

    pub fn port(&self, name: &str) -> u16 {
        u16::try_from(self.ready[name].as_u64().unwrap()).unwrap()
    }

    /// A request to the control port, as a C program would send it.
    pub fn control(&self, method: &str, target: &str) -> (u16, Value) {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port("control_port"))).unwrap();
        write!(stream, "{method} {target} HTTP/1.0\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head[9..12].parse().unwrap(), serde_json::from_str(body).unwrap())
    }

    pub fn fault(&self, setting: &str) {
        let (status, body) = self.control("POST", &format!("/faults?{setting}"));
        assert_eq!(status, 200, "{body}");
    }

    pub fn reset(&self) {
        assert_eq!(self.control("POST", "/reset").0, 200);
    }

    /// Waits for counters: `iot_fin=1&iot_rst=0`.
    pub fn wait(&self, counters: &str) {
        let (status, body) = self.control("GET", &format!("/wait?{counters}&timeout_ms=8000"));
        assert_eq!(status, 200, "waited for {counters}: {body}");
    }

    pub fn counter(&self, name: &str) -> u64 {
        self.control("GET", "/counters").1[name].as_u64().unwrap()
    }

    pub fn tcp(&self, port: &str) -> TcpStream {
        let stream = TcpStream::connect(("127.0.0.1", self.port(port))).unwrap();
        stream.set_read_timeout(Some(self.patience.get())).unwrap();
        stream.set_nodelay(true).unwrap();
        stream
    }

    /// The client's side of TLS, before the handshake.
    pub fn tls_client(&self) -> ClientConnection {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_file(self.text("ca_file")).unwrap()).unwrap();
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let name = ServerName::try_from("localhost").unwrap();
        ClientConnection::new(Arc::new(config), name).unwrap()
    }

    /// The TLS handshake over an open connection.
    pub fn tls_over(&self, mut tcp: TcpStream) -> io::Result<Tls> {
        let mut tls = self.tls_client();
        while tls.is_handshaking() {
            tls.complete_io(&mut tcp)?;
        }
        Ok(StreamOwned::new(tls, tcp))
    }

    pub fn tls(&self, port: &str) -> io::Result<Tls> {
        self.tls_over(self.tcp(port))
    }

    /// Sends one operation to Cognito and returns status, error type and body.
    pub fn cognito(&self, operation: &str, body: &str) -> Result<(u16, String, Vec<u8>), String> {
        let mut tls = self.tls("cognito_port").map_err(|e| broken("tls", &e))?;
        self.cognito_over(&mut tls, operation, body)
    }

    pub fn cognito_over(&self, tls: &mut Tls, operation: &str, body: &str) -> Result<(u16, String, Vec<u8>), String> {
        let len = body.len();
        write!(
            tls,
            "POST / HTTP/1.1\r\nHost: {}\r\nContent-Type: application/x-amz-json-1.1\r\n\
             X-Amz-Target: AWSCognitoIdentityService.{operation}\r\nContent-Length: {len}\r\n\r\n{body}",
            self.text("cognito_endpoint")
        )
        .map_err(|e| broken("request", &e))?;
        let mut rest = Vec::new();
        let mut head = read_head(tls, &mut rest)?;
        while head.status == 100 {
            head = read_head(tls, &mut rest)?;
        }
        let body = read_body(tls, rest, &head)?;
        Ok((head.status, head.header("x-amzn-ErrorType").unwrap_or("").to_owned(), body))
    }

    pub fn credentials(&self) -> Value {
        let body = format!("{{\"IdentityId\":\"{}\"}}", self.text("identity"));
        let (status, _, body) = self.cognito("GetCredentialsForIdentity", &body).unwrap();
        assert_eq!(status, 200);
        serde_json::from_slice(&body).unwrap()
    }

    /// The signed target of an upgrade, signed at machine time plus `skew_s`.
    pub fn signed_target(&self, credentials: &Value, skew_s: i64) -> String {
        let text = |name: &str| credentials["Credentials"][name].as_str().unwrap();
        let date = clock::amz_date(clock::now() + skew_s);
        let region = self.text("region");
        let scope = format!("{}/{region}/iotdevicegateway/aws4_request", &date[..8]);
        let credential = sigv4::uri_encode(&format!("{}/{scope}", text("AccessKeyId")));
        let query = format!(
            "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={credential}&X-Amz-Date={date}\
             &X-Amz-Expires=300&X-Amz-SignedHeaders=host"
        );
        let nothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        let canonical = format!("GET\n/mqtt\n{query}\nhost:{}\n\nhost\n{nothing}", self.iot_host());
        let signature = sigv4::sign(text("SecretKey"), &scope, &date, &canonical);
        let token = sigv4::uri_encode(text("SessionToken"));
        format!("/mqtt?{query}&X-Amz-Signature={signature}&X-Amz-Security-Token={token}")
    }

    pub fn iot_host(&self) -> String {
        format!("{}:{}", self.text("host"), self.port("iot_port"))
    }

    /// Sends the upgrade and reads the head of its answer. Bytes behind it go into the second.
    pub fn upgrade(&self, tls: &mut Tls, target: &str) -> Result<(Head, Vec<u8>), String> {
        write!(
            tls,
            "GET {target} HTTP/1.1\r\nHost: {}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
             Sec-WebSocket-Protocol: mqtt\r\n\r\n",
            self.iot_host()
        )
        .map_err(|e| broken("upgrade", &e))?;
        let mut rest = Vec::new();
        let head = read_head(tls, &mut rest)?;
        Ok((head, rest))
    }

    /// An open WebSocket.
    pub fn websocket(&self) -> Result<Socket, String> {
        let target = self.signed_target(&self.credentials(), 0);
        let mut tls = self.tls("iot_port").map_err(|e| broken("tls", &e))?;
        let (head, rest) = self.upgrade(&mut tls, &target)?;
        if head.status != 101 {
            let body = read_body(&mut tls, rest, &head)?;
            return Err(format!("status {} {}", head.status, String::from_utf8_lossy(&body)));
        }
        let accept = head.header("Sec-WebSocket-Accept");
        if accept != Some("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=") {
            return Err(format!("accept {accept:?}"));
        }
        let protocol = head.header("Sec-WebSocket-Protocol");
        if protocol != Some("mqtt") {
            return Err(format!("subprotocol {protocol:?}"));
        }
        Ok(Socket::new(tls, rest))
    }

    /// An MQTT session with this client id; what came instead of a good CONNACK is the error.
    pub fn mqtt(&self, client_id: &str) -> Result<Socket, String> {
        let mut socket = self.websocket()?;
        socket.send(websocket::BINARY, &mqtt::connect(client_id));
        match socket.receive()? {
            (0x82, payload) if payload == [0x20, 2, 0, 0] => Ok(socket),
            (first, payload) => Err(format!("frame {first:#04x} {payload:02x?}")),
        }
    }
}

/// A WebSocket of the client's side.
pub struct Socket {
    pub tls: Tls,
    buffer: Vec<u8>,
}

impl Socket {
    /// The client's side after an upgrade; `buffer` came behind its answer.
    pub fn new(tls: Tls, buffer: Vec<u8>) -> Socket {
        Socket { tls, buffer }
    }

    /// Sends a whole message in one masked frame.
    pub fn send(&mut self, opcode: u8, payload: &[u8]) {
        let mut frame = websocket::encode(opcode, true, payload);
        let header = frame.len() - payload.len();
        frame[1] |= 0x80;
        // A mask of zeros is a mask.
        frame.splice(header..header, [0; 4]);
        self.tls.write_all(&frame).unwrap();
    }

    /// The next frame: its first byte and its payload.
    pub fn receive(&mut self) -> Result<(u8, Vec<u8>), String> {
        loop {
            if let [first, len @ 0..=125, rest @ ..] = self.buffer.as_slice()
                && rest.len() >= usize::from(*len)
            {
                let (first, end) = (*first, 2 + usize::from(*len));
                let payload = self.buffer[2..end].to_vec();
                self.buffer.drain(..end);
                return Ok((first, payload));
            }
            fill(&mut self.tls, &mut self.buffer, "frame")?;
        }
    }

    /// Close frame, close_notify and FIN, each answered.
    pub fn close(mut self) {
        self.send(websocket::CLOSE, &1000_u16.to_be_bytes());
        while self.receive().unwrap().0 != 0x88 {}
        self.tls.conn.send_close_notify();
        self.tls.flush().unwrap();
        let mut rest = Vec::new();
        assert_eq!(self.tls.read_to_end(&mut rest).unwrap(), 0);
    }
}

pub struct Head {
    pub status: u16,
    pub lines: Vec<String>,
}

impl Head {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.lines.iter().find_map(|line| {
            let (n, value) = line.split_once(": ")?;
            n.eq_ignore_ascii_case(name).then_some(value)
        })
    }
}

pub fn read_head(stream: &mut impl Read, rest: &mut Vec<u8>) -> Result<Head, String> {
    loop {
        if let Some(end) = rest.windows(4).position(|four| four == b"\r\n\r\n") {
            let text = String::from_utf8(rest[..end].to_vec()).unwrap();
            rest.drain(..end + 4);
            let status = text[9..12].parse().unwrap();
            return Ok(Head { status, lines: text.lines().map(str::to_owned).collect() });
        }
        if rest.len() > 256 * 1024 {
            return Err("endless head".to_owned());
        }
        fill(stream, rest, "head")?;
    }
}

pub fn read_body(stream: &mut impl Read, mut rest: Vec<u8>, head: &Head) -> Result<Vec<u8>, String> {
    let length = head.header("Content-Length").map(|text| text.parse::<usize>().unwrap());
    let chunked = head.header("Transfer-Encoding") == Some("chunked");
    loop {
        match length {
            Some(length) if rest.len() >= length => return Ok(rest),
            None if chunked && rest.ends_with(b"0\r\n\r\n") => return Ok(rest),
            _ => {}
        }
        if rest.len() > 1024 * 1024 {
            return Err("endless body".to_owned());
        }
        match fill(stream, &mut rest, "body") {
            Err(e) if e == "body: closed" && length.is_none() && !chunked => return Ok(rest),
            other => other?,
        }
    }
}

fn fill(stream: &mut impl Read, buffer: &mut Vec<u8>, stage: &str) -> Result<(), String> {
    let mut bytes = [0; 16 * 1024];
    match stream.read(&mut bytes) {
        Ok(0) => Err(format!("{stage}: closed")),
        Ok(len) => {
            buffer.extend_from_slice(&bytes[..len]);
            Ok(())
        }
        Err(e) => Err(broken(stage, &e)),
    }
}

fn broken(stage: &str, error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => format!("{stage}: stalled"),
        io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe => format!("{stage}: reset"),
        io::ErrorKind::UnexpectedEof => format!("{stage}: eof"),
        _ => format!("{stage}: {error}"),
    }
}
