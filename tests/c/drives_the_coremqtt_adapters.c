/* The adapters, driven as coreMQTT does it: the type of a packet and each byte of its length read
 * alone, where a 0 between them ends the session; or all that is there into the rest of a buffer.
 */

#include "coremqtt_interface.h"
#include "local_aws.h"

#include <poll.h>

static cognito_transport *transport;
static transport_interface interface;

static const unsigned char connect_packet[] = "\x10\x12\0\4MQTT\4\2\0\x3c\0\6test-1";
static const unsigned char subscribe_packet[] = "\x82\x0b\0\1\0\6test/a\1";

static int32_t recv_when_readable(void *buffer, size_t len) {
    struct pollfd readable = {.fd = cognito_transport_fd(transport), .events = POLLIN};
    int32_t received = 0;
    /* A wake-up for each byte of a frame is in order; without an end they are not. */
    for (int wakes = 0; received == 0; wakes++) {
        REQUIRE(wakes < 10000 && poll(&readable, 1, 10000) == 1);
        received = interface.recv(interface.context, buffer, len);
    }
    return received;
}

/* MQTT_GetIncomingPacketTypeAndLength and the rest of the packet. Gives its type. */
static unsigned char read_packet(unsigned char *body, size_t *body_len) {
    unsigned char type = 0, byte = 0;
    size_t shift = 0;
    *body_len = 0;
    REQUIRE(recv_when_readable(&type, 1) == 1);
    do {
        REQUIRE(interface.recv(interface.context, &byte, 1) == 1);
        *body_len |= (size_t)(byte & 0x7f) << shift;
        shift += 7;
    } while ((byte & 0x80) != 0);
    for (size_t got = 0; got < *body_len;) {
        int32_t received = interface.recv(interface.context, body + got, *body_len - got);
        REQUIRE(received > 0);
        got += (size_t)received;
    }
    return type;
}

static void send_byte_by_byte(const unsigned char *packet, size_t len) {
    for (size_t i = 0; i < len; i++) {
        REQUIRE(interface.send(interface.context, packet + i, 1) == 1);
    }
}

static void open_and_connect(bool in_pieces) {
    static unsigned char body[64];
    size_t len = sizeof connect_packet - 1, body_len = 0;
    struct TransportOutVector pieces[3] = {
        {connect_packet, 12}, {connect_packet + 12, 2}, {connect_packet + 14, len - 14}};
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_transport_open(transport, COGNITO_WAIT_FOREVER));
    if (in_pieces) {
        CHECK_INT(len, interface.writev(interface.context, pieces, 3));
    } else {
        send_byte_by_byte(connect_packet, len);
    }
    CHECK_INT(0x20, read_packet(body, &body_len));
    CHECK(body_len == 2 && body[0] == 0 && body[1] == 0);
}

/* SUBACK, then a PUBLISH of 300 bytes to itself, and PINGRESP. */
static void talks_to_itself(void) {
    static unsigned char publish[3 + 8 + 300], body[sizeof publish];
    size_t body_len = 0;
    memcpy(publish, "\x30\xb4\x02\0\6test/a", 11); /* a remaining length of 308 */
    memset(publish + 11, 'x', 300);
    CHECK_INT(13, interface.send(interface.context, subscribe_packet, 13));
    CHECK_INT(0x90, read_packet(body, &body_len));
    struct TransportOutVector pieces[3] = {{publish, 1}, {publish + 1, 10}, {publish + 11, 300}};
    CHECK_INT(sizeof publish, interface.writev(interface.context, pieces, 3));
    CHECK_INT(0x30, read_packet(body, &body_len) & 0xf0);
    CHECK(body_len >= 308 && memcmp(body + body_len - 300, publish + 11, 300) == 0);
    send_byte_by_byte((const unsigned char *)"\xc0", 2);
    CHECK_INT(0xd0, read_packet(body, &body_len));
    CHECK_INT(0, body_len);
}

/* ProcessLoop: into the rest of the buffer, as much as there is, and 0 is no end. */
static void reads_into_the_rest_of_a_buffer(void) {
    unsigned char buffer[256];
    size_t index = 0;
    for (int i = 0; i < 3; i++) {
        send_byte_by_byte((const unsigned char *)"\xc0", 2);
    }
    while (index < 6) {
        int32_t received = recv_when_readable(buffer + index, sizeof buffer - index);
        REQUIRE(received > 0);
        index += (size_t)received;
    }
    CHECK(index == 6 && memcmp(buffer, "\xd0\0\xd0\0\xd0", 6) == 0);
    CHECK_INT(0, interface.recv(interface.context, buffer, sizeof buffer));
}

static void is_negative_for_ever_after_the_end(void) {
    unsigned char byte = 0;
    local_aws_drop("service=iot&how=fin");
    int32_t end = recv_when_readable(&byte, 1);
    CHECK_STATUS(COGNITO_STATUS_SESSION_CLOSED, end);
    for (int i = 0; i < 3; i++) {
        CHECK_STATUS(end, interface.recv(interface.context, &byte, 1));
        CHECK_STATUS(end, interface.send(interface.context, &byte, 1));
    }
}

int main(void) {
    /* With a pause, or the pieces arrive together and no packet is ever incomplete. */
    static const char *const faults[] = {
        "", "iot.frames=bytes:1&iot.pace_ms=1", "iot.frames=fragments:1&iot.pace_ms=1",
        "iot.frames=tls-bytes:1&iot.pace_ms=1", "iot.frames=coalesce&iot.pace_ms="};
    cognito_config *config = local_aws_config();
    REQUIRE(cognito_transport_new(config, NULL, &transport) == COGNITO_STATUS_OK);
    interface = COREMQTT_INTERFACE(transport);
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        check_row = faults[i];
        local_aws_fault(i == 0 ? "iot.frames=" : faults[i]);
        open_and_connect(i % 2 == 0);
        talks_to_itself();
        reads_into_the_rest_of_a_buffer();
        is_negative_for_ever_after_the_end();
    }
    CHECK_INT(0, local_aws_counter("split_packets"));
    CHECK_INT(0, local_aws_counter("coalesced_packets"));
    CHECK_INT(0, local_aws_counter("websocket_violations"));
    cognito_transport_free(transport);
    cognito_config_free(config);
    return check_result();
}
