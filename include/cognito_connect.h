/*
 * Cognito Connect: from an Amazon Cognito identity to an open MQTT session on AWS IoT Core.
 *
 * Generated from src/ffi by `UPDATE_HEADER=1 cargo test --test header`; not edited by hand.
 *
 * Strings are NUL-terminated UTF-8 in both directions and are copied on the way in. Handles are tokens: a
 * handle that was freed, or is of another type, is refused with COGNITO_STATUS_INVALID_HANDLE. No function
 * raises a signal, ends the process or is changed by an environment variable. A shared object that holds the
 * library may be unloaded when every handle is freed and every thread that has called it has ended; each load
 * leaves less than 16 KiB behind.
 */

#ifndef COGNITO_CONNECT_H
#define COGNITO_CONNECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** The version that this header belongs to. */
#define COGNITO_VERSION_MAJOR 0
#define COGNITO_VERSION_MINOR 1
#define COGNITO_VERSION_PATCH 0
#define COGNITO_VERSION_STRING "0.1.0"
/** major * 1000000 + minor * 1000 + patch, as cognito_version_number() gives it. */
#define COGNITO_VERSION_NUMBER 1000

/** A status that is not looked at is a warning. */
#if defined(__GNUC__) || defined(__clang__)
#define COGNITO_WARN_UNUSED __attribute__((warn_unused_result))
#else
#define COGNITO_WARN_UNUSED
#endif

/** Types of others: POSIX's of <sys/uio.h>, and two of coreMQTT. */
struct iovec;
struct NetworkContext;
struct TransportOutVector;

/**
 * No server time is known yet.
 */
#define COGNITO_CLOCK_OFFSET_UNKNOWN INT64_MIN

/**
 * For wait_ms and timeout_ms: as long as it takes. A connect or disconnect is bounded by its own timeouts.
 */
#define COGNITO_WAIT_FOREVER (-1)

/**
 * Result of a call. 0 is success, every error is negative.
 * Numbers are grouped by layer and are never given a new meaning.
 */
enum cognito_status
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * Success.
     */
    COGNITO_STATUS_OK = 0,
    /**
     * An argument is NULL, out of range or not of the required form.
     * cognito_last_error() names the argument and what it may be.
     */
    COGNITO_STATUS_INVALID_ARGUMENT = -1,
    /**
     * A handle is NULL, was freed, or is of another type.
     */
    COGNITO_STATUS_INVALID_HANDLE = -2,
    /**
     * A required setting is missing, or two settings contradict each other.
     */
    COGNITO_STATUS_INVALID_CONFIG = -3,
    /**
     * The call does not fit the state of the handle.
     */
    COGNITO_STATUS_INVALID_STATE = -4,
    /**
     * The call was made inside a callback that runs in the middle of a call of this library.
     */
    COGNITO_STATUS_REENTRANT = -5,
    /**
     * Not finished within wait_ms. It goes on in the next call of this handle that waits or processes.
     */
    COGNITO_STATUS_IN_PROGRESS = -6,
    /**
     * The connect timeout passed. The stage that was under way is named.
     */
    COGNITO_STATUS_TIMED_OUT = -7,
    /**
     * The call was ended by a cancel.
     */
    COGNITO_STATUS_CANCELLED = -8,
    /**
     * The process has forked since the handle was made, and the child may not use it.
     */
    COGNITO_STATUS_FORKED = -9,
    /**
     * The system refused a descriptor, a thread, a random number or a handle slot.
     */
    COGNITO_STATUS_OUT_OF_RESOURCES = -10,
    /**
     * A defect in this library was caught. The handle must be freed.
     */
    COGNITO_STATUS_INTERNAL = -11,
    /**
     * The call would wait, and was made inside an event, message or completion callback.
     */
    COGNITO_STATUS_IN_CALLBACK = -12,
    /**
     * This build of the library leaves out what the call is for.
     */
    COGNITO_STATUS_NOT_BUILT = -13,
    /**
     * The host name could not be resolved.
     */
    COGNITO_STATUS_DNS_FAILED = -100,
    /**
     * No TCP connection to the host: refused or unreachable at every address.
     */
    COGNITO_STATUS_TCP_FAILED = -101,
    /**
     * The peer reset or closed the connection before its answer was complete.
     */
    COGNITO_STATUS_CONNECTION_LOST = -102,
    /**
     * The proxy could not be reached, or closed or broke the protocol.
     */
    COGNITO_STATUS_PROXY_FAILED = -110,
    /**
     * The proxy refused to open a tunnel to the host.
     */
    COGNITO_STATUS_PROXY_REFUSED = -111,
    /**
     * The proxy demands authentication, or refused the user and password (HTTP 407).
     */
    COGNITO_STATUS_PROXY_AUTHENTICATION = -112,
    /**
     * The TLS handshake failed, or the peer broke the TLS protocol.
     */
    COGNITO_STATUS_TLS_FAILED = -120,
    /**
     * The server's certificate does not lead to a trusted root.
     */
    COGNITO_STATUS_CERTIFICATE_UNTRUSTED = -121,
    /**
     * The server's certificate has expired, by the time this library goes by.
     */
    COGNITO_STATUS_CERTIFICATE_EXPIRED = -122,
    /**
     * The server's certificate is not yet valid, by the time this library goes by.
     */
    COGNITO_STATUS_CERTIFICATE_NOT_YET_VALID = -123,
    /**
     * The server's certificate is for another host.
     */
    COGNITO_STATUS_CERTIFICATE_WRONG_HOST = -124,
    /**
     * The server's certificate is malformed, badly signed, revoked or not for servers.
     */
    COGNITO_STATUS_CERTIFICATE_INVALID = -125,
    /**
     * The trusted roots could not be loaded: a CA file or PEM is unreadable, malformed or empty.
     */
    COGNITO_STATUS_TRUST_STORE = -126,
    /**
     * The server speaks neither TLS 1.2 nor TLS 1.3.
     */
    COGNITO_STATUS_TLS_VERSION = -127,
    /**
     * The server has no cipher suite, key exchange or signature scheme in common with this library.
     */
    COGNITO_STATUS_TLS_NO_COMMON_SUITE = -128,
    /**
     * What answers at the port does not speak TLS.
     */
    COGNITO_STATUS_NOT_TLS = -129,
    /**
     * The server's certificate is issued by nobody but the server itself.
     */
    COGNITO_STATUS_CERTIFICATE_SELF_SIGNED = -130,
    /**
     * The server's certificate, or one above it, is too weak: an RSA key of less than 2048 bits, or a signature with SHA-1.
     */
    COGNITO_STATUS_CERTIFICATE_WEAK = -131,
    /**
     * Cognito refused the request for a reason that has no status of its own.
     */
    COGNITO_STATUS_COGNITO_REFUSED = -200,
    /**
     * Cognito does not know the identity (ResourceNotFoundException).
     */
    COGNITO_STATUS_COGNITO_IDENTITY_NOT_FOUND = -201,
    /**
     * Cognito does not allow this identity credentials (NotAuthorizedException).
     */
    COGNITO_STATUS_COGNITO_NOT_AUTHORIZED = -202,
    /**
     * Cognito throttles requests (TooManyRequestsException).
     */
    COGNITO_STATUS_COGNITO_THROTTLED = -203,
    /**
     * The identity pool has no usable role (InvalidIdentityPoolConfigurationException).
     */
    COGNITO_STATUS_COGNITO_POOL_CONFIGURATION = -204,
    /**
     * Cognito has a fault of its own (HTTP 5xx).
     */
    COGNITO_STATUS_COGNITO_UNAVAILABLE = -205,
    /**
     * Cognito's answer is not what the service model says: not HTTP, not JSON, too large, or lacking what it must hold.
     */
    COGNITO_STATUS_COGNITO_MALFORMED = -206,
    /**
     * Cognito does not know the identity pool (ResourceNotFoundException of GetId).
     */
    COGNITO_STATUS_COGNITO_POOL_NOT_FOUND = -207,
    /**
     * Cognito does not take a login: its token has expired, or is of another provider (NotAuthorizedException).
     */
    COGNITO_STATUS_COGNITO_LOGIN_REFUSED = -208,
    /**
     * The login callback of the application failed.
     */
    COGNITO_STATUS_LOGIN_FAILED = -209,
    /**
     * The URL could not be signed.
     */
    COGNITO_STATUS_SIGNING_FAILED = -300,
    /**
     * IoT Core refused the WebSocket upgrade.
     */
    COGNITO_STATUS_UPGRADE_REFUSED = -400,
    /**
     * IoT Core refused the WebSocket upgrade because the time it was signed with is wrong.
     */
    COGNITO_STATUS_UPGRADE_CLOCK_SKEWED = -401,
    /**
     * IoT Core refused the WebSocket upgrade because it was signed for another region.
     */
    COGNITO_STATUS_UPGRADE_WRONG_REGION = -402,
    /**
     * The answer to the WebSocket upgrade breaks HTTP or RFC 6455, or is too large.
     */
    COGNITO_STATUS_UPGRADE_MALFORMED = -403,
    /**
     * The server broke the WebSocket protocol (RFC 6455) or sent a frame that is too large.
     */
    COGNITO_STATUS_WEBSOCKET_PROTOCOL = -404,
    /**
     * The server closed the connection instead of answering CONNECT.
     */
    COGNITO_STATUS_CLOSED_BEFORE_CONNACK = -500,
    /**
     * CONNACK return code 1, or reason code 0x84 of MQTT 5: unacceptable protocol version.
     */
    COGNITO_STATUS_CONNACK_PROTOCOL_VERSION = -501,
    /**
     * CONNACK return code 2, or reason code 0x85 of MQTT 5: client identifier rejected.
     */
    COGNITO_STATUS_CONNACK_IDENTIFIER_REJECTED = -502,
    /**
     * CONNACK return code 3, or a reason code of MQTT 5 for what passes: server unavailable or busy, quota or rate exceeded.
     */
    COGNITO_STATUS_CONNACK_SERVER_UNAVAILABLE = -503,
    /**
     * CONNACK return code 4, or reason code 0x86 of MQTT 5: bad user name or password.
     */
    COGNITO_STATUS_CONNACK_BAD_USER_NAME_OR_PASSWORD = -504,
    /**
     * CONNACK return code 5, or reason code 0x87 of MQTT 5: not authorized.
     */
    COGNITO_STATUS_CONNACK_NOT_AUTHORIZED = -505,
    /**
     * CONNACK with another code; cognito_failure_reason_code() has it.
     */
    COGNITO_STATUS_CONNACK_REFUSED = -506,
    /**
     * The server broke the MQTT protocol or sent a packet that is too large.
     */
    COGNITO_STATUS_MQTT_PROTOCOL = -507,
    /**
     * The server ended the MQTT session.
     */
    COGNITO_STATUS_SESSION_CLOSED = -508,
    /**
     * The server did not answer PINGREQ in time.
     */
    COGNITO_STATUS_KEEP_ALIVE_TIMED_OUT = -509,
    /**
     * As many messages wait to be sent as may, or as many bytes of them.
     */
    COGNITO_STATUS_QUEUE_FULL = -510,
    /**
     * The request was not done in time, or is given up, and was withdrawn before it was sent.
     */
    COGNITO_STATUS_WITHDRAWN = -511,
    /**
     * The request was sent and not acknowledged in time, so it may have arrived or not.
     */
    COGNITO_STATUS_OUTCOME_UNKNOWN = -512,
    /**
     * The server refused the subscription; cognito_failure_reason_code() has SUBACK's code.
     */
    COGNITO_STATUS_SUBSCRIBE_REFUSED = -513,
    /**
     * The server refused the message, or said when it was connected to that it takes none like it. MQTT 5.
     */
    COGNITO_STATUS_PUBLISH_REFUSED = -514,
    /**
     * The server refused to end the subscription. MQTT 5.
     */
    COGNITO_STATUS_UNSUBSCRIBE_REFUSED = -515,
    /**
     * The server ended the session by DISCONNECT; cognito_failure_reason_code() says why. MQTT 5.
     */
    COGNITO_STATUS_DISCONNECTED_BY_SERVER = -516,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum cognito_status cognito_status;
