/*
 * Cognito Connect: from an Amazon Cognito identity to an open MQTT session on AWS IoT Core.
 *
 * Generated from src/ffi by `UPDATE_HEADER=1 cargo test --test header`; not edited by hand.
 *
 * Strings are NUL-terminated UTF-8 in both directions and are copied on the way in. Handles are tokens: a
 * handle that was freed, or is of another type, is refused with COGNITO_STATUS_INVALID_HANDLE. No function
 * raises a signal, ends the process or is changed by an environment variable.
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
     * CONNACK return code 1: unacceptable protocol version.
     */
    COGNITO_STATUS_CONNACK_PROTOCOL_VERSION = -501,
    /**
     * CONNACK return code 2: client identifier rejected.
     */
    COGNITO_STATUS_CONNACK_IDENTIFIER_REJECTED = -502,
    /**
     * CONNACK return code 3: server unavailable.
     */
    COGNITO_STATUS_CONNACK_SERVER_UNAVAILABLE = -503,
    /**
     * CONNACK return code 4: bad user name or password.
     */
    COGNITO_STATUS_CONNACK_BAD_USER_NAME_OR_PASSWORD = -504,
    /**
     * CONNACK return code 5: not authorized.
     */
    COGNITO_STATUS_CONNACK_NOT_AUTHORIZED = -505,
    /**
     * CONNACK with a return code that MQTT 3.1.1 does not define; cognito_failure_connack_code() has it.
     */
    COGNITO_STATUS_CONNACK_REFUSED = -506,
    /**
     * The server broke the MQTT 3.1.1 protocol or sent a packet that is too large.
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
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum cognito_status cognito_status;
#else
typedef int32_t cognito_status;
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
 * Everything that is known about one failure: where it happened, what AWS said about it and what to do.
 * A snapshot that never changes; any threads may read it at once. Its strings live until it is freed.
 */
typedef struct cognito_failure cognito_failure;

/**
 * Fetches temporary AWS credentials for one Cognito identity and keeps them while they are valid.
 * Clients that share one provider share its credentials: while they are valid, no client asks Cognito again. Clients
 * that connect for the first time at the same moment may each ask.
 * Any threads may use it at once.
 */
typedef struct cognito_provider cognito_provider;

/**
 * Receives one log line. Called on the thread that is inside a call of this library, in the middle of its work:
 * any call of this library made here, but for cognito_client_cancel(), returns COGNITO_STATUS_REENTRANT. May be called by several threads at once.
 * Never receives a secret, at any level. Must not throw or jump out.
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
 * Never holds a secret. A call that succeeds leaves it as it is.
 *
 * @return Owned by the library and valid until the thread's next call that fails. Never NULL; empty when no call
 *         of this thread has failed.
 */
const char *cognito_last_error(void);

/**
 * Sets the log callback of the whole process, or removes it. The default is none.
 * May be called at any time by any thread. When it returns, the former callback is not running and will not be
 * called again; it waits for that. Costs nothing when no callback is set.
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
 * else that of the identity.
 *
 * @param region Such as "us-east-1", or NULL.
 */
COGNITO_WARN_UNUSED
cognito_status cognito_config_set_signing_region(cognito_config *config,
                                                 const char *region);

/**
 * Sets the region of the Cognito identity pool. Default: the one that the identity begins with.
 *
 * @param region Such as "us-east-1", or NULL.
 */
COGNITO_WARN_UNUSED
cognito_status cognito_config_set_cognito_region(cognito_config *config, const char *region);

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
 * Sets the Cognito identity. Required.
 *
 * @param identity An identity id, "REGION:UUID". An identity pool id looks the same but is another thing: the
 *                 pool is the class, the identity one member of it.
 */
COGNITO_WARN_UNUSED
cognito_status cognito_config_set_identity(cognito_config *config,
                                           const char *identity);

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
 */
COGNITO_WARN_UNUSED
cognito_status cognito_config_set_proxy(cognito_config *config,
                                        const char *host,
                                        uint32_t port);

/**
 * Sets user and password for the proxy, sent to it in clear by Basic authentication. Default none.
 * Call cognito_config_set_proxy() first: without a proxy this is COGNITO_STATUS_INVALID_CONFIG.
 *
 * @param user     Without ':', or NULL for no authentication.
 * @param password May be NULL, which is an empty one.
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
 * Makes a provider from the identity, the Cognito region and endpoint, the proxy and the trust of a config.
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
 * Frees a provider. Clients that were made with it keep what they need of it. Does not block.
 *
 * @param provider A provider, or NULL.
 */
void cognito_provider_free(cognito_provider *provider);

/**
 * Makes a client. Does not touch the network.
 *
 * @param config   Copied; may be changed or freed afterwards.
 * @param provider The source of credentials, which clients can share; or NULL to make one from the config.
 * @param out      Receives the client, or NULL. Free it with cognito_client_free().
 * @return COGNITO_STATUS_INVALID_CONFIG or COGNITO_STATUS_TRUST_STORE with the setting named in the last error;
 *         COGNITO_STATUS_OUT_OF_RESOURCES when the system gives no descriptor.
 */
COGNITO_WARN_UNUSED
cognito_status cognito_client_new(const cognito_config *config,
                                  const cognito_provider *provider,
                                  cognito_client **out);

/**
 * Connects: credentials, TCP, TLS, WebSocket upgrade, MQTT CONNECT, CONNACK. Begins if nothing is under way, and
 * waits for the outcome. With wait_ms 0 it begins, or carries on as far as it can, and returns at once.
 * Blocks for at most wait_ms and at most the connect timeout, each plus 100 ms.
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
 * Works on the session: receives, answers pings and keeps the session alive. Call it as long as the session is to
 * stay open, and at least three times in a keep-alive interval: PINGREQ goes out in the first call after an interval
 * of silence, and the server waits for one and a half. Returns early when the session ends or the call is cancelled.
 * Blocks for at most timeout_ms.
 *
 * @param timeout_ms Milliseconds; 0 does what can be done without waiting; COGNITO_WAIT_FOREVER until the session
 *                   ends or a cancel.
 * @return COGNITO_STATUS_OK when timeout_ms passed or another thread ended the session by a disconnect;
 *         COGNITO_STATUS_INVALID_STATE when there is no session and no connect under way; COGNITO_STATUS_CANCELLED;
 *         else why the session ended or the connect failed.
 */
COGNITO_WARN_UNUSED
cognito_status cognito_client_process(cognito_client *client,
                                      int32_t timeout_ms);

/**
 * Ends the session in order: MQTT DISCONNECT, WebSocket Close, TLS close_notify, FIN, and the server's end of it.
 * A connect under way is given up. With wait_ms 0 it begins, or carries on as far as it can, and returns at once.
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
 * Frees a client. Calls that wait on other threads end first, with COGNITO_STATUS_CANCELLED. An open session is told
 * DISCONNECT if that takes no waiting; call cognito_client_disconnect() before for an orderly end. Never waits for
 * the network.
 *
 * @param client A client, or NULL.
 */
void cognito_client_free(cognito_client *client);

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
 * The return code of the refusing CONNACK.
 *
 * @return -1 when there was no CONNACK.
 */
int32_t cognito_failure_connack_code(const cognito_failure *failure);

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
 * Frees a failure and its strings. Does not block.
 *
 * @param failure A failure, or NULL.
 */
void cognito_failure_free(cognito_failure *failure);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* COGNITO_CONNECT_H */
