/* Runs a program as a shell would, and keeps what it says. */

#ifndef RUN_PROGRAM_H
#define RUN_PROGRAM_H

#include "local_aws.h"

/* The options of a program. */
#define OPTIONS(...) ((const char *const[]){__VA_ARGS__, NULL})

/* "NAME=VALUE" with what local AWS says of itself; valid until 15 others were made. */
const char *local_option(const char *name, const char *variable);

/* Those of the example programs that lead to local AWS, without and with an identity. */
#define SERVERS                                                                                    \
    local_option("--endpoint", "HOST"), local_option("--port", "IOT_PORT"),                        \
        local_option("--signing_region", "REGION"), local_option("--ca_file", "CA_FILE"),          \
        local_option("--cognito_endpoint", "COGNITO_ENDPOINT")
#define POOL local_option("--identity_pool", "IDENTITY_POOL")
#define IDENTITY local_option("--cognito_identity", "IDENTITY")
#define CONNECT SERVERS, IDENTITY

/* What the last program has written to stdout and stderr; of very much, the end. With
 * COGNITO_TEST_LOG in the environment it is printed as well. */
extern char program_output[16384], program_errors[65536];

/*
 * Runs a program with options to its end; its exit code. With a signal: sends it as soon as the
 * program has written a line and local AWS has seen what `when` says.
 */
int run_program(const char *program, const char *const *options, int signal_number,
                const char *when);

#endif
