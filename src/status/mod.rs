//! The status of every call: one number for each cause that a caller may want to tell apart.

mod table;

use std::ffi::CStr;
use table::{Entry, TABLE};

/// Result of a call. 0 is success, every error is negative.
/// Numbers are grouped by layer and are never given a new meaning.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Status {
    /// Success.
    Ok = 0,
    /// An argument is NULL, out of range or not of the required form.
    /// cognito_last_error() names the argument and what it may be.
    InvalidArgument = -1,
    /// A handle is NULL, was freed, or is of another type.
    InvalidHandle = -2,
    /// A required setting is missing, or two settings contradict each other.
    InvalidConfig = -3,
    /// The call does not fit the state of the handle.
    InvalidState = -4,
    /// The call was made inside a callback that runs in the middle of a call of this library.
    Reentrant = -5,
    /// Not finished within wait_ms. It goes on in the next call of this handle that waits or processes.
    InProgress = -6,
    /// The connect timeout passed. The stage that was under way is named.
    TimedOut = -7,
    /// The call was ended by a cancel.
    Cancelled = -8,
    /// The process has forked since the handle was made, and the child may not use it.
    Forked = -9,
    /// The system refused a descriptor, a thread, a random number or a handle slot.
    OutOfResources = -10,
    /// A defect in this library was caught. The handle must be freed.
    Internal = -11,
    /// The call would wait, and was made inside an event, message or completion callback.
    InCallback = -12,
    /// This build of the library leaves out what the call is for.
    NotBuilt = -13,

    /// The host name could not be resolved.
    DnsFailed = -100,
    /// No TCP connection to the host: refused or unreachable at every address.
    TcpFailed = -101,
    /// The peer reset or closed the connection before its answer was complete.
    ConnectionLost = -102,
    /// The proxy could not be reached, or closed or broke the protocol.
    ProxyFailed = -110,
    /// The proxy refused to open a tunnel to the host.
    ProxyRefused = -111,
    /// The proxy demands authentication, or refused the user and password (HTTP 407).
    ProxyAuthentication = -112,
    /// The TLS handshake failed, or the peer broke the TLS protocol.
    TlsFailed = -120,
    /// The server's certificate does not lead to a trusted root.
    CertificateUntrusted = -121,
    /// The server's certificate has expired, by the time this library goes by.
    CertificateExpired = -122,
    /// The server's certificate is not yet valid, by the time this library goes by.
    CertificateNotYetValid = -123,
    /// The server's certificate is for another host.
    CertificateWrongHost = -124,
    /// The server's certificate is malformed, badly signed, revoked or not for servers.
    CertificateInvalid = -125,
    /// The trusted roots could not be loaded: a CA file or PEM is unreadable, malformed or empty.
    TrustStore = -126,
    /// The server speaks neither TLS 1.2 nor TLS 1.3.
    TlsVersion = -127,
    /// The server has no cipher suite, key exchange or signature scheme in common with this library.
    TlsNoCommonSuite = -128,
    /// What answers at the port does not speak TLS.
    NotTls = -129,
    /// The server's certificate is issued by nobody but the server itself.
    CertificateSelfSigned = -130,
    /// The server's certificate, or one above it, is too weak: an RSA key of less than 2048 bits, or a signature with SHA-1.
    CertificateWeak = -131,

    /// Cognito refused the request for a reason that has no status of its own.
    CognitoRefused = -200,
    /// Cognito does not know the identity (ResourceNotFoundException).
    CognitoIdentityNotFound = -201,
    /// Cognito does not allow this identity credentials (NotAuthorizedException).
    CognitoNotAuthorized = -202,
    /// Cognito throttles requests (TooManyRequestsException).
    CognitoThrottled = -203,
    /// The identity pool has no usable role (InvalidIdentityPoolConfigurationException).
    CognitoPoolConfiguration = -204,
    /// Cognito has a fault of its own (HTTP 5xx).
    CognitoUnavailable = -205,
    /// Cognito's answer is not what the service model says: not HTTP, not JSON, too large, or lacking what it must hold.
    CognitoMalformed = -206,
    /// Cognito does not know the identity pool (ResourceNotFoundException of GetId).
    CognitoPoolNotFound = -207,
    /// Cognito does not take a login: its token has expired, or is of another provider (NotAuthorizedException).
    CognitoLoginRefused = -208,
    /// The login callback of the application failed.
    LoginFailed = -209,

    /// The URL could not be signed.
    SigningFailed = -300,

    /// IoT Core refused the WebSocket upgrade.
    UpgradeRefused = -400,
    /// IoT Core refused the WebSocket upgrade because the time it was signed with is wrong.
    UpgradeClockSkewed = -401,
    /// IoT Core refused the WebSocket upgrade because it was signed for another region.
    UpgradeWrongRegion = -402,
    /// The answer to the WebSocket upgrade breaks HTTP or RFC 6455, or is too large.
    UpgradeMalformed = -403,
    /// The server broke the WebSocket protocol (RFC 6455) or sent a frame that is too large.
    WebsocketProtocol = -404,

    /// The server closed the connection instead of answering CONNECT.
    ClosedBeforeConnack = -500,
    /// CONNACK return code 1, or reason code 0x84 of MQTT 5: unacceptable protocol version.
    ConnackProtocolVersion = -501,
    /// CONNACK return code 2, or reason code 0x85 of MQTT 5: client identifier rejected.
    ConnackIdentifierRejected = -502,
    /// CONNACK return code 3, or a reason code of MQTT 5 for what passes: server unavailable or busy, quota or rate exceeded.
    ConnackServerUnavailable = -503,
    /// CONNACK return code 4, or reason code 0x86 of MQTT 5: bad user name or password.
    ConnackBadUserNameOrPassword = -504,
    /// CONNACK return code 5, or reason code 0x87 of MQTT 5: not authorized.
    ConnackNotAuthorized = -505,
    /// CONNACK with another code; cognito_failure_reason_code() has it.
    ConnackRefused = -506,
    /// The server broke the MQTT protocol or sent a packet that is too large.
    MqttProtocol = -507,
    /// The server ended the MQTT session.
    SessionClosed = -508,
    /// The server did not answer PINGREQ in time.
    KeepAliveTimedOut = -509,
    /// As many messages wait to be sent as may, or as many bytes of them.
    QueueFull = -510,
    /// The request was not done in time, or is given up, and was withdrawn before it was sent.
    Withdrawn = -511,
    /// The request was sent and not acknowledged in time, so it may have arrived or not.
    OutcomeUnknown = -512,
    /// The server refused the subscription; cognito_failure_reason_code() has SUBACK's code.
    SubscribeRefused = -513,
    /// The server refused the message, or said when it was connected to that it takes none like it. MQTT 5.
    PublishRefused = -514,
    /// The server refused to end the subscription. MQTT 5.
    UnsubscribeRefused = -515,
    /// The server ended the session by DISCONNECT; cognito_failure_reason_code() says why. MQTT 5.
    DisconnectedByServer = -516,
}

