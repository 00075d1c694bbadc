//! The dial: from settings to CONNACK in five round trips. TCP and TLS to IoT Core do not depend on the credentials and run
//! while Cognito answers; the signed upgrade goes out the moment both are there.

use super::diagnosis;
use crate::boxed::{Subtask, boxed};
use crate::config::ClientSettings;
use crate::credentials::{Away, Caller, Credentials, Provider};
use crate::error::{Failure, Stage};
use crate::log::log;
use crate::mqtt::Error as MqttError;
use crate::mqtt::codec::{self, Connect, Received};
use crate::mqtt::session::Session;
use crate::signing::presign;
use crate::status::Status;
use crate::sys::boot_time;
use crate::trace::Trace;
use crate::transport::packets::{Incoming, PacketStream};
use crate::transport::{Dialer, Error, Progress, SAME_TIME, TlsStream, Told, closed_while_idle, websocket};
use bytes::BytesMut;
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};

/// A connect that has failed waits this long for the identity that it has asked a pool for: who makes a new one for every
/// attempt has lost them all.
const GET_ID_WITHIN: Duration = Duration::from_secs(5);

/// A refused signature is not repeated with less time than this.
const ONE_MORE_DIAL: Duration = Duration::from_millis(500);

/// What is left of the deadline to end a connect in.
const MARGIN: Duration = Duration::from_millis(20);

/// What a dial needs.
pub struct Dial {
    pub settings: Arc<ClientSettings>,
    pub provider: Arc<Provider>,
    pub dialer: Arc<Dialer>,
    /// Whether a thread of the application is inside a call of the client.
    pub away: watch::Receiver<Away>,
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
    /// Dials once, within one deadline for everything. The steps are noted in `trace`.
    pub async fn run(&self, trace: &Arc<Trace>) -> Result<Box<Connection>, Failure> {
        let timeout = self.settings.connect_timeout;
        let deadline = Instant::now() + timeout;
        let legs = Legs {
            iot: Arc::new(Progress::new(c"IoT Core", self.settings.endpoint.with_port(self.settings.port), trace)),
            cognito: Arc::new(Progress::new(c"Cognito", self.provider.peer(), trace)),
        };
        log!(Info, Stage::Dns, "connecting to {}", legs.iot.peer());
        match timeout_at(deadline, boxed(|| self.stages(&legs, deadline))).await {
            Ok(result) => result,
            Err(_) => Err(timed_out(&legs, timeout)),
        }
    }

    async fn stages(&self, legs: &Legs, deadline: Instant) -> Result<Box<Connection>, Failure> {
        let mut corrected = false;
        loop {
            let clock = self.provider.clock();
            let (began, opened_at) = (boot_time(), clock.certificate_time());
            let (stream, credentials) = self.both(legs, deadline).await?;
            let stream = self.still_open(stream, &legs.iot).await?;
            // Cognito may have told another time than that by which IoT Core's certificate was taken.
            let expected = opened_at + boot_time().saturating_sub(began);
            if clock.must_be_learned() || diagnosis::difference(clock.certificate_time(), expected) > SAME_TIME {
                legs.iot.enter(Stage::Tls);
                self.dialer.check_again(&stream, &self.settings.endpoint, self.settings.port)?;
                legs.iot.found("the certificates are valid at server time");
            }
            let (host_header, path_and_query, signed_at) = self.sign(&credentials, &legs.iot)?;
            let sent = boot_time();
            match boxed(|| websocket::upgrade(stream, &host_header, &path_and_query, deadline, &legs.iot)).await {
                Ok(packets) => {
                    drop((credentials, path_and_query));
                    return boxed(|| self.connack(packets, &legs.iot)).await;
                }
                // Once and at once: with the right time, the same credentials will do.
                Err(error)
                    if !corrected
                        && deadline.saturating_duration_since(Instant::now()) > ONE_MORE_DIAL
                        && self.learn_from(&error, signed_at, sent) =>
                {
                    corrected = true;
                    legs.iot.failed(&Failure::from(&error));
                }
                Err(error) => return Err(diagnosis::upgrade(self, error, &credentials, signed_at)),
            }
        }
    }

    /// Both legs at once. The first failure ends both, but for an identity that Cognito is making.
    async fn both(&self, legs: &Legs, deadline: Instant) -> Result<(TlsStream, Credentials), Failure> {
        let (mut opened, mut fetched) =
            (boxed(|| self.open(&legs.iot)), boxed(|| self.credentials(&legs.cognito, deadline)));
        tokio::select! {
            opened = &mut opened => match opened {
                Ok(stream) => Ok((stream, fetched.await?)),
                Err(failure) if self.provider.is_getting_identity() => {
                    let until = (Instant::now() + GET_ID_WITHIN).min(deadline.checked_sub(MARGIN).unwrap_or(deadline));
                    let _ = timeout_at(until, fetched).await;
                    Err(failure)
                }
                Err(failure) => Err(failure),
            },
            fetched = &mut fetched => {
                let credentials = fetched?;
                Ok((opened.await?, credentials))
            }
        }
    }

