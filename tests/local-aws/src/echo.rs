//! In place of a broker: whatever MQTT a client sends comes back to it.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::sleep;

use crate::mqtt::{self, PacketTracker};

/// So much is on its way at most; then the client has to read before it can send more.
const BUFFER: usize = 64 * 1024;

/// Listens on a port of this machine.
pub async fn start() -> io::Result<SocketAddr> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move {
        loop {
            match listener.accept().await {
                Ok((client, _)) => {
                    tokio::spawn(serve(client));
                }
                // Out of descriptors: some connection has to end first.
                Err(_) => sleep(Duration::from_millis(50)).await,
            }
        }
    });
    Ok(address)
}

/// Ends when the client does, or breaks MQTT.
async fn serve(mut client: TcpStream) -> io::Result<()> {
    client.set_nodelay(true)?;
    let wrong = |what: &str| io::Error::new(io::ErrorKind::InvalidData, what.to_owned());
    let mut bytes = Vec::with_capacity(BUFFER);
    let connect = loop {
        if let Some(connect) = mqtt::parse_connect(&bytes).map_err(wrong)? {
            break connect;
        }
        if client.read_buf(&mut bytes).await? == 0 {
            return Ok(());
        }
    };
    bytes.drain(..connect.len);
    client.write_all(&mqtt::connack(connect.level, false, 0)).await?;
    let mut tracker = PacketTracker::default();
    loop {
        let seen = tracker.frame(&bytes).map_err(wrong)?;
        if seen.iter().any(|packet| packet.kind == mqtt::DISCONNECT) {
            return Ok(());
        }
        client.write_all(&bytes).await?;
        bytes.clear();
        if client.read_buf(&mut bytes).await? == 0 {
            return Ok(());
        }
    }
}
