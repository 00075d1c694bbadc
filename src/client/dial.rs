//! The dial: from settings to CONNACK in five round trips. TCP and TLS to IoT Core do not depend on the credentials and run
//! while Cognito answers; the signed upgrade goes out the moment both are there.

use crate::boxed::{Subtask, boxed};
use crate::config::ClientSettings;
use crate::credentials::{Credentials, Provider};
use crate::error::{Failure, Stage};
use crate::log::log;
use crate::mqtt::codec::{self, Connect, Received};
use crate::mqtt::session::Session;
use crate::mqtt::{Error as MqttError, NOT_ALLOWED};
use crate::signing::presign;
use crate::status::Status;
use crate::sys::boot_time;
use crate::transport::packets::{Incoming, PacketStream};
use crate::transport::websocket;
use crate::transport::{Dialer, Error, Progress, TlsStream};
use bytes::BytesMut;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::{Duration, SystemTime};
use tokio::io::{AsyncRead, ReadBuf};
use tokio::time::{Instant, timeout_at};

/// AWS takes a signature whose time is this far off.
const CLOCK_TOLERANCE: Duration = Duration::from_secs(5 * 60);

/// What a dial needs.
pub struct Dial {
    pub settings: Arc<ClientSettings>,
    pub provider: Arc<Provider>,
    pub dialer: Arc<Dialer>,
}

/// An open MQTT session and the stream it runs over.
pub struct Connection {
    pub packets: PacketStream,
    pub session: Session,
    /// Bytes of MQTT that came behind CONNACK.
    pub buffer: BytesMut,
}

/// The two connections of a dial, and how far each has come.
struct Legs {
    iot: Arc<Progress>,
    cognito: Arc<Progress>,
}

impl Dial {
    /// Dials once, within one deadline for everything.
    pub async fn run(&self) -> Result<Box<Connection>, Failure> {
        let timeout = self.settings.connect_timeout;
        let deadline = Instant::now() + timeout;
        let legs = Legs {
            iot: Arc::new(Progress::new(self.settings.endpoint.with_port(self.settings.port))),
            cognito: Arc::new(Progress::new(self.provider.peer())),
        };
        log!(Info, Stage::None, "connecting to {}", legs.iot.peer());
        match timeout_at(deadline, boxed(|| self.stages(&legs, deadline))).await {
            Ok(result) => result,
            Err(_) => Err(timed_out(&legs, timeout)),
        }
    }

    async fn stages(&self, legs: &Legs, deadline: Instant) -> Result<Box<Connection>, Failure> {
        let (mut stream, credentials) = tokio::try_join!(self.open(&legs.iot), self.credentials(&legs.cognito))?;
        if closed_while_idle(&mut stream).await {
            log!(Debug, Stage::Tls, "{} closed the idle connection; once more", legs.iot.peer());
            stream = self.open(&legs.iot).await?;
        }
        let host_header = self.settings.endpoint.host_header(self.settings.port);
        let signed_at = self.provider.clock().now();
        let path_and_query = presign(&host_header, &self.settings.signing_region, &credentials, signed_at)?;
        let packets = boxed(|| websocket::upgrade(stream, &host_header, &path_and_query, deadline, &legs.iot))
            .await
            .map_err(|error| self.upgrade_failure(error, &credentials, signed_at))?;
        drop((credentials, path_and_query));
        boxed(|| self.connack(packets, &legs.iot)).await
    }

    async fn open(&self, progress: &Arc<Progress>) -> Result<TlsStream, Failure> {
        let (dialer, settings, leg) = (Arc::clone(&self.dialer), Arc::clone(&self.settings), Arc::clone(progress));
        let opened = Subtask::spawn(|| async move { dialer.open(&settings.endpoint, settings.port, &leg).await });
        let stream = opened.await??;
        progress.complete();
        Ok(stream)
    }

    async fn credentials(&self, progress: &Arc<Progress>) -> Result<Credentials, Failure> {
        let (provider, leg) = (Arc::clone(&self.provider), Arc::clone(progress));
        let fetched = Subtask::spawn(|| async move { provider.credentials(&leg).await });
        let credentials = fetched.await??;
        progress.complete();
        Ok(credentials)
    }

    /// Sends CONNECT and waits for CONNACK. Nothing else may be sent before it comes.
    async fn connack(&self, mut packets: PacketStream, progress: &Progress) -> Result<Box<Connection>, Failure> {
        progress.enter(Stage::Connack);
        let keep_alive = self.settings.keep_alive;
        let connect = Connect {
            client_id: &self.settings.client_id,
            keep_alive_s: u16::try_from(keep_alive.as_secs()).unwrap_or(u16::MAX),
            clean_session: self.settings.clean_session,
        };
        let mqtt = |error: MqttError| error.failure(Stage::Connack);
        packets.send(connect.encode().map_err(mqtt)?).await.map_err(|error| self.before_connack(error))?;
        let mut buffer = BytesMut::new();
        let session_present = loop {
            match codec::decode(&mut buffer).map_err(mqtt)? {
                Some(Received::Connack { session_present }) => break session_present,
                Some(_) => return Err(mqtt(MqttError::Malformed("a packet ahead of CONNACK"))),
                None => match packets.next().await.map_err(|error| self.before_connack(error))? {
                    Incoming::Bytes(bytes) => buffer.extend_from_slice(&bytes),
                    Incoming::Closed(how) => return Err(self.closed_before_connack(&how)),
                },
            }
        };
        log!(Info, Stage::Connack, "connected to {}; session present: {session_present}", packets.peer());
        Ok(Box::new(Connection { packets, session: Session::new(keep_alive, boot_time()), buffer }))
    }

