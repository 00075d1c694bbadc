/* Where cognito_bridge listens: loopback TCP, or a Unix socket. */

#ifndef BRIDGE_LISTEN_H
#define BRIDGE_LISTEN_H

#include <stdbool.h>
#include <sys/socket.h>
#include <sys/stat.h>

struct listener {
    int fd;
    const char *unix_path; /* NULL for TCP */
    struct stat unix_file; /* what was made there */
    char name[160];        /* the address with the port that it got */
};

/* An address as it was written: 127.0.0.1:1883, [::1]:1883 or unix:PATH. */
struct listen_address {
    const char *unix_path; /* NULL for TCP */
    struct sockaddr_storage tcp;
    socklen_t tcp_len;
};

/* Reads an address. NULL, or what is wrong with it and what to do. */
const char *listen_parse(const char *text, bool allow_remote, struct listen_address *address);

/* Listens, without ever waiting in accept(). False when that is not possible: stderr says why. */
bool listen_open(const struct listen_address *address, struct listener *listener);

/* Stops listening, and removes its own socket file. */
void listen_close(struct listener *listener);

#endif