#else
typedef int32_t cognito_status;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * What has become of the session.
 */
enum cognito_event_kind
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * A dial has begun.
     */
    COGNITO_EVENT_KIND_CONNECTING = 1,
    /**
     * The session is open.
     */
    COGNITO_EVENT_KIND_CONNECTED = 2,
    /**
     * The dial has failed, or was given up.
     */
    COGNITO_EVENT_KIND_CONNECT_FAILED = 3,
    /**
     * The session has ended.
     */
    COGNITO_EVENT_KIND_DISCONNECTED = 4,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum cognito_event_kind cognito_event_kind;
#else
typedef int32_t cognito_event_kind;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * The part of the way from identity to session that a failure or a log line is about.
 */
enum cognito_stage
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * No stage: the call was refused before any work began.
     */
    COGNITO_STAGE_NONE = 0,
    /**
     * Settings and trusted roots.
     */
    COGNITO_STAGE_CONFIG = 1,
    /**
     * Resolving a host name.
     */
    COGNITO_STAGE_DNS = 2,
    /**
     * Opening a TCP connection.
     */
    COGNITO_STAGE_TCP = 3,
    /**
     * The tunnel through the proxy.
     */
    COGNITO_STAGE_PROXY = 4,
    /**
     * The TLS handshake.
     */
    COGNITO_STAGE_TLS = 5,
    /**
     * Cognito's answer to the request for credentials.
     */
    COGNITO_STAGE_COGNITO = 6,
    /**
     * Signing the URL.
     */
    COGNITO_STAGE_SIGNING = 7,
    /**
     * The WebSocket upgrade.
     */
    COGNITO_STAGE_UPGRADE = 8,
    /**
     * MQTT CONNECT, until CONNACK.
     */
    COGNITO_STAGE_CONNACK = 9,
    /**
     * The open MQTT session.
     */
    COGNITO_STAGE_SESSION = 10,
    /**
     * The orderly end of a session.
     */
    COGNITO_STAGE_DISCONNECT = 11,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum cognito_stage cognito_stage;
#else
typedef int32_t cognito_stage;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * How much is logged. Each level includes those above it.
 */
enum cognito_log_level
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * Nothing.
     */
    COGNITO_LOG_LEVEL_NONE = 0,
    /**
     * A defect of this library that was caught.
     */
    COGNITO_LOG_LEVEL_FATAL = 1,
    /**
     * A call failed.
     */
    COGNITO_LOG_LEVEL_ERROR = 2,
    /**
     * Something that works but that the operator should know.
     */
    COGNITO_LOG_LEVEL_WARN = 3,
    /**
     * The milestones of a connection.
     */
    COGNITO_LOG_LEVEL_INFO = 4,
    /**
     * Each stage with its details.
     */
    COGNITO_LOG_LEVEL_DEBUG = 5,
    /**
     * Each address and each ping.
     */
    COGNITO_LOG_LEVEL_TRACE = 6,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum cognito_log_level cognito_log_level;
#else
typedef int32_t cognito_log_level;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * What is trusted to have signed the servers' certificates.
 */
enum cognito_trust
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * The roots of Amazon Trust Services that are built into the library.
     * A CA file or PEM is trusted in addition when this was set explicitly.
     */
    COGNITO_TRUST_AMAZON = 0,
    /**
     * The CA bundle of the operating system. A CA file or PEM is trusted in addition.
     */
    COGNITO_TRUST_SYSTEM = 1,
    /**
     * Nothing but the CA file and the CA PEM.
     */
    COGNITO_TRUST_ONLY_GIVEN = 2,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum cognito_trust cognito_trust;
#else
typedef int32_t cognito_trust;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * How the Host header of the upgrade is written, which is part of what is signed.
 */
enum cognito_host_header
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * The host, followed by the port unless that is 443: what RFC 9110 asks for and most clients send.
     */
    COGNITO_HOST_HEADER_STANDARD = 0,
    /**
     * The host and always the port, as Paho C sends it.
     */
    COGNITO_HOST_HEADER_WITH_PORT = 1,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum cognito_host_header cognito_host_header;
#else
typedef int32_t cognito_host_header;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * The version of MQTT; its number is the protocol level in CONNECT.
 */
enum cognito_mqtt_version
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /**
     * MQTT 3.1.1.
     */
    COGNITO_MQTT_VERSION_V3_1_1 = 4,
    /**
     * MQTT 5.
     */
    COGNITO_MQTT_VERSION_V5 = 5,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum cognito_mqtt_version cognito_mqtt_version;
#else
typedef int32_t cognito_mqtt_version;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * One MQTT session with AWS IoT Core, over WebSocket and TLS, authenticated with the credentials of a provider.
 * Any threads may use it at once. It has no thread of its own: it works while some thread is inside a call that
 * takes wait_ms or timeout_ms, and at no other time. The one exception is a name that getaddrinfo() resolves, on a
 * short-lived thread with every signal blocked; a name that is not resolved in time leaves that thread behind until
 * the resolver gives up.
 */
typedef struct cognito_client cognito_client;

/**
 * The settings of a connection. Providers and clients copy what they need, so a config may be changed, used again
 * or freed at any time. Only one thread may use it at a time.
 *
 * Every setter checks its value at once and copies it. It returns COGNITO_STATUS_INVALID_ARGUMENT, with the setting
 * named in cognito_last_error() and the former value left in place, or COGNITO_STATUS_INVALID_HANDLE. None blocks.
 * Where a string may be NULL, NULL restores the default.
 */
typedef struct cognito_config cognito_config;

/**
 * Temporary AWS credentials. A snapshot that never changes; any threads may read it at once. Its strings are secrets, live
 * until it is freed, and are zeroed then.
 */
typedef struct cognito_credentials cognito_credentials;

/**
 * Everything that is known about one failure: where it happened, what AWS said about it and what to do.
 * A snapshot that never changes; any threads may read it at once. Its strings live until it is freed.
 */
typedef struct cognito_failure cognito_failure;

/**
 * Takes the identity in a load callback. Valid during that call only.
 */
typedef struct cognito_identity_sink cognito_identity_sink;

/**
 * Takes the logins in a login callback. Valid during that call only.
 */
typedef struct cognito_login_sink cognito_login_sink;

/**
 * What MQTT 5 says about a message or a will beside topic and payload. A message or config copies what it is given. Only one
 * thread may use it at a time. Its strings live until it is changed or freed.
 *
 * Every setter checks its value at once and copies it. It returns COGNITO_STATUS_INVALID_ARGUMENT, with the former value left in
 * place, or COGNITO_STATUS_INVALID_HANDLE; those of a cognito_message cannot be changed. None blocks. In a build without MQTT 5
 * there are none, and what would make or change some returns COGNITO_STATUS_NOT_BUILT.
 */
typedef struct cognito_properties cognito_properties;

/**
 * Fetches temporary AWS credentials for one Cognito identity and keeps them while they are valid: until 5 minutes
 * before their end by server time.
 * Clients that share one provider share its credentials, and ask Cognito once: the first that needs credentials fetches
 * them, in the call that it is in, and the others wait for the outcome, each for as long as its own call. When the first
 * is cancelled, freed, runs out of time or is not processed for half a second, another takes over. A refusal goes to all
 * who wait, and is not kept for later calls; a throttle that Cognito wants to be waited for is waited for by those who have
 * the time.
 * Any threads may use it at once.
 */
typedef struct cognito_provider cognito_provider;

/**
 * A presigned URL of an MQTT session over WebSocket on AWS IoT Core, in parts and whole. A snapshot that never changes; any
 * threads may read it at once. Whoever has its text or path can connect as this identity while it lasts: they are secrets.
 * The request is GET, with the subprotocol mqtt and the Host header that was signed. Every byte of the query outside of
 * letters, digits and "-_.~=&" is percent-encoded. Its strings live until it is freed, and are zeroed then.
 */
typedef struct cognito_signed_url cognito_signed_url;

/**
 * What one connect did and when: a step for each stage of its connections to Cognito and to AWS IoT Core, which overlap.
 * A snapshot that never changes; any threads may read it at once. Its strings live until it is freed and hold no secret;
 * the Cognito identity id is shortened.
 */
typedef struct cognito_trace cognito_trace;

/**
 * An authenticated byte stream to AWS IoT Core that carries MQTT, for an application with an MQTT library of its own:
 * WebSocket over TLS, with the credentials of a provider. Any threads may use it at once; one may receive while another
 * sends. It has no thread of its own, but for getaddrinfo() as cognito_client.
 *
 * The way out: send and writev collect bytes into whole MQTT packets, however they are cut, and send each packet in one
 * WebSocket frame of its own. The way in: an MQTT packet shows only when the whole of it is there, so that a library that
 * reads the length of a packet byte by byte never waits in the middle. Packets may have up to 256 KiB in both directions.
 * Keep-alive is the application's, by MQTT's PINGREQ; pings of the WebSocket are answered inside recv.
 */
typedef struct cognito_transport cognito_transport;

/**
 * Receives one log line. Called on the thread that is inside a call of this library, in the middle of its work:
 * any call of this library made here, but for cognito_client_cancel(), returns COGNITO_STATUS_REENTRANT. May be called by several threads at once.
 * Never receives a secret, at any level; the identity id of a guest is shortened. Must not throw or jump out.
 *
 * @param level     A cognito_log_level.
 * @param stage     Name of the stage, such as "TLS". Valid during the call only.
 * @param message   One line of UTF-8 without a line end. Valid during the call only.
 * @param user_data As given to cognito_log_set().
 */
