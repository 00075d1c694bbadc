/* MQTT 5 with the same functions: properties go to the server and back, a session is kept for as
 * long as it was asked for, topics become aliases unseen, and the server's reasons reach the
 * failure. Argument: mosquitto, if it is the broker. */

#include "inbox.h"

#define FOREVER COGNITO_WAIT_FOREVER

static bool is_mosquitto;

struct seen {
    int messages, without_properties;
    int64_t message_expiry_s;
    char text[6][64];
    unsigned char correlation_data[8];
    size_t correlation_len, user_property_count;
    bool payload_is_utf8;
    cognito_status change;
};

static void keep(char *place, const char *text) {
    snprintf(place, sizeof(((struct seen *)0)->text[0]), "%s", text != NULL ? text : "(null)");
}

static void on_message(cognito_client *client, const cognito_message *message, void *user_data) {
    struct seen *seen = user_data;
    const cognito_properties *properties = message->properties;
    (void)client;
    seen->messages++;
    keep(seen->text[5], message->topic);
    if (properties == NULL) {
        seen->without_properties++;
        return;
    }
    seen->payload_is_utf8 = cognito_properties_payload_is_utf8(properties);
    seen->message_expiry_s = cognito_properties_message_expiry_s(properties);
    keep(seen->text[0], cognito_properties_content_type(properties));
    keep(seen->text[1], cognito_properties_response_topic(properties));
    const void *data = cognito_properties_correlation_data(properties, &seen->correlation_len);
    if (data != NULL && seen->correlation_len <= sizeof seen->correlation_data) {
        memcpy(seen->correlation_data, data, seen->correlation_len);
    }
    seen->user_property_count = cognito_properties_user_property_count(properties);
    keep(seen->text[2], cognito_properties_user_property_name(properties, 0));
    keep(seen->text[3], cognito_properties_user_property_value(properties, 1));
    keep(seen->text[4], cognito_properties_user_property_value(properties, 2));
    /* The message is the library's: its properties are for reading. */
    seen->change =
        cognito_properties_set_message_expiry_s((cognito_properties *)(uintptr_t)properties, 1);
}

static cognito_properties *all_properties(void) {
    cognito_properties *properties = NULL;
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_properties_new(&properties));
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_properties_set_payload_is_utf8(properties, true));
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_properties_set_message_expiry_s(properties, 600));
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_properties_set_content_type(properties, "text/plain"));
    CHECK_STATUS(COGNITO_STATUS_OK,
                 cognito_properties_set_response_topic(properties, "five/answer"));
    CHECK_STATUS(COGNITO_STATUS_OK,
                 cognito_properties_set_correlation_data(properties, "\0\xff\x7f", 3));
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_properties_add_user_property(properties, "k", "first"));
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_properties_add_user_property(properties, "k",
                                                                         "gr\xc3\xb6\xc3\x9f"
                                                                         "er"));
    return properties;
}

static cognito_config *config_of_5(const char *client_id) {
    cognito_config *config = local_aws_config();
    CHECK_STATUS(COGNITO_STATUS_OK,
                 cognito_config_set_mqtt_version(config, COGNITO_MQTT_VERSION_V5));
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_config_set_client_id(config, client_id));
    if (is_mosquitto) {
        /* rumqttd 0.20 gives the topics of a wildcard one alias for all. */
        CHECK_STATUS(COGNITO_STATUS_OK, cognito_config_set_topic_alias_maximum(config, 4));
    }
    return config;
}

static cognito_status publish(cognito_client *client, const char *topic, int32_t qos,
                              const cognito_properties *properties) {
    return cognito_client_publish(client, topic, "x", 1, qos, false, properties, FOREVER, NULL,
                                  NULL);
}

