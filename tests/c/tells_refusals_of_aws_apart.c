/* Each refusal of Cognito and of IoT Core has a status, a stage and a reason of its own. */

#include "refusals.h"

static void unknown_identity(cognito_config *config) {
    REQUIRE(cognito_config_set_identity(config, "us-east-1:01234567-89ab-cdef-0123-456789abcdef") ==
            COGNITO_STATUS_OK);
}

static void other_region(cognito_config *config) {
    REQUIRE(cognito_config_set_signing_region(config, "eu-west-1") == COGNITO_STATUS_OK);
}

static void forbidden_client_id(cognito_config *config) {
    REQUIRE(cognito_config_set_client_id(config, "forbidden-1") == COGNITO_STATUS_OK);
}

static const struct refusal refusals[] = {
    {"unknown identity", unknown_identity, COGNITO_STATUS_COGNITO_IDENTITY_NOT_FOUND,
     COGNITO_STAGE_COGNITO, 400, -1, "Identity 'us-east-1:01234567"},
    AT_COGNITO("cognito.response=throttled", COGNITO_THROTTLED, 400, "Rate exceeded"),
    AT_COGNITO("cognito.response=throttled-429", COGNITO_THROTTLED, 429, "Rate exceeded"),
    AT_COGNITO("cognito.response=not-authorized", COGNITO_NOT_AUTHORIZED, 400,
               "Access to Identity is forbidden."),
    AT_COGNITO("cognito.response=invalid-pool-configuration", COGNITO_POOL_CONFIGURATION, 400,
               "Check assigned IAM roles for this pool."),
    AT_COGNITO("cognito.response=internal-error", COGNITO_UNAVAILABLE, 500, "Internal error"),
    AT_COGNITO("cognito.response=unavailable", COGNITO_UNAVAILABLE, 503, "503"),
    AT_COGNITO("cognito.response=html", COGNITO_MALFORMED, ANY_HTTP_STATUS, "Cognito"),
    AT_COGNITO("cognito.response=redirect", COGNITO_MALFORMED, ANY_HTTP_STATUS, "302"),
    AT_COGNITO("cognito.response=malformed-json", COGNITO_MALFORMED, ANY_HTTP_STATUS, "Cognito"),
    AT_COGNITO("cognito.response=missing-fields", COGNITO_MALFORMED, ANY_HTTP_STATUS, "Cognito"),
    AT_COGNITO("cognito.response=no-expiration", COGNITO_MALFORMED, ANY_HTTP_STATUS, "Expiration"),
    AT_COGNITO("cognito.response=empty", COGNITO_MALFORMED, ANY_HTTP_STATUS, "Cognito"),
    AT_COGNITO("cognito.response=truncated", CONNECTION_LOST, ANY_HTTP_STATUS, "Cognito"),

    {"another region", other_region, COGNITO_STATUS_UPGRADE_WRONG_REGION, COGNITO_STAGE_UPGRADE,
     403, -1, "'eu-west-1' is not 'us-east-1'"},
    AT_UPGRADE("iot.clock_offset_s=-900", UPGRADE_CLOCK_SKEWED, 403, "Signature not yet current"),
    AT_UPGRADE("iot.clock_offset_s=900", UPGRADE_CLOCK_SKEWED, 403, "Signature expired"),
    AT_UPGRADE("iot.upgrade=refuse", UPGRADE_REFUSED, 403, "Forbidden"),
    AT_UPGRADE("iot.upgrade=refuse-chunked", UPGRADE_REFUSED, 403, "Forbidden"),
    AT_UPGRADE("iot.upgrade=refuse-late-body:1000", UPGRADE_REFUSED, 403, "Forbidden"),
    AT_UPGRADE("iot.upgrade=status:429", UPGRADE_REFUSED, 429, "A fault was asked for."),
    AT_UPGRADE("iot.upgrade=status:500", UPGRADE_REFUSED, 500, "A fault was asked for."),
    AT_UPGRADE("iot.upgrade=html", UPGRADE_REFUSED, 200, "200"),
    AT_UPGRADE("iot.upgrade=wrong-accept", UPGRADE_MALFORMED, ANY_HTTP_STATUS,
               "Sec-WebSocket-Accept"),
    AT_UPGRADE("iot.upgrade=no-accept", UPGRADE_MALFORMED, ANY_HTTP_STATUS, "Sec-WebSocket-Accept"),
    AT_UPGRADE("iot.upgrade=no-subprotocol", UPGRADE_MALFORMED, ANY_HTTP_STATUS, "mqtt"),
    AT_UPGRADE("iot.upgrade=wrong-subprotocol", UPGRADE_MALFORMED, ANY_HTTP_STATUS, "mqtt"),

    {"forbidden client id", forbidden_client_id, COGNITO_STATUS_CLOSED_BEFORE_CONNACK,
     COGNITO_STAGE_CONNACK, 0, -1, "iot:Connect"},
    AT_CONNACK("iot.connect=close", CLOSED_BEFORE_CONNACK, -1, "iot:Connect"),
    AT_CONNACK("iot.connect=ws-close:1008", CLOSED_BEFORE_CONNACK, -1, "1008"),
    AT_CONNACK("iot.connack=code:1", CONNACK_PROTOCOL_VERSION, 1, "protocol version"),
    AT_CONNACK("iot.connack=code:2", CONNACK_IDENTIFIER_REJECTED, 2, "identifier"),
    AT_CONNACK("iot.connack=code:3", CONNACK_SERVER_UNAVAILABLE, 3, "unavailable"),
    AT_CONNACK("iot.connack=code:4", CONNACK_BAD_USER_NAME_OR_PASSWORD, 4, "user name"),
    AT_CONNACK("iot.connack=code:5", CONNACK_NOT_AUTHORIZED, 5, "not authorized"),
    AT_CONNACK("iot.connack=code:6", CONNACK_REFUSED, 6, "6"),
    AT_CONNACK("iot.connack=code:7", CONNACK_REFUSED, 7, "7"),
    AT_CONNACK("iot.connack=code:255", CONNACK_REFUSED, 255, "255"),
    AT_CONNACK("iot.connack=garbage", MQTT_PROTOCOL, -1, "MQTT"),
    AT_CONNACK("iot.connack=text-frame", WEBSOCKET_PROTOCOL, -1, "text"),
    AT_CONNACK("iot.connack=other-packet", MQTT_PROTOCOL, -1, "CONNACK"),
    AT_CONNACK("iot.connack=reserved-flags", MQTT_PROTOCOL, -1, "flags"),
    AT_CONNACK("iot.connack=trailing-bytes", MQTT_PROTOCOL, -1, "length"),
    AT_CONNACK("iot.connack=session-present-on-refusal", MQTT_PROTOCOL, -1, "session"),
};

/* What is unusual and nevertheless right. */
static const char *const no_refusals[] = {
    "cognito.response=chunked",
    "cognito.response=close-delimited",
    "cognito.response=continue-100",
    "cognito.response=drip:0",
    "cognito.response=other-identity",
    "cognito.clock_offset_s=40000000&iot.clock_offset_s=40000000",
    "iot.upgrade=with-first-frame",
    "iot.connack=session-present",
    "iot.connack=extra-ping",
    "iot.frames=bytes:1",
    "iot.frames=fragments:1",
    "iot.frames=tls-bytes:1"};

int main(void) {
    check_refusals(refusals, sizeof refusals / sizeof refusals[0]);

    for (size_t i = 0; i < sizeof no_refusals / sizeof no_refusals[0]; i++) {
        cognito_config *config = local_aws_config();
        check_row = no_refusals[i];
        local_aws_reset();
        local_aws_fault(no_refusals[i]);
        CHECK_STATUS(COGNITO_STATUS_OK, attempt_connect(config).status);
        cognito_config_free(config);
    }
    return check_result();
}
