/* The table of failing situations, tests/situations.tsv: its head explains the columns. */

#ifndef SITUATIONS_H
#define SITUATIONS_H

#include "local_aws.h"

#define SITUATION_CELLS 11

/* One row; cells that say '-' are empty. */
struct situation {
    const char *name, *faults, *settings;
    const char *status, *stage, *http_status, *reason_code;
    const char *aws_error_type, *aws_message, *hint, *says;
    char line[4096];
};

/* What a failing call is made with. */
struct setup {
    cognito_config *config;
    const char *client_id;
    const char *then; /* how the open session is ended, or NULL */
};

/* Reads the next row, over comments. False at the end of the file. */
bool situation_read(FILE *table, struct situation *situation);

/* Turns its faults on and sets its settings, on top of a config that connects. */
void situation_prepare(const struct situation *situation, struct setup *setup);

/* A text of the table with its placeholders filled in; valid until the next call. */
const char *situation_expand(const char *text, const struct setup *setup, const char *identity);

/* A value of the setting login. */
cognito_status situation_set_login(cognito_config *config, const char *value);

/* The identity that local AWS has for the login "good". */
const char *situation_login_identity(void);

/* Whether a text is that of the table: all of it, but for {time} and {number}. */
bool situation_matches(const char *expected, const char *text);

#endif
