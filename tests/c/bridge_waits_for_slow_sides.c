/* What a client does not read, or the server does not take, waits outside of the bridge, whose
 * memory does not grow; and nothing is lost. Argument: the bridge. Runs with a broker that keeps
 * what a slow client is to get. */

#define _POSIX_C_SOURCE 200809L

#include "bridge_peer.h"

#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

/* More than all sockets on the way hold, and AWS's largest payload. With less memory the kernel's
 * TCP is slow for so much, and may need seconds for a packet. */
enum { PACKETS = 512, PAYLOAD = 128 * 1024, BOUND_KIB = 2 * 1024 };

static struct bridge_process bridge;

static void check_memory(long before_kib) {
    long now_kib = proc_status(bridge.pid, "VmRSS"), most_kib = proc_status(bridge.pid, "VmHWM");
    printf("%s: %ld KiB more, at most %ld KiB more\n", check_row, now_kib - before_kib,
           most_kib - before_kib);
    CHECK(most_kib - before_kib < BOUND_KIB);
}

static void check_no_spinning(void) {
    double computed_ms = bridge_computes_ms(&bridge);
    printf("%s: %.1f ms of computing in 500 ms\n", check_row, computed_ms);
    CHECK(computed_ms < 100);
}

static void waits_for_a_client(void) {
    check_row = "a client that does not read";
    int reader = peer_session(&bridge, "test-slow", NULL);
    peer_subscribe(reader, "slow/topic");
    int publisher = peer_session(&bridge, "test-fast", NULL);
    long before_kib = proc_status(bridge.pid, "VmRSS");
    for (int i = 0; i < PACKETS; i++) {
        peer_publish(publisher, "slow/topic", PAYLOAD - (size_t)i);
    }
    peer_disconnect(publisher);
    CHECK_INT(PEER_END, peer_read(publisher));
    check_memory(before_kib);
    check_no_spinning();

    size_t length_of_topic = 2 + strlen("slow/topic");
    for (int i = 0; i < PACKETS; i++) {
        REQUIRE(peer_gets(reader, "slow/topic"));
        CHECK_INT(length_of_topic + PAYLOAD - (size_t)i, peer_packet_len);
    }
    check_memory(before_kib);
    peer_disconnect(reader);
    CHECK_INT(PEER_END, peer_read(reader));
    close(publisher);
    close(reader);
}

static void waits_for_the_server(void) {
    check_row = "a server that does not read";
    int publisher = peer_session(&bridge, "test-fast", NULL);
    long before_kib = proc_status(bridge.pid, "VmRSS");
    local_aws_drop("service=iot&how=stall");

    static const unsigned char packet[3 + 2 + 1 + 16378] = {0x30, 0xfd, 0x7f, 0, 1, 't'};
    size_t sent = 0, most = (size_t)PACKETS * PAYLOAD;
    struct pollfd room = {.fd = publisher, .events = POLLOUT};
    while (sent < most && poll(&room, 1, (int)allowed_ms(1000)) > 0) {
        size_t at = sent % sizeof packet;
        ssize_t took =
            send(publisher, packet + at, sizeof packet - at, MSG_NOSIGNAL | MSG_DONTWAIT);
        REQUIRE(took > 0);
        sent += (size_t)took;
    }
    CHECK(sent < most);
    check_memory(before_kib);
    check_no_spinning();
    local_aws_drop("service=iot&how=rst");
    CHECK_INT(PEER_END, peer_read(publisher));
    CHECK(bridge_says(&bridge, "client 3: the stream has ended: COGNITO_STATUS_"));
    close(publisher);
}

int main(int argc, char **argv) {
    REQUIRE(argc == 2);
    bridge = bridge_begin(argv[1], OPTIONS("--listen=127.0.0.1:0"));
    waits_for_a_client();
    CHECK_NO_ERRORS(&bridge);
    waits_for_the_server();
    CHECK_INT(0, bridge_end(&bridge, SIGTERM));
    return check_result();
}
