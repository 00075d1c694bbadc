/* Runs a program as a shell would, and keeps what it says. */

#ifndef RUN_PROGRAM_H
#define RUN_PROGRAM_H

#include "local_aws.h"

/* The options of a program. */
#define OPTIONS(...) ((const char *const[]){__VA_ARGS__, NULL})

/* What the last program has written to stdout and stderr. */
extern char program_output[4096], program_errors[65536];

/*
 * Runs a program with options to its end; its exit code. With a signal: sends it as soon as the
 * program has written a line and local AWS has seen what `when` says.
 */
int run_program(const char *program, const char *const *options, int signal_number,
                const char *when);

#endif
