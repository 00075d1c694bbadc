//! The answers to an upgrade request.

use serde_json::json;

use crate::clock;
use crate::http::Response;
use crate::random;
use crate::websocket;

/// What all answers to one request share.
#[derive(Clone, Copy)]
pub struct Responses {
    /// The time that they show.
    pub now: i64,
    /// Whether they show it.
    pub dated: bool,
}

impl Responses {
    /// Status, date and request id.
    pub fn base(self, status: u16) -> Response {
        let response = Response::new(status);
        let response = if self.dated { response.with("Date", clock::http_date(self.now)) } else { response };
        response.with("x-amzn-RequestId", random::uuid())
    }

    /// The 101 for this `Sec-WebSocket-Key`.
    pub fn switching(self, key: &str) -> Response {
        self.base(101)
            .with("Connection", "Upgrade")
            .with("Upgrade", "websocket")
            .with("Sec-WebSocket-Accept", websocket::accept_key(key))
            .with("Sec-WebSocket-Protocol", "mqtt")
    }

    /// An error with AWS's reason.
    pub fn refusal(self, status: u16, message: &str) -> Response {
        let response = self.base(status).with("content-type", "application/json");
        let response = match status {
            403 => response.with("x-amzn-ErrorType", "ForbiddenException:"),
            426 => response.with("Sec-WebSocket-Version", "13"),
            _ => response,
        };
        response.body(json!({"message": message, "traceId": random::uuid()}).to_string())
    }
}
