//! Who may connect: policies and faults between CONNECT and the broker.

use serde_json::json;

use super::Ending;
use crate::answers;
use crate::connection::Connection;
use crate::credentials::Owner;
use crate::events::Service;
use crate::faults;
use crate::mqtt::{self, Connect};
use crate::random;
use crate::tls::Tls;
use crate::websocket;

/// Policy and faults between CONNECT and the broker. `Ok`: the fault that changes the CONNACK.
pub async fn admit(
    connection: &Connection,
    owner: &Owner,
    connect: &Connect,
    stream: &mut Tls,
) -> Result<Option<faults::Value>, Ending> {
    let state = &connection.state;
    if let Some(fault) = state.faults.take(Service::Iot, "connect") {
        return Err(match fault.word.as_str() {
            "reset" => Ending::Reset,
            "close" => Ending::Drop,
            "ws-close" => Ending::ServerClose(u16::try_from(fault.number).unwrap_or(0)),
            _ => Ending::Hold,
        });
    }
    if !mqtt::matches(&state.options.client_id_policy, &connect.client_id) {
        state.journal.count("connects_forbidden");
        connection.event("connect-forbidden", json!({"client_id": connect.client_id}));
        return Err(Ending::Drop);
    }
    let identity = &owner.identity;
    if state.options.identity_policy && owner.authenticated && !state.identities.has_policy(identity) {
        state.journal.count("connects_without_policy");
        connection.event("connect-without-policy", json!({"identity": identity}));
        return Err(Ending::Drop);
    }
    let Some(fault) = state.faults.take(Service::Iot, "connack") else {
        return Ok(None);
    };
    let refused = |code| (mqtt::connack(connect.level, false, code), Ending::ServerClose(1000));
    let (packet, ending) = match fault.word.as_str() {
        "code" => refused(u8::try_from(fault.number).unwrap_or(5)),
        "session-present-on-refusal" => (mqtt::connack(connect.level, true, 5), Ending::ServerClose(1000)),
        "stall-mid" => (vec![0x20, 2], Ending::Hold),
        "reset-mid" => (vec![0x20, 2], Ending::Reset),
        "garbage" => {
            let mut bytes: [u8; 64] = random::bytes();
            // A packet type that does not exist.
            bytes[0] = 0x00;
            (bytes.to_vec(), Ending::Hold)
        }
        "oversize" => {
            let mut bytes = vec![0x20, 0xff, 0xff, 0xff, 0x7f];
            bytes.extend_from_slice(&[0; 100]);
            (bytes, Ending::Hold)
        }
        _ => return Ok(Some(fault)),
    };
    if matches!(fault.word.as_str(), "code" | "session-present-on-refusal") {
        state.journal.count("connacks");
        connection.event("connack", json!({"code": packet.get(3)}));
    }
    let frame = websocket::encode(websocket::BINARY, true, &packet);
    match answers::send(stream, &frame).await {
        Ok(()) => Err(ending),
        Err(_) => Err(Ending::Gone),
    }
}
