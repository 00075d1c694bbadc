//! How an answer leaves: at once, or as a fault demands.

use std::io;

use crate::answers;
use crate::connection::{Connection, End};
use crate::faults;
use crate::http::Response;
use crate::tls::{self, Tls};

/// Sends the answer as the fault demands. `None`: the connection may stay.
pub async fn send(
    connection: &Connection,
    stream: &mut Tls,
    answer: &Response,
    fault: Option<faults::Value>,
) -> io::Result<Option<End>> {
    let whole = answer.bytes();
    let fault = fault.unwrap_or(faults::Value { word: String::new(), number: 0 });
    let body = &answer.body;
    let half = body.get(..body.len() / 2).unwrap_or_default();
    match fault.word.as_str() {
        "truncated" => {
            let mut bytes = answer.head(body.len()).into_bytes();
            bytes.extend_from_slice(half);
            answers::send(stream, &bytes).await?;
            return Ok(Some(tls::close(connection, stream).await));
        }
        "stall-mid-body" => {
            let mut bytes = answer.head(body.len()).into_bytes();
            bytes.extend_from_slice(half);
            answers::send(stream, &bytes).await?;
            return Ok(Some(tls::hold(connection, stream).await));
        }
        "endless-head" => match answers::endless_head(stream, &answer.open_head()).await? {},
        "endless-body" => match answers::endless_body(stream, &answer.open_head(), &" ".repeat(500)).await? {},
        "huge-body" => {
            answers::send(stream, answer.head(answers::huge_len()).as_bytes()).await?;
            answers::huge_body(stream, body).await?;
        }
        "drip" => answers::drip(stream, &whole, fault.number.unsigned_abs()).await?,
        "chunked" => answers::send(stream, &answer.chunked()).await?,
        "close-delimited" => {
            let mut bytes = answer.open_head().into_bytes();
            bytes.extend_from_slice(b"\r\n");
            bytes.extend_from_slice(body);
            answers::send(stream, &bytes).await?;
            return Ok(Some(tls::close(connection, stream).await));
        }
        "continue-100" => {
            let mut bytes = b"HTTP/1.1 100 Continue\r\n\r\n".to_vec();
            bytes.extend_from_slice(&whole);
            answers::send(stream, &bytes).await?;
        }
        _ => answers::send(stream, &whole).await?,
    }
    Ok(None)
}
