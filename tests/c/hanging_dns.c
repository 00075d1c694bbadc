#define _GNU_SOURCE /* RTLD_NEXT */

#include "hanging_dns.h"

#include <dlfcn.h>
#include <netdb.h>
#include <pthread.h>
#include <time.h>

static pthread_mutex_t dns_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t dns_changed = PTHREAD_COND_INITIALIZER;
static bool dns_hangs;
static int dns_waiting;

#ifdef __GLIBC__
static int resolve(const char *node, const char *service, const struct addrinfo *hints,
                   struct addrinfo **result) {
    int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **) = NULL;
    *(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
    return real(node, service, hints, result);
}
#else
/* Nothing is next to a static program: -Wl,--wrap=getaddrinfo. */
int __real_getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
                       struct addrinfo **result);
int __wrap_getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
                       struct addrinfo **result);
#define resolve __real_getaddrinfo
#define getaddrinfo __wrap_getaddrinfo
#endif

/* This function stands before the C library's. */
int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
                struct addrinfo **result) {
    pthread_mutex_lock(&dns_lock);
    dns_waiting++;
    pthread_cond_broadcast(&dns_changed);
    while (dns_hangs) {
        pthread_cond_wait(&dns_changed, &dns_lock);
    }
    dns_waiting--;
    pthread_cond_broadcast(&dns_changed);
    pthread_mutex_unlock(&dns_lock);
    return resolve(node, service, hints, result);
}

void dns_hang(bool hangs) {
    pthread_mutex_lock(&dns_lock);
    dns_hangs = hangs;
    pthread_cond_broadcast(&dns_changed);
    pthread_mutex_unlock(&dns_lock);
}

bool dns_wait(bool for_some) {
    struct timespec deadline;
    clock_gettime(CLOCK_REALTIME, &deadline);
    deadline.tv_sec += 10;
    pthread_mutex_lock(&dns_lock);
    int failed = 0;
    while ((dns_waiting > 0) != for_some && failed == 0) {
        failed = pthread_cond_timedwait(&dns_changed, &dns_lock, &deadline);
    }
    pthread_mutex_unlock(&dns_lock);
    return failed == 0;
}