typedef void (*cognito_log_fn)(int32_t level,
                               const char *stage,
                               const char *message,
                               void *user_data);

/**
 * Loads the identity that was saved for an identity pool. Called once for each provider, before it asks Cognito the first
 * time, on the thread that is inside a call of this library and in the middle of its work: it should not take long.
 * In it, but for cognito_identity_sink_set() and cognito_client_cancel(), every call of this library returns
 * COGNITO_STATUS_REENTRANT. Must not throw or jump out.
 *
 * @param identity_pool As it was set, for stores that hold the identities of several. Valid during the call only.
 * @param sink          Hand the identity to cognito_identity_sink_set(), or nothing when there is none yet.
 * @param user_data     As given to cognito_config_set_identity_store().
 * @return COGNITO_STATUS_OK, or anything else when the store could not be read: this is logged, and the pool is asked.
 */
typedef int32_t (*cognito_identity_load_fn)(const char *identity_pool,
                                            cognito_identity_sink *sink,
                                            void *user_data);

/**
 * Saves the identity that an identity pool gave, in place of an earlier one. Called in the middle of a call of this
 * library, as cognito_identity_load_fn is.
 *
 * @param identity_pool As it was set. Valid during the call only.
 * @param identity      At most 55 bytes. Valid during the call only. Whoever knows the id of a guest can get that
 *                      guest's credentials, so keep it readable by the owner only.
 * @param user_data     As given to cognito_config_set_identity_store().
 * @return COGNITO_STATUS_OK, or anything else when it could not be saved: this is logged, and saving is tried again
 *         when the next fetch begins.
 */
typedef int32_t (*cognito_identity_save_fn)(const char *identity_pool,
                                            const char *identity,
                                            void *user_data);

/**
 * Gives the logins for one fetch of credentials. Called for every fetch, because tokens expire, on the thread that is
 * inside a call of this library and in the middle of its work. While it runs, no deadline, wait_ms or cancel takes effect,
 * and a free waits for it: get the tokens elsewhere beforehand, and only hand them over here. In it, but for cognito_login_sink_set() and cognito_client_cancel(), every call of this library returns
 * COGNITO_STATUS_REENTRANT. Must not throw or jump out.
 *
 * @param sink      Hand each login to cognito_login_sink_set(); without any the device asks as a guest.
 * @param user_data As given to cognito_config_set_login().
 * @return COGNITO_STATUS_OK, or anything else to give up the fetch: the connect fails with
 *         COGNITO_STATUS_LOGIN_FAILED.
 */
typedef int32_t (*cognito_login_fn)(cognito_login_sink *sink, void *user_data);

/**
 * What becomes of a session: every COGNITO_EVENT_KIND_CONNECTING is followed by one COGNITO_EVENT_KIND_CONNECTED or
 * COGNITO_EVENT_KIND_CONNECT_FAILED, and every COGNITO_EVENT_KIND_CONNECTED by one COGNITO_EVENT_KIND_DISCONNECTED. Valid during the
 * callback only. Later versions may add members at the end.
 */
typedef struct {
    /**
     * Which.
     */
    cognito_event_kind kind;
    /**
     * Why a connect failed or a session ended; COGNITO_STATUS_OK for an end by cognito_client_disconnect() and for a
     * planned one, which comes before AWS's limit of 24 hours.
     */
    cognito_status status;
    /**
     * The same in full, or NULL. It is freed after the callback.
     */
    const cognito_failure *failure;
    /**
     * The number of the dial since the last session, from 1.
     */
    uint32_t attempt;
    /**
     * Whether the server has kept the session of an earlier connection. With COGNITO_EVENT_KIND_CONNECTED.
     */
    bool session_present;
    /**
     * When the next dial begins, in milliseconds from now; -1 when there will be none.
     */
    int64_t next_delay_ms;
} cognito_event;

/**
 * Told what becomes of a session, in order, on a thread that is inside a call of that client. Every call of this library
 * works in it, but one that would wait returns COGNITO_STATUS_IN_CALLBACK: give wait_ms 0. Must not throw or jump out.
 *
 * @param event     Valid during the call only.
 * @param user_data As given to cognito_client_new().
 */
typedef void (*cognito_event_fn)(cognito_client *client, const cognito_event *event, void *user_data);

/**
 * What came of a request. Valid during the callback only. Later versions may add members at the end.
 */
typedef struct {
    /**
     * COGNITO_STATUS_OK when a message of QoS 0 was written, or the server has acknowledged; what the server refused, such as
     * COGNITO_STATUS_SUBSCRIBE_REFUSED; COGNITO_STATUS_WITHDRAWN or COGNITO_STATUS_OUTCOME_UNKNOWN when the client was disconnected or freed before.
     */
    cognito_status status;
    /**
     * The same in full, or NULL. It is freed after the callback.
     */
    const cognito_failure *failure;
    /**
     * The QoS that the server has granted a subscription, which may be lower than asked for; else -1.
     */
    int32_t granted_qos;
} cognito_completion;

/**
 * Told once what came of a request, as cognito_message_fn is told of messages.
 *
 * @param completion Valid during the call only.
 * @param user_data  As given with the request.
 */
typedef void (*cognito_completion_fn)(cognito_client *client,
                                      const cognito_completion *completion,
                                      void *user_data);

/**
 * A message that has come. Valid during the callback only. Later versions may add members at the end.
 */
typedef struct {
    /**
     * NUL-terminated UTF-8.
     */
    const char *topic;
    /**
     * Never NULL. Not NUL-terminated.
     */
    const void *payload;
    /**
     * Bytes.
     */
    size_t payload_len;
    /**
     * 0 or 1.
     */
    int32_t qos;
    /**
     * It was kept by the server from before the subscription.
     */
    bool retain;
    /**
     * The server sends it again, so it may have come before.
     */
    bool duplicate;
    /**
     * What MQTT 5 says beside it, to be read by the functions of cognito_properties; NULL when it says nothing. It is freed
     * after the callback.
     */
    const cognito_properties *properties;
} cognito_message;

/**
 * Given a message of a subscription, in the order in which messages come, on a thread that is inside a call of that client. A
 * message of QoS 1 is acknowledged when the callbacks of all subscriptions that match have returned: who is slow makes the
 * server wait. Every call of this library works in it, but one that would wait returns COGNITO_STATUS_IN_CALLBACK: give
 * wait_ms 0. Must not throw or jump out.
 *
 * @param message   Valid during the call only.
 * @param user_data As given to cognito_client_subscribe().
 */
typedef void (*cognito_message_fn)(cognito_client *client,
                                   const cognito_message *message,
                                   void *user_data);

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * The version of the library as text, such as "0.1.0".
 *
 * @return A constant string. Never NULL, never freed.
 */
const char *cognito_version(void);

/**
 * The version of the library as a number: major * 1000000 + minor * 1000 + patch, to compare with
 * COGNITO_VERSION_NUMBER of the header that was compiled against.
 */
uint32_t cognito_version_number(void);

/**
 * The name of a status's constant, such as "COGNITO_STATUS_TIMED_OUT".
 *
 * @param status Any number.
 * @return A constant string; "COGNITO_STATUS_UNKNOWN" for a number that is no status. Never NULL.
 */
const char *cognito_status_name(int32_t status);

/**
 * One sentence on what a status means.
 *
 * @param status Any number.
 * @return A constant string. Never NULL.
 */
const char *cognito_status_description(int32_t status);

/**
 * A short name for a stage, such as "TLS".
 *
 * @param stage Any number.
 * @return A constant string; "none" for a number that is no stage. Never NULL.
 */
const char *cognito_stage_name(int32_t stage);

/**
 * What went wrong in the last failing call of the calling thread, and what to do about it, in one line of UTF-8.
 * Never holds a secret; the identity id of a guest is shortened. A call that succeeds leaves it as it is, and so does one
 * that returns COGNITO_STATUS_IN_PROGRESS.
 *
 * @return Owned by the library and valid until the thread's next call that fails. Never NULL; empty when no call
 *         of this thread has failed.
 */
const char *cognito_last_error(void);

/**
 * Sets the log callback of the whole process, or removes it. The default is none.
 * May be called at any time by any thread. When it returns, the former callback is not running and will not be
 * called again; it waits for that. A child of fork() has the callback of its parent, and waits for its own threads alone. Costs
 * nothing when no callback is set.
 *
 * @param max_level The most verbose cognito_log_level to report.
 * @param log       The callback, or NULL for none.
 * @param user_data Handed to the callback; any thread may be the one that receives it.
 * @return COGNITO_STATUS_INVALID_ARGUMENT for a level that is none.
 */
COGNITO_WARN_UNUSED
cognito_status cognito_log_set(int32_t max_level,
                               cognito_log_fn log,
                               void *user_data);

/**
 * Makes a config with every setting at its default.
 *
 * @param out Receives the config, or NULL. Free it with cognito_config_free().
 * @return COGNITO_STATUS_OUT_OF_RESOURCES when there are 8192 configs.
 */
COGNITO_WARN_UNUSED
cognito_status cognito_config_new(cognito_config **out);

/**
 * Sets the AWS IoT data endpoint. Required.
 *
 * @param endpoint Host name, as `aws iot describe-endpoint --endpoint-type iot:Data-ATS` prints it, or an IP
 *                 address. Without scheme, port and path.
 */
COGNITO_WARN_UNUSED
cognito_status cognito_config_set_endpoint(cognito_config *config,
                                           const char *endpoint);

/**
 * Sets the TCP port of the endpoint. Default 443.
 *
 * @param port 1 to 65535.
 */
COGNITO_WARN_UNUSED
cognito_status cognito_config_set_port(cognito_config *config, uint32_t port);

/**
 * Sets the region that the connection is signed for: that of the endpoint. Default: read from the endpoint's name,
 * else that of the
 * identity or pool.
 *
 * @param region Such as "us-east-1", or NULL.
 */
COGNITO_WARN_UNUSED
cognito_status cognito_config_set_signing_region(cognito_config *config,
                                                 const char *region);

/**
 * Sets the region of the Cognito identity pool. Default: the one that the identity or the pool begins with.
 *
 * @param region Such as "us-east-1", or NULL.
 */
COGNITO_WARN_UNUSED
cognito_status cognito_config_set_cognito_region(cognito_config *config,
                                                 const char *region);

/**
 * Sets another host for Cognito, such as a VPC endpoint or a test server. It is spoken to with HTTPS.
 * Default: the public endpoint of the Cognito region.
 *
 * @param endpoint "host", "host:port" or "[ipv6]:port" (port 443 when none is given), or NULL.
 */
