/*
 * A name whose first address is a black hole costs the delay of RFC 8305, not the deadline: for
 * Cognito, the endpoint and the proxy. The name is "localhost", which here resolves to ::1 first,
 * where nothing answers, and then to 127.0.0.1, where local AWS is. Argument: what connects.
 */

#define _GNU_SOURCE /* RTLD_NEXT */

#include "black_hole.h"
#include "local_aws.h"

#include <dlfcn.h>
#include <netdb.h>

/* This function stands before the C library's. */
int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
                struct addrinfo **result) {
    int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **) = NULL;
    *(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
    struct addrinfo any_family = hints != NULL ? *hints : (struct addrinfo){0};
    any_family.ai_family = AF_UNSPEC;
    any_family.ai_flags = 0;
    if (strcmp(node, "localhost") != 0) {
        return real(node, service, &any_family, result);
    }
    struct addrinfo *second = NULL;
    int failed = real("::1", service, &any_family, result);
    if (failed == 0 && (failed = real("127.0.0.1", service, &any_family, &second)) == 0) {
        struct addrinfo *last = *result;
        while (last->ai_next != NULL) {
            last = last->ai_next;
        }
        last->ai_next = second;
    }
    return failed;
}

static void connects_soon(const char *row, bool through_proxy) {
    check_row = row;
    cognito_config *config = local_aws_config();
    if (through_proxy) {
        local_aws_through_proxy(config);
    }
    struct attempt attempt = attempt_connect(config);
    CHECK_STATUS(COGNITO_STATUS_OK, attempt.status);
    printf("%s: connected after %.1f ms\n", row, attempt.ms);
    /* One delay of 250 ms, as both hosts are dialled at once; a second would be a second too long.
     */
    CHECK(attempt.ms < allowed_ms(2000));
    cognito_config_free(config);
}

int main(int argc, char **argv) {
    way_choose(argc, argv);
    const char *const services[] = {"IOT_PORT", "COGNITO_PORT", "PROXY_PORT"};
    connects_soon("no black hole", false);
    for (int i = 0; i < 3; i++) {
        struct black_hole hole = black_hole_open(true, (uint16_t)local_aws_port(services[i]));
        connects_soon(services[i], i == 2);
        black_hole_close(&hole);
    }
    return check_result();
}
