/* A panic at the entry of every function: it gives COGNITO_STATUS_INTERNAL, or its default, says so
 * in the last failure and in the log, and works the next time. */

#include "planted.h"

static const char *has_no_boundary(const struct function *function) {
    return is_constant(function)                  ? "it is one expression, without a place"
           : ends_with(function->name, "_cancel") ? "it runs in signal handlers, and has no place"
                                                  : NULL;
}

static void check_defect(const struct function *function, const struct outcome *outcome) {
    if (function->gives == STATUS || function->gives == COUNT) {
        CHECK_STATUS(COGNITO_STATUS_INTERNAL, outcome->status);
    }
    CHECK(function->gives != NUMBER || outcome->result.number == function->no_number);
    CHECK(function->gives != POINTER || outcome->result.pointer == NULL);
    if (function->gives == STRING) {
        const char *text = outcome->result.text, *none = function->no_text;
        CHECK(none == NULL ? text == NULL : text != NULL && strcmp(text, none) == 0);
    }
    CHECK(outcome->made == NULL);
    CHECK_CONTAINS("defect", cognito_last_error());
}

static void try_entry(const struct function *function) {
    union value arguments[PARAMETERS_MAX];
    void *made;
    if (has_no_boundary(function) != NULL) {
        case_not_applicable(has_no_boundary(function));
        return;
    }
    case_begin("%s", function->name);
    good_arguments(function, arguments, &made);
    int before = defects_logged();
    planted_panic_arm("entry", 0);
    struct outcome outcome = call_with(function, arguments, &made);
    CHECK(!planted_panic_is_armed());
    planted_panic_arm("", 0);
    check_defect(function, &outcome);
    CHECK_INT(before + 1, defects_logged());

    /* Nothing of it is left: the same call succeeds, a free among them. */
    outcome = call_with(function, arguments, &made);
    CHECK(outcome.status != COGNITO_STATUS_INTERNAL);
    for (int i = 0; i < function->parameter_count && outcome.made != NULL; i++) {
        if (function->parameters[i].kind == OUT) {
            handle_free(function->parameters[i].handle, outcome.made);
        }
    }
    case_end();
    if (is_one_of(function, "cognito_log_set ")) {
        log_defects();
    }
    enum handle_type type = handle_of(function);
    bool is_used_up = type == HANDLE_CONFIG || ends_with(function->name, "_free") ||
                      is_one_of(function, "cognito_client_disconnect cognito_client_start "
                                          "cognito_transport_close ");
    if (is_used_up && type < HANDLE_IDENTITY_SINK) {
        handle_free(type, handles.live[type]);
        handles.live[type] = NULL;
        handles_mend();
    }
}

void entries(void) {
    handles_mend();
    try_each_function(try_entry);
    handles_free();
}
