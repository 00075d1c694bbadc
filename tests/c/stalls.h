/* Every way in which a connect can stall, one for each thing that it waits for. */

#ifndef STALLS_H
#define STALLS_H

#include "local_aws.h"

enum stalled_part { AT_LOCAL_AWS, AT_DNS, AT_TCP_OF_ENDPOINT, AT_TCP_OF_COGNITO, AT_PROXY };

struct stall {
    const char *name;
    cognito_stage stage; /* that a connect stalls in */
    enum stalled_part part;
    const char *fault;   /* for local_aws_fault(), or NULL */
    const char *reached; /* what local AWS has seen once the stall is reached, or NULL */
    const char *fetched; /* the same for a provider, which has one connection; NULL: none there */
};

extern const struct stall stalls[];
extern const size_t stall_count;

/* Whether the test's way leads past this stall. */
bool stall_applies(const struct stall *stall);

/* Makes the stall, and a config that runs into it. */
cognito_config *stall_begin(const struct stall *stall);

/* Returns when the connect that runs on another thread has got to the stall. */
void stall_wait_until_reached(const struct stall *stall);

/* Lets go. */
void stall_end(const struct stall *stall);

#endif
