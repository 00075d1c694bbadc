/*
 * The descriptor is readable whenever recv has something, wherever that is: in the socket, inside
 * TLS, in a WebSocket frame or behind the end of the last buffer. When recv has said 0 it is quiet
 * until something new comes, and it does not spin. Needs --broker echo. Arguments: how many bytes,
 * and a seed, which is printed.
 */

#include "flow.h"

#include <sys/epoll.h>
#include <unistd.h>

static struct flow out, in;
static uint8_t buffer[FLOW_LARGEST];
static uint64_t seed;

/* With an epoll of its own around the descriptor, as an event loop has it. */
static bool wakes(int epoll, int timeout_ms) {
    struct epoll_event event;
    int count = epoll_wait(epoll, &event, 1, timeout_ms);
    REQUIRE(count >= 0);
    return count == 1;
}

static int epoll_around(cognito_transport *transport) {
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event readable = {.events = EPOLLIN};
    REQUIRE(epoll >= 0);
    REQUIRE(epoll_ctl(epoll, EPOLL_CTL_ADD, cognito_transport_fd(transport), &readable) == 0);
    return epoll;
}

/* Sends a burst of packets, whole at its end. */
static void send_burst(cognito_transport *transport) {
    for (uint32_t packets = random_below(&seed, 8) + 1; packets > 0; packets--) {
        flow_make(&out, buffer, 1);
        transport_write(transport, buffer, 1);
        while (flow_left(&out) > 0) {
            size_t len = random_below(&seed, (uint32_t)flow_left(&out)) + 1;
            flow_make(&out, buffer, len);
            transport_write(transport, buffer, len);
        }
    }
}

/* One recv a wake-up at the most, so that what a buffer leaves behind has to wake again. */
static void receive_burst(cognito_transport *transport, int epoll) {
    while (in.total < out.total) {
        uint32_t size = 1u << random_below(&seed, 18);
        if (!wakes(epoll, (int)allowed_ms(10000))) {
            check_failed(__FILE__, __LINE__, "silent, and %llu bytes are missing; recv gives %d",
                         (unsigned long long)(out.total - in.total),
                         (int)cognito_transport_recv(transport, buffer, sizeof buffer));
            exit(check_result());
        }
        int32_t got = cognito_transport_recv(transport, buffer, size < sizeof buffer ? size : 100);
        REQUIRE(got >= 0 && flow_check(&in, buffer, (size_t)got));
        /* The rest of a packet is inside, as packets show whole. */
        CHECK(flow_left(&in) == 0 || wakes(epoll, 0));
    }
    CHECK_INT(0, cognito_transport_recv(transport, buffer, sizeof buffer));
    CHECK(!wakes(epoll, 0));
}

/* Bursts over one connection after another; the descriptor stays the same. */
static void bursts(const char *fault, uint64_t bytes, size_t largest) {
    check_row = fault;
    cognito_transport *transport = local_aws_transport();
    int fd = cognito_transport_fd(transport), epoll = epoll_around(transport);
    for (int connection = 0; connection < 3; connection++) {
        uint8_t connect[MQTT_OVERHEAD];
        size_t len = mqtt_connect(connect, "test-bursts");
        CHECK(!wakes(epoll, 0));
        local_aws_reset();
        local_aws_fault(fault);
        REQUIRE(cognito_transport_open(transport, COGNITO_WAIT_FOREVER) == COGNITO_STATUS_OK);
        CHECK_INT(fd, cognito_transport_fd(transport));
        transport_write(transport, connect, len);
        transport_read(transport, connect, sizeof mqtt_connack);
        flow_begin(&out, seed, largest);
        flow_begin(&in, seed, largest);
        while (in.total < bytes / 3) {
            send_burst(transport);
            receive_burst(transport, epoll);
        }
        CHECK(!wakes(epoll, 100));
        CHECK_STATUS(COGNITO_STATUS_OK, cognito_transport_close(transport, COGNITO_WAIT_FOREVER));
    }
    close(epoll);
    cognito_transport_free(transport);
}

/* Bytes that make no packet yet may wake, each once. */
static void does_not_spin(void) {
    static uint8_t packet[2000 + MQTT_OVERHEAD], payload[2000];
    check_row = "byte by byte";
    local_aws_reset();
    local_aws_fault("iot.frames=tcp-bytes:10&iot.pace_ms=2");
    cognito_transport *transport = open_mqtt_transport();
    int epoll = epoll_around(transport), wakeups = 0;
    size_t len = mqtt_publish(packet, "t", payload, sizeof payload);
    transport_write(transport, packet, len);
    int32_t got = 0;
    while (got == 0) {
        REQUIRE(wakes(epoll, (int)allowed_ms(10000)));
        got = cognito_transport_recv(transport, packet, sizeof packet);
        wakeups++;
    }
    CHECK_INT(len, got);
    printf("%d wake-ups for a packet in %d pieces\n", wakeups, (int)len / 10);
    CHECK(wakeups > 10 && wakeups <= (int)(len + 100) / 10 + 2);
    close(epoll);
    cognito_transport_free(transport);
}

int main(int argc, char **argv) {
    REQUIRE(argc == 3);
    uint64_t bytes = strtoull(argv[1], NULL, 10);
    seed = strtoull(argv[2], NULL, 10);
    printf("seed %llu\n", (unsigned long long)seed);
    bursts("iot.frames=random:1", bytes, 50000);
    bursts("iot.frames=coalesce", bytes / 32, 5000);
    bursts("iot.frames=tls-bytes:100", bytes / 4, 5000);
    bursts("iot.frames=bytes:7&iot.pings=between-frames", bytes / 32, 5000);
    does_not_spin();
    return check_result();
}
