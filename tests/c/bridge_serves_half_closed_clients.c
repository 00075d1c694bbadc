/* A client that has shut down its writing side gets what comes until the server ends the stream or
 * the linger time passes. One that ends without DISCONNECT has its will published. Argument: the
 * bridge. */

#define _POSIX_C_SOURCE 200809L

#include "bridge_peer.h"

#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

static struct bridge_process bridge;
static int watcher; /* sees the wills, and what is published after them */

/* Publishes through another client, so that whatever came before has been seen. */
static void publish(const char *topic) {
    int publisher = peer_session(&bridge, "test-publisher", NULL);
    peer_publish(publisher, topic, 10);
    peer_disconnect(publisher);
    CHECK_INT(PEER_END, peer_read(publisher));
    close(publisher);
}

static int half_closed(const char *client_id, const char *will) {
    int peer = peer_session(&bridge, client_id, will);
    peer_subscribe(peer, "half/topic");
    REQUIRE(shutdown(peer, SHUT_WR) == 0);
    return peer;
}

static void gets_until_the_server_ends(void) {
    check_row = "the server ends";
    int peer = half_closed("test-half", NULL);
    for (int i = 0; i < 3; i++) {
        publish("half/topic");
        CHECK(peer_gets(peer, "half/topic"));
    }
    local_aws_drop("service=iot&how=close");
    CHECK_INT(PEER_END, peer_read(peer));
    close(peer);
}

static void gets_until_its_own_disconnect(void) {
    check_row = "DISCONNECT, then half closed";
    int peer = peer_session(&bridge, "test-polite", "wills/polite");
    peer_disconnect(peer);
    REQUIRE(shutdown(peer, SHUT_WR) == 0);
    CHECK_INT(PEER_END, peer_read(peer));
    close(peer);
    publish("wills/none");
    CHECK(peer_gets(watcher, "wills/none"));
}

static void dies(void (*how)(int), const char *row) {
    check_row = row;
    int peer = peer_session(&bridge, "test-dying", "wills/dying");
    how(peer);
    CHECK(peer_gets(watcher, "wills/dying"));
}

static void close_at_once(int peer) { close(peer); }

static void begin(const char *program, const char *listen, const char *linger) {
    bridge = bridge_begin(program, OPTIONS(listen, linger));
    watcher = peer_session(&bridge, "test-watcher", NULL);
    peer_subscribe(watcher, "wills/#");
}

/* The watcher is still connected. */
static void end(void) {
    CHECK_INT(0, bridge_end(&bridge, SIGTERM));
    CHECK_INT(PEER_END, peer_read(watcher));
    close(watcher);
    CHECK_NO_ERRORS(&bridge);
}

int main(int argc, char **argv) {
    REQUIRE(argc == 3);
    const char *program = argv[1], *listen_unix = argv[2];

    bridge = bridge_begin(program, OPTIONS("--listen=127.0.0.1:0", "--linger_s=3600"));
    gets_until_the_server_ends();
    CHECK_INT(0, bridge_end(&bridge, SIGTERM));
    CHECK_NO_ERRORS(&bridge);

    /* By TCP a client that has closed looks like one that has half closed, but not by a Unix
     * socket. */
    begin(program, "--listen=127.0.0.1:0", "--linger_s=3600");
    gets_until_its_own_disconnect();
    dies(peer_crash, "reset");
    end();
    begin(program, listen_unix, "--linger_s=3600");
    gets_until_its_own_disconnect();
    dies(close_at_once, "a Unix socket is closed");
    end();

    check_row = "the linger time passes";
    begin(program, "--listen=127.0.0.1:0", "--linger_s=2");
    int peer = half_closed("test-lingering", "wills/lingering");
    publish("half/topic");
    CHECK(peer_gets(peer, "half/topic"));
    local_aws_reset();
    CHECK_INT(PEER_END, peer_read(peer));
    CHECK(peer_gets(watcher, "wills/lingering"));
    close(peer);
    CHECK(local_aws_wait("websocket_closes=1"));
    CHECK_INT(0, local_aws_counter("disconnects"));
    dies(close_at_once, "closed");
    end();
    return check_result();
}
