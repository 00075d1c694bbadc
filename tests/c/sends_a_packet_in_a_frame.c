/* Whatever pieces its bytes are sent in, each MQTT packet leaves in one WebSocket frame of its own.
 * Needs --broker echo. */

#include "transports.h"

enum { PACKETS = 40, LARGEST = 70000 };

static uint8_t stream[PACKETS * (LARGEST + MQTT_OVERHEAD)], back[sizeof stream];
static size_t stream_len;

/* Packets of every form of length, and those that have nothing but their header. */
static void make_stream(size_t largest) {
    static uint8_t payload[LARGEST];
    stream_len = 0;
    for (size_t i = 0; i < PACKETS; i++) {
        const size_t sizes[] = {0, 1, 120, 125, 126, 300, 16000, 16384, LARGEST};
        size_t len = sizes[i % (sizeof sizes / sizeof sizes[0])];
        memset(payload, (int)i, sizeof payload);
        stream_len += mqtt_publish(stream + stream_len, "t", payload, len < largest ? len : 5);
        if (i % 4 == 0) {
            memcpy(stream + stream_len, mqtt_pingreq, sizeof mqtt_pingreq);
            stream_len += sizeof mqtt_pingreq;
        }
    }
}

typedef int32_t send_fn(cognito_transport *transport, const uint8_t *bytes, size_t len);

static int32_t in_single_bytes(cognito_transport *transport, const uint8_t *bytes, size_t len) {
    return len == 0 ? 0 : cognito_transport_send(transport, bytes, 1);
}
static int32_t in_pieces_of_three(cognito_transport *transport, const uint8_t *bytes, size_t len) {
    return cognito_transport_send(transport, bytes, len < 3 ? len : 3);
}
static int32_t all_at_once(cognito_transport *transport, const uint8_t *bytes, size_t len) {
    return cognito_transport_send(transport, bytes, len);
}
static int32_t at_random(cognito_transport *transport, const uint8_t *bytes, size_t len) {
    static uint64_t seed = 1;
    size_t piece = random_below(&seed, 1u << random_below(&seed, 18)) + 1;
    return cognito_transport_send(transport, bytes, len < piece ? len : piece);
}

/* Many pieces, some of them empty, with and without a place. */
static int32_t by_writev(cognito_transport *transport, const uint8_t *bytes, size_t len) {
    static uint64_t seed = 2;
    struct iovec pieces[30];
    size_t at = 0;
    for (size_t i = 0; i < 30; i++) {
        size_t piece = random_below(&seed, 1u << random_below(&seed, 12));
        piece = piece < len - at ? piece : len - at;
        pieces[i] = (struct iovec){piece == 0 && i % 2 == 0 ? NULL : (void *)(bytes + at), piece};
        at += piece;
    }
    int32_t sent = cognito_transport_writev(transport, pieces, 30);
    CHECK(sent <= (int32_t)at);
    /* Nothing to send is sent. */
    return sent == 0 && at == 0 ? cognito_transport_send(transport, bytes, 1) : sent;
}

/* Sends the stream in pieces, and receives it meanwhile, so that neither side waits for the other.
 */
static void send_stream(const char *how, send_fn *send, size_t largest) {
    check_row = how;
    make_stream(largest);
    cognito_transport *transport = open_mqtt_transport();
    local_aws_reset();
    size_t sent = 0, got = 0;
    while (got < stream_len) {
        int32_t out = sent < stream_len ? send(transport, stream + sent, stream_len - sent) : 0;
        REQUIRE(out >= 0 && (size_t)out <= stream_len - sent);
        sent += (size_t)out;
        int32_t in = cognito_transport_recv(transport, back + got, sizeof back - got);
        REQUIRE(in >= 0);
        got += (size_t)in;
        if (out == 0 && in == 0) {
            REQUIRE(transport_wakes(transport, (int)allowed_ms(10000)));
        }
    }
    CHECK_INT(stream_len, got);
    CHECK(memcmp(stream, back, stream_len) == 0);
    CHECK_INT(PACKETS + PACKETS / 4, local_aws_counter("mqtt_packets_received"));
    CHECK_INT(0, local_aws_counter("split_packets"));
    CHECK_INT(0, local_aws_counter("coalesced_packets"));
    CHECK_INT(0, local_aws_counter("websocket_violations"));
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_transport_close(transport, COGNITO_WAIT_FOREVER));
    cognito_transport_free(transport);
}

/* The beginning of a packet is kept, and nothing of it leaves before its end is there. */
static void an_unfinished_packet_waits(void) {
    uint8_t packet[100], answer[sizeof packet];
    check_row = "unfinished";
    cognito_transport *transport = open_mqtt_transport();
    local_aws_reset();
    size_t len = mqtt_publish(packet, "t", "hello", 5);
    CHECK_INT(len - 1, cognito_transport_send(transport, packet, len - 1));
    CHECK(!transport_wakes(transport, 100));
    CHECK_INT(0, local_aws_counter("mqtt_packets_received"));
    CHECK_INT(1, cognito_transport_send(transport, packet + len - 1, 1));
    transport_read(transport, answer, len);
    CHECK_INT(1, local_aws_counter("mqtt_packets_received"));
    CHECK_INT(0, local_aws_counter("split_packets"));

    /* One that is never finished does not keep the stream from its end. */
    CHECK_INT(len - 1, cognito_transport_send(transport, packet, len - 1));
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_transport_close(transport, COGNITO_WAIT_FOREVER));
    CHECK_INT(1, local_aws_counter("mqtt_packets_received"));
    CHECK_INT(1, local_aws_counter("websocket_closes"));
    cognito_transport_free(transport);
}

int main(void) {
    send_stream("in single bytes", in_single_bytes, 1000);
    send_stream("in pieces of three", in_pieces_of_three, 1000);
    send_stream("all at once", all_at_once, LARGEST + 1);
    send_stream("at random", at_random, LARGEST + 1);
    send_stream("by writev", by_writev, LARGEST + 1);
    an_unfinished_packet_waits();
    return check_result();
}
