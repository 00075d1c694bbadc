//! Ways to send a response that a client must survive.

use std::convert::Infallible;
use std::io;
use std::time::Duration;

use tokio::io::{AsyncWrite, AsyncWriteExt};
use tokio::time::sleep;

/// Size of `huge`: more than any client should keep in memory.
const HUGE: usize = 64 * 1024 * 1024;

/// Writes all of it at once: one TLS record if it fits.
pub async fn send<W: AsyncWrite + Unpin>(stream: &mut W, bytes: &[u8]) -> io::Result<()> {
    stream.write_all(bytes).await?;
    stream.flush().await
}

/// One byte in a record of its own every `ms` milliseconds.
pub async fn drip<W: AsyncWrite + Unpin>(stream: &mut W, bytes: &[u8], ms: u64) -> io::Result<()> {
    for byte in bytes {
        send(stream, std::slice::from_ref(byte)).await?;
        sleep(Duration::from_millis(ms)).await;
    }
    Ok(())
}

/// Header lines until the client ends the connection.
pub async fn endless_head<W: AsyncWrite + Unpin>(stream: &mut W, open_head: &str) -> io::Result<Infallible> {
    send(stream, open_head.as_bytes()).await?;
    let lines = format!("X-Filler: {}\r\n", "x".repeat(100)).repeat(32);
    loop {
        send(stream, lines.as_bytes()).await?;
        tokio::task::yield_now().await;
    }
}

/// Chunks of a body until the client ends the connection.
pub async fn endless_body<W: AsyncWrite + Unpin>(
    stream: &mut W,
    open_head: &str,
    content: &str,
) -> io::Result<Infallible> {
    let head = format!("{open_head}Transfer-Encoding: chunked\r\n\r\n");
    send(stream, head.as_bytes()).await?;
    let chunk = format!("{:x}\r\n{content}\r\n", content.len()).repeat(32);
    loop {
        send(stream, chunk.as_bytes()).await?;
        tokio::task::yield_now().await;
    }
}

/// The body, and spaces up to 64 MiB. The head is to announce `huge_len()`.
pub async fn huge_body<W: AsyncWrite + Unpin>(stream: &mut W, body: &[u8]) -> io::Result<()> {
    send(stream, body).await?;
    let spaces = [b' '; 16 * 1024];
    let mut left = HUGE.saturating_sub(body.len());
    while left > 0 {
        let part = spaces.get(..left).unwrap_or(&spaces);
        send(stream, part).await?;
        left -= part.len();
    }
    Ok(())
}

/// Length of a huge body.
pub fn huge_len() -> usize {
    HUGE
}

/// A captive portal's page.
pub const PORTAL: &str = "<!DOCTYPE html>\n<html><head><title>Welcome</title></head>\
    <body><h1>Please sign in to use this network</h1></body></html>\n";
