/* Pongs for which the socket has no room go out as soon as it has: the descriptor says so, though
 * nothing comes. */

#define _POSIX_C_SOURCE 200809L

#include "proc.h"
#include "transports.h"

#include <poll.h>

enum { PIECE = 2000, PINGS = 300 };

static uint8_t packet[MQTT_OVERHEAD + PIECE];

/* Sends until the server takes no more, and the socket has a last piece. */
static void fill_the_server(cognito_transport *transport) {
    static uint8_t payload[PIECE];
    size_t len = mqtt_publish(packet, "p", payload, sizeof payload);
    do {
        CHECK_INT(len, cognito_transport_send(transport, packet, len));
        for (double end = now_ms() + 300; proc_unsent() > 0 && now_ms() < end;) {
            poll(NULL, 0, 1);
        }
    } while (proc_unsent() == 0);
}

int main(void) {
    char pings[64], scrap[16];
    cognito_transport *transport = open_mqtt_transport();
    /* No room for as many pongs as there will be. */
    proc_send_buffers(16 * 1024);
    stop_the_server_reading();
    fill_the_server(transport);
    CHECK(!transport_wakes(transport, 0));

    snprintf(pings, sizeof pings, "count=%d&bytes=125", PINGS);
    local_aws_ping(pings);
    CHECK(transport_wakes(transport, (int)allowed_ms(10000)));
    /* All of them at once. */
    poll(NULL, 0, 300);
    CHECK_INT(0, cognito_transport_recv(transport, scrap, sizeof scrap));
    CHECK(!transport_wakes(transport, 100));
    CHECK_INT(0, local_aws_counter("websocket_pongs"));

    local_aws_fault("iot.reading=");
    while (local_aws_counter("websocket_pongs") < PINGS &&
           transport_wakes(transport, (int)allowed_ms(5000))) {
        CHECK_INT(0, cognito_transport_recv(transport, scrap, sizeof scrap));
    }
    CHECK(local_aws_wait("websocket_pongs=300"));
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_transport_close(transport, COGNITO_WAIT_FOREVER));
    cognito_transport_free(transport);
    return check_result();
}