    async fn open(&self, progress: &Arc<Progress>) -> Result<TlsStream, Failure> {
        let (dialer, settings, leg) = (Arc::clone(&self.dialer), Arc::clone(&self.settings), Arc::clone(progress));
        let opened = Subtask::spawn(|| async move { dialer.open(&settings.endpoint, settings.port, &leg).await });
        let stream = flatten(opened.await).inspect_err(|failure| progress.fail(failure))?;
        progress.complete();
        Ok(stream)
    }

    async fn credentials(&self, progress: &Arc<Progress>, deadline: Instant) -> Result<Credentials, Failure> {
        let (provider, away) = (Arc::clone(&self.provider), self.away.clone());
        let caller = Caller { progress: Arc::clone(progress), deadline, away };
        let fetched = Subtask::spawn(|| async move { provider.credentials(&caller).await });
        let credentials = flatten(fetched.await).inspect_err(|failure| progress.fail(failure))?;
        progress.complete();
        Ok(credentials)
    }

    /// The stream itself, or another one if the server has ended it while Cognito was asked.
    async fn still_open(&self, mut stream: TlsStream, progress: &Arc<Progress>) -> Result<TlsStream, Failure> {
        if closed_while_idle(&mut stream).await {
            log!(Debug, Stage::Tls, "{} closed the idle connection; once more", progress.peer());
            return self.open(progress).await;
        }
        Ok(stream)
    }

    /// The Host header, the signed path and query, and the time in the signature.
    fn sign(&self, credentials: &Credentials, progress: &Progress) -> Result<(String, String, SystemTime), Failure> {
        progress.enter(Stage::Signing);
        let (region, signed_at) = (&self.settings.signing_region, self.provider.clock().now());
        let host_header = self.settings.endpoint.host_header(self.settings.port);
        let path_and_query = presign(&host_header, region, credentials, signed_at)?;
        progress.found(&format!("SigV4 for region {}", region.as_str()));
        Ok((host_header, path_and_query, signed_at))
    }

    /// Takes the time of a refusal that may be one of a wrong time. Gives whether another signature would be of another time.
    fn learn_from(&self, error: &Error, signed_at: SystemTime, sent: Duration) -> bool {
        let Error::UpgradeRefused { aws, date: Some(date), chain, .. } = error else { return false };
        let skew = diagnosis::skew(date, signed_at);
        if aws.http_status != 403 || skew.is_none_or(|skew| skew <= diagnosis::CLOCK_TOLERANCE) {
            return false;
        }
        let told = Told { stage: Stage::Upgrade, date: Some(date), sent };
        self.dialer.learn(&told, chain, &self.settings.endpoint, self.settings.port).unwrap_or(false)
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
        let mqtt = |error: MqttError| diagnosis::connack(self, &error);
        packets.send(connect.encode().map_err(mqtt)?).await.map_err(|error| diagnosis::before_connack(self, error))?;
        let mut buffer = BytesMut::new();
        let session_present = loop {
            match codec::decode(&mut buffer).map_err(mqtt)? {
                Some(Received::Connack { session_present }) => break session_present,
                Some(_) => return Err(mqtt(MqttError::Malformed("a packet ahead of CONNACK"))),
                None => match packets.next().await.map_err(|error| diagnosis::before_connack(self, error))? {
                    Incoming::Bytes(bytes) => buffer.extend_from_slice(&bytes),
                    Incoming::Closed(how) => return Err(diagnosis::closed_before_connack(self, &how)),
                },
            }
        };
        progress.found(if session_present { "accepted, session present" } else { "accepted, no session present" });
        log!(Info, Stage::Connack, "connected to {}; session present: {session_present}", packets.peer());
        Ok(Box::new(Connection { packets, session: Session::new(keep_alive, boot_time()), buffer }))
    }
}

fn flatten<T, E: Into<Failure>>(result: Result<Result<T, E>, Failure>) -> Result<T, Failure> {
    result?.map_err(Into::into)
}

fn timed_out(legs: &Legs, timeout: Duration) -> Failure {
    let pending: Vec<&Progress> = [&*legs.cognito, &*legs.iot].into_iter().filter(|leg| leg.is_pending()).collect();
    let stage = pending.first().map_or(Stage::None, |leg| leg.stage());
    let mut doing: Vec<String> =
        pending.iter().map(|leg| format!("{} with {}", leg.stage().waiting_for(), leg.peer())).collect();
    // Both legs may be with the proxy.
    doing.dedup();
    let message = format!("timed out after {} ms {}", timeout.as_millis(), doing.join(" and "));
    Failure::new(Status::TimedOut, stage, message)
        .hint("Check the network on the way to that host, or raise connect_timeout_ms")
}