static void carries_properties(cognito_client *client) {
    static struct seen seen;
    cognito_properties *properties = all_properties();
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_subscribe(client, "five/+", 1, on_message, &seen,
                                                             FOREVER, NULL, NULL));
    for (int32_t qos = 0; qos <= 1; qos++) {
        memset(&seen, 0, sizeof seen);
        CHECK_STATUS(COGNITO_STATUS_OK, publish(client, "five/properties", qos, properties));
        CHECK(inbox_wait(client, &seen.messages, 1));
        CHECK(seen.payload_is_utf8);
        CHECK(seen.message_expiry_s > 590 && seen.message_expiry_s <= 600);
        CHECK(strcmp(seen.text[0], "text/plain") == 0);
        CHECK(strcmp(seen.text[1], "five/answer") == 0);
        CHECK_INT(3, seen.correlation_len);
        CHECK(memcmp(seen.correlation_data, "\0\xff\x7f", 3) == 0);
        CHECK_INT(2, seen.user_property_count);
        CHECK(strcmp(seen.text[2], "k") == 0);
        CHECK(strcmp(seen.text[3], "gr\xc3\xb6\xc3\x9f"
                                   "er") == 0);
        CHECK(strcmp(seen.text[4], "(null)") == 0);
        CHECK_STATUS(COGNITO_STATUS_INVALID_ARGUMENT, seen.change);
    }
    cognito_properties_free(properties);
    /* None, and the same topics again, which are aliases by now where the server takes them. */
    memset(&seen, 0, sizeof seen);
    for (int i = 0; i < 40; i++) {
        char topic[32];
        snprintf(topic, sizeof topic, "five/topic-%d", i % 13);
        CHECK_STATUS(COGNITO_STATUS_OK, publish(client, topic, 1, NULL));
        CHECK(inbox_wait(client, &seen.messages, i + 1));
        check_row = seen.text[5];
        CHECK_CONTAINS(topic, seen.text[5]);
    }
    CHECK_INT(40, seen.without_properties);
    CHECK_STATUS(COGNITO_STATUS_OK,
                 cognito_client_unsubscribe(client, "five/+", FOREVER, NULL, NULL));
}

static void refuses_wrong_values(cognito_client *client) {
    cognito_properties *properties = NULL;
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_properties_new(&properties));
    CHECK_STATUS(COGNITO_STATUS_INVALID_ARGUMENT,
                 cognito_properties_set_message_expiry_s(properties, -2));
    CHECK_CONTAINS("message_expiry_s", cognito_last_error());
    CHECK_STATUS(COGNITO_STATUS_INVALID_ARGUMENT,
                 cognito_properties_set_will_delay_s(properties, INT64_C(4294967296)));
    CHECK_CONTAINS("will_delay_s", cognito_last_error());
    CHECK_STATUS(COGNITO_STATUS_INVALID_ARGUMENT,
                 cognito_properties_set_content_type(properties, "a\x01"));
    CHECK_CONTAINS("content_type", cognito_last_error());
    CHECK_STATUS(COGNITO_STATUS_INVALID_ARGUMENT,
                 cognito_properties_set_response_topic(properties, "a/#"));
    CHECK_CONTAINS("response_topic", cognito_last_error());
    CHECK_STATUS(COGNITO_STATUS_INVALID_ARGUMENT,
                 cognito_properties_set_correlation_data(properties, NULL, 1));
    CHECK_CONTAINS("correlation_data", cognito_last_error());
    CHECK_STATUS(COGNITO_STATUS_INVALID_ARGUMENT,
                 cognito_properties_add_user_property(properties, "name", NULL));
    CHECK_CONTAINS("value", cognito_last_error());
    CHECK(cognito_properties_content_type(properties) == NULL);
    CHECK_INT(0, cognito_properties_user_property_count(properties));
    CHECK(cognito_properties_correlation_data(properties, NULL) == NULL);

    CHECK_STATUS(COGNITO_STATUS_OK, cognito_properties_set_will_delay_s(properties, 5));
    CHECK_STATUS(COGNITO_STATUS_INVALID_ARGUMENT, publish(client, "five/x", 1, properties));
    CHECK_CONTAINS("will delay", cognito_last_error());
    cognito_properties_free(properties);
}

