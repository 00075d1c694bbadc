/* In a build without features, what needs one is refused by name, and a device connects without. */

#include "local_aws.h"

/* The call before was refused for this feature. */
static void check_left_out(const char *what, const char *option) {
    CHECK_CONTAINS(what, cognito_last_error());
    CHECK_CONTAINS(option, cognito_last_error());
}

static void mqtt_5(cognito_config *config) {
    CHECK_STATUS(COGNITO_STATUS_NOT_BUILT,
                 cognito_config_set_mqtt_version(config, COGNITO_MQTT_VERSION_V5));
    check_left_out("MQTT 5", "COGNITO_CONNECT_MQTT5=ON");
    CHECK_STATUS(COGNITO_STATUS_OK,
                 cognito_config_set_mqtt_version(config, COGNITO_MQTT_VERSION_V3_1_1));
    CHECK_STATUS(COGNITO_STATUS_INVALID_ARGUMENT, cognito_config_set_mqtt_version(config, 6));
    CHECK_STATUS(COGNITO_STATUS_NOT_BUILT, cognito_config_set_session_expiry_s(config, 60));
    CHECK_STATUS(COGNITO_STATUS_NOT_BUILT, cognito_config_set_receive_maximum(config, 10));
    CHECK_STATUS(COGNITO_STATUS_NOT_BUILT, cognito_config_set_topic_alias_maximum(config, 10));

    cognito_properties *properties = (cognito_properties *)config;
    CHECK_STATUS(COGNITO_STATUS_NOT_BUILT, cognito_properties_new(&properties));
    CHECK(properties == NULL);
    CHECK_STATUS(COGNITO_STATUS_NOT_BUILT,
                 cognito_properties_set_content_type(properties, "text/plain"));
    CHECK_STATUS(
        COGNITO_STATUS_NOT_BUILT,
        cognito_config_set_will(config, "t", "x", 1, 0, false, (const cognito_properties *)config));
    check_left_out("MQTT 5", "COGNITO_CONNECT_MQTT5=ON");
    CHECK(cognito_properties_content_type(properties) == NULL);
    CHECK_INT(0, cognito_properties_user_property_count(properties));
    cognito_properties_free(properties);
}

static void proxy(cognito_config *config) {
    CHECK_STATUS(COGNITO_STATUS_NOT_BUILT, cognito_config_set_proxy(config, "127.0.0.1", 3128));
    check_left_out("proxy", "COGNITO_CONNECT_PROXY=ON");
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_config_set_proxy(config, NULL, 0));
    CHECK_STATUS(COGNITO_STATUS_NOT_BUILT,
                 cognito_config_set_proxy_credentials(config, "user", "password"));
}

static void trace(const cognito_config *config) {
    cognito_client *client = NULL;
    REQUIRE(cognito_client_new(config, NULL, NULL, NULL, &client) == COGNITO_STATUS_OK);
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_connect(client, COGNITO_WAIT_FOREVER));
    cognito_trace *trace = (cognito_trace *)client;
    CHECK_STATUS(COGNITO_STATUS_NOT_BUILT, cognito_client_trace(client, &trace));
    CHECK(trace == NULL);
    check_left_out("the trace", "COGNITO_CONNECT_TRACE=ON");
    CHECK_INT(0, cognito_trace_count(trace));
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_disconnect(client, COGNITO_WAIT_FOREVER));
    cognito_client_free(client);

    cognito_transport *transport = NULL;
    CHECK_STATUS(COGNITO_STATUS_NOT_BUILT, cognito_transport_trace(transport, &trace));
}

int main(void) {
    cognito_config *config = local_aws_config();
    mqtt_5(config);
    proxy(config);
    trace(config);
    cognito_config_free(config);
    return check_result();
}
