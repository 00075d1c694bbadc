/* What goes the way from an identity towards IoT Core: a client, a transport or a provider. A test
 * of what they have in common is written once, and runs with each. */

#ifndef WAY_H
#define WAY_H

#include "check.h"

struct way {
    const char *name; /* the word for it on the command line */
    /* The provider may be NULL; a provider takes none. */
    cognito_status (*make)(const cognito_config *config, const cognito_provider *provider,
                           void **out);
    cognito_status (*open)(void *handle, int32_t wait_ms);
    cognito_status (*cancel)(void *handle);
    bool (*is_open)(const void *handle);
    cognito_status (*close)(void *handle, int32_t wait_ms);
    cognito_status (*failure)(const void *handle, cognito_failure **out);
    cognito_status (*trace)(const void *handle, cognito_trace **out); /* NULL: it has none */
    void (*free)(void *handle);
};

extern const struct way the_client, the_transport, the_provider;

/* The one that this test goes; the client if it does not choose. */
extern const struct way *way;

/* Takes the one that the last argument names. */
void way_choose(int argc, char **argv);

/* One connect, from new to free. */
struct attempt {
    cognito_status status;
    cognito_stage stage;
    int http_status;
    int reason_code;
    double ms;
    char error[2048]; /* cognito_last_error() */
};
struct attempt attempt_connect(const cognito_config *config);

#endif
