//! TCP connections by Happy Eyeballs (RFC 8305): address families take turns, and an address that does not answer delays the
//! next by 250 ms, not by its own timeout.

use crate::error::Stage;
use crate::log::log;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;
use tokio::net::{TcpSocket, TcpStream};

/// RFC 8305, section 5: "Connection Attempt Delay".
const ATTEMPT_DELAY: Duration = Duration::from_millis(250);

/// Connects to the first address that answers.
pub async fn connect(addresses: &[IpAddr], port: u16) -> io::Result<TcpStream> {
    let mut waiting = interleave(addresses).into_iter();
    let mut attempts = FuturesUnordered::new();
    let mut failure = None;
    loop {
        if let Some(address) = waiting.next() {
            attempts.push(attempt(SocketAddr::new(address, port)));
        }
        let delay = async {
            match waiting.len() {
                0 => std::future::pending().await,
                _ => tokio::time::sleep(ATTEMPT_DELAY).await,
            }
        };
        tokio::select! {
            result = attempts.next() => match result {
                Some(Ok(stream)) => return Ok(stream),
                // A refusal lets the next address begin at once. The first one names the failure: it is the preferred address.
                Some(Err(error)) => failure = failure.or(Some(error)),
                None => {
                    return Err(failure.unwrap_or_else(|| io::Error::new(io::ErrorKind::NotFound, "no address")));
                }
            },
            () = delay => {}
        }
    }
}

async fn attempt(address: SocketAddr) -> io::Result<TcpStream> {
    let result = async {
        let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
        // Each flight of ours is one segment and waits for nothing: Nagle's algorithm would hold the second back.
        socket.set_nodelay(true)?;
        socket.connect(address).await
    }
    .await;
    match &result {
        Ok(_) => log!(Debug, Stage::Tcp, "connected to {address}"),
        Err(error) => log!(Debug, Stage::Tcp, "{address}: {error}"),
    }
    result
}

/// RFC 8305, section 4: the families take turns, beginning with that of the preferred address.
fn interleave(addresses: &[IpAddr]) -> Vec<IpAddr> {
    let v4_first = addresses.first().is_some_and(IpAddr::is_ipv4);
    let (mut first, mut second) = (Vec::new(), Vec::new());
    for address in addresses {
        if address.is_ipv4() == v4_first { first.push(*address) } else { second.push(*address) }
    }
    let mut second = second.into_iter();
    let mut order = Vec::with_capacity(addresses.len());
    for address in first {
        order.push(address);
        order.extend(second.next());
    }
    order.extend(second);
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_take_turns_beginning_with_the_preferred_one() {
        let parse = |list: &str| list.split(' ').map(|address| address.parse().unwrap()).collect::<Vec<IpAddr>>();
        assert_eq!(interleave(&parse("::1 ::2 ::3 1.1.1.1")), parse("::1 1.1.1.1 ::2 ::3"));
        assert_eq!(interleave(&parse("1.1.1.1 ::1 ::2")), parse("1.1.1.1 ::1 ::2"));
        assert!(interleave(&[]).is_empty());
    }
}
