/* What the header allows, or refuses in another way than with COGNITO_STATUS_INVALID_ARGUMENT: for
 * withstands_wrong_arguments.c. */

#ifndef BORDER_ALLOWED_H
#define BORDER_ALLOWED_H

#include "border.h"

struct allowed {
    const char *functions;  /* names with a space behind each, or a part of a name */
    const char *parameters; /* the same, or NULL for any */
    const char *values;     /* the same, with a comma */
    cognito_status status;  /* COGNITO_STATUS_IN_PROGRESS may also be COGNITO_STATUS_OK */
    bool is_silent;         /* the last failure is left alone */
};

/* NULL when it is refused as all are. */
const struct allowed *allowed_of(const char *function, const char *parameter, const char *value);

/* An entry that nothing comes under is an error: the list is to be read. */
void allowed_check_all_used(void);

/* The index of the parameter that a function writes a new handle to, or -1. */
int made_of(const struct function *function);

#endif
