//! Why IoT Core refuses: it has one answer, or none, for many causes.

use super::Dial;
use crate::clock::parse_http_date;
use crate::credentials::Credentials;
use crate::error::{Failure, Stage};
use crate::status::Status;
use crate::transport::{Ended, Error};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// AWS takes a signature whose time is this far off.
pub const CLOCK_TOLERANCE: Duration = Duration::from_secs(5 * 60);

/// A refused upgrade: AWS answers 403 to a wrong time, a wrong region, and a role that may not connect.
pub fn upgrade(dial: &Dial, error: Error, used: &Credentials, signed_at: SystemTime) -> Failure {
    let Error::UpgradeRefused { aws, date, .. } = &error else { return error.into() };
    let failure = Failure::from(&error);
    if aws.http_status != 403 {
        return failure;
    }
    // Whatever the cause, the next dial, or the next attempt of this one, is better off with fresh ones.
    dial.provider.forget(used);
    let skew = date.as_deref().and_then(|date| skew(date, signed_at));
    let clock = skew.is_some_and(|skew| skew > CLOCK_TOLERANCE)
        || aws.message.contains("Signature expired")
        || aws.message.contains("Signature not yet current");
    if clock {
        return Failure { status: Status::UpgradeClockSkewed, ..failure }.hint(clock_hint(dial, skew));
    }
    let signing_region = &dial.settings.signing_region;
    let endpoint_region = dial.settings.endpoint.iot_region();
    let region = aws.message.contains("valid region")
        || endpoint_region.as_ref().is_some_and(|endpoint_region| endpoint_region != signing_region);
    if region {
        let expected = endpoint_region.map(|region| format!(", {}", region.as_str())).unwrap_or_default();
        return Failure { status: Status::UpgradeWrongRegion, ..failure }.hint(format!(
            "The signature is for region {}: set signing_region to that of the endpoint{expected}",
            signing_region.as_str()
        ));
    }
    if aws.message.is_empty() && aws.error_type.is_empty() {
        return failure;
    }
    failure.hint(format!(
        "{}, and check that the endpoint belongs to the same account",
        not_allowed(dial, dial.client_id())
    ))
}

/// Whether fresh credentials may be taken where these were refused.
pub fn may_be_the_credentials(failure: &Failure) -> bool {
    failure.status == Status::UpgradeRefused && failure.aws.as_ref().is_some_and(|aws| aws.http_status == 403)
}

fn clock_hint(dial: &Dial, skew: Option<Duration>) -> String {
    let clock = dial.provider.clock();
    let off = skew.map(|skew| format!(", {} s off", skew.as_secs())).unwrap_or_default();
    match (skew, clock.is_corrected(), clock.offset_ms()) {
        (Some(skew), true, _) if skew > CLOCK_TOLERANCE => format!(
            "The Date of the refusal is {} s off from server time, and was not taken or did not help: check that it is AWS IoT \
             Core that answers, and that no proxy on the way changes Date",
            skew.as_secs()
        ),
        (Some(_), true, _) => {
            "The signature has the time of the server's own Date and is refused for it nevertheless: check that \
                            it is AWS IoT Core that answers, and that no proxy on the way changes Date"
                .to_owned()
        }
        (None, true, _) => {
            "The time of the signature is wrong by IoT Core's clock, and its answer has no Date to correct it \
                             by, which those of AWS have: check that it is AWS IoT Core that answers"
                .to_owned()
        }
        (_, false, Some(_)) => format!(
            "The time of the signature is wrong{off}: set the clock of this device, or allow its correction \
             (cognito_config_set_clock_correction and cognito_config_set_clock_correction_max_s)"
        ),
        (_, false, None) => format!(
            "The time of the signature is wrong{off}: set the clock of this device, because no answer had a Date to correct \
             it by"
        ),
    }
}

/// Why a stream that was open has ended.
pub fn ended(dial: &Dial, ended: &Ended, peer: &str) -> Failure {
    let failure = match ended {
        Ended::Closed(how) => session_closed(peer, how),
        Ended::ClosedBeforeConnack(client_id, how) => closed_before_connack(dial, client_id.as_deref(), how),
        Ended::Unsendable(problem) => Failure::argument("what is sent", format!("is no MQTT: {problem}")),
        Ended::Broken(error) => error.into(),
    };
    dial.identified(failure)
}

/// An open stream that has ended. `how` says with which Close, if with one.
pub fn session_closed(peer: &str, how: &str) -> Failure {
    Failure::new(Status::SessionClosed, Stage::Session, format!("{peer} ended the session{how}"))
}

/// IoT Core's usual answer to a client identifier that the policy does not allow.
pub fn closed_before_connack(dial: &Dial, client_id: Option<&str>, how: &str) -> Failure {
    let client_id = client_id.or(dial.client_id());
    let whose = client_id.map(|client_id| format!(" with client_id '{client_id}'")).unwrap_or_default();
    let message = format!("the server closed the connection{how} instead of answering CONNECT{whose}");
    Failure::new(Status::ClosedBeforeConnack, Stage::Connack, message).hint(not_allowed(dial, client_id))
}

/// Who may connect is decided by the role alone for a guest; an authenticated identity needs an IoT policy as well.
pub fn not_allowed(dial: &Dial, client_id: Option<&str>) -> String {
    let client = match client_id {
        Some(client_id) => format!("client/{client_id}"),
        None => "the MQTT client identifier".to_owned(),
    };
    match dial.provider.identity().filter(|_| dial.provider.is_authenticated()) {
        None => format!("Allow iot:Connect on {client} in the policy of the identity pool's role"),
        Some(identity) => format!(
            "Allow iot:Connect on {client} in the role and in an IoT policy that is attached to the identity by \
             `aws iot attach-policy --policy-name POLICY --target {} --region {}`",
            identity.as_str(),
            dial.settings.signing_region.as_str()
        ),
    }
}

/// How far the time of a signature is from the `Date` of the answer to it.
pub fn skew(date: &str, signed_at: SystemTime) -> Option<Duration> {
    parse_http_date(date).map(|time| difference(UNIX_EPOCH + time, signed_at))
}

/// How far apart two times are.
pub fn difference(a: SystemTime, b: SystemTime) -> Duration {
    a.duration_since(b).or_else(|_| b.duration_since(a)).unwrap_or_default()
}