/* What no packet has room for is refused by the call, and never goes round between connections. */
static void refuses_what_cannot_be_sent(cognito_client *client) {
    static char value[60001], payload[65536];
    memset(value, 'x', 60000);
    cognito_properties *properties = NULL;
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_properties_new(&properties));
    for (int i = 0; i < 2; i++) {
        CHECK_STATUS(COGNITO_STATUS_OK,
                     cognito_properties_add_user_property(properties, "name", value));
    }
    CHECK_STATUS(COGNITO_STATUS_INVALID_ARGUMENT,
                 cognito_properties_add_user_property(properties, "name", value));
    CHECK_CONTAINS("largest packet", cognito_last_error());
    CHECK_INT(2, cognito_properties_user_property_count(properties));
    CHECK_STATUS(COGNITO_STATUS_INVALID_ARGUMENT,
                 cognito_client_publish(client, "five/x", payload, sizeof payload, 1, false,
                                        properties, 0, NULL, NULL));
    CHECK_CONTAINS("PUBLISH of", cognito_last_error());
    cognito_config *config = local_aws_config();
    CHECK_STATUS(
        COGNITO_STATUS_INVALID_ARGUMENT,
        cognito_config_set_will(config, "five/will", payload, 65535, 1, false, properties));
    CHECK_CONTAINS("will of", cognito_last_error());
    cognito_config_free(config);
    cognito_properties_free(properties);
    CHECK_STATUS(COGNITO_STATUS_OK, publish(client, "five/x", 1, NULL));
}

/* What only MQTT 5 has is refused with MQTT 3.1.1, by name. */
static void needs_mqtt_5(void) {
    cognito_properties *properties = all_properties();
    cognito_client *client = NULL;
    cognito_config *config = local_aws_config();
    CHECK_STATUS(COGNITO_STATUS_INVALID_ARGUMENT, cognito_config_set_mqtt_version(config, 3));
    CHECK_CONTAINS("mqtt_version", cognito_last_error());
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_config_set_session_expiry_s(config, 60));
    CHECK_STATUS(COGNITO_STATUS_INVALID_CONFIG,
                 cognito_client_new(config, NULL, NULL, NULL, &client));
    CHECK_CONTAINS("session_expiry_s", cognito_last_error());
    cognito_config_free(config);
    config = local_aws_config();
    CHECK_STATUS(COGNITO_STATUS_INVALID_ARGUMENT, cognito_config_set_receive_maximum(config, 0));
    CHECK_STATUS(COGNITO_STATUS_INVALID_ARGUMENT,
                 cognito_config_set_topic_alias_maximum(config, 65536));
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_config_set_receive_maximum(config, 1));
    CHECK_STATUS(COGNITO_STATUS_INVALID_CONFIG,
                 cognito_client_new(config, NULL, NULL, NULL, &client));
    CHECK_CONTAINS("receive_maximum", cognito_last_error());
    cognito_config_free(config);

    static struct inbox inbox;
    client = inbox_client(local_aws_config(), &inbox);
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_connect(client, FOREVER));
    CHECK_STATUS(COGNITO_STATUS_INVALID_ARGUMENT, publish(client, "five/x", 1, properties));
    CHECK_CONTAINS("cognito_config_set_mqtt_version", cognito_last_error());
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_disconnect(client, FOREVER));
    cognito_client_free(client);
    cognito_properties_free(properties);
}

/* A message that comes while nobody is connected is there when the session is taken up again. */
static void keeps_a_session(void) {
    static struct seen seen;
    static struct inbox inbox, other;
    cognito_config *config = config_of_5("test-5-kept");
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_config_set_clean_session(config, false));
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_config_set_session_expiry_s(config, 120));
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_config_set_receive_maximum(config, 2));
    cognito_client *client = inbox_client(config, &inbox);
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_connect(client, FOREVER));
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_subscribe(client, "kept/5", 1, on_message, &seen,
                                                             FOREVER, NULL, NULL));
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_disconnect(client, FOREVER));
    cognito_client *sender = inbox_client(config_of_5("test-5-sends"), &other);
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_connect(sender, FOREVER));
    for (int i = 0; i < 5; i++) {
        CHECK_STATUS(COGNITO_STATUS_OK, publish(sender, "kept/5", 1, NULL));
    }
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_disconnect(sender, FOREVER));
    cognito_client_free(sender);
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_connect(client, FOREVER));
    CHECK(inbox_wait(client, &seen.messages, 5));
    CHECK(inbox.event[inbox.events - 1].session_present);
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_disconnect(client, FOREVER));
    inbox_check_events(&inbox);
    cognito_client_free(client);
}

static char lost_reason[64], lost_hint[256];
static int32_t lost_code;
static int lost_count;

