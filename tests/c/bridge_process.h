/* cognito_bridge as a child of the test. What fails here ends the test. */

#ifndef BRIDGE_PROCESS_H
#define BRIDGE_PROCESS_H

#include "proc.h"
#include "run_program.h"

#include <sys/types.h>

struct bridge_process {
    pid_t pid;
    char address[160]; /* where it listens */
    FILE *errors;
};

/* Starts it with the options that lead to local AWS and these; returns when it listens. */
struct bridge_process bridge_begin(const char *program, const char *const *options);

/* Sends the signal, and waits. Its exit code. */
int bridge_end(struct bridge_process *bridge, int signal_number);

/* By SIGKILL; it is gone afterwards. */
void bridge_kill(struct bridge_process *bridge);

/* What it has written to stderr so far, valid until the next call. */
const char *bridge_errors(const struct bridge_process *bridge);

#define CHECK_NO_ERRORS(bridge)                                                                    \
    do {                                                                                           \
        const char *errors = bridge_errors(bridge);                                                \
        if (errors[0] != '\0') {                                                                   \
            check_failed(__FILE__, __LINE__, "the bridge says: %s", errors);                       \
        }                                                                                          \
    } while (0)

/* Waits until that holds a text. */
bool bridge_says(const struct bridge_process *bridge, const char *text);

/* What it computes in half a second, in milliseconds: nothing, while nothing can go on. */
double bridge_computes_ms(const struct bridge_process *bridge);

/* Waits until it has no more descriptors ("fd") or threads ("task") than that. */
bool bridge_falls_to(const struct bridge_process *bridge, const char *folder, int count);

#endif
