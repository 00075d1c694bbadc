/* A server that does not read for a while makes send say 0 and nothing else: memory is bounded, the
 * descriptor is quiet until there is room, and nothing is lost. Needs --broker echo. */

#include "flow.h"

#include <malloc.h>

enum { PIECE = 60000, MOST = 64 * 1024 * 1024 };

static struct flow out, in;
static uint8_t piece[PIECE], received[PIECE];
static size_t piece_len, piece_sent;

/* What this program has from malloc. */
static size_t heap(void) { return mallinfo2().uordblks + mallinfo2().hblkhd; }

/* Sends of the flow what is taken now; false when nothing was. */
static bool send_some(cognito_transport *transport, size_t next_len) {
    if (piece_sent == piece_len) {
        flow_make(&out, piece, next_len);
        piece_len = next_len;
        piece_sent = 0;
    }
    int32_t sent = cognito_transport_send(transport, piece + piece_sent, piece_len - piece_sent);
    REQUIRE(sent >= 0);
    piece_sent += (size_t)sent;
    return sent > 0;
}

/* Until the buffers of the system have grown as far as they do. The descriptor says that there is
 * room when a good part of the socket is free, as it does for any socket; a little is taken before.
 */
static void fill(cognito_transport *transport) {
    do {
        while (send_some(transport, sizeof piece)) {
            REQUIRE(out.total < MOST);
        }
        CHECK_INT(0, cognito_transport_recv(transport, received, sizeof received));
    } while (transport_wakes(transport, (int)allowed_ms(100)) ||
             send_some(transport, sizeof piece));
}

/* It is said again and again, and costs nothing. */
static void stays_full(cognito_transport *transport) {
    size_t before = heap();
    for (int i = 0; i < 1000; i++) {
        CHECK(!send_some(transport, sizeof piece));
        struct iovec rest = {piece + piece_sent, piece_len - piece_sent};
        CHECK_INT(0, cognito_transport_writev(transport, &rest, 1));
        CHECK_INT(0, cognito_transport_recv(transport, received, 1));
    }
    CHECK(heap() <= before);
    CHECK(!transport_wakes(transport, 100));
    CHECK(cognito_transport_is_open(transport));
}

/* To the end of the packet that is under way, and until all has come back. */
static void go_on(cognito_transport *transport) {
    bool more = true;
    while (more || in.total < out.total) {
        if (more && piece_sent == piece_len && flow_left(&out) == 0) {
            more = false;
        }
        size_t left = flow_left(&out);
        bool moved = more && send_some(transport, left < sizeof piece ? left : sizeof piece);
        int32_t got = cognito_transport_recv(transport, received, sizeof received);
        REQUIRE(got >= 0 && flow_check(&in, received, (size_t)got));
        REQUIRE(moved || got > 0 || transport_wakes(transport, (int)allowed_ms(10000)));
    }
}

int main(void) {
    cognito_transport *transport = open_mqtt_transport();
    REQUIRE(cognito_transport_fd(transport) >= 0);
    flow_begin(&out, 1, 100000);
    flow_begin(&in, 1, 100000);
    size_t before = heap();
    for (int round = 0; round < 3; round++) {
        stop_the_server_reading();
        fill(transport);
        size_t more = heap() - before;
        printf("%llu bytes taken while the server did not read, %zu bytes of memory\n",
               (unsigned long long)(out.total - in.total), more);
        CHECK(more < 512 * 1024);
        stays_full(transport);
        local_aws_fault("iot.reading=");
        CHECK(transport_wakes(transport, (int)allowed_ms(10000)));
        go_on(transport);
        piece_len = piece_sent = 0;
    }
    CHECK_INT(0, local_aws_counter("split_packets"));
    CHECK_INT(0, local_aws_counter("coalesced_packets"));
    size_t after = heap();
    printf("%ld bytes of memory more when it is over\n", (long)after - (long)before);
    CHECK(after < before + 512 * 1024);
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_transport_close(transport, COGNITO_WAIT_FOREVER));
    cognito_transport_free(transport);
    return check_result();
}
