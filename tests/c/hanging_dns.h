/* A resolver that hangs until it is let go, in place of the C library's. */

#ifndef HANGING_DNS_H
#define HANGING_DNS_H

#include <stdbool.h>

void dns_hang(bool hangs);

/* Waits until some lookups wait, or none. False after 10 seconds. */
bool dns_wait(bool for_some);

#endif
