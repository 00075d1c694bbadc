/* A close sends what waits, says Close, close_notify and FIN in this order, waits for the server's
 * part, and for no longer than it is told or 5 seconds when the server does not do it. */

#include "flow.h"

#include <pthread.h>

static const char *const in_order = "websocket_closes=1&iot_close_notify=1&iot_fin=1";

static void is_closed(cognito_transport *transport) {
    uint8_t byte;
    CHECK(!cognito_transport_is_open(transport));
    CHECK_STATUS(COGNITO_STATUS_INVALID_STATE, cognito_transport_recv(transport, &byte, 1));
    CHECK(!transport_wakes(transport, 0));
    CHECK(local_aws_wait("open_connections_at_most=0"));
    CHECK_INT(0, local_aws_counter("iot_rst"));
    cognito_transport_free(transport);
}

static void begun_with_wait_0(void) {
    check_row = "wait_ms 0";
    local_aws_reset();
    cognito_transport *transport = open_mqtt_transport();
    cognito_status status = cognito_transport_close(transport, 0);
    CHECK(status == COGNITO_STATUS_IN_PROGRESS || status == COGNITO_STATUS_OK);
    uint8_t byte = 0xc0;
    CHECK_STATUS(COGNITO_STATUS_INVALID_STATE, cognito_transport_send(transport, &byte, 1));
    while (status == COGNITO_STATUS_IN_PROGRESS) {
        CHECK_STATUS(COGNITO_STATUS_INVALID_STATE, cognito_transport_open(transport, 0));
        CHECK(!cognito_transport_is_open(transport));
        CHECK(transport_wakes(transport, (int)allowed_ms(10000)));
        status = cognito_transport_close(transport, 0);
    }
    CHECK_STATUS(COGNITO_STATUS_OK, status);
    CHECK(local_aws_wait(in_order));
    is_closed(transport);
}

/* The server reads nothing until the close has begun; all that send took arrives. */
static void sends_what_waits(void) {
    static struct flow out;
    static uint8_t piece[60000];
    check_row = "what waits";
    local_aws_reset();
    cognito_transport *transport = open_mqtt_transport();
    stop_the_server_reading();
    flow_begin(&out, 7, 20000);
    long packets = 1; /* CONNECT */
    int32_t sent = 1;
    while (sent > 0) {
        size_t len = flow_left(&out);
        if (len == 0) {
            flow_make(&out, piece, 1);
            len = 1 + flow_left(&out);
            flow_make(&out, piece + 1, len - 1);
            packets++;
        }
        for (size_t done = 0; done < len && sent > 0; done += (size_t)sent) {
            sent = cognito_transport_send(transport, piece + done, len - done);
            REQUIRE(sent >= 0);
        }
    }
    packets--; /* the one that was not taken to its end */
    CHECK_STATUS(COGNITO_STATUS_IN_PROGRESS, cognito_transport_close(transport, 100));
    local_aws_fault("iot.reading=");
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_transport_close(transport, COGNITO_WAIT_FOREVER));
    printf("%ld packets\n", packets);
    CHECK_INT(packets, local_aws_counter("mqtt_packets_received"));
    CHECK_INT(0, local_aws_counter("split_packets"));
    CHECK(local_aws_wait(in_order));
    is_closed(transport);
}

/* A server that does not do its part. */
static void bounded(const char *fault, int32_t wait_ms, double at_most_ms,
                    cognito_status expected) {
    check_row = fault;
    local_aws_reset();
    cognito_transport *transport = open_mqtt_transport();
    if (strstr(fault, "reading") != NULL) {
        stop_the_server_reading();
    }
    local_aws_fault(fault);
    local_aws_ping("bytes=1"); /* what has come is no hindrance */
    double start = now_ms();
    CHECK_STATUS(expected, cognito_transport_close(transport, wait_ms));
    double took_ms = now_ms() - start;
    printf("%-28s %7.1f ms\n", fault, took_ms);
    CHECK(took_ms <= allowed_ms(at_most_ms));
    cognito_transport_free(transport);
    local_aws_reset();
    CHECK(local_aws_wait("open_connections_at_most=0"));
}

static void *cancel(void *transport) {
    REQUIRE(local_aws_wait("websocket_closes=1"));
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_transport_cancel(transport));
    return NULL;
}

/* And then nothing is open any more. */
static void cancelled(void) {
    pthread_t thread;
    check_row = "cancelled";
    local_aws_reset();
    cognito_transport *transport = open_mqtt_transport();
    local_aws_fault("iot.end=no-close-answer");
    REQUIRE(pthread_create(&thread, NULL, cancel, transport) == 0);
    double start = now_ms();
    CHECK_STATUS(COGNITO_STATUS_CANCELLED,
                 cognito_transport_close(transport, COGNITO_WAIT_FOREVER));
    CHECK(now_ms() - start < allowed_ms(1000));
    REQUIRE(pthread_join(thread, NULL) == 0);
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_transport_close(transport, 0));
    is_closed(transport);
}

int main(void) {
    begun_with_wait_0();
    sends_what_waits();
    bounded("iot.end=", COGNITO_WAIT_FOREVER, 1000, COGNITO_STATUS_OK);
    bounded("iot.end=no-close-answer", COGNITO_WAIT_FOREVER, 5100, COGNITO_STATUS_OK);
    bounded("iot.end=no-fin", COGNITO_WAIT_FOREVER, 5100, COGNITO_STATUS_OK);
    bounded("iot.reading=paused", COGNITO_WAIT_FOREVER, 5100, COGNITO_STATUS_OK);
    bounded("iot.end=no-close-answer", 300, 400, COGNITO_STATUS_IN_PROGRESS);
    cancelled();
    return check_result();
}