    fn before_connack(&self, error: Error) -> Failure {
        match error {
            Error::Lost { source: None, .. } => self.closed_before_connack(""),
            Error::Lost { source: Some(source), .. } if is_closed_by_peer(&source) => self.closed_before_connack(""),
            error => Failure { stage: Stage::Connack, ..error.into() },
        }
    }

    /// IoT Core's usual answer to a client identifier that the policy does not allow.
    fn closed_before_connack(&self, how: &str) -> Failure {
        let message = format!(
            "the server closed the connection{how} instead of answering CONNECT with client_id '{}'",
            self.settings.client_id
        );
        Failure::new(Status::ClosedBeforeConnack, Stage::Connack, message).hint(NOT_ALLOWED)
    }

    /// Tells the causes of a refused upgrade apart: AWS answers 403 to all of them.
    fn upgrade_failure(&self, error: Error, used: &Credentials, signed_at: SystemTime) -> Failure {
        let Error::UpgradeRefused { aws, date, .. } = &error else { return error.into() };
        let server_time = date.as_deref().and_then(crate::clock::parse_http_date);
        let skew = server_time.map(|time| difference(SystemTime::UNIX_EPOCH + time, signed_at));
        let clock = skew.is_some_and(|skew| skew > CLOCK_TOLERANCE)
            || aws.message.contains("Signature expired")
            || aws.message.contains("Signature not yet current");
        let signing_region = &self.settings.signing_region;
        let endpoint_region = self.settings.endpoint.iot_region();
        let region = aws.message.contains("valid region")
            || endpoint_region.as_ref().is_some_and(|endpoint_region| endpoint_region != signing_region);
        let refused = aws.http_status == 403;
        if refused {
            // Whatever the cause, the next attempt is better off with fresh ones.
            self.provider.forget(used);
        }
        let failure = Failure::from(&error);
        if refused && clock {
            let cure = if self.provider.clock().is_learned() {
                "it was Cognito's; check that the clock of the Cognito endpoint is right"
            } else {
                "set the clock of this device"
            };
            let off = skew.map(|skew| format!(", {} s off", skew.as_secs())).unwrap_or_default();
            return Failure { status: Status::UpgradeClockSkewed, ..failure }
                .hint(format!("The time of the signature is wrong{off}: {cure}"));
        }
        if refused && region {
            let expected = endpoint_region.map(|region| format!(", {}", region.as_str())).unwrap_or_default();
            return Failure { status: Status::UpgradeWrongRegion, ..failure }.hint(format!(
                "The signature is for region {}: set signing_region to that of the endpoint{expected}",
                signing_region.as_str()
            ));
        }
        if refused && failure.hint.is_empty() {
            return failure.hint(
                "Check that the identity pool's role allows iot:Connect, that an authenticated identity has an IoT policy \
                 attached, and that the endpoint belongs to the same account",
            );
        }
        failure
    }
}

fn is_closed_by_peer(error: &std::io::Error) -> bool {
    matches!(error.kind(), std::io::ErrorKind::ConnectionReset | std::io::ErrorKind::BrokenPipe)
}

fn difference(a: SystemTime, b: SystemTime) -> Duration {
    a.duration_since(b).or_else(|_| b.duration_since(a)).unwrap_or_default()
}

fn timed_out(legs: &Legs, timeout: Duration) -> Failure {
    let pending: Vec<&Progress> = [&*legs.cognito, &*legs.iot].into_iter().filter(|leg| leg.is_pending()).collect();
    let stage = pending.first().map_or(Stage::None, |leg| leg.stage());
    let doing: Vec<String> =
        pending.iter().map(|leg| format!("{} with {}", leg.stage().waiting_for(), leg.peer())).collect();
    let message = format!("timed out after {} ms {}", timeout.as_millis(), doing.join(" and "));
    Failure::new(Status::TimedOut, stage, message)
        .hint("Check the network on the way to that host, or raise connect_timeout_ms")
}

/// Whether the server ended a connection on which nothing was asked yet. Looks once and does not wait.
async fn closed_while_idle(stream: &mut TlsStream) -> bool {
    let mut byte = [0_u8; 1];
    std::future::poll_fn(|cx| {
        let mut buffer = ReadBuf::new(&mut byte);
        Poll::Ready(Pin::new(&mut *stream).poll_read(cx, &mut buffer).is_ready())
    })
    .await
}
