/* SIGTERM and SIGINT end every stream in order, whatever it is at, with exit code 0 and within
 * seconds. Clients that come and go leave no thread and no descriptor behind. Argument: the bridge,
 * and where it listens. */

#define _POSIX_C_SOURCE 200809L

#include "bridge_peer.h"

#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

enum { SESSIONS = 8 };

static const char *program, *listen_option;

static void leaves_nothing_behind(struct bridge_process *bridge) {
    check_row = "coming and going";
    local_aws_reset();
    int threads = proc_count(bridge->pid, "task"), descriptors = proc_count(bridge->pid, "fd");
    CHECK_INT(proc_own_threads(), threads);
    for (int round = 0; round < 5; round++) {
        int peers[SESSIONS];
        for (int i = 0; i < SESSIONS; i++) {
            char client_id[32];
            snprintf(client_id, sizeof client_id, "test-%d", i);
            peers[i] = peer_session(bridge, client_id, NULL);
        }
        for (int i = 0; i < SESSIONS; i++) {
            if (i % 2 == 0) {
                peer_disconnect(peers[i]);
                CHECK_INT(PEER_END, peer_read(peers[i]));
                close(peers[i]);
            } else {
                peer_crash(peers[i]);
            }
        }
    }
    /* One that connects and says nothing, as a scan of ports does. */
    long connections = local_aws_counter("iot_accepted");
    close(peer_connect(bridge));
    CHECK(bridge_falls_to(bridge, "task", threads));
    CHECK(bridge_falls_to(bridge, "fd", descriptors));
    CHECK_INT(connections, local_aws_counter("iot_accepted"));
    CHECK(local_aws_wait("iot_open_connections_at_most=0"));
}

static void ends_in_the_middle(struct bridge_process *bridge, int signal_number) {
    check_row = signal_number == SIGTERM ? "SIGTERM" : "SIGINT";
    local_aws_reset();
    int idle = peer_session(bridge, "test-idle", NULL);
    int half = peer_session(bridge, "test-half", NULL);
    int silent = peer_connect(bridge);
    REQUIRE(shutdown(half, SHUT_WR) == 0);
    local_aws_fault("iot.upgrade=stall");
    int opening = peer_connect(bridge);
    peer_send(opening, "\x10", 1);
    REQUIRE(local_aws_wait("upgrade_requests=3"));

    double began = now_ms();
    CHECK_INT(0, bridge_end(bridge, signal_number));
    CHECK(now_ms() - began < allowed_ms(4000));
    const int peers[] = {idle, half, silent, opening};
    for (size_t i = 0; i < sizeof peers / sizeof peers[0]; i++) {
        CHECK_INT(PEER_END, peer_read(peers[i]));
        close(peers[i]);
    }
    CHECK(local_aws_wait("websocket_closes=2&iot_open_connections_at_most=0"));
    CHECK_INT(0, local_aws_counter("disconnects"));
    CHECK_INT(0, local_aws_counter("iot_rst"));
    CHECK_NO_ERRORS(bridge);
    if (strncmp(bridge->address, "unix:", 5) == 0) {
        CHECK(access(bridge->address + 5, F_OK) != 0);
    }
}

int main(int argc, char **argv) {
    REQUIRE(argc == 3);
    program = argv[1];
    listen_option = argv[2];
    const int signals[] = {SIGTERM, SIGINT};
    for (int i = 0; i < 2; i++) {
        struct bridge_process bridge =
            bridge_begin(program, OPTIONS(listen_option, "--linger_s=3600"));
        leaves_nothing_behind(&bridge);
        ends_in_the_middle(&bridge, signals[i]);
    }
    return check_result();
}
