//! The MQTT broker behind IoT Core: rumqttd or an echo in this process, or any other one by TCP.

use std::collections::HashMap;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener as StdListener};
use std::time::Duration;

use rumqttd::{Config, ConnectionSettings, RouterConfig, ServerSettings};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

use crate::echo;
use crate::mqtt;
use crate::options::BrokerChoice;
use crate::random;

const START_TIME: Duration = Duration::from_secs(10);
const ANSWER_TIME: Duration = Duration::from_secs(5);

/// Where MQTT connections are handed on to.
pub enum Broker {
    /// rumqttd listens for the two protocol levels on two ports.
    Embedded {
        /// MQTT 3.1.1.
        v4: SocketAddr,
        /// MQTT 5.
        v5: SocketAddr,
    },
    /// `HOST:PORT`.
    At(String),
}

impl Broker {
    /// Starts the embedded broker, or checks that the other one answers.
    pub async fn start(choice: &BrokerChoice) -> io::Result<Broker> {
        let broker = match choice {
            BrokerChoice::At(address) => Broker::At(address.clone()),
            BrokerChoice::Echo => Broker::At(echo::start().await?.to_string()),
            BrokerChoice::Embedded => embedded()?,
        };
        let answers = async {
            while broker.probe().await.is_err() {
                sleep(Duration::from_millis(5)).await;
            }
        };
        let silent = |_| io::Error::new(io::ErrorKind::TimedOut, "the MQTT broker does not answer");
        timeout(START_TIME, answers).await.map_err(silent)?;
        Ok(broker)
    }

    /// A connection for a client of this protocol level.
    pub async fn connect(&self, level: u8) -> io::Result<TcpStream> {
        let stream = match self {
            Broker::Embedded { v4, v5 } => TcpStream::connect(if level == 5 { v5 } else { v4 }).await?,
            Broker::At(address) => TcpStream::connect(address.as_str()).await?,
        };
        stream.set_nodelay(true)?;
        Ok(stream)
    }

    /// Whether a keep-alive of 0 must be hidden from it.
    pub fn refuses_keep_alive_0(&self) -> bool {
        matches!(self, Broker::Embedded { .. })
    }

    /// Whether a DISCONNECT must not come while it sends (its thread panics over a client that is gone by then), nor the
    /// end of the connection before the broker's own.
    pub fn is_hurt_by_disconnect(&self) -> bool {
        matches!(self, Broker::Embedded { .. })
    }

    /// Publishes as a client of its own.
    pub async fn publish(&self, topic: &str, payload: &[u8], qos: u8) -> io::Result<()> {
        let publishing = async {
            let mut stream = self.session().await?;
            stream.write_all(&mqtt::publish(topic, payload, qos)).await?;
            if qos > 0 {
                // PUBACK.
                stream.read_exact(&mut [0; 4]).await?;
            }
            goodbye(stream).await
        };
        timeout(ANSWER_TIME, publishing).await?
    }

    async fn probe(&self) -> io::Result<()> {
        timeout(ANSWER_TIME, async { goodbye(self.session().await?).await }).await?
    }

    async fn session(&self) -> io::Result<TcpStream> {
        let mut stream = self.connect(4).await?;
        let client_id = format!("local-aws-{}", random::uuid());
        stream.write_all(&mqtt::connect(&client_id)).await?;
        let mut connack = [0; 4];
        stream.read_exact(&mut connack).await?;
        match connack {
            [0x20, 2, _, 0] => Ok(stream),
            _ => Err(io::Error::other("the MQTT broker refuses a connection")),
        }
    }
}

/// Leaves the end of the connection to the broker, as `session::broker_side::until_end` does.
async fn goodbye(mut stream: TcpStream) -> io::Result<()> {
    stream.write_all(&[mqtt::DISCONNECT << 4, 0]).await?;
    let mut scrap = Vec::new();
    stream.take(1024).read_to_end(&mut scrap).await?;
    Ok(())
}

fn embedded() -> io::Result<Broker> {
    // rumqttd binds the ports itself, so they are looked up before. On an address that belongs to
    // this process alone nobody takes them in between.
    let [_, high, middle, low] = std::process::id().to_be_bytes();
    let address = Ipv4Addr::new(127, 64 | (high & 0x3f), middle, low);
    let (first, second) = (StdListener::bind((address, 0))?, StdListener::bind((address, 0))?);
    let (v4, v5) = (first.local_addr()?, second.local_addr()?);
    drop((first, second));
    let config = Config {
        router: RouterConfig {
            max_connections: 2000,
            max_outgoing_packet_count: 200,
            max_segment_size: 4 * 1024 * 1024,
            max_segment_count: 10,
            ..RouterConfig::default()
        },
        v4: Some(HashMap::from([("v4".to_owned(), server("mqtt-v4", v4))])),
        v5: Some(HashMap::from([("v5".to_owned(), server("mqtt-v5", v5))])),
        ..Config::default()
    };
    let run = move || {
        // Returns only when it could not start; then nobody answers, which is noticed.
        let _ = rumqttd::Broker::new(config).start();
    };
    std::thread::Builder::new().name("mqtt-broker".to_owned()).spawn(run)?;
    Ok(Broker::Embedded { v4, v5 })
}

fn server(name: &str, listen: SocketAddr) -> ServerSettings {
    ServerSettings {
        name: name.to_owned(),
        listen,
        tls: None,
        next_connection_delay_ms: 0,
        connections: ConnectionSettings {
            connection_timeout_ms: 60_000,
            max_payload_size: 4 * 1024 * 1024,
            max_inflight_count: 100,
            auth: None,
            external_auth: None,
            dynamic_filters: true,
        },
    }
}