impl Status {
    /// Every status, in the order of the header.
    pub fn all() -> impl Iterator<Item = Status> {
        TABLE.iter().map(|entry| entry.status)
    }

    /// The status with this number.
    pub fn from_number(number: i32) -> Option<Status> {
        Self::all().find(|status| *status as i32 == number)
    }

    /// The C constant's name, such as `COGNITO_STATUS_TIMED_OUT`.
    pub fn c_name(self) -> &'static CStr {
        self.entry().map_or(c"", |entry| entry.name)
    }

    /// One sentence on the cause.
    pub fn description(self) -> &'static CStr {
        self.entry().map_or(c"", |entry| entry.description)
    }

    /// What to do about it, where nothing more precise is known. Empty for success.
    pub fn cure(self) -> &'static str {
        self.entry().map_or("", |entry| entry.cure)
    }

    fn entry(self) -> Option<&'static Entry> {
        TABLE.iter().find(|entry| entry.status == self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_success_is_not_negative_and_no_number_is_used_twice() {
        let mut numbers: Vec<i32> = Status::all().map(|status| status as i32).collect();
        assert_eq!(numbers.iter().filter(|number| **number >= 0).collect::<Vec<_>>(), [&0]);
        numbers.sort_unstable();
        let before = numbers.len();
        numbers.dedup();
        assert_eq!(numbers.len(), before);
    }
}
