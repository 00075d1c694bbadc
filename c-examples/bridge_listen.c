/* See bridge_listen.h. */

#define _POSIX_C_SOURCE 200809L

#include "bridge_listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

static const char unix_prefix[] = "unix:";

enum { UNIX_PATH_BYTES = sizeof((struct sockaddr_un *)0)->sun_path };

/* ---- The address ---- */

static bool is_loopback(const struct sockaddr_storage *address) {
    if (address->ss_family == AF_INET) {
        const struct sockaddr_in *v4 = (const struct sockaddr_in *)address;
        return ntohl(v4->sin_addr.s_addr) >> 24 == 127;
    }
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)address;
    return IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr);
}

static bool is_port(const char *text) {
    char *end = NULL;
    unsigned long port = strtoul(text, &end, 10);
    return text[0] >= '0' && text[0] <= '9' && *end == '\0' && strlen(text) <= 5 && port <= 65535;
}

/* Only numbers: what a name stands for is for others to decide, and may be any network. */
static bool parse_tcp(const char *text, struct listen_address *address) {
    char host[64];
    const char *colon = strrchr(text, ':');
    if (colon == NULL || !is_port(colon + 1)) {
        return false;
    }
    bool has_brackets = text[0] == '[' && colon[-1] == ']';
    const char *begin = text + has_brackets, *end = colon - has_brackets;
    bool is_v6 = memchr(begin, ':', (size_t)(end - begin)) != NULL;
    if (is_v6 != has_brackets || (size_t)(end - begin) >= sizeof host) {
        return false;
    }
    snprintf(host, sizeof host, "%.*s", (int)(end - begin), begin);
    struct addrinfo *found = NULL;
    const struct addrinfo hints = {.ai_family = is_v6 ? AF_INET6 : AF_INET,
                                   .ai_socktype = SOCK_STREAM,
                                   .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV};
    if (host[0] == '\0' || getaddrinfo(host, colon + 1, &hints, &found) != 0) {
        return false;
    }
    memcpy(&address->tcp, found->ai_addr, found->ai_addrlen);
    address->tcp_len = found->ai_addrlen;
    freeaddrinfo(found);
    return true;
}

const char *listen_parse(const char *text, bool allow_remote, struct listen_address *address) {
    *address = (struct listen_address){0};
    if (strncmp(text, unix_prefix, strlen(unix_prefix)) == 0) {
        address->unix_path = text + strlen(unix_prefix);
        size_t len = strlen(address->unix_path);
        return len == 0                ? "unix: needs the path of the socket"
               : len < UNIX_PATH_BYTES ? NULL
                                       : "the path is too long for a Unix socket (107 bytes)";
    }
    if (!parse_tcp(text, address)) {
        return "takes ADDRESS:PORT with an address in numbers, such as 127.0.0.1:1883 or "
               "[::1]:1883, or unix:PATH";
    }
    if (!allow_remote && !is_loopback(&address->tcp)) {
        return "other machines can reach this address. Plain MQTT has no authentication: whoever "
               "reaches the bridge acts with the identity of this device. Listen on 127.0.0.1, "
               "[::1] or unix:PATH; or add --allow_remote, if something else keeps strangers out";
    }
    return NULL;
}

/* ---- Listening ---- */

static bool failed(struct listener *listener, const char *what) {
    fprintf(stderr, "%s: %s: %s\n", listener->name, what, strerror(errno));
    if (listener->fd >= 0) {
        close(listener->fd);
        listener->fd = -1;
    }
    return false;
}

static bool make_socket(struct listener *listener, int family) {
    listener->fd = socket(family, SOCK_STREAM, 0);
    return listener->fd >= 0 && fcntl(listener->fd, F_SETFD, FD_CLOEXEC) == 0 &&
           fcntl(listener->fd, F_SETFL, O_NONBLOCK) == 0;
}

static void name_tcp(struct listener *listener, const struct sockaddr_storage *address) {
    char host[INET6_ADDRSTRLEN + 32] = "?", port[8] = "?";
    getnameinfo((const struct sockaddr *)address, sizeof *address, host, sizeof host, port,
                sizeof port, NI_NUMERICHOST | NI_NUMERICSERV);
    bool is_v6 = address->ss_family == AF_INET6;
    snprintf(listener->name, sizeof listener->name, is_v6 ? "[%s]:%s" : "%s:%s", host, port);
}

static bool open_tcp(const struct listen_address *address, struct listener *listener) {
    struct sockaddr_storage got;
    socklen_t got_len = sizeof got;
    int on = 1;
    name_tcp(listener, &address->tcp);
    if (!make_socket(listener, address->tcp.ss_family)) {
        return failed(listener, "no socket");
    }
    setsockopt(listener->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (address->tcp.ss_family == AF_INET6) {
        setsockopt(listener->fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    }
    if (bind(listener->fd, (const struct sockaddr *)&address->tcp, address->tcp_len) != 0 ||
        listen(listener->fd, SOMAXCONN) != 0 ||
        getsockname(listener->fd, (struct sockaddr *)&got, &got_len) != 0) {
        return failed(listener, "cannot listen");
    }
    name_tcp(listener, &got);
    return true;
}

/* A socket file that a program left behind: one at which nobody answers. */
static bool is_stale(const struct sockaddr_un *address) {
    struct stat file;
    if (lstat(address->sun_path, &file) != 0 || !S_ISSOCK(file.st_mode)) {
        errno = EEXIST;
        return false;
    }
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    if (fd < 0) {
        return false;
    }
    fcntl(fd, F_SETFL, O_NONBLOCK); /* one that does not accept is not stale */
    bool answered = connect(fd, (const struct sockaddr *)address, sizeof *address) == 0;
    bool stale = !answered && errno == ECONNREFUSED;
    close(fd);
    if (!stale) {
        errno = EADDRINUSE;
    }
    return stale;
}

static bool open_unix(const struct listen_address *address, struct listener *listener) {
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    snprintf(at.sun_path, sizeof at.sun_path, "%s", address->unix_path);
    snprintf(listener->name, sizeof listener->name, "%s%s", unix_prefix, address->unix_path);
    if (!make_socket(listener, AF_UNIX)) {
        return failed(listener, "no socket");
    }
    /* Mode 0600 from the beginning: nobody else connects in between. */
    mode_t before = umask(0177);
    bool is_bound = bind(listener->fd, (const struct sockaddr *)&at, sizeof at) == 0;
    if (!is_bound && errno == EADDRINUSE && is_stale(&at)) {
        unlink(at.sun_path);
        is_bound = bind(listener->fd, (const struct sockaddr *)&at, sizeof at) == 0;
    }
    int error = errno;
    umask(before);
    errno = error;
    if (!is_bound || listen(listener->fd, SOMAXCONN) != 0 ||
        lstat(at.sun_path, &listener->unix_file) != 0) {
        return failed(listener, "cannot listen");
    }
    listener->unix_path = address->unix_path;
    return true;
}

bool listen_open(const struct listen_address *address, struct listener *listener) {
    *listener = (struct listener){.fd = -1};
    return address->unix_path != NULL ? open_unix(address, listener) : open_tcp(address, listener);
}

void listen_close(struct listener *listener) {
    struct stat file;
    if (listener->fd < 0) {
        return;
    }
    close(listener->fd);
    listener->fd = -1;
    /* Another program may have put its own there meanwhile. */
    if (listener->unix_path != NULL && lstat(listener->unix_path, &file) == 0 &&
        file.st_dev == listener->unix_file.st_dev && file.st_ino == listener->unix_file.st_ino) {
        unlink(listener->unix_path);
    }
}
