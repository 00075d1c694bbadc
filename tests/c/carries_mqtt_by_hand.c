/* A whole MQTT exchange over a transport, by hand: CONNECT, SUBSCRIBE, a PUBLISH to itself,
 * DISCONNECT, and an end in order, as the server sees them. */

#include "transports.h"

#include <unistd.h>

static void exchange(cognito_transport *transport, const char *topic) {
    const uint8_t suback[] = {0x90, 3, 0, 1, 0};
    uint8_t packet[MQTT_OVERHEAD + 300], answer[sizeof packet], payload[300];
    size_t len = mqtt_subscribe(packet, topic);
    CHECK_INT(0, cognito_transport_recv(transport, answer, sizeof answer));
    CHECK_INT(len, cognito_transport_send(transport, packet, len));
    transport_read(transport, answer, sizeof suback);
    CHECK(memcmp(answer, suback, sizeof suback) == 0);
    for (size_t payload_len = 0; payload_len <= sizeof payload; payload_len += 50) {
        memset(payload, (int)payload_len, payload_len);
        len = mqtt_publish(packet, topic, payload, payload_len);
        CHECK_INT(len, cognito_transport_send(transport, packet, len));
        CHECK_INT(len, transport_recv(transport, answer, sizeof answer));
        CHECK(memcmp(answer, packet, len) == 0);
    }
    CHECK_INT(2, cognito_transport_send(transport, mqtt_disconnect, sizeof mqtt_disconnect));
}

static void is_not_open(cognito_transport *transport) {
    uint8_t byte = 0xc0;
    CHECK(!cognito_transport_is_open(transport));
    CHECK_STATUS(COGNITO_STATUS_INVALID_STATE, cognito_transport_recv(transport, &byte, 1));
    CHECK_STATUS(COGNITO_STATUS_INVALID_STATE, cognito_transport_send(transport, &byte, 1));
    CHECK_STATUS(COGNITO_STATUS_INVALID_STATE,
                 cognito_transport_writev(transport, &(struct iovec){&byte, 1}, 1));
    CHECK_CONTAINS("cognito_transport_open", cognito_last_error());
}

int main(void) {
    char topic[32];
    snprintf(topic, sizeof topic, "by-hand/%d", (int)getpid());
    cognito_transport *transport = local_aws_transport();
    check_row = "before it is open";
    is_not_open(transport);
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_transport_close(transport, COGNITO_WAIT_FOREVER));
    cognito_transport_free(transport);

    check_row = "open";
    transport = open_mqtt_transport();
    CHECK(cognito_transport_is_open(transport));
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_transport_open(transport, COGNITO_WAIT_FOREVER));
    exchange(transport, topic);
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_transport_close(transport, COGNITO_WAIT_FOREVER));

    check_row = "closed";
    is_not_open(transport);
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_transport_close(transport, COGNITO_WAIT_FOREVER));
    cognito_transport_free(transport);

    CHECK(local_aws_wait("open_connections_at_most=0"));
    const char *const once[] = {"iot_accepted",     "iot_sni_seen", "sigv4_valid",
                                "connects_v4",      "connacks",     "disconnects",
                                "websocket_closes", "iot_fin",      "iot_close_notify"};
    for (size_t i = 0; i < sizeof once / sizeof once[0]; i++) {
        check_row = once[i];
        CHECK_INT(1, local_aws_counter(once[i]));
    }
    const char *const never[] = {"iot_rst",           "cognito_rst",
                                 "split_packets",     "packets_before_connack",
                                 "coalesced_packets", "websocket_violations"};
    for (size_t i = 0; i < sizeof never / sizeof never[0]; i++) {
        check_row = never[i];
        CHECK_INT(0, local_aws_counter(never[i]));
    }
    return check_result();
}
