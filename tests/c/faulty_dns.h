/* A name server on 127.0.0.1 that answers in every way in which one can fail, for a program that
 * runs in with_own_name_server.sh. It says of every name that it is 127.0.0.1. */

#ifndef FAULTY_DNS_H
#define FAULTY_DNS_H

#include <stdbool.h>

enum dns_fault {
    DNS_WELL,
    DNS_REFUSED, /* nobody listens: the kernel answers for it */
    DNS_FIN,     /* too long for UDP, and TCP ends in place of the answer */
    DNS_SILENT,
    DNS_SLICES, /* too long for UDP, and by TCP it comes byte for byte */
    DNS_LATE,   /* after 200 ms */
    DNS_SLOW,   /* too long for UDP, and by TCP it comes with 1 kB/s */
    DNS_FLIPPED /* the first answer has a changed byte: that with the code of an error */
};

/* Starts it, in a process that ends with this one. */
void dns_start(void);

/* Returns when it behaves so. */
void dns_behave(enum dns_fault fault);

/* How many questions have come since then; not while they are refused. */
int dns_questions(void);

#endif