COGNITO_WARN_UNUSED
cognito_status cognito_config_set_cognito_endpoint(cognito_config *config,
                                                   const char *endpoint);

/**
 * Sets whether Cognito's FIPS endpoint of the region is used in place of the ordinary one. Default false. It chooses the
 * server; the cryptography on this side is ring's, which has no FIPS validation.
 */
COGNITO_WARN_UNUSED
cognito_status cognito_config_set_fips(cognito_config *config,
                                       bool fips);

/**
 * Sets how often a request is sent to Cognito at most, before a fetch of credentials fails: after a throttle
 * (TooManyRequests), a fault of Cognito (HTTP 5xx) or a connection that broke, it is sent again after a random delay
 * that grows, not before the time that a Retry-After asks for, and only if that is within the connect timeout. Refusals
 * that would be the same again are never repeated. Default 4.
 *
 * @param tries 1 to 10; 1 never sends again.
 */
COGNITO_WARN_UNUSED
cognito_status cognito_config_set_cognito_tries(cognito_config *config,
                                                uint32_t tries);

/**
 * Sets whether server time, learned from the Date of AWS's answers, is used in place of the device's clock: for
 * signatures, for the expiry of credentials, and for certificates from then on. Default true. When false, a device clock
 * that is off by more than 5 minutes fails with COGNITO_STATUS_UPGRADE_CLOCK_SKEWED.
 */
COGNITO_WARN_UNUSED
cognito_status cognito_config_set_clock_correction(cognito_config *config,
                                                   bool correction);

/**
 * Bounds the correction: a Date that differs by more from the device's clock is not used. Default 0.
 *
 * @param seconds The largest difference, or 0 for no bound.
 */
COGNITO_WARN_UNUSED
cognito_status cognito_config_set_clock_correction_max_s(cognito_config *config,
                                                         uint32_t seconds);

/**
 * Sets whether the board has no clock, so that it does not know the time until AWS has told it. Default false.
 * Certificates are never checked at a time before this library was built. When a board without a clock meets one that
 * begins later, it is checked at its own beginning instead; when the time is known, and before anything that is signed is
 * sent, the certificates of both servers are checked again. This changes dates only, never whom to trust. The time comes
 * from Cognito itself, so whoever holds the key of a certificate of Cognito that has expired since this library was built
 * can pass for it, and receives the login tokens.
 * Needs the clock correction, without a bound.
 */
COGNITO_WARN_UNUSED
cognito_status cognito_config_set_without_clock(cognito_config *config,
                                                bool without_clock);

/**
 * Sets the one deadline over everything that a connect does: DNS, proxy, TCP, TLS, Cognito, upgrade and CONNACK
 * together. Default 30000.
 *
 * @param milliseconds 1 to 600000.
 */
COGNITO_WARN_UNUSED
cognito_status cognito_config_set_connect_timeout_ms(cognito_config *config,
                                                     uint32_t milliseconds);

/**
 * Sets a file of PEM certificates to trust. It is read when a provider or client is made; a file that is missing,
 * unreadable, malformed or empty is an error then, never ignored. Default none.
 * Without a call of cognito_config_set_trust() these certificates replace the built-in roots.
 *
 * @param path A path, or NULL.
 */
COGNITO_WARN_UNUSED
cognito_status cognito_config_set_ca_file(cognito_config *config,
                                          const char *path);

/**
 * Sets PEM certificates to trust. Default none.
 * Without a call of cognito_config_set_trust() these certificates replace the built-in roots.
 *
 * @param pem One or more certificates in PEM form, or NULL. Checked when a provider or client is made.
 */
COGNITO_WARN_UNUSED
cognito_status cognito_config_set_ca_pem(cognito_config *config,
                                         const char *pem);

/**
 * Sets what is trusted to have signed the certificates of both servers. Once this is called, a CA file and a CA PEM
 * add to the chosen roots instead of replacing them. Default COGNITO_TRUST_AMAZON.
 *
 * @param trust A cognito_trust.
 */
COGNITO_WARN_UNUSED
cognito_status cognito_config_set_trust(cognito_config *config,
                                        int32_t trust);

/**
 * Sets the HTTP proxy that Cognito and the endpoint are both reached through, by CONNECT, and forgets the
 * credentials of a former one. Default none; no environment variable is read.
 *
 * @param host Host name or IP address, or NULL for no proxy.
 * @param port 1 to 65535. Ignored when host is NULL.
 * @return COGNITO_STATUS_NOT_BUILT in a build without the proxy.
 */
COGNITO_WARN_UNUSED
cognito_status cognito_config_set_proxy(cognito_config *config,
                                        const char *host,
                                        uint32_t port);

/**
 * Sets user and password for the proxy, sent to it in clear by Basic authentication. Default none.
 * Call cognito_config_set_proxy() first: without a proxy this is COGNITO_STATUS_INVALID_CONFIG.
 *
 * @param user     Without ':' and control characters, or NULL for no authentication.
 * @param password Without control characters. May be NULL, which is an empty one.
 */
COGNITO_WARN_UNUSED
cognito_status cognito_config_set_proxy_credentials(cognito_config *config,
                                                    const char *user,
                                                    const char *password);

/**
 * Frees a config. What was made of it stays as it is. Does not block.
 *
 * @param config A config, or NULL.
 */
void cognito_config_free(cognito_config *config);

/**
 * Sets the Cognito identity. This or an identity pool is required.
 *
 * @param identity An identity id, "REGION:UUID", or NULL for none. An identity pool id looks the same but is another
 *                 thing: the pool is the class, the identity one member of it.
 */
COGNITO_WARN_UNUSED
cognito_status cognito_config_set_identity(cognito_config *config,
                                           const char *identity);

/**
 * Sets the identity pool to get an identity from, once: by GetId, which makes a new identity for a guest. The provider
 * keeps it; set a file or a store to keep it over restarts. An identity that Cognito does not know any more is replaced
 * by a new one.
 *
 * @param identity_pool The id of an identity pool, "REGION:UUID", or NULL for none.
 */
COGNITO_WARN_UNUSED
cognito_status cognito_config_set_identity_pool(cognito_config *config,
                                                const char *identity_pool);

/**
 * Sets the callbacks that keep the identity which the pool gave, in place of a former file or store. Default none: every
 * provider then asks the pool anew.
 * A store that fails costs a new identity, not the connection; the log says so at level Warn. What could not be loaded is
 * not saved over, because it may be a good identity. While a callback runs, no deadline, wait_ms or cancel takes effect,
 * and a free waits for it.
 *
 * @param load      Both, or both NULL for none.
 * @param save      Both, or both NULL for none.
 * @param user_data Handed to both; any thread may be the one that receives it. Must live until every provider, transport and
 *                  client that was made with this setting is freed.
 */
COGNITO_WARN_UNUSED
cognito_status cognito_config_set_identity_store(cognito_config *config,
                                                 cognito_identity_load_fn load,
                                                 cognito_identity_save_fn save,
                                                 void *user_data);

/**
 * Sets a file that keeps the identity which the pool gave, in place of a former file or store. Default none.
 * It holds one line, the ids of the pool and of the identity; it is replaced as a whole, and only its owner may read it
 * (mode 0600). Its folder must exist. An identity of another pool in it counts as none; a file that holds something else, or
 * cannot be read, is left alone, and the pool is asked at every start. It is read and written, and synchronised to the disk,
 * in the middle of a connect.
 *
 * @param path A path, or NULL for none.
 */
COGNITO_WARN_UNUSED
cognito_status cognito_config_set_identity_file(cognito_config *config,
                                                const char *path);

/**
 * Sets the callback that gives the logins of an authenticated identity. Default none: the device is a guest.
 *
 * @param login     The callback, or NULL for none.
 * @param user_data Handed to it; any thread may be the one that receives it. Must live until every provider, transport and
 *                  client that was made with this setting is freed.
 */
COGNITO_WARN_UNUSED
cognito_status cognito_config_set_login(cognito_config *config,
                                        cognito_login_fn login,
                                        void *user_data);

/**
 * Sets the role to take among those that the logins allow. Default: the one that Cognito chooses by the rules of the
 * pool. Needs a login callback.
 *
 * @param arn The ARN of a role, 20 to 2048 bytes, or NULL.
 */
COGNITO_WARN_UNUSED
cognito_status cognito_config_set_custom_role_arn(cognito_config *config,
                                                  const char *arn);

/**
 * Hands an identity over in a load callback. Copies it; a second call replaces the first.
 *
 * @param identity As it was given to the save callback.
 * @return COGNITO_STATUS_INVALID_HANDLE outside of the callback.
 */
COGNITO_WARN_UNUSED
cognito_status cognito_identity_sink_set(cognito_identity_sink *sink, const char *identity);

/**
 * Hands a login over in a login callback. Copies it; a second one of the same provider replaces the first.
 *
 * @param provider The name of the login provider as the identity pool knows it, 1 to 128 bytes, such as
 *                 "cognito-idp.us-east-1.amazonaws.com/us-east-1_AbCdEf123".
 * @param token    Its token, 1 to 50000 bytes, such as a user pool's ID token. A secret: in no log and no message.
 * @return COGNITO_STATUS_INVALID_ARGUMENT when one is too long or they are more than 10;
 *         COGNITO_STATUS_INVALID_HANDLE outside of the callback.
 */
COGNITO_WARN_UNUSED
cognito_status cognito_login_sink_set(cognito_login_sink *sink,
                                      const char *provider,
                                      const char *token);

/**
 * Makes properties that say nothing.
 *
 * @param out Receives them, or NULL. Free them with cognito_properties_free().
 * @return COGNITO_STATUS_OUT_OF_RESOURCES when there are 8192.
 */
COGNITO_WARN_UNUSED
cognito_status cognito_properties_new(cognito_properties **out);

/**
 * Sets whether the payload is UTF-8 text (Payload Format Indicator). Default false. AWS IoT Core refuses one that is not.
 */
COGNITO_WARN_UNUSED
cognito_status cognito_properties_set_payload_is_utf8(cognito_properties *properties,
                                                      bool payload_is_utf8);

/**
 * Sets how long the message is worth delivering (Message Expiry Interval).
 *
 * @param seconds 0 to 4294967295, or -1 for ever, the default.
 */
COGNITO_WARN_UNUSED
cognito_status cognito_properties_set_message_expiry_s(cognito_properties *properties,
                                                       int64_t seconds);

/**
 * Sets what the payload is (Content Type), such as "application/json".
 *
 * @param content_type At most 65535 bytes of UTF-8 without control characters, or NULL for none.
 */
