/* Pings of the server are answered by recv alone, at any time: with the upgrade, before CONNECT, in
 * a session, between the fragments of a message, and when many come at once. */

#include "transports.h"

/* Receives when the descriptor says so, until local AWS has seen so many pongs. */
static void answer(cognito_transport *transport, long pongs) {
    uint8_t scrap[16];
    double end = now_ms() + allowed_ms(10000);
    while (local_aws_counter("websocket_pongs") < pongs && now_ms() < end) {
        if (transport_wakes(transport, 10)) {
            CHECK_INT(0, cognito_transport_recv(transport, scrap, sizeof scrap));
        }
    }
    CHECK_INT(pongs, local_aws_counter("websocket_pongs"));
    CHECK_INT(pongs, local_aws_counter("websocket_pings_sent"));
    CHECK(!transport_wakes(transport, 0));
}

static void with_the_upgrade(void) {
    check_row = "with the upgrade";
    local_aws_fault("iot.upgrade=with-first-frame");
    cognito_transport *transport = open_transport();
    answer(transport, 1);
    check_row = "before CONNECT";
    local_aws_ping("count=2&bytes=0");
    answer(transport, 3);
    cognito_transport_free(transport);
}

static void in_a_session(void) {
    check_row = "in a session";
    local_aws_reset();
    cognito_transport *transport = open_mqtt_transport();
    local_aws_ping("count=1&bytes=125");
    answer(transport, 1);
    local_aws_ping("count=500&bytes=125");
    answer(transport, 501);
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_transport_close(transport, COGNITO_WAIT_FOREVER));
    cognito_transport_free(transport);
    CHECK_INT(0, local_aws_counter("websocket_violations"));
}

/* CONNACK is cut into four. */
static void between_fragments(void) {
    check_row = "between fragments";
    local_aws_reset();
    local_aws_fault("iot.frames=fragments:1&iot.pings=between-frames");
    cognito_transport *transport = open_mqtt_transport();
    answer(transport, 4);
    cognito_transport_free(transport);
}

/* Which has not begun to leave. */
static void beside_an_unfinished_packet(void) {
    uint8_t first[] = {0xc0};
    check_row = "beside an unfinished packet";
    local_aws_reset();
    cognito_transport *transport = open_mqtt_transport();
    CHECK_INT(1, cognito_transport_send(transport, first, 1));
    local_aws_ping("count=3");
    answer(transport, 3);
    CHECK_INT(1, cognito_transport_send(transport, "", 1));
    CHECK(local_aws_wait("mqtt_packets_received=2"));
    CHECK_INT(0, local_aws_counter("split_packets"));
    cognito_transport_free(transport);
}

int main(void) {
    with_the_upgrade();
    in_a_session();
    between_fragments();
    beside_an_unfinished_packet();
    return check_result();
}
