/* The table of answers that servers may give, tests/answers.tsv: its head explains the columns. */

#ifndef ANSWERS_H
#define ANSWERS_H

#include "local_aws.h"

#define ANSWER_CELLS 7

/* One row; cells that say '-' are empty. */
struct answer {
    const char *name, *options, *status, *stage, *http_status, *says;
    char *bytes; /* of the answer, as POST /answers takes it; the caller's to free */
    size_t length;
    char line[8192];
};

/* Reads the next row, over comments and definitions. False at the end of the file. */
bool answer_read(FILE *table, struct answer *answer);

/* Has local AWS give this answer to the next request or upgrade. */
void answer_await(const struct answer *answer);

#endif