COGNITO_WARN_UNUSED
cognito_status cognito_properties_set_content_type(cognito_properties *properties,
                                                   const char *content_type);

/**
 * Sets where an answer is to be published (Response Topic).
 *
 * @param response_topic As for cognito_client_publish(), or NULL for none.
 */
COGNITO_WARN_UNUSED
cognito_status cognito_properties_set_response_topic(cognito_properties *properties,
                                                     const char *response_topic);

/**
 * Sets what tells the answer to a message from others (Correlation Data).
 *
 * @param data Copied. NULL for none.
 * @param len  Bytes, at most 65535.
 */
COGNITO_WARN_UNUSED
cognito_status cognito_properties_set_correlation_data(cognito_properties *properties,
                                                       const void *data,
                                                       size_t len);

/**
 * Adds a name and a value of the application's own (User Property). A name may be there more than once. AWS IoT Core takes 8 KiB
 * of them with a message; more than 149504 bytes of properties, which no packet has room for, are refused.
 *
 * @param name  At most 65535 bytes of UTF-8 without control characters.
 * @param value As name.
 */
COGNITO_WARN_UNUSED
cognito_status cognito_properties_add_user_property(cognito_properties *properties,
                                                    const char *name,
                                                    const char *value);

/**
 * Sets how long after the end of the session the server waits before it publishes a will (Will Delay Interval), so that a short
 * loss of the network goes unnoticed. Of a will only. It is published earlier when the session expires, as a clean one does at once.
 *
 * @param seconds 0 to 4294967295, or -1 for at once, the default.
 */
COGNITO_WARN_UNUSED
cognito_status cognito_properties_set_will_delay_s(cognito_properties *properties,
                                                   int64_t seconds);

/**
 * Whether the payload is said to be UTF-8 text.
 *
 * @return false when it is not said, or properties is not a live handle.
 */
bool cognito_properties_payload_is_utf8(const cognito_properties *properties);

/**
 * How many seconds the message is still worth delivering.
 *
 * @return -1 when that is not said.
 */
int64_t cognito_properties_message_expiry_s(const cognito_properties *properties);

/**
 * What the payload is.
 *
 * @return Owned by the properties. NULL when that is not said.
 */
const char *cognito_properties_content_type(const cognito_properties *properties);

/**
 * Where an answer is to be published.
 *
 * @return Owned by the properties. NULL when that is not said.
 */
const char *cognito_properties_response_topic(const cognito_properties *properties);

/**
 * What tells the answer to this message from others.
 *
 * @param len Receives its length in bytes, 0 when there is none.
 * @return Owned by the properties. NULL when there is none.
 */
const void *cognito_properties_correlation_data(const cognito_properties *properties, size_t *len);

/**
 * How many user properties there are.
 *
 * @return 0 when properties is not a live handle.
 */
size_t cognito_properties_user_property_count(const cognito_properties *properties);

/**
 * The name of a user property.
 *
 * @param index From 0, in the order in which they were added or have come.
 * @return Owned by the properties. NULL when there is none.
 */
const char *cognito_properties_user_property_name(const cognito_properties *properties,
                                                  size_t index);

/**
 * The value of a user property.
 *
 * @param index As for cognito_properties_user_property_name().
 * @return Owned by the properties. NULL when there is none.
 */
const char *cognito_properties_user_property_value(const cognito_properties *properties,
                                                   size_t index);

/**
 * Frees properties and their strings. Does not block.
 *
 * @param properties Properties of cognito_properties_new(), or NULL.
 */
void cognito_properties_free(cognito_properties *properties);

/**
 * Sets the MQTT client identifier. Required for a client. The policy must allow iot:Connect for it, and a second
 * connection with the same one ends the first.
 *
 * @param client_id 1 to 128 bytes of UTF-8 without control characters.
 */
COGNITO_WARN_UNUSED
cognito_status cognito_config_set_client_id(cognito_config *config,
                                            const char *client_id);

/**
 * Sets the MQTT keep-alive: after so many seconds of silence a PINGREQ is sent while the client is processed, and
 * after 1.5 times that the server ends a silent session. Default 60.
 *
 * @param seconds 1 to 1200. AWS IoT Core counts less than 30 as 30.
 */
COGNITO_WARN_UNUSED
cognito_status cognito_config_set_keep_alive_s(cognito_config *config,
                                               uint32_t seconds);

/**
 * Sets whether the MQTT session begins anew (true, the default) or goes on where the last one of this client
 * identifier was left (false).
 */
COGNITO_WARN_UNUSED
cognito_status cognito_config_set_clean_session(cognito_config *config,
                                                bool clean_session);

/**
 * Sets the version of MQTT. All functions do the same with either; with MQTT 5 the server says why it refuses or ends
 * something, in cognito_failure_reason_code() and cognito_failure_reason_string(), and messages may have properties. Topic aliases
 * are given to the server without being asked for. Default COGNITO_MQTT_VERSION_V3_1_1.
 *
 * @param version A cognito_mqtt_version.
 * @return COGNITO_STATUS_NOT_BUILT for MQTT 5 in a build without it. So do the other setters that are for MQTT 5 only.
 */
COGNITO_WARN_UNUSED
cognito_status cognito_config_set_mqtt_version(cognito_config *config,
                                               int32_t version);

/**
 * Sets how long the server keeps the session when no connection is open (Session Expiry Interval). MQTT 5 only. Default 0
 * with a clean session, which begins anew with every connection whatever this is, and 3600 without.
 *
 * @param seconds 0 for no longer than the connection; UINT32_MAX for ever. AWS IoT Core keeps none longer than 7 days.
 */
COGNITO_WARN_UNUSED
cognito_status cognito_config_set_session_expiry_s(cognito_config *config,
                                                   uint32_t seconds);

/**
 * Sets how many messages of QoS 1 the server may send ahead of their acknowledgement (Receive Maximum). MQTT 5 only.
 * Default 100.
 *
 * @param messages 1 to 65535.
 */
COGNITO_WARN_UNUSED
cognito_status cognito_config_set_receive_maximum(cognito_config *config,
                                                  uint32_t messages);

/**
 * Sets how many topic aliases the server may give (Topic Alias Maximum), each of which keeps a topic in memory while a connection
 * lasts and makes its messages shorter. MQTT 5 only. Default 0.
 *
 * @param aliases 0 to 65535.
 */
COGNITO_WARN_UNUSED
cognito_status cognito_config_set_topic_alias_maximum(cognito_config *config,
                                                      uint32_t aliases);

/**
 * Sets how long the server may take to answer PINGREQ before the connection is given up. Default 10000. A connection whose
 * other end is gone is noticed after the keep-alive and this, whatever is sent meanwhile.
 *
 * @param milliseconds 1 to 600000.
 */
COGNITO_WARN_UNUSED
cognito_status cognito_config_set_ping_timeout_ms(cognito_config *config,
                                                  uint32_t milliseconds);

/**
 * Sets the MQTT user name, which AWS IoT Core uses for metrics and custom authorizers. Default none.
 *
 * @param user_name 1 to 65535 bytes of UTF-8 without control characters, or NULL for none.
 */
COGNITO_WARN_UNUSED
cognito_status cognito_config_set_user_name(cognito_config *config,
                                            const char *user_name);

/**
 * Sets the MQTT will: what the server publishes when the session ends without DISCONNECT. Default none. The policy has to
 * allow the client to publish to its topic.
 *
 * @param topic       As for cognito_client_publish(), or NULL for no will.
 * @param payload_len Bytes, at most 65535; with topic and properties at most 149504.
 * @param qos         0 or 1.
 * @param properties  What MQTT 5 says beside it, a will delay among it; copied. NULL for nothing, and with MQTT 3.1.1.
 */
COGNITO_WARN_UNUSED
cognito_status cognito_config_set_will(cognito_config *config,
                                       const char *topic,
                                       const void *payload,
                                       size_t payload_len,
                                       int32_t qos,
                                       bool retain,
                                       const cognito_properties *properties);

/**
 * Sets when a lost session is dialled for again: the first time at once, then after a random delay of up to min_ms, which
 * doubles with each failure up to max_ms, and begins anew after a session of 30 seconds. Refusals that would only be repeated,
 * such as those of a policy, are not dialled for again. Defaults 1000 and 60000.
 *
 * @param min_ms 1 to 3600000; or 0 with max_ms 0, so that a loss ends the session for good.
 * @param max_ms min_ms to 86400000.
 */
COGNITO_WARN_UNUSED
cognito_status cognito_config_set_reconnect_ms(cognito_config *config,
                                               uint32_t min_ms,
                                               uint32_t max_ms);

/**
 * Sets how much may wait to be sent while the session is being connected, or faster than the connection takes it: what is
 * more is refused with COGNITO_STATUS_QUEUE_FULL, and nothing that was accepted is dropped for it. Defaults 1000 and 1048576.
 *
 * @param messages 1 to 1000000.
 * @param bytes    Of topics, payloads and properties together, 1 and above. One message of any size is taken when nothing waits.
 */
COGNITO_WARN_UNUSED
cognito_status cognito_config_set_queue_max(cognito_config *config,
                                            uint32_t messages,
                                            size_t bytes);

/**
 * Makes a provider from the identity, the Cognito region and endpoint, the clock, the proxy and the trust of a config; for
 * cognito_provider_sign() also from its endpoint, port and signing region, if it has an endpoint.
 * Reads the CA file, if one is set; does not touch the network.
 *
 * @param config Copied; may be changed or freed afterwards.
 * @param out    Receives the provider, or NULL. Free it with cognito_provider_free().
 * @return COGNITO_STATUS_INVALID_CONFIG or COGNITO_STATUS_TRUST_STORE with the setting named in the last error.
 */
COGNITO_WARN_UNUSED
cognito_status cognito_provider_new(const cognito_config *config,
                                    cognito_provider **out);

/**
 * Gives valid credentials: those at hand, or fresh ones from Cognito. Any threads may call it at once: Cognito is asked once
 * for all. Blocks for at most wait_ms and at most the connect timeout of the config, each plus 100 ms, and for as long as
 * a login or store callback takes.
 *
 * @param wait_ms Milliseconds; 0 gives those at hand and never blocks; COGNITO_WAIT_FOREVER waits until the connect timeout.
 * @param out     Receives the credentials, or NULL. Free them with cognito_credentials_free().
 * @return COGNITO_STATUS_TIMED_OUT when wait_ms or the timeout passed first; COGNITO_STATUS_CANCELLED by a cancel, or by a
 *         free of another thread; else why Cognito could not be asked or refused, in full in cognito_last_failure().
 */
COGNITO_WARN_UNUSED
cognito_status cognito_provider_fetch(cognito_provider *provider,
                                      int32_t wait_ms,
                                      cognito_credentials **out);

