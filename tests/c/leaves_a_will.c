/* The will is published when the session ends without DISCONNECT, and not when it ends with it;
 * with MQTT 5 it has its properties. Argument: mosquitto, if it is the broker. */

#include "inbox.h"

#define FOREVER COGNITO_WAIT_FOREVER

static char content_type[64];

static void on_message(cognito_client *client, const cognito_message *message, void *inbox) {
    inbox_message(client, message, inbox);
    const char *is = NULL;
    if (message->properties != NULL) {
        is = cognito_properties_content_type(message->properties);
    }
    snprintf(content_type, sizeof content_type, "%s", is != NULL ? is : "");
}

static cognito_client *mortal(int32_t version, struct inbox *events) {
    cognito_config *config = local_aws_config();
    cognito_properties *properties = NULL;
    if (version == COGNITO_MQTT_VERSION_V5) {
        CHECK_STATUS(COGNITO_STATUS_OK, cognito_properties_new(&properties));
        CHECK_STATUS(COGNITO_STATUS_OK,
                     cognito_properties_set_content_type(properties, "text/will"));
        CHECK_STATUS(COGNITO_STATUS_OK, cognito_properties_set_will_delay_s(properties, 0));
    }
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_config_set_client_id(config, "test-mortal"));
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_config_set_mqtt_version(config, version));
    CHECK_STATUS(COGNITO_STATUS_OK,
                 cognito_config_set_will(config, "last/will", "gone", 4, 1, false, properties));
    cognito_properties_free(properties);
    return inbox_client(config, events);
}

static void leaves_it(int32_t version) {
    static struct inbox events, heir_events, messages;
    check_row = version == COGNITO_MQTT_VERSION_V5 ? "MQTT 5" : "MQTT 3.1.1";
    memset(&events, 0, sizeof events);
    memset(&messages, 0, sizeof messages);
    cognito_config *config = local_aws_config();
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_config_set_client_id(config, "test-heir"));
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_config_set_mqtt_version(config, version));
    cognito_client *heir = inbox_client(config, &heir_events);
    REQUIRE(cognito_client_connect(heir, FOREVER) == COGNITO_STATUS_OK);
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_subscribe(heir, "last/+", 1, on_message,
                                                             &messages, FOREVER, NULL, NULL));

    cognito_client *client = mortal(version, &events);
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_connect(client, FOREVER));
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_disconnect(client, FOREVER));
    cognito_client_free(client);
    /* Whatever comes of an end in order comes before this. */
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_publish(heir, "last/word", "x", 1, 1, false,
                                                           NULL, FOREVER, NULL, NULL));
    CHECK(inbox_wait(heir, &messages.messages, 1));
    CHECK(strcmp(messages.topic[0], "last/word") == 0);

    /* The one with the same client identifier ends the first, which says nothing any more. */
    client = mortal(version, &events);
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_connect(client, FOREVER));
    cognito_client *again = mortal(version, &events);
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_connect(again, FOREVER));
    CHECK(inbox_wait(heir, &messages.messages, 2));
    CHECK(strcmp(messages.topic[1], "last/will") == 0 && strcmp(messages.payload[1], "gone") == 0);
    CHECK_INT(1, messages.qos);
    CHECK(strcmp(content_type, version == COGNITO_MQTT_VERSION_V5 ? "text/will" : "") == 0);
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_disconnect(again, FOREVER));
    cognito_client_free(again);
    cognito_client_free(client);
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_disconnect(heir, FOREVER));
    cognito_client_free(heir);
}

int main(void) {
    leaves_it(COGNITO_MQTT_VERSION_V3_1_1);
    leaves_it(COGNITO_MQTT_VERSION_V5);
    return check_result();
}
