/* When the socket is full, the adapters take a packet later, or a part of what is asked; coreMQTT
 * goes on where they stopped, and each packet arrives whole and in one frame. Another thread
 * receives meanwhile. Needs --broker echo. */

#include "coremqtt_interface.h"
#include "flow.h"

#include <poll.h>
#include <pthread.h>

enum { PACKETS = 800, ZEROS = 50 };

static struct flow out, in;
static transport_interface interface;
static cognito_transport *transport;
static long zeros;

/* The server reads again once the socket has been full for a while. */
static void count(int32_t sent, size_t asked) {
    REQUIRE(sent >= 0 && (size_t)sent <= asked);
    zeros += sent == 0;
    if (sent == 0 && zeros == ZEROS) {
        local_aws_fault("iot.reading=");
    }
    if (sent == 0 && zeros > ZEROS) {
        poll(NULL, 0, 1);
    }
}

/* As sendMessageVector of coreMQTT. */
static void send_vector(struct TransportOutVector *vector, size_t len) {
    while (len > 0) {
        size_t asked = 0;
        for (size_t i = 0; i < len; i++) {
            asked += vector[i].iov_len;
        }
        int32_t sent = interface.writev(interface.context, vector, len);
        count(sent, asked);
        size_t left = (size_t)sent;
        while (len > 0 && left >= vector->iov_len) {
            left -= vector->iov_len;
            vector++;
            len--;
        }
        if (left > 0) {
            vector->iov_base = (const uint8_t *)vector->iov_base + left;
            vector->iov_len -= left;
        }
    }
}

/* As sendBuffer of coreMQTT. */
static void send_buffer(const uint8_t *bytes, size_t len) {
    while (len > 0) {
        int32_t sent = interface.send(interface.context, bytes, len);
        count(sent, len);
        bytes += sent;
        len -= (size_t)sent;
    }
}

static void *receive(void *total) {
    static uint8_t bytes[4096];
    while (in.total < *(const uint64_t *)total) {
        int32_t got = interface.recv(interface.context, bytes, sizeof bytes);
        REQUIRE(got >= 0 && flow_check(&in, bytes, (size_t)got));
        REQUIRE(got > 0 || transport_wakes(transport, (int)allowed_ms(10000)));
    }
    return NULL;
}

/* How much the flow has after so many packets. */
static uint64_t total_of(int packets) {
    static struct flow flow;
    uint8_t first;
    flow_begin(&flow, 1, FLOW_LARGEST);
    for (int i = 0; i < packets; i++) {
        static uint8_t rest[FLOW_LARGEST + MQTT_OVERHEAD];
        flow_make(&flow, &first, 1);
        flow_make(&flow, rest, flow_left(&flow));
    }
    return flow.total;
}

int main(void) {
    static uint8_t packet[FLOW_LARGEST + MQTT_OVERHEAD];
    pthread_t receiver;
    transport = open_mqtt_transport();
    interface = COREMQTT_INTERFACE(transport);
    REQUIRE(cognito_transport_fd(transport) >= 0);
    stop_the_server_reading();
    flow_begin(&out, 1, FLOW_LARGEST);
    flow_begin(&in, 1, FLOW_LARGEST);
    uint64_t total = total_of(PACKETS);
    REQUIRE(pthread_create(&receiver, NULL, receive, &total) == 0);
    for (int i = 0; i < PACKETS; i++) {
        flow_make(&out, packet, 1);
        size_t len = 1 + flow_left(&out);
        flow_make(&out, packet + 1, len - 1);
        if (i % 2 == 0) {
            struct TransportOutVector pieces[3] = {{packet, 1}, {packet + 1, len / 2}, {NULL, 0}};
            pieces[2] = (struct TransportOutVector){packet + 1 + len / 2, len - 1 - len / 2};
            send_vector(pieces, 3);
        } else {
            send_buffer(packet, len);
        }
    }
    REQUIRE(pthread_join(receiver, NULL) == 0);
    printf("%llu bytes; %ld times there was no room\n", (unsigned long long)in.total, zeros);
    CHECK(zeros >= ZEROS);
    CHECK_INT(0, local_aws_counter("split_packets"));
    CHECK_INT(0, local_aws_counter("coalesced_packets"));
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_transport_close(transport, COGNITO_WAIT_FOREVER));
    cognito_transport_free(transport);
    return check_result();
}
