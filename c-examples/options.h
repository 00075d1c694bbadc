/*
 * The command line of the example programs, and the config that it makes.
 *
 * The programs take the same options, so they share this; to copy one of them, take options.c with
 * it.
 */

#ifndef OPTIONS_H
#define OPTIONS_H

#include <cognito_connect.h>

enum { EXIT_USAGE = 2 };

/* clang-format off */
enum option {
    ENDPOINT, COGNITO_IDENTITY, IDENTITY_POOL, IDENTITY_FILE, SIGNING_REGION, COGNITO_REGION,
    CLIENT_ID, MQTT_VERSION, CA_FILE, TRUST, PROXY_HOST, PROXY_PORT, PORT, COGNITO_ENDPOINT, CONNECT_TIMEOUT_MS,
    OPTION_COUNT
};
/* clang-format on */

/* An option that one program has alone: it takes a value, or is a flag. */
struct own_option {
    const char *name;
    const char **value; /* NULL for a flag */
    bool *flag;
};

/* What a program cannot do without; each needs what those above it do. */
enum needs { NEEDS_IDENTITY, NEEDS_ENDPOINT, NEEDS_CLIENT_ID, NEEDS_SESSION };

struct program {
    enum needs needs;
    const char *usage;            /* its first lines */
    const char *own_usage;        /* the lines of its own options */
    const struct own_option *own; /* ends with a name that is NULL */
};

struct options {
    const char *value[OPTION_COUNT]; /* NULL when it was not given */
    bool help;
    char random_client_id[sizeof "test-" + 36];
};

/*
 * Reads the command line, and makes a config of it that has to be freed. A client id that was not
 * given is made up. NULL when there is nothing to run: help was asked for and printed, or stderr
 * says what is wrong; *exit_code is that of the program then.
 */
cognito_config *options_begin(struct options *options, const struct program *program, int argc,
                              char **argv, int *exit_code);

/* Says on stderr how the program is used and what is wrong. Always false, to be returned. */
bool options_wrong(const char *what, const char *detail);

#endif
