/* A client that cannot be served is told so by the end of its connection, which destroys nothing
 * that was sent before, and stderr says why; the others do not notice. Argument: the bridge. */

#define _GNU_SOURCE /* prlimit() */

#include "bridge_peer.h"

#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

static struct bridge_process bridge;
static int other; /* a client that goes on, whatever happens to the rest */

static void other_goes_on(void) {
    peer_publish(other, "other/topic", 100);
    CHECK(peer_gets(other, "other/topic"));
}

/* A client that sends more than is read before it is refused gets the refusal, and not a reset. */
static void is_refused(const char *fault, const char *status, const char *hint, int answer) {
    static char connect_and_more[100000] = "\x10\x12\0\4MQTT\4\2\0\x3c\0\6test-1\x30\xff\xff\7";
    check_row = fault;
    local_aws_fault(fault);
    int peer = peer_connect(&bridge);
    peer_send(peer, connect_and_more, sizeof connect_and_more);
    if (answer != 0) {
        CHECK_INT(answer, peer_read(peer));
    }
    CHECK_INT(PEER_END, peer_read(peer));
    close(peer);
    CHECK(bridge_says(&bridge, status));
    CHECK(bridge_says(&bridge, hint));
    local_aws_reset();
    other_goes_on();
}

static void sends_no_mqtt(void) {
    check_row = "no MQTT";
    int peer = peer_session(&bridge, "test-garbage", NULL);
    peer_send(peer, "\x30\xff\xff\xff\xff\xff\1", 7); /* no packet is so long */
    CHECK_INT(PEER_END, peer_read(peer));
    close(peer);
    CHECK(bridge_says(&bridge, "COGNITO_STATUS_INVALID_ARGUMENT"));
    other_goes_on();
}

static void server_ends(const char *how) {
    check_row = how;
    int peer = peer_session(&bridge, "test-ended", NULL);
    local_aws_drop(how);
    CHECK_INT(PEER_END, peer_read(peer));
    CHECK_INT(PEER_END, peer_read(other));
    close(peer);
    close(other);
    other = peer_session(&bridge, "test-other", NULL);
    peer_subscribe(other, "other/topic");
}

/* Two clients are the most here, and `other` is one of them. */
static void has_others_wait(void) {
    check_row = "--max_clients";
    int second = peer_session(&bridge, "test-second", NULL);
    int third = peer_connect(&bridge);
    peer_send(third, "\x10\x12\0\4MQTT\4\2\0\x3c\0\6test-3", 20);
    CHECK(bridge_says(&bridge, "--max_clients"));
    CHECK_INT(proc_own_threads() + 2, proc_count(bridge.pid, "task"));
    CHECK(bridge_computes_ms(&bridge) < 100);
    peer_crash(second);
    CHECK_INT(0x20, peer_read(third));
    close(third);
}

static void runs_out_of_descriptors(void) {
    check_row = "no descriptor";
    struct rlimit before, none;
    REQUIRE(bridge_falls_to(&bridge, "task", proc_own_threads() + 1));
    REQUIRE(prlimit(bridge.pid, RLIMIT_NOFILE, NULL, &before) == 0);
    none = (struct rlimit){.rlim_cur = 3, .rlim_max = before.rlim_max};
    REQUIRE(prlimit(bridge.pid, RLIMIT_NOFILE, &none, NULL) == 0);
    int peer = peer_connect(&bridge);
    peer_send(peer, "\x10\x12\0\4MQTT\4\2\0\x3c\0\6test-4", 20);
    char waits[128];
    snprintf(waits, sizeof waits, "a client has to wait: %s", strerror(EMFILE));
    CHECK(bridge_says(&bridge, waits));
    CHECK(bridge_computes_ms(&bridge) < 100);
    other_goes_on();
    REQUIRE(prlimit(bridge.pid, RLIMIT_NOFILE, &before, NULL) == 0);
    CHECK_INT(0x20, peer_read(peer));
    close(peer);
}

int main(int argc, char **argv) {
    REQUIRE(argc == 2);
    bridge = bridge_begin(argv[1], OPTIONS("--listen=127.0.0.1:0", "--max_clients=2",
                                           "--connect_timeout_ms=5000", "--linger_s=1"));
    other = peer_session(&bridge, "test-other", NULL);
    peer_subscribe(other, "other/topic");
    is_refused("iot.upgrade=refuse", "COGNITO_STATUS_UPGRADE_REFUSED", "iot:Connect", 0);
    is_refused("iot.certificate=untrusted", "COGNITO_STATUS_CERTIFICATE_UNTRUSTED", "ca_file", 0);
    is_refused("iot.connack=code:5", "COGNITO_STATUS_SESSION_CLOSED", "", 0x20);
    is_refused("iot.connect=close", "COGNITO_STATUS_CLOSED_BEFORE_CONNACK", "client/test-1", 0);
    sends_no_mqtt();
    server_ends("service=iot&how=close");
    server_ends("service=iot&how=fin");
    server_ends("service=iot&how=rst");
    has_others_wait();
    runs_out_of_descriptors();
    CHECK_INT(0, bridge_end(&bridge, SIGTERM));
    return check_result();
}