/**
 * Signs the URL of an MQTT session over WebSocket, GET wss://ENDPOINT/mqtt, for the endpoint, port and signing region of the
 * config that the provider was made of, with credentials as cognito_provider_fetch() gives them and blocking as it does.
 * The signature has server time, when that is known. Sign a URL for every connection attempt: it is good for 5 minutes
 * at most.
 *
 * @param host_header A cognito_host_header: how the client that connects writes its Host header, which is signed.
 * @param wait_ms     As in cognito_provider_fetch().
 * @param out         Receives the URL, or NULL. Free it with cognito_signed_url_free().
 * @return COGNITO_STATUS_INVALID_CONFIG when that config had no endpoint; COGNITO_STATUS_INVALID_ARGUMENT when host_header
 *         is none; else as cognito_provider_fetch().
 */
COGNITO_WARN_UNUSED
cognito_status cognito_provider_sign(cognito_provider *provider,
                                     int32_t host_header,
                                     int32_t wait_ms,
                                     cognito_signed_url **out);

/**
 * Ends every fetch and sign of this provider that waits, with COGNITO_STATUS_CANCELLED and within 100 ms. When none waits,
 * the next one that would ends so. Clients and transports go on. May be called by any thread and in a signal handler: it
 * takes no lock, allocates nothing, keeps errno and leaves the last error alone.
 *
 * @return COGNITO_STATUS_INVALID_HANDLE when provider is not a live handle.
 */
cognito_status cognito_provider_cancel(cognito_provider *provider);

/**
 * The Cognito identity id in use: the one that was set or stored, that the pool gave, or that Cognito has put in its
 * place. Whoever knows the id of a guest can get that guest's credentials. Does not block.
 *
 * @return Owned by the provider and valid until it is freed. Never NULL; empty while it is not known.
 */
const char *cognito_provider_identity(const cognito_provider *provider);

/**
 * How far server time is ahead of the device's clock now, in milliseconds; negative when the device's clock is ahead.
 * It is learned from the Date of every answer of Cognito, to a second, and from that of an answer of AWS IoT Core that
 * refuses a signature for its time, and carried forward by CLOCK_BOOTTIME. Does not block.
 *
 * @return COGNITO_CLOCK_OFFSET_UNKNOWN while server time is not known.
 */
int64_t cognito_provider_clock_offset_ms(const cognito_provider *provider);

/**
 * Frees a provider. Clients and transports that were made with it keep what they need of it. Calls that wait on other threads
 * end first, with COGNITO_STATUS_CANCELLED. Never waits for the network; waits for a login or store callback that is running.
 *
 * @param provider A provider, or NULL.
 */
void cognito_provider_free(cognito_provider *provider);

/**
 * The access key id.
 *
 * @return Owned by the credentials. Never NULL; empty when credentials is not a live handle.
 */
const char *cognito_credentials_access_key_id(const cognito_credentials *credentials);

/**
 * The secret access key.
 *
 * @return As cognito_credentials_access_key_id().
 */
const char *cognito_credentials_secret_access_key(const cognito_credentials *credentials);

/**
 * The session token, without which the two keys are of no use. It may be of any length; 1 to 2 KiB are usual.
 *
 * @return As cognito_credentials_access_key_id().
 */
const char *cognito_credentials_session_token(const cognito_credentials *credentials);

/**
 * When the credentials end, in Unix seconds of server time; cognito_provider_clock_offset_ms() tells how far the device's
 * clock is off from that.
 *
 * @return 0 when credentials is not a live handle.
 */
int64_t cognito_credentials_expires_at(const cognito_credentials *credentials);

/**
 * Frees credentials and zeroes them. Does not block.
 *
 * @param credentials Credentials, or NULL.
 */
void cognito_credentials_free(cognito_credentials *credentials);

/**
 * The whole URL, "wss://" and the Host header and the path. It may be of any length; 1.5 to 3 KiB are usual.
 *
 * @return Owned by the URL. Never NULL; empty when url is not a live handle.
 */
const char *cognito_signed_url_text(const cognito_signed_url *url);

/**
 * The host name or IP address to connect to, an IPv6 address without brackets.
 *
 * @return As cognito_signed_url_text().
 */
const char *cognito_signed_url_host(const cognito_signed_url *url);

/**
 * The TCP port to connect to.
 *
 * @return 0 when url is not a live handle.
 */
int32_t cognito_signed_url_port(const cognito_signed_url *url);

/**
 * Path and query, as they go into the request line: "/mqtt?X-Amz-Algorithm=…".
 *
 * @return As cognito_signed_url_text().
 */
const char *cognito_signed_url_path(const cognito_signed_url *url);

/**
 * What was signed as the Host header, and must be sent byte for byte.
 *
 * @return As cognito_signed_url_text().
 */
const char *cognito_signed_url_host_header(const cognito_signed_url *url);

/**
 * When the URL stops to be of use, in Unix seconds of server time: 5 minutes after it was signed, or when its credentials end.
 *
 * @return 0 when url is not a live handle.
 */
int64_t cognito_signed_url_expires_at(const cognito_signed_url *url);

/**
 * Frees a URL and zeroes it. Does not block.
 *
 * @param url A URL, or NULL.
 */
void cognito_signed_url_free(cognito_signed_url *url);

/**
 * Makes a client. Does not touch the network.
 *
 * @param config    Copied; may be changed or freed afterwards.
 * @param provider  The source of credentials, which clients can share; or NULL to make one from the config.
 * @param on_event  Told what becomes of the session, or NULL.
 * @param user_data Handed to on_event.
 * @param out       Receives the client, or NULL. Free it with cognito_client_free().
 * @return COGNITO_STATUS_INVALID_CONFIG or COGNITO_STATUS_TRUST_STORE with the setting named in the last error;
 *         COGNITO_STATUS_OUT_OF_RESOURCES when the system gives no descriptor; COGNITO_STATUS_FORKED when the provider
 *         was made before fork().
 */
COGNITO_WARN_UNUSED
cognito_status cognito_client_new(const cognito_config *config,
                                  const cognito_provider *provider,
                                  cognito_event_fn on_event,
                                  void *user_data,
                                  cognito_client **out);

/**
 * Connects: credentials, TCP, TLS, WebSocket upgrade, MQTT CONNECT, CONNACK. Begins if nothing is under way, and
 * waits for the outcome. Once connected, a session that is lost is dialled for again until cognito_client_disconnect(),
 * unless cognito_config_set_reconnect_ms() says otherwise; during such a delay this call dials at once. With wait_ms 0 it begins, or carries on as far as it can, and returns at once.
 * Blocks for at most wait_ms and at most the connect timeout, each plus 100 ms, and for as long as a login or store callback
 * takes.
 *
 * @param wait_ms Milliseconds, or COGNITO_WAIT_FOREVER to wait until the connect timeout.
 * @return COGNITO_STATUS_OK when connected, now or before; COGNITO_STATUS_IN_PROGRESS when wait_ms passed first:
 *         call again to go on; COGNITO_STATUS_TIMED_OUT when the connect timeout passed; COGNITO_STATUS_CANCELLED by a
 *         cancel, or by a disconnect or free of another thread; COGNITO_STATUS_INVALID_STATE while a disconnect is
 *         under way; else why it failed, in full in cognito_client_failure().
 */
COGNITO_WARN_UNUSED
cognito_status cognito_client_connect(cognito_client *client,
                                      int32_t wait_ms);

/**
 * Works on the session: receives, sends, keeps it alive, connects again after a loss, and runs the callbacks. Call it as long as
 * the session is to stay open, and at least three times in a keep-alive interval: PINGREQ goes out in the first call after an
 * interval of silence, and the server waits for one and a half. Any number of threads may do so, beside others that wait for
 * requests of their own; the callbacks run on one of them at a time. Blocks for at most timeout_ms, and for as long as
 * callbacks take.
 *
 * @param timeout_ms Milliseconds; 0 does what can be done without waiting; COGNITO_WAIT_FOREVER until the session has ended
 *                   for good or a cancel.
 * @return COGNITO_STATUS_OK when timeout_ms passed or the session was ended by a disconnect, and also while a lost session is
 *         dialled for again; COGNITO_STATUS_INVALID_STATE when nothing is open or under way; COGNITO_STATUS_CANCELLED; else
 *         why the session has ended for good or the connect failed.
 */
COGNITO_WARN_UNUSED
cognito_status cognito_client_process(cognito_client *client,
                                      int32_t timeout_ms);

/**
 * Starts a thread that processes, for an application that has none for it; unless it is there already. It has every signal
 * blocked, and ends with cognito_client_stop() or cognito_client_free(). It is the only thread that this library starts on
 * its own account. Callbacks run on it, or on a thread that waits in another call.
 */
COGNITO_WARN_UNUSED
cognito_status cognito_client_start(cognito_client *client);

/**
 * Ends that thread, and waits for it and for a callback that it is inside. Called in a callback, of this client or of another, it
 * does not wait. The session stays as it is. Does nothing when there is no such thread.
 */
COGNITO_WARN_UNUSED
cognito_status cognito_client_stop(cognito_client *client);

/**
 * The descriptor for an application's event loop: readable when cognito_client_process() with timeout_ms 0 has something to
 * do. It is the same for as long as the client lives, across reconnects, and silent after a cognito_client_process() that
 * found nothing more. Poll it for reading, level-triggered, for at most cognito_client_next_timeout_ms(). It is the
 * client's: do not read it and do not close it. Does not block.
 *
 * @return A descriptor, or a negative cognito_status.
 */
int cognito_client_fd(cognito_client *client);

/**
 * When an event loop has to call cognito_client_process() though the descriptor is silent. It changes with every call of
 * this client: ask again before each wait. Does not block.
 *
 * @return Milliseconds from now; 0 for at once; -1, which poll() and epoll_wait() take for ever, when nothing is due.
 */
int32_t cognito_client_next_timeout_ms(const cognito_client *client);

/**
 * Ends the session in order: MQTT DISCONNECT, WebSocket Close, TLS close_notify, FIN, and the server's end of it.
 * A connect under way is given up, and nothing is dialled for again. What was accepted before is sent before, as far as the
 * connection takes it within 3 seconds, and DISCONNECT behind it in any case; requests that are not done then end with
 * COGNITO_STATUS_WITHDRAWN or COGNITO_STATUS_OUTCOME_UNKNOWN. Subscriptions are kept, and made with the next connect. With wait_ms 0 it begins, or carries on as far as it can, and returns at once.
 * Blocks for at most wait_ms, and at most 5 seconds, after which the connection is dropped.
 *
 * @param wait_ms Milliseconds, or COGNITO_WAIT_FOREVER.
 * @return COGNITO_STATUS_OK when there is no session any more; COGNITO_STATUS_IN_PROGRESS when wait_ms passed
 *         first: call again to go on; COGNITO_STATUS_CANCELLED by a cancel or free that came after it, which drops
 *         the connection.
 */
