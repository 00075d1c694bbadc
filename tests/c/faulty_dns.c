#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */

#include "faulty_dns.h"
#include "check.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { HEADER = 12, MOST = 512, TRUNCATED = 0x02, LOOK_MS = 5, TYPE_A = 1 };

static struct { int wanted, actual, questions; } * shared;

static int bound(int type) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(53)};
    struct timeval patience = {.tv_usec = 500000};
    int on = 1;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, type, 0);
    REQUIRE(fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
            setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) == 0 &&
            bind(fd, (struct sockaddr *)&address, sizeof address) == 0 &&
            (type == SOCK_DGRAM || listen(fd, 8) == 0));
    return fd;
}

/* Makes the answer of a question, in its place (RFC 1035); its length. 0: it is no question. */
static size_t answer(unsigned char *packet, size_t len, bool is_truncated) {
    static const unsigned char address[] = {0xc0, HEADER, 0, TYPE_A, 0,   1, 0, 0,
                                            0,    0,      0, 4,      127, 0, 0, 1};
    size_t at = HEADER;
    while (at < len && packet[at] != 0) {
        at += packet[at] + 1u;
    }
    if (at + 5 > len) {
        return 0;
    }
    bool has_answer = packet[at + 2] == TYPE_A && !is_truncated;
    at += 5; /* the end of the name, type, class */
    packet[2] = 0x81 | (is_truncated ? TRUNCATED : 0);
    packet[3] = 0x80;
    memset(packet + 6, 0, 6);
    packet[7] = has_answer;
    if (has_answer) {
        memcpy(packet + at, address, sizeof address);
        at += sizeof address;
    }
    return at;
}

static void serve_udp(int udp, enum dns_fault fault) {
    unsigned char packet[MOST * 2];
    struct sockaddr_in from;
    socklen_t from_len = sizeof from;
    ssize_t got = recvfrom(udp, packet, MOST, 0, (struct sockaddr *)&from, &from_len);
    if (got <= 0) {
        return;
    }
    int number = __atomic_add_fetch(&shared->questions, 1, __ATOMIC_SEQ_CST);
    if (fault == DNS_SILENT) {
        return;
    }
    if (fault == DNS_LATE) {
        poll(NULL, 0, 200);
    }
    size_t len =
        answer(packet, (size_t)got, fault == DNS_FIN || fault == DNS_SLICES || fault == DNS_SLOW);
    if (fault == DNS_FLIPPED && number == 1) {
        packet[3] ^= 0xff;
    }
    sendto(udp, packet, len, 0, (struct sockaddr *)&from, from_len);
}

/* Questions come behind their length. */
static void serve_tcp(int tcp, enum dns_fault fault) {
    unsigned char packet[2 + MOST * 2];
    int client = accept(tcp, NULL, NULL), on = 1;
    struct timeval patience = {.tv_usec = 500000};
    if (client < 0) {
        return;
    }
    setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    while (recv(client, packet, 2, MSG_WAITALL) == 2) {
        size_t len = (size_t)packet[0] << 8 | packet[1];
        if (len > MOST || recv(client, packet + 2, len, MSG_WAITALL) != (ssize_t)len ||
            fault == DNS_FIN) {
            break;
        }
        len = answer(packet + 2, len, false);
        packet[0] = (unsigned char)(len >> 8);
        packet[1] = (unsigned char)len;
        for (size_t i = 0; i < len + 2; i++) {
            if (send(client, packet + i, 1, MSG_NOSIGNAL) != 1) {
                break;
            }
            poll(NULL, 0, fault == DNS_SLOW);
        }
    }
    close(client);
}

static void serve(void) {
    int udp = -1, tcp = bound(SOCK_STREAM);
    for (;;) {
        enum dns_fault fault = (enum dns_fault)__atomic_load_n(&shared->wanted, __ATOMIC_SEQ_CST);
        if (fault == DNS_REFUSED && udp >= 0) {
            close(udp);
            udp = -1;
        } else if (fault != DNS_REFUSED && udp < 0) {
            udp = bound(SOCK_DGRAM);
        }
        __atomic_store_n(&shared->actual, (int)fault, __ATOMIC_SEQ_CST);
        struct pollfd ready[] = {{.fd = udp, .events = POLLIN}, {.fd = tcp, .events = POLLIN}};
        poll(ready, 2, LOOK_MS);
        if (ready[0].revents != 0) {
            serve_udp(udp, fault);
        }
        if (ready[1].revents != 0) {
            serve_tcp(tcp, fault);
        }
    }
}

void dns_start(void) {
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    REQUIRE(shared != MAP_FAILED);
    shared->actual = -1;
    pid_t parent = getpid(), child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() == parent) {
            serve();
        }
        _exit(1);
    }
    dns_behave(DNS_WELL);
}

void dns_behave(enum dns_fault fault) {
    double deadline = now_ms() + 10000;
    __atomic_store_n(&shared->wanted, (int)fault, __ATOMIC_SEQ_CST);
    while (__atomic_load_n(&shared->actual, __ATOMIC_SEQ_CST) != (int)fault) {
        REQUIRE(now_ms() < deadline);
        poll(NULL, 0, 1);
    }
    __atomic_store_n(&shared->questions, 0, __ATOMIC_SEQ_CST);
}

int dns_questions(void) { return __atomic_load_n(&shared->questions, __ATOMIC_SEQ_CST); }
