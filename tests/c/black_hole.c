#define _POSIX_C_SOURCE 200809L

#include "black_hole.h"
#include "check.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

union address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

struct black_hole black_hole_open(bool is_v6, uint16_t port) {
    struct black_hole hole = {-1, -1, is_v6, 0};
    union address address = {.v4 = {.sin_family = AF_INET, .sin_port = htons(port)}};
    address.v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t len = sizeof address.v4;
    if (is_v6) {
        address.v6 = (struct sockaddr_in6){
            .sin6_family = AF_INET6, .sin6_port = htons(port), .sin6_addr = IN6ADDR_LOOPBACK_INIT};
        len = sizeof address.v6;
    }
    int on = 1;
    hole.listener = socket(address.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    hole.caller = socket(address.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    REQUIRE(hole.listener >= 0 && hole.caller >= 0);
    REQUIRE(setsockopt(hole.listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0);
    /* A queue of length 0 holds one connection. */
    REQUIRE(bind(hole.listener, &address.any, len) == 0 && listen(hole.listener, 0) == 0);
    REQUIRE(getsockname(hole.listener, &address.any, &len) == 0);
    REQUIRE(connect(hole.caller, &address.any, len) == 0);
    hole.port = ntohs(address.v4.sin_port); /* at the same place in both */
    return hole;
}

/* Whether /proc/net/tcp lists a socket in state SYN_SENT to the port. */
static bool is_being_called(const struct black_hole *hole) {
    FILE *table = fopen(hole->is_v6 ? "/proc/net/tcp6" : "/proc/net/tcp", "r");
    REQUIRE(table != NULL);
    char line[512];
    bool found = false;
    while (!found && fgets(line, sizeof line, table) != NULL) {
        unsigned remote = 0, state = 0;
        found = sscanf(line, "%*d: %*[0-9A-F]:%*x %*[0-9A-F]:%x %x", &remote, &state) == 2 &&
                remote == hole->port && state == 2;
    }
    fclose(table);
    return found;
}

bool black_hole_has_caller(const struct black_hole *hole) {
    double deadline = now_ms() + 10000;
    while (!is_being_called(hole)) {
        if (now_ms() > deadline) {
            return false;
        }
        poll(NULL, 0, 5);
    }
    return true;
}

void black_hole_close(struct black_hole *hole) {
    close(hole->caller);
    close(hole->listener);
}
