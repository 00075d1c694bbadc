/* However the server cuts its packets into messages, frames, TLS records and TCP segments, recv
 * shows a packet when the last byte of it is there, and then all of it. Needs --broker echo. */

#include "transports.h"

enum { LARGEST = 20000, BUFFER = LARGEST + MQTT_OVERHEAD };

static uint8_t sent[BUFFER], received[BUFFER];

static size_t make_packet(uint8_t number, size_t payload_len) {
    static uint8_t payload[LARGEST];
    memset(payload, number, payload_len);
    return mqtt_publish(sent, "t", payload, payload_len);
}

/* Reads the packet with a buffer of this size. Waits at the begin only: behind a first byte there
 * is no 0 before the last. */
static void read_whole(cognito_transport *transport, size_t len, size_t buffer_len) {
    int32_t got = transport_recv(transport, received, buffer_len < len ? buffer_len : len);
    size_t done = 0;
    while (got > 0 && (done += (size_t)got) < len) {
        size_t want = buffer_len < len - done ? buffer_len : len - done;
        got = cognito_transport_recv(transport, received + done, want);
        CHECK(got > 0);
    }
    CHECK_INT(len, done);
    CHECK(memcmp(sent, received, len) == 0);
}

static void cut_by(const char *fault, const size_t *payloads, size_t count) {
    const size_t buffers[] = {BUFFER, 1, 3};
    uint8_t byte;
    check_row = fault;
    local_aws_reset();
    local_aws_fault(fault);
    cognito_transport *transport = open_mqtt_transport();
    for (size_t i = 0; i < count; i++) {
        for (size_t b = 0; b < sizeof buffers / sizeof buffers[0]; b++) {
            size_t len = make_packet((uint8_t)(16 * i + b), payloads[i]);
            transport_write(transport, sent, len);
            read_whole(transport, len, buffers[b]);
            CHECK_INT(0, cognito_transport_recv(transport, &byte, 1));
        }
    }
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_transport_close(transport, COGNITO_WAIT_FOREVER));
    cognito_transport_free(transport);
    CHECK_INT(0, local_aws_counter("split_packets"));
}

/* Packets that share a message come one after the other, also when the buffer takes them all. */
static void several_at_once(void) {
    check_row = "several at once";
    local_aws_reset();
    local_aws_fault("iot.frames=coalesce");
    cognito_transport *transport = open_mqtt_transport();
    size_t len = 0, one = make_packet(7, 100);
    for (int i = 0; i < 20; i++) {
        transport_write(transport, sent, one);
        len += one;
    }
    transport_read(transport, received, len);
    for (size_t at = 0; at < len; at += one) {
        CHECK(memcmp(received + at, sent, one) == 0);
    }
    cognito_transport_free(transport);
}

int main(void) {
    /* 0, 1 and 2 bytes of length; one TLS record and two. */
    const size_t sizes[] = {0, 1, 10, 124, 125, 300, 16381, LARGEST};
    const size_t small[] = {0, 1, 10, 124, 125, 300}, few[] = {0, 10, 20};
    cut_by("iot.frames=", sizes, 8);
    cut_by("iot.frames=bytes:1", small, 6);
    cut_by("iot.frames=fragments:1&iot.pings=between-frames", small, 6);
    cut_by("iot.frames=tls-bytes:1", small, 6);
    cut_by("iot.frames=bytes:997", sizes, 8);
    cut_by("iot.frames=random:1", sizes, 8);
    cut_by("iot.frames=random:2", sizes, 8);
    /* Each piece comes alone. */
    cut_by("iot.frames=bytes:1&iot.pace_ms=1", few, 3);
    cut_by("iot.frames=fragments:1&iot.pace_ms=1", few, 3);
    cut_by("iot.frames=tls-bytes:1&iot.pace_ms=1", few, 3);
    cut_by("iot.frames=tcp-bytes:1&iot.pace_ms=1", few, 3);
    cut_by("iot.frames=tcp-bytes:1000&iot.pace_ms=1", sizes, 8);
    several_at_once();
    return check_result();
}