static void on_event(cognito_client *client, const cognito_event *event, void *user_data) {
    (void)client;
    (void)user_data;
    if (event->kind == COGNITO_EVENT_KIND_DISCONNECTED && event->failure != NULL) {
        CHECK_STATUS(COGNITO_STATUS_DISCONNECTED_BY_SERVER, event->status);
        lost_code = cognito_failure_reason_code(event->failure);
        snprintf(lost_reason, sizeof lost_reason, "%s",
                 cognito_failure_reason_string(event->failure));
        snprintf(lost_hint, sizeof lost_hint, "%s", cognito_failure_hint(event->failure));
        lost_count++;
    }
}

/* A second device with the same client identifier, as AWS IoT Core tells of it. */
static void says_who_took_over(void) {
    static struct inbox other;
    cognito_client *client = NULL;
    cognito_config *config = config_of_5("test-5-twice");
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_new(config, NULL, on_event, NULL, &client));
    cognito_config_free(config);
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_connect(client, FOREVER));
    cognito_client *second = inbox_client(config_of_5("test-5-twice"), &other);
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_connect(second, FOREVER));
    for (int i = 0; i < 100 && lost_count == 0; i++) {
        cognito_status status = cognito_client_process(client, 100);
        CHECK(status == COGNITO_STATUS_OK || status == COGNITO_STATUS_DISCONNECTED_BY_SERVER);
    }
    CHECK_INT(1, lost_count);
    CHECK_INT(0x8e, lost_code);
    CHECK(strcmp(lost_reason, "DUPLICATE_CLIENT_ID") == 0);
    CHECK_CONTAINS("test-5-twice", lost_hint);
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_disconnect(second, FOREVER));
    cognito_client_free(second);
    cognito_client_free(client);
}

/* A refusing CONNACK: the codes of MQTT 5 are the same causes as those of MQTT 3.1.1. */
static void tells_refusals_apart(void) {
    static const struct {
        int code;
        cognito_status status;
    } refusals[] = {{0x84, COGNITO_STATUS_CONNACK_PROTOCOL_VERSION},
                    {0x85, COGNITO_STATUS_CONNACK_IDENTIFIER_REJECTED},
                    {0x86, COGNITO_STATUS_CONNACK_BAD_USER_NAME_OR_PASSWORD},
                    {0x87, COGNITO_STATUS_CONNACK_NOT_AUTHORIZED},
                    {0x88, COGNITO_STATUS_CONNACK_SERVER_UNAVAILABLE},
                    {0x89, COGNITO_STATUS_CONNACK_SERVER_UNAVAILABLE},
                    {0x97, COGNITO_STATUS_CONNACK_SERVER_UNAVAILABLE},
                    {0x9f, COGNITO_STATUS_CONNACK_SERVER_UNAVAILABLE},
                    {0x8a, COGNITO_STATUS_CONNACK_REFUSED},
                    {0xff, COGNITO_STATUS_CONNACK_REFUSED}};
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        static struct inbox inbox;
        char fault[64];
        cognito_failure *failure = NULL;
        snprintf(fault, sizeof fault, "iot.connack=code:%d", refusals[i].code);
        check_row = fault;
        local_aws_reset();
        local_aws_fault(fault);
        cognito_client *client = inbox_client(config_of_5("test-5"), &inbox);
        CHECK_STATUS(refusals[i].status, cognito_client_connect(client, FOREVER));
        CHECK_STATUS(COGNITO_STATUS_OK, cognito_last_failure(&failure));
        CHECK_INT(refusals[i].code, cognito_failure_reason_code(failure));
        cognito_failure_free(failure);
        cognito_client_free(client);
    }
    local_aws_reset();
    check_row = NULL;
}

int main(int argc, char **argv) {
    is_mosquitto = argc > 1 && strcmp(argv[1], "mosquitto") == 0;
    static struct inbox inbox;
    cognito_client *client = inbox_client(config_of_5("test-5"), &inbox);
    REQUIRE(cognito_client_connect(client, FOREVER) == COGNITO_STATUS_OK);
    CHECK_INT(1, local_aws_counter("connects_v5"));
    carries_properties(client);
    refuses_wrong_values(client);
    refuses_what_cannot_be_sent(client);
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_disconnect(client, FOREVER));
    inbox_check_events(&inbox);
    cognito_client_free(client);
    needs_mqtt_5();
    keeps_a_session();
    says_who_took_over();
    tells_refusals_apart();
    return check_result();
}
