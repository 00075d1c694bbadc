#define _POSIX_C_SOURCE 200809L

#include "bridge_peer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

char peer_packet[300 * 1024];
size_t peer_packet_len;

int peer_connect(const struct bridge_process *bridge) {
    int peer, is_unix = strncmp(bridge->address, "unix:", 5) == 0;
    struct timeval patience = {.tv_sec = (time_t)allowed_ms(30)};
    if (is_unix) {
        struct sockaddr_un at = {.sun_family = AF_UNIX};
        snprintf(at.sun_path, sizeof at.sun_path, "%s", bridge->address + 5);
        peer = socket(AF_UNIX, SOCK_STREAM, 0);
        REQUIRE(connect(peer, (struct sockaddr *)&at, sizeof at) == 0);
    } else {
        uint16_t port = (uint16_t)strtoul(strrchr(bridge->address, ':') + 1, NULL, 10);
        struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(port)};
        at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        peer = socket(AF_INET, SOCK_STREAM, 0);
        REQUIRE(connect(peer, (struct sockaddr *)&at, sizeof at) == 0);
    }
    REQUIRE(setsockopt(peer, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) == 0);
    return peer;
}

void peer_send(int peer, const void *bytes, size_t bytes_len) {
    REQUIRE(send(peer, bytes, bytes_len, MSG_NOSIGNAL) == (ssize_t)bytes_len);
}

/* A packet that is being put together. */
static unsigned char out[300 * 1024];
static size_t out_len;

static void begin_packet(unsigned first, size_t len) {
    out[0] = (unsigned char)first;
    out_len = 1;
    do {
        out[out_len++] = (unsigned char)((len & 0x7f) | (len > 0x7f ? 0x80 : 0));
        len >>= 7;
    } while (len > 0);
}

static void add_bytes(const void *bytes, size_t len) {
    memcpy(out + out_len, bytes, len);
    out_len += len;
}

static void add_string(const char *text) {
    size_t len = strlen(text);
    const unsigned char prefix[2] = {(unsigned char)(len >> 8), (unsigned char)len};
    add_bytes(prefix, sizeof prefix);
    add_bytes(text, len);
}

int peer_session(const struct bridge_process *bridge, const char *client_id, const char *will) {
    int peer = peer_connect(bridge);
    /* MQTT 3.1.1, a clean session; a will has QoS 0. A peer sends no PINGREQ: its keep-alive is
     * AWS's longest, 1200 s. */
    const unsigned char head[4] = {4, will != NULL ? 6 : 2, 1200 >> 8, 1200 & 0xff};
    begin_packet(0x10, 12 + strlen(client_id) + (will != NULL ? 4 + 2 * strlen(will) : 0));
    add_string("MQTT");
    add_bytes(head, sizeof head);
    add_string(client_id);
    if (will != NULL) {
        add_string(will);
        add_string(will); /* its payload */
    }
    peer_send(peer, out, out_len);
    CHECK_INT(0x20, peer_read(peer));
    REQUIRE(peer_packet_len == 2 && peer_packet[1] == 0);
    return peer;
}

void peer_subscribe(int peer, const char *topic) {
    begin_packet(0x82, 5 + strlen(topic));
    add_bytes("\0\1", 2);
    add_string(topic);
    add_bytes("", 1); /* QoS 0 */
    peer_send(peer, out, out_len);
    CHECK_INT(0x90, peer_read(peer));
}

void peer_publish(int peer, const char *topic, size_t payload_len) {
    begin_packet(0x30, 2 + strlen(topic) + payload_len);
    add_string(topic);
    memset(out + out_len, 'x', payload_len);
    peer_send(peer, out, out_len + payload_len);
}

void peer_disconnect(int peer) { peer_send(peer, "\xe0", 2); }

void peer_crash(int peer) {
    struct linger none = {.l_onoff = 1};
    REQUIRE(setsockopt(peer, SOL_SOCKET, SO_LINGER, &none, sizeof none) == 0 && close(peer) == 0);
}

/* All of len bytes, or how it ended. */
static int read_all(int peer, char *bytes, size_t len) {
    size_t read_len = 0;
    while (read_len < len) {
        ssize_t got = recv(peer, bytes + read_len, len - read_len, 0);
        if (got < 0) {
            return errno == EAGAIN ? PEER_SILENT : PEER_RESET;
        }
        if (got == 0) {
            return read_len == 0 ? PEER_END : PEER_CUT;
        }
        read_len += (size_t)got;
    }
    return 1;
}

int peer_read(int peer) {
    char first, byte;
    int outcome = read_all(peer, &first, 1);
    if (outcome <= 0) {
        return outcome;
    }
    unsigned shift = 0;
    peer_packet_len = 0;
    do {
        outcome = read_all(peer, &byte, 1);
        if (outcome <= 0) {
            return outcome == PEER_END ? PEER_CUT : outcome;
        }
        peer_packet_len |= (size_t)(byte & 0x7f) << shift;
        shift += 7;
    } while ((byte & 0x80) != 0 && shift < 28);
    REQUIRE(peer_packet_len < sizeof peer_packet);
    outcome = peer_packet_len == 0 ? 1 : read_all(peer, peer_packet, peer_packet_len);
    peer_packet[peer_packet_len] = '\0';
    return outcome > 0 ? (unsigned char)first : outcome == PEER_END ? PEER_CUT : outcome;
}

bool peer_gets(int peer, const char *topic) {
    int first = peer_read(peer);
    size_t len = strlen(topic);
    bool is_it = first == 0x30 && peer_packet_len >= 2 + len && peer_packet[1] == (char)len &&
                 memcmp(peer_packet + 2, topic, len) == 0;
    if (!is_it) {
        fprintf(stderr, "not a PUBLISH on %s: %d, '%.40s'\n", topic, first,
                first > 0 && peer_packet_len > 2 ? peer_packet + 2 : "");
    }
    return is_it;
}
