/*
 * What is sent in random pieces comes back from an echo byte for byte, over as many MiB as the
 * first argument says; the second is a seed, which is printed. "loop" as the third: one thread does
 * both, as its descriptor tells; "threads": one sends while another receives. Needs --broker echo.
 */

#define _POSIX_C_SOURCE 200809L

#include "flow.h"

#include <pthread.h>

static cognito_transport *transport;
static struct flow out, in;
static uint64_t bytes, seed;

/* What is on its way out: a piece of the flow, by send, or cut once more by writev. */
static uint8_t piece[200000];
static size_t piece_len, piece_sent;
static bool is_complete;

static void next_piece(void) {
    piece_sent = 0;
    is_complete = out.total >= bytes && flow_left(&out) == 0;
    if (is_complete) {
        piece_len = 0;
        return;
    }
    piece_len = random_below(&seed, 1u << random_below(&seed, 18)) + 1;
    if (out.total >= bytes) {
        piece_len = flow_left(&out);
    }
    flow_make(&out, piece, piece_len);
}

/* How many bytes were taken. */
static int32_t send_some(void) {
    if (piece_sent == piece_len) {
        next_piece();
    }
    if (is_complete) {
        return 0;
    }
    uint8_t *rest = piece + piece_sent;
    size_t len = piece_len - piece_sent, cut = random_below(&seed, (uint32_t)len);
    struct iovec two[] = {{rest, cut}, {rest + cut, len - cut}};
    int32_t sent = random_below(&seed, 4) == 0 ? cognito_transport_writev(transport, two, 2)
                                               : cognito_transport_send(transport, rest, len);
    REQUIRE(sent >= 0 && (size_t)sent <= len);
    piece_sent += (size_t)sent;
    return sent;
}

static int32_t receive_some(uint64_t *random) {
    static uint8_t buffer[1 << 17];
    uint32_t len = random_below(random, 1u << random_below(random, 18)) + 1;
    int32_t got = cognito_transport_recv(transport, buffer, len);
    REQUIRE(got >= 0);
    REQUIRE(flow_check(&in, buffer, (size_t)got));
    return got;
}

static void in_a_loop(void) {
    while (!is_complete || in.total < out.total) {
        int32_t sent = send_some(), got = receive_some(&seed);
        if (sent == 0 && got == 0 && (!is_complete || in.total < out.total)) {
            REQUIRE(transport_wakes(transport, (int)allowed_ms(30000)));
        }
    }
}

static void *send_all(void *unused) {
    while (!is_complete) {
        if (send_some() == 0 && !is_complete) {
            /* The other thread may be quicker to see that there is room. */
            transport_wakes(transport, 5);
        }
    }
    return unused;
}

static void on_threads(void) {
    pthread_t sender;
    uint64_t random = seed + 1;
    REQUIRE(pthread_create(&sender, NULL, send_all, NULL) == 0);
    while (in.total < bytes) {
        if (receive_some(&random) == 0) {
            REQUIRE(transport_wakes(transport, (int)allowed_ms(30000)));
        }
    }
    REQUIRE(pthread_join(sender, NULL) == 0);
    while (in.total < out.total) {
        if (receive_some(&random) == 0) {
            REQUIRE(transport_wakes(transport, (int)allowed_ms(30000)));
        }
    }
}

int main(int argc, char **argv) {
    REQUIRE(argc == 4);
    bytes = strtoull(argv[1], NULL, 10) << 20;
    seed = strtoull(argv[2], NULL, 10);
    printf("seed %llu\n", (unsigned long long)seed);
    flow_begin(&out, seed, FLOW_LARGEST);
    flow_begin(&in, seed, FLOW_LARGEST);
    local_aws_fault("iot.frames=random:1");
    transport = open_mqtt_transport();
    double start = now_ms();
    if (strcmp(argv[3], "loop") == 0) {
        in_a_loop();
    } else {
        on_threads();
    }
    double seconds = (now_ms() - start) / 1e3, mib = (double)in.total / (1 << 20);
    printf("%.1f MiB each way, %.1f MiB/s\n", mib, mib / seconds);
    CHECK(in.total == out.total && in.total >= bytes);
    CHECK_INT(0, cognito_transport_recv(transport, piece, sizeof piece));
    CHECK_INT(0, local_aws_counter("split_packets"));
    CHECK_INT(0, local_aws_counter("coalesced_packets"));
    CHECK_INT(0, local_aws_counter("websocket_violations"));
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_transport_close(transport, COGNITO_WAIT_FOREVER));
    cognito_transport_free(transport);
    return check_result();
}
