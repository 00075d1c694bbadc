/* Publish, subscribe and unsubscribe refuse what AWS IoT Core or MQTT would end the connection for,
 * before anything is sent, and name the argument. */

#include "inbox.h"

static cognito_client *client;

static void refused(const char *field, cognito_status status) {
    CHECK_STATUS(COGNITO_STATUS_INVALID_ARGUMENT, status);
    CHECK_CONTAINS(field, cognito_last_error());
}

static cognito_status publish(const char *topic, size_t payload_len, int32_t qos) {
    static const char payload[128 * 1024 + 1];
    return cognito_client_publish(client, topic, payload, payload_len, qos, false, NULL, 0, NULL,
                                  NULL);
}

static cognito_status subscribe(const char *filter, int32_t qos, cognito_message_fn on_message) {
    return cognito_client_subscribe(client, filter, qos, on_message, NULL, 0, NULL, NULL);
}

int main(void) {
    static struct inbox events;
    static char large[65536];
    char long_topic[258];
    memset(long_topic, 'x', 257);
    long_topic[257] = '\0';
    client = inbox_client(local_aws_config(), &events);
    REQUIRE(cognito_client_connect(client, COGNITO_WAIT_FOREVER) == COGNITO_STATUS_OK);
    local_aws_reset();

    const char *const both[] = {NULL, "", long_topic, "1/2/3/4/5/6/7/8/9", "a\x01", "\xff"};
    for (size_t i = 0; i < sizeof both / sizeof both[0]; i++) {
        check_row = both[i] != NULL ? both[i] : "NULL";
        refused("topic", publish(both[i], 1, 0));
        refused("filter", subscribe(both[i], 0, inbox_message));
        refused("filter", cognito_client_unsubscribe(client, both[i], 0, NULL, NULL));
    }
    refused("topic", publish("a/+", 1, 0));
    refused("topic", publish("a/#", 1, 0));
    refused("filter", subscribe("a/b+", 0, inbox_message));
    refused("filter", subscribe("a/#/b", 0, inbox_message));
    refused("filter", subscribe("$share/group", 0, inbox_message));

    check_row = "other arguments";
    refused("qos", publish("a", 1, 2));
    CHECK_CONTAINS("AWS IoT Core", cognito_last_error());
    refused("qos", publish("a", 1, -1));
    refused("qos", subscribe("a", 2, inbox_message));
    refused("on_message", subscribe("a", 1, NULL));
    refused("payload_len", publish("a", 128 * 1024 + 1, 0));
    refused("payload", cognito_client_publish(client, "a", NULL, 1, 0, false, NULL, 0, NULL, NULL));
    refused("wait_ms", cognito_client_publish(client, "a", "x", 1, 0, false, NULL, -2, NULL, NULL));
    refused("on_complete", cognito_client_publish(client, "a", "x", 1, 0, false, NULL, 1,
                                                  inbox_completion, &events));
    refused("timeout_ms", cognito_client_process(client, -2));

    check_row = "settings";
    cognito_config *config = local_aws_config();
    refused("ping_timeout_ms", cognito_config_set_ping_timeout_ms(config, 0));
    refused("ping_timeout_ms", cognito_config_set_ping_timeout_ms(config, 600001));
    refused("user_name", cognito_config_set_user_name(config, ""));
    refused("user_name", cognito_config_set_user_name(config, "a\nb"));
    refused("topic", cognito_config_set_will(config, "a/#", "x", 1, 0, false, NULL));
    refused("qos", cognito_config_set_will(config, "a", "x", 1, 2, false, NULL));
    refused("payload_len",
            cognito_config_set_will(config, "a", large, sizeof large, 0, false, NULL));
    refused("min_ms", cognito_config_set_reconnect_ms(config, 0, 1));
    refused("max_ms", cognito_config_set_reconnect_ms(config, 2, 1));
    refused("messages", cognito_config_set_queue_max(config, 0, 1));
    refused("bytes", cognito_config_set_queue_max(config, 1, 0));
    cognito_config_free(config);

    check_row = "what is allowed";
    CHECK_STATUS(COGNITO_STATUS_OK, subscribe("1/2/3/4/5/6/7/8", 0, inbox_message));
    CHECK_STATUS(COGNITO_STATUS_OK, publish("$aws/rules/name/1/2/3/4/5/6/7/8", 0, 0));
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_process(client, 50));
    CHECK(cognito_client_is_connected(client));
    CHECK_INT(1, local_aws_counter("publishes"));
    CHECK_INT(1, local_aws_counter("subscribes"));
    cognito_client_free(client);
    return check_result();
}
