/* What is sent has to be MQTT packets of up to 256 KiB: the largest goes both ways, and what is
 * more, or none, ends the stream, behind what was sent before. Needs --broker echo. */

#include "transports.h"

enum { LARGEST = 256 * 1024 - 1 };

static uint8_t packet[LARGEST + MQTT_OVERHEAD], back[sizeof packet];

static void the_largest(void) {
    static uint8_t payload[LARGEST];
    check_row = "the largest";
    memset(payload, 'x', sizeof payload);
    cognito_transport *transport = open_mqtt_transport();
    /* Header, four bytes of length of which one is not needed, and the topic. */
    size_t len = mqtt_publish(packet, "t", payload, LARGEST - 4 - 3);
    CHECK_INT(LARGEST, len);
    size_t sent = 0, got = 0;
    while (got < len) {
        int32_t out = sent < len ? cognito_transport_send(transport, packet + sent, len - sent) : 0;
        int32_t in = cognito_transport_recv(transport, back + got, len - got);
        REQUIRE(out >= 0 && in >= 0);
        sent += (size_t)out;
        got += (size_t)in;
        REQUIRE(out > 0 || in > 0 || transport_wakes(transport, (int)allowed_ms(10000)));
    }
    CHECK(memcmp(packet, back, len) == 0);
    CHECK_INT(0, local_aws_counter("split_packets"));
    cognito_transport_free(transport);
}

static void refused(const char *name, const char *bytes, size_t len, const char *says) {
    uint8_t byte;
    check_row = name;
    local_aws_reset();
    cognito_transport *transport = open_mqtt_transport();
    transport_write(transport, mqtt_pingreq, sizeof mqtt_pingreq);
    CHECK_STATUS(COGNITO_STATUS_INVALID_ARGUMENT, cognito_transport_send(transport, bytes, len));
    CHECK_CONTAINS(says, cognito_last_error());
    for (int i = 0; i < 3; i++) {
        CHECK_STATUS(COGNITO_STATUS_INVALID_ARGUMENT, cognito_transport_send(transport, "\xc0", 1));
    }
    CHECK(!cognito_transport_is_open(transport));
    CHECK_STATUS(COGNITO_STATUS_INVALID_ARGUMENT, transport_broken(transport));
    CHECK_STATUS(COGNITO_STATUS_INVALID_ARGUMENT, cognito_transport_recv(transport, &byte, 1));
    CHECK(transport_wakes(transport, 0));
    CHECK(local_aws_wait("mqtt_packets_received=2"));

    /* It is as good as new. */
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_transport_close(transport, COGNITO_WAIT_FOREVER));
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_transport_open(transport, COGNITO_WAIT_FOREVER));
    CHECK_INT(0, cognito_transport_recv(transport, &byte, 1));
    cognito_transport_free(transport);
}

/* What was whole before it counts, and the next call says what was wrong. */
static void behind_what_is_good(void) {
    const uint8_t bytes[] = {0xc0, 0, 0xc0, 0, 0x30, 0xff, 0xff, 0xff, 0xff, 1};
    check_row = "behind what is good";
    local_aws_reset();
    cognito_transport *transport = open_mqtt_transport();
    int32_t taken = cognito_transport_send(transport, bytes, sizeof bytes);
    CHECK(taken >= 4 && taken < (int32_t)sizeof bytes);
    CHECK_STATUS(COGNITO_STATUS_INVALID_ARGUMENT,
                 cognito_transport_send(transport, bytes + taken, sizeof bytes - (size_t)taken));
    CHECK(local_aws_wait("mqtt_packets_received=3"));
    cognito_transport_free(transport);
}

int main(void) {
    the_largest();
    refused("five bytes of length", "\x30\xff\xff\xff\xff", 5, "length");
    refused("a byte too many", "\x30\xfc\xff\x0f", 4, "262144");
    refused("the largest of MQTT", "\x30\xff\xff\xff\x7f", 5, "268435460");
    behind_what_is_good();
    return check_result();
}