COGNITO_WARN_UNUSED
cognito_status cognito_client_disconnect(cognito_client *client,
                                         int32_t wait_ms);

/**
 * Ends every call of this client that waits, with COGNITO_STATUS_CANCELLED and within 100 ms, and gives up a connect
 * under way. When no call waits, the next one ends so, unless it is a disconnect. May be called by any thread and
 * in a signal handler: it takes no lock, allocates nothing, keeps errno and leaves the last error alone.
 *
 * @return COGNITO_STATUS_INVALID_HANDLE when client is not a live handle.
 */
cognito_status cognito_client_cancel(cognito_client *client);

/**
 * Whether the session is open, as far as the last call that worked on it knows. Does not block and does not look at
 * the network.
 *
 * @return false also when client is not a live handle.
 */
bool cognito_client_is_connected(const cognito_client *client);

/**
 * Copies what is known about this client's last failure. Does not block.
 *
 * @param out Receives the failure, or NULL. Its status is COGNITO_STATUS_OK when nothing has failed yet. Free it
 *            with cognito_failure_free().
 */
COGNITO_WARN_UNUSED
cognito_status cognito_client_failure(const cognito_client *client,
                                      cognito_failure **out);

/**
 * Copies what this client's last connect did and when, or that under way up to now. Does not block.
 *
 * @param out Receives the trace, or NULL. It has no steps when there was no connect yet. Free it with
 *            cognito_trace_free().
 * @return COGNITO_STATUS_NOT_BUILT in a build without the trace.
 */
COGNITO_WARN_UNUSED
cognito_status cognito_client_trace(const cognito_client *client,
                                    cognito_trace **out);

/**
 * Frees a client. Calls that wait on other threads end first, with COGNITO_STATUS_CANCELLED. An open session is told
 * DISCONNECT if that takes no waiting; call cognito_client_disconnect() before for an orderly end. The event of the end and
 * the completions of what was under way are delivered first, on this thread; afterwards no callback runs. Never waits for the
 * network; waits for a callback that is running.
 *
 * Inside an event, message or completion callback, of this client or of another, it does not wait: no further call of the client
 * succeeds, and the event of the end and the completions are delivered when the callback has returned, on this thread or on
 * another that was inside a call of the client. The data of all callbacks (user_data) has to live until the outermost callback of
 * this thread and the call around it have returned; that call waits for the other threads. Inside a callback on the thread of
 * cognito_client_start(), it has to live until that thread has ended.
 *
 * @param client A client, or NULL.
 */
void cognito_client_free(cognito_client *client);

/**
 * Publishes a message. One of QoS 0 is done when it is written to the connection, one of QoS 1 when the server has acknowledged
 * it, over as many connections as that takes. While a session is being connected, messages wait in a queue, in order, up to
 * cognito_config_set_queue_max(). Blocks for at most wait_ms, and for as long as callbacks take.
 *
 * @param topic       1 to 256 bytes of UTF-8 with at most 7 slashes, without wildcards and control characters; what comes
 *                    before the topic of a rule, "$aws/rules/NAME/", does not count. Copied.
 * @param payload     Copied. May be NULL when payload_len is 0.
 * @param payload_len Bytes, at most 131072. The packet, with topic and properties, has at most 149504.
 * @param qos         0 or 1. AWS IoT Core has no QoS 2.
 * @param retain      Whether the server keeps it for later subscribers.
 * @param properties  What MQTT 5 says beside it; copied. NULL for nothing, and with MQTT 3.1.1. A message expiry counts from this
 *                    call: a message that expires before it could be sent is withdrawn.
 * @param wait_ms     Milliseconds, or COGNITO_WAIT_FOREVER; 0 takes the message over and returns at once.
 * @param on_complete With wait_ms 0, told once what came of it; or NULL. NULL with any other wait_ms.
 * @param user_data   Handed to on_complete.
 * @return COGNITO_STATUS_OK when done, or with wait_ms 0 when taken over; COGNITO_STATUS_QUEUE_FULL;
 *         COGNITO_STATUS_PUBLISH_REFUSED by a server with MQTT 5; COGNITO_STATUS_WITHDRAWN when wait_ms passed before it was sent: it will not be;
 *         COGNITO_STATUS_OUTCOME_UNKNOWN when wait_ms passed after it was sent: it goes its way, and nobody is told;
 *         COGNITO_STATUS_CANCELLED, whose message says which of the two; COGNITO_STATUS_INVALID_STATE when nothing is open
 *         or under way.
 */
COGNITO_WARN_UNUSED
cognito_status cognito_client_publish(cognito_client *client,
                                      const char *topic,
                                      const void *payload,
                                      size_t payload_len,
                                      int32_t qos,
                                      bool retain,
                                      const cognito_properties *properties,
                                      int32_t wait_ms,
                                      cognito_completion_fn on_complete,
                                      void *user_data);

/**
 * Subscribes to all topics that a filter stands for, in place of an earlier subscription with the same filter: messages come to
 * this one from now on, and to the earlier one again if this one is refused or withdrawn. The subscription
 * lasts as long as the client: it is made again on every connection that needs it, after cognito_client_disconnect() too. It
 * can be asked for with wait_ms 0 before the first connect, which is the way not to miss messages that the server has kept
 * for a session. A message is given to every subscription that it matches, once each.
 * Blocks for at most wait_ms, and for as long as callbacks take.
 *
 * @param filter      As a topic, and with the wildcards + and #.
 * @param qos         The highest QoS that messages shall come with: 0 or 1.
 * @param on_message  Given the messages.
 * @param message_data Handed to on_message.
 * @param wait_ms     Milliseconds, or COGNITO_WAIT_FOREVER; 0 takes it over and returns at once.
 * @param on_complete With wait_ms 0, told once what came of it; or NULL. NULL with any other wait_ms.
 * @param user_data   Handed to on_complete.
 * @return COGNITO_STATUS_OK when the server has made it, or with wait_ms 0 when taken over; COGNITO_STATUS_SUBSCRIBE_REFUSED;
 *         else as cognito_client_publish().
 */
COGNITO_WARN_UNUSED
cognito_status cognito_client_subscribe(cognito_client *client,
                                        const char *filter,
                                        int32_t qos,
                                        cognito_message_fn on_message,
                                        void *message_data,
                                        int32_t wait_ms,
                                        cognito_completion_fn on_complete,
                                        void *user_data);

/**
 * Ends a subscription. Messages can come until that is done. Blocks for at most wait_ms, and for as long as callbacks take.
 *
 * @param filter      Of the subscription, letter by letter.
 * @param wait_ms     Milliseconds, or COGNITO_WAIT_FOREVER; 0 takes it over and returns at once.
 * @param on_complete With wait_ms 0, told once what came of it; or NULL. NULL with any other wait_ms.
 * @param user_data   Handed to on_complete.
 * @return As cognito_client_publish().
 */
COGNITO_WARN_UNUSED
cognito_status cognito_client_unsubscribe(cognito_client *client,
                                          const char *filter,
                                          int32_t wait_ms,
                                          cognito_completion_fn on_complete,
                                          void *user_data);

/**
 * Makes a transport from the endpoint, port, signing region, connect timeout, proxy and trust of a config. It needs no
 * client_id; hints name one that is set. Does not touch the network.
 *
 * @param config   Copied; may be changed or freed afterwards.
 * @param provider The source of credentials, which clients and transports can share; or NULL to make one from the config.
 * @param out      Receives the transport, or NULL. Free it with cognito_transport_free().
 * @return COGNITO_STATUS_INVALID_CONFIG or COGNITO_STATUS_TRUST_STORE with the setting named in the last error;
 *         COGNITO_STATUS_FORKED when the provider was made before fork().
 */
COGNITO_WARN_UNUSED
cognito_status cognito_transport_new(const cognito_config *config,
                                     const cognito_provider *provider,
                                     cognito_transport **out);

/**
 * Opens the stream: credentials, TCP, TLS, WebSocket upgrade. Begins if nothing is open or under way, and waits for the
 * outcome. After a loss it opens a new connection, with a new signature and fresh credentials where they are needed. With
 * wait_ms 0 it begins, or carries on as far as it can, and returns at once: call it again within half a second to go on.
 * Blocks for at most wait_ms and at most the connect timeout, each plus 100 ms, and for as long as a login or store callback
 * takes.
 *
 * @param wait_ms Milliseconds, or COGNITO_WAIT_FOREVER to wait until the connect timeout.
 * @return COGNITO_STATUS_OK when open, now or before; COGNITO_STATUS_IN_PROGRESS when wait_ms passed first: call again to
 *         go on; COGNITO_STATUS_TIMED_OUT when the connect timeout passed; COGNITO_STATUS_CANCELLED by a cancel, or by a
 *         close or free of another thread; COGNITO_STATUS_INVALID_STATE while a close is under way; else why it failed, in
 *         full in cognito_transport_failure().
 */
COGNITO_WARN_UNUSED
cognito_status cognito_transport_open(cognito_transport *transport,
                                      int32_t wait_ms);

/**
 * Ends every open and close of this transport that waits, with COGNITO_STATUS_CANCELLED and within 100 ms, and gives up an
 * open under way. When none waits, the next open ends so. May be called by any thread and in a signal handler: it takes no
 * lock, allocates nothing, keeps errno and leaves the last error alone.
 *
 * @return COGNITO_STATUS_INVALID_HANDLE when transport is not a live handle.
 */
cognito_status cognito_transport_cancel(cognito_transport *transport);

/**
 * Whether the stream is open, as far as the last call that worked on it knows. Does not block and does not look at the
 * network.
 *
 * @return false also when transport is not a live handle.
 */
bool cognito_transport_is_open(const cognito_transport *transport);

/**
 * Receives bytes of whole MQTT packets: those that are there, up to buffer_len. A packet that is longer than the buffer
 * comes in parts, without a 0 between them. Sends what send left over, and answers pings of the WebSocket. Never blocks.
 *
 * @param buffer_len Bytes. Values above INT32_MAX count as INT32_MAX.
 * @return The number of bytes; 0 when there is nothing now, and never because of an end; a negative cognito_status when the
 *         stream has ended or is not open, which stays so until cognito_transport_open(). What came before an end is given
 *         before it is said.
 */
COGNITO_WARN_UNUSED
int32_t cognito_transport_recv(cognito_transport *transport,
                               void *buffer,
                               size_t buffer_len);

