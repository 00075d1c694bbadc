/* What the doctor found out, and the reports of it. */

#ifndef DOCTOR_REPORT_H
#define DOCTOR_REPORT_H

#include "options.h"

enum connection { TO_COGNITO, TO_IOT_CORE, CONNECTION_COUNT };

struct step {
    enum connection connection;
    cognito_stage stage;
    cognito_status status;
    int64_t began_us, took_us; /* from the beginning of the connect */
    const char *peer, *finding;
};

struct visit {
    cognito_status status;    /* of the connect, or else of the disconnect */
    cognito_failure *failure; /* NULL when all is well */
    cognito_trace *trace;
    struct step *steps; /* those of the trace, and the disconnect */
    size_t step_count;
    int64_t connect_us;
    const char *identity; /* in use; empty when it is not known */
    int64_t clock_offset_ms;
};

/*
 * Whoever knows the id of a guest can get that guest's credentials, so the reports shorten every id
 * of an identity or pool that they can tell by its form, and wherever they stand those in
 * hidden_ids (NULL: none).
 */
struct look {
    bool fancy; /* colour and Unicode */
    bool show_ids;
    const char *hidden_ids[3];
};
extern struct look report_look;

void report_heading(const struct options *options);
void report_for_people(const struct visit *visit);
void report_in_json(const struct visit *visit, const struct options *options);

#endif
