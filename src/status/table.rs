//! Name, description and cure of each status. `docs/failures.md` is generated from this, and the descriptions are the first
//! sentences of the comments in the header; tests compare both.

use super::Status;
use std::ffi::CStr;

/// What is known of one status.
pub struct Entry {
    /// The status.
    pub status: Status,
    /// The C constant's name.
    pub name: &'static CStr,
    /// What it means.
    pub description: &'static CStr,
    /// What to do about it, where nothing more precise is known.
    pub cure: &'static str,
}

const fn entry(status: Status, name: &'static CStr, description: &'static CStr, cure: &'static str) -> Entry {
    Entry { status, name, description, cure }
}

/// In the order of the header.
pub const TABLE: &[Entry] = &[
    entry(Status::Ok, c"COGNITO_STATUS_OK", c"Success.", ""),
    entry(Status::InvalidArgument, c"COGNITO_STATUS_INVALID_ARGUMENT", c"An argument is NULL, out of range or not of the required form.", "Give the argument as the message says"),
    entry(Status::InvalidHandle, c"COGNITO_STATUS_INVALID_HANDLE", c"A handle is NULL, was freed, or is of another type.", "Give a handle of this type that was not freed. A handle may not be used after its _free"),
    entry(Status::InvalidConfig, c"COGNITO_STATUS_INVALID_CONFIG", c"A required setting is missing, or two settings contradict each other.", "Call the setter that the message names, before the provider or client is made"),
    entry(Status::InvalidState, c"COGNITO_STATUS_INVALID_STATE", c"The call does not fit the state of the handle.", "Call what the hint names first"),
    entry(Status::Reentrant, c"COGNITO_STATUS_REENTRANT", c"The call was made inside a callback that runs in the middle of a call of this library.", "Do not call the library in a log, login or store callback; note what is to be done, and do it when the callback has returned"),
    entry(Status::InProgress, c"COGNITO_STATUS_IN_PROGRESS", c"Not finished within wait_ms. It goes on in the next call of this handle that waits or processes.", "Call again, or call cognito_client_process()"),
    entry(Status::TimedOut, c"COGNITO_STATUS_TIMED_OUT", c"The connect timeout passed. The stage that was under way is named.", "Check the network on the way to the host that the message names, or raise connect_timeout_ms"),
    entry(Status::Cancelled, c"COGNITO_STATUS_CANCELLED", c"The call was ended by a cancel.", "Nothing: the application asked for it"),
    entry(Status::Forked, c"COGNITO_STATUS_FORKED", c"The process has forked since the handle was made, and the child may not use it.", "Make handles after fork(), in the child"),
    entry(Status::OutOfResources, c"COGNITO_STATUS_OUT_OF_RESOURCES", c"The system refused a descriptor, a thread, a random number or a handle slot.", "Raise RLIMIT_NOFILE or free memory; look for handles that are never freed"),
    entry(Status::Internal, c"COGNITO_STATUS_INTERNAL", c"A defect in this library was caught. The handle must be freed.", "Free the handle, and report this with the log at level Fatal"),
    entry(Status::InCallback, c"COGNITO_STATUS_IN_CALLBACK", c"The call would wait, and was made inside an event, message or completion callback.", "Give wait_ms 0 in a callback"),
    entry(Status::NotBuilt, c"COGNITO_STATUS_NOT_BUILT", c"This build of the library leaves out what the call is for.", "Build the library with the feature that the message names"),
    entry(Status::DnsFailed, c"COGNITO_STATUS_DNS_FAILED", c"The host name could not be resolved.", "Check the network connection and the name server of this device, and the spelling of the host name"),
    entry(Status::TcpFailed, c"COGNITO_STATUS_TCP_FAILED", c"No TCP connection to the host: refused or unreachable at every address.", "Check the network connection, the port, and firewalls on the way"),
    entry(Status::ConnectionLost, c"COGNITO_STATUS_CONNECTION_LOST", c"The peer reset or closed the connection before its answer was complete.", "Check the network on the way, and try again"),
    entry(Status::ProxyFailed, c"COGNITO_STATUS_PROXY_FAILED", c"The proxy could not be reached, or closed or broke the protocol.", "Check the proxy's host and port"),
    entry(Status::ProxyRefused, c"COGNITO_STATUS_PROXY_REFUSED", c"The proxy refused to open a tunnel to the host.", "Allow CONNECT to this host and port on the proxy"),
    entry(Status::ProxyAuthentication, c"COGNITO_STATUS_PROXY_AUTHENTICATION", c"The proxy demands authentication, or refused the user and password (HTTP 407).", "Set user and password of the proxy by cognito_config_set_proxy_credentials"),
    entry(Status::TlsFailed, c"COGNITO_STATUS_TLS_FAILED", c"The TLS handshake failed, or the peer broke the TLS protocol.", "Check that the host and port are those of AWS, and that nothing on the way interferes with TLS 1.2 and 1.3"),
    entry(Status::CertificateUntrusted, c"COGNITO_STATUS_CERTIFICATE_UNTRUSTED", c"The server's certificate does not lead to a trusted root.", "Look for a proxy that inspects TLS: exempt the host from it, or trust its CA by ca_file beside Amazon's"),
    entry(Status::CertificateExpired, c"COGNITO_STATUS_CERTIFICATE_EXPIRED", c"The server's certificate has expired, by the time this library goes by.", "Set the clock of this device, or, when it is right, have the server's certificate renewed"),
    entry(Status::CertificateNotYetValid, c"COGNITO_STATUS_CERTIFICATE_NOT_YET_VALID", c"The server's certificate is not yet valid, by the time this library goes by.", "Set the clock of this device; a board without a clock can be told so by cognito_config_set_without_clock"),
    entry(Status::CertificateWrongHost, c"COGNITO_STATUS_CERTIFICATE_WRONG_HOST", c"The server's certificate is for another host.", "Check the host name, and that no proxy or name server answers in its place"),
    entry(Status::CertificateInvalid, c"COGNITO_STATUS_CERTIFICATE_INVALID", c"The server's certificate is malformed, badly signed, revoked or not for servers.", "Have the certificate of the server replaced"),
    entry(Status::TrustStore, c"COGNITO_STATUS_TRUST_STORE", c"The trusted roots could not be loaded: a CA file or PEM is unreadable, malformed or empty.", "Give a readable file of certificates in PEM form, or trust the built-in Amazon roots"),
    entry(Status::TlsVersion, c"COGNITO_STATUS_TLS_VERSION", c"The server speaks neither TLS 1.2 nor TLS 1.3.", "Check that it is AWS that answers, whose endpoints have both; at a server of your own, switch TLS 1.2 or 1.3 on"),
    entry(Status::TlsNoCommonSuite, c"COGNITO_STATUS_TLS_NO_COMMON_SUITE", c"The server has no cipher suite, key exchange or signature scheme in common with this library.", "Check that it is AWS that answers; at a server of your own, switch on ECDHE with AES-GCM, and demand no certificate of the client"),
    entry(Status::NotTls, c"COGNITO_STATUS_NOT_TLS", c"What answers at the port does not speak TLS.", "Check that the port is one that speaks TLS"),
    entry(Status::CertificateSelfSigned, c"COGNITO_STATUS_CERTIFICATE_SELF_SIGNED", c"The server's certificate is issued by nobody but the server itself.", "Check that it is AWS that answers, and no proxy or captive portal; a server of your own needs a certificate of a CA, whose root is given by ca_file"),
    entry(Status::CertificateWeak, c"COGNITO_STATUS_CERTIFICATE_WEAK", c"The server's certificate, or one above it, is too weak: an RSA key of less than 2048 bits, or a signature with SHA-1.", "Have that certificate replaced by one with ECDSA, or RSA of 2048 bits or more, and SHA-256, as those of AWS are"),
    entry(Status::CognitoRefused, c"COGNITO_STATUS_COGNITO_REFUSED", c"Cognito refused the request for a reason that has no status of its own.", "Act on AWS's message; quote the request id to AWS support"),
    entry(Status::CognitoIdentityNotFound, c"COGNITO_STATUS_COGNITO_IDENTITY_NOT_FOUND", c"Cognito does not know the identity (ResourceNotFoundException).", "Give the id of an identity, not that of its pool, and ask in its region and account; a deleted one has to be made anew"),
    entry(Status::CognitoNotAuthorized, c"COGNITO_STATUS_COGNITO_NOT_AUTHORIZED", c"Cognito does not allow this identity credentials (NotAuthorizedException).", "Allow guests in the identity pool, or give logins, and give the pool a role"),
    entry(Status::CognitoThrottled, c"COGNITO_STATUS_COGNITO_THROTTLED", c"Cognito throttles requests (TooManyRequestsException).", "Connect again later, with a growing and random delay: the account asks Cognito too often"),
    entry(Status::CognitoPoolConfiguration, c"COGNITO_STATUS_COGNITO_POOL_CONFIGURATION", c"The identity pool has no usable role (InvalidIdentityPoolConfigurationException).", "Give the identity pool a role whose trust policy names the pool"),
    entry(Status::CognitoUnavailable, c"COGNITO_STATUS_COGNITO_UNAVAILABLE", c"Cognito has a fault of its own (HTTP 5xx).", "Connect again later, with a growing delay"),
    entry(Status::CognitoMalformed, c"COGNITO_STATUS_COGNITO_MALFORMED", c"Cognito's answer is not what the service model says: not HTTP, not JSON, too large, or lacking what it must hold.", "Check that it is Cognito that answers, and no proxy or captive portal"),
    entry(Status::CognitoPoolNotFound, c"COGNITO_STATUS_COGNITO_POOL_NOT_FOUND", c"Cognito does not know the identity pool (ResourceNotFoundException of GetId).", "Give the id of an identity pool, not that of an identity, and ask in its region and account"),
    entry(Status::CognitoLoginRefused, c"COGNITO_STATUS_COGNITO_LOGIN_REFUSED", c"Cognito does not take a login: its token has expired, or is of another provider (NotAuthorizedException).", "Give a fresh token of a provider that the identity pool knows, under the provider's name there"),
    entry(Status::LoginFailed, c"COGNITO_STATUS_LOGIN_FAILED", c"The login callback of the application failed.", "Act on what the login callback ran into: it returned something else than COGNITO_STATUS_OK"),
    entry(Status::SigningFailed, c"COGNITO_STATUS_SIGNING_FAILED", c"The URL could not be signed.", "Report this with the log at level Debug; it holds no secret"),
    entry(Status::UpgradeRefused, c"COGNITO_STATUS_UPGRADE_REFUSED", c"IoT Core refused the WebSocket upgrade.", "Check that the role of the identity allows iot:Connect, and that the endpoint belongs to the same account"),
    entry(Status::UpgradeClockSkewed, c"COGNITO_STATUS_UPGRADE_CLOCK_SKEWED", c"IoT Core refused the WebSocket upgrade because the time it was signed with is wrong.", "Set the clock of this device, or leave its correction by server time on"),
    entry(Status::UpgradeWrongRegion, c"COGNITO_STATUS_UPGRADE_WRONG_REGION", c"IoT Core refused the WebSocket upgrade because it was signed for another region.", "Set signing_region to that of the endpoint"),
    entry(Status::UpgradeMalformed, c"COGNITO_STATUS_UPGRADE_MALFORMED", c"The answer to the WebSocket upgrade breaks HTTP or RFC 6455, or is too large.", "Check that it is AWS IoT Core that answers, and no proxy or captive portal"),
    entry(Status::WebsocketProtocol, c"COGNITO_STATUS_WEBSOCKET_PROTOCOL", c"The server broke the WebSocket protocol (RFC 6455) or sent a frame that is too large.", "Check that nothing on the way, such as a proxy, changes WebSocket frames"),
    entry(Status::ClosedBeforeConnack, c"COGNITO_STATUS_CLOSED_BEFORE_CONNACK", c"The server closed the connection instead of answering CONNECT.", "Allow iot:Connect for this client id in the policy"),
    entry(Status::ConnackProtocolVersion, c"COGNITO_STATUS_CONNACK_PROTOCOL_VERSION", c"CONNACK return code 1, or reason code 0x84 of MQTT 5: unacceptable protocol version.", "Check that the endpoint is AWS IoT Core, which takes MQTT 3.1.1 and MQTT 5"),
    entry(Status::ConnackIdentifierRejected, c"COGNITO_STATUS_CONNACK_IDENTIFIER_REJECTED", c"CONNACK return code 2, or reason code 0x85 of MQTT 5: client identifier rejected.", "Use another client_id"),
    entry(Status::ConnackServerUnavailable, c"COGNITO_STATUS_CONNACK_SERVER_UNAVAILABLE", c"CONNACK return code 3, or a reason code of MQTT 5 for what passes: server unavailable or busy, quota or rate exceeded.", "Connect again later, with a growing delay"),
    entry(Status::ConnackBadUserNameOrPassword, c"COGNITO_STATUS_CONNACK_BAD_USER_NAME_OR_PASSWORD", c"CONNACK return code 4, or reason code 0x86 of MQTT 5: bad user name or password.", "Check that no custom authorizer of the account wants a user name or password"),
    entry(Status::ConnackNotAuthorized, c"COGNITO_STATUS_CONNACK_NOT_AUTHORIZED", c"CONNACK return code 5, or reason code 0x87 of MQTT 5: not authorized.", "Allow iot:Connect for this client id in the policy"),
    entry(Status::ConnackRefused, c"COGNITO_STATUS_CONNACK_REFUSED", c"CONNACK with another code; cognito_failure_reason_code() has it.", "Allow iot:Connect for this client id in the policy"),
    entry(Status::MqttProtocol, c"COGNITO_STATUS_MQTT_PROTOCOL", c"The server broke the MQTT protocol or sent a packet that is too large.", "Check that the endpoint is AWS IoT Core, and that nothing on the way changes its packets"),
    entry(Status::SessionClosed, c"COGNITO_STATUS_SESSION_CLOSED", c"The server ended the MQTT session.", "Look for a second connection with the same client_id, and for a publish or subscribe that the policy forbids"),
    entry(Status::KeepAliveTimedOut, c"COGNITO_STATUS_KEEP_ALIVE_TIMED_OUT", c"The server did not answer PINGREQ in time.", "Check the network connection"),
    entry(Status::QueueFull, c"COGNITO_STATUS_QUEUE_FULL", c"As many messages wait to be sent as may, or as many bytes of them.", "Publish again when completions have come, or raise the bounds by cognito_config_set_queue_max"),
    entry(Status::Withdrawn, c"COGNITO_STATUS_WITHDRAWN", c"The request was not done in time, or is given up, and was withdrawn before it was sent.", "Ask again when the client is connected"),
    entry(Status::OutcomeUnknown, c"COGNITO_STATUS_OUTCOME_UNKNOWN", c"The request was sent and not acknowledged in time, so it may have arrived or not.", "Ask again if doing it twice does no harm"),
    entry(Status::SubscribeRefused, c"COGNITO_STATUS_SUBSCRIBE_REFUSED", c"The server refused the subscription; cognito_failure_reason_code() has SUBACK's code.", "Allow iot:Subscribe on topicfilter/FILTER in the policy, and look at the account's limits"),
    entry(Status::PublishRefused, c"COGNITO_STATUS_PUBLISH_REFUSED", c"The server refused the message, or said when it was connected to that it takes none like it. MQTT 5.", "Allow iot:Publish on topic/TOPIC in the policy, and look at what the message says beside the topic"),
    entry(Status::UnsubscribeRefused, c"COGNITO_STATUS_UNSUBSCRIBE_REFUSED", c"The server refused to end the subscription. MQTT 5.", "Look at the reason code; the subscription goes on"),
    entry(Status::DisconnectedByServer, c"COGNITO_STATUS_DISCONNECTED_BY_SERVER", c"The server ended the session by DISCONNECT; cognito_failure_reason_code() says why. MQTT 5.", "Act on the reason code; 142 (0x8E) is another connection with the same client_id"),
];