/**
 * Takes bytes of MQTT packets, in whatever pieces. What it takes goes out at once when a packet is whole and the socket has
 * room; the rest goes out with the next recv, send or writev. Never blocks.
 *
 * @param bytes_len Bytes. Values above INT32_MAX count as INT32_MAX.
 * @return The number of bytes that were taken, which may be fewer than given; 0 when none, because the socket is full; a
 *         negative cognito_status as in cognito_transport_recv(), and COGNITO_STATUS_INVALID_ARGUMENT when the bytes are no
 *         MQTT packet or one of more than 256 KiB, which ends the stream too.
 */
COGNITO_WARN_UNUSED
int32_t cognito_transport_send(cognito_transport *transport,
                               const void *bytes,
                               size_t bytes_len);

/**
 * As cognito_transport_send(), for bytes in several places, as writev(2).
 *
 * @param iov       The pieces, in order.
 * @param iov_count How many there are. No more than 1024 are looked at, and no more than INT32_MAX bytes.
 * @return As cognito_transport_send().
 */
COGNITO_WARN_UNUSED
int32_t cognito_transport_writev(cognito_transport *transport,
                                 const struct iovec *iov,
                                 size_t iov_count);

/**
 * A descriptor for poll(), select() or epoll: it becomes readable when recv has something or may have, when output that
 * waited can go on, and when the stream has ended. Call recv until it returns 0 then; the descriptor is quiet from there on
 * until something new comes. It knows nothing of what an MQTT library has received and not looked at yet. It stays the same
 * across reconnects, and is quiet while an open is under way. Wait for it to be readable only; do not read, write or close
 * it. Does not block.
 *
 * @return The descriptor, owned by the transport until it is freed and made when it is first asked for;
 *         COGNITO_STATUS_OUT_OF_RESOURCES when the system gives none; COGNITO_STATUS_INVALID_HANDLE.
 */
COGNITO_WARN_UNUSED
int32_t cognito_transport_fd(cognito_transport *transport);

/**
 * Ends the stream in order: what waits to go out, WebSocket Close, TLS close_notify, FIN, and the server's end of it. MQTT's
 * DISCONNECT is the application's: a stream that is closed without it has the server publish the client's will. An open
 * under way is given up. With wait_ms 0 it begins, or carries on as far as it can, and returns at once.
 * Blocks for at most wait_ms, and at most 5 seconds, after which the connection is dropped.
 *
 * @param wait_ms Milliseconds, or COGNITO_WAIT_FOREVER.
 * @return COGNITO_STATUS_OK when nothing is open any more; COGNITO_STATUS_IN_PROGRESS when wait_ms passed first: call again
 *         to go on; COGNITO_STATUS_CANCELLED by a cancel or free that came after it, which drops the connection.
 */
COGNITO_WARN_UNUSED
cognito_status cognito_transport_close(cognito_transport *transport,
                                       int32_t wait_ms);

/**
 * Copies what is known about this transport's last failure. Does not block.
 *
 * @param out Receives the failure, or NULL. Its status is COGNITO_STATUS_OK when nothing has failed yet. Free it
 *            with cognito_failure_free().
 */
COGNITO_WARN_UNUSED
cognito_status cognito_transport_failure(const cognito_transport *transport,
                                         cognito_failure **out);

/**
 * Copies what this transport's last open did and when, or that under way up to now. Does not block.
 *
 * @param out Receives the trace, or NULL. It has no steps when there was no open yet. Free it with cognito_trace_free().
 * @return COGNITO_STATUS_NOT_BUILT in a build without the trace.
 */
COGNITO_WARN_UNUSED
cognito_status cognito_transport_trace(const cognito_transport *transport,
                                       cognito_trace **out);

/**
 * Frees a transport. Calls that wait on other threads end first, with COGNITO_STATUS_CANCELLED. The server is told Close if
 * that takes no waiting; call cognito_transport_close() before for an orderly end. Never waits for the network; waits for a
 * login or store callback that is running.
 *
 * @param transport A transport, or NULL.
 */
void cognito_transport_free(cognito_transport *transport);

/**
 * A transport as the pNetworkContext of coreMQTT's TransportInterface_t. Nothing else may look into it.
 *
 * @return The same for as long as the transport lives; NULL when transport is NULL.
 */
struct NetworkContext *cognito_coremqtt_context(cognito_transport *transport);

/**
 * TransportRecv_t: cognito_transport_recv().
 */
int32_t cognito_coremqtt_recv(struct NetworkContext *context, void *buffer, size_t bytes_to_recv);

/**
 * TransportSend_t: cognito_transport_send().
 */
int32_t cognito_coremqtt_send(struct NetworkContext *context,
                              const void *buffer,
                              size_t bytes_to_send);

/**
 * TransportWritev_t: cognito_transport_writev().
 */
int32_t cognito_coremqtt_writev(struct NetworkContext *context,
                                struct TransportOutVector *vectors,
                                size_t vector_count);

/**
 * How many steps there are, in the order in which they began.
 *
 * @return 0 also when trace is not a live handle.
 */
size_t cognito_trace_count(const cognito_trace *trace);

/**
 * The stage of a step.
 *
 * @param index 0 up to cognito_trace_count() - 1, here and below.
 * @return COGNITO_STAGE_NONE when there is no such step.
 */
cognito_stage cognito_trace_stage(const cognito_trace *trace, size_t index);

/**
 * The service that a step was on the way to: "Cognito" or "IoT Core". Each has a connection of its own.
 *
 * @return A constant string. Never NULL; empty when there is no such step.
 */
const char *cognito_trace_service(const cognito_trace *trace,
                                  size_t index);

/**
 * Who was spoken to, "host:port" or "the proxy host:port", in UTF-8.
 *
 * @return Owned by the trace. Never NULL; empty when there is no such step.
 */
const char *cognito_trace_peer(const cognito_trace *trace, size_t index);

/**
 * When a step began, in microseconds from the beginning of the connect.
 *
 * @return 0 also when there is no such step.
 */
int64_t cognito_trace_began_us(const cognito_trace *trace, size_t index);

/**
 * How long a step took, or has taken up to the snapshot, in microseconds.
 *
 * @return 0 also when there is no such step.
 */
int64_t cognito_trace_took_us(const cognito_trace *trace, size_t index);

/**
 * How a step ended: COGNITO_STATUS_OK, COGNITO_STATUS_IN_PROGRESS while it was under way, COGNITO_STATUS_CANCELLED when it
 * was cut off because the connect had failed elsewhere, else why it failed.
 *
 * @return COGNITO_STATUS_INVALID_ARGUMENT when there is no such step; COGNITO_STATUS_INVALID_HANDLE.
 */
COGNITO_WARN_UNUSED
cognito_status cognito_trace_status(const cognito_trace *trace,
                                    size_t index);

/**
 * What a step has found out, such as addresses, the TLS version and the issuer of the certificate, or why it failed:
 * one line of UTF-8, for people.
 *
 * @return Owned by the trace. Never NULL; empty when there is nothing to say, or no such step.
 */
const char *cognito_trace_finding(const cognito_trace *trace,
                                  size_t index);

/**
 * Frees a trace and its strings. Does not block.
 *
 * @param trace A trace, or NULL.
 */
void cognito_trace_free(cognito_trace *trace);

/**
 * Copies what is known about the last failing call of the calling thread, whatever handle it was of. Does not block.
 * A call that succeeds leaves it as it is, and so does one that returns COGNITO_STATUS_IN_PROGRESS.
 *
 * @param out Receives the failure, or NULL. Its status is COGNITO_STATUS_OK when no call of this thread has failed
 *            yet. Free it with cognito_failure_free().
 */
COGNITO_WARN_UNUSED
cognito_status cognito_last_failure(cognito_failure **out);

/**
 * The status that the failing call returned.
 *
 * @return A cognito_status: COGNITO_STATUS_OK when nothing had failed yet, COGNITO_STATUS_INVALID_HANDLE when
 *         failure is not a live handle.
 */
cognito_status cognito_failure_status(const cognito_failure *failure);

/**
 * The stage that failed.
 *
 * @return A cognito_stage; COGNITO_STAGE_NONE when failure is not a live handle.
 */
cognito_stage cognito_failure_stage(const cognito_failure *failure);

/**
 * What happened, in one line of UTF-8.
 *
 * @return Owned by the failure. Never NULL.
 */
const char *cognito_failure_message(const cognito_failure *failure);

/**
 * What to do about it, in one line of UTF-8.
 *
 * @return Owned by the failure. Never NULL; empty when there is nothing to advise.
 */
const char *cognito_failure_hint(const cognito_failure *failure);

/**
 * The HTTP status of the refusal by Cognito, IoT Core or the proxy.
 *
 * @return 0 when there was no HTTP answer.
 */
int32_t cognito_failure_http_status(const cognito_failure *failure);

/**
 * The code with which the MQTT server refused or ended: MQTT 5's reason code in CONNACK, PUBACK, SUBACK, UNSUBACK or
 * DISCONNECT, or MQTT 3.1.1's return code in CONNACK or SUBACK.
 *
 * @return -1 when the server gave none.
 */
int32_t cognito_failure_reason_code(const cognito_failure *failure);

/**
 * The reason string of MQTT 5 that came with cognito_failure_reason_code(), as the server sent it.
 *
 * @return Owned by the failure. Never NULL; empty when the server sent none.
 */
const char *cognito_failure_reason_string(const cognito_failure *failure);

/**
 * AWS's error type, such as "ResourceNotFoundException", as AWS sent it.
 *
 * @return Owned by the failure. Never NULL; empty when AWS sent none.
 */
const char *cognito_failure_aws_error_type(const cognito_failure *failure);

/**
 * AWS's own message, as AWS sent it.
 *
 * @return Owned by the failure. Never NULL; empty when AWS sent none.
 */
const char *cognito_failure_aws_message(const cognito_failure *failure);

/**
 * AWS's request id, to quote to AWS support.
 *
 * @return Owned by the failure. Never NULL; empty when AWS sent none.
 */
const char *cognito_failure_aws_request_id(const cognito_failure *failure);

/**
 * The Cognito identity id that a connect or session failed with, to quote in a policy or a ticket. Whoever knows the id
 * of a guest can get that guest's credentials.
 *
 * @return Owned by the failure. Never NULL; empty when it was not known, or the failing call was no connect.
 */
const char *cognito_failure_identity(const cognito_failure *failure);

/**
 * How far server time was ahead of the device's clock when a connect or session failed, in milliseconds.
 *
 * @return COGNITO_CLOCK_OFFSET_UNKNOWN when server time was not known.
 */
int64_t cognito_failure_clock_offset_ms(const cognito_failure *failure);

/**
 * Frees a failure and its strings. Does not block.
 *
 * @param failure A failure, or NULL.
 */
void cognito_failure_free(cognito_failure *failure);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* COGNITO_CONNECT_H */
