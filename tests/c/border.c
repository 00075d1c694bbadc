/* See border.h. */

#include "border.h"
#include "proc.h"

#include <stdarg.h>

struct handles handles;

bool is_one_of(const struct function *function, const char *names) {
    size_t len = strlen(function->name);
    for (const char *at = names; (at = strstr(at, function->name)) != NULL; at += len) {
        if ((at == names || at[-1] == ' ') && at[len] == ' ') {
            return true;
        }
    }
    return false;
}

bool ends_with(const char *name, const char *end) {
    size_t len = strlen(name), end_len = strlen(end);
    return len >= end_len && strcmp(name + len - end_len, end) == 0;
}

bool is_constant(const struct function *function) {
    return is_one_of(function, "cognito_version cognito_version_number cognito_status_name "
                               "cognito_status_description cognito_stage_name cognito_last_error "
                               "cognito_coremqtt_context ");
}

enum handle_type handle_of(const struct function *function) {
    bool takes_one = function->parameter_count > 0 && function->parameters[0].kind == HANDLE;
    return takes_one ? function->parameters[0].handle : HANDLE_COUNT;
}

bool is_of_a_sink(const struct function *function) {
    return handle_of(function) == HANDLE_IDENTITY_SINK || handle_of(function) == HANDLE_LOGIN_SINK;
}

static void (*try_one)(const struct function *function);

static void try_each_of(enum handle_type type) {
    for (size_t i = 0; i < function_count; i++) {
        if (handle_of(&functions[i]) == type) {
            try_one(&functions[i]);
        }
    }
}
static void try_each_of_sink(enum handle_type type, void *sink) {
    handles.live[type] = sink;
    try_each_of(type);
    handles.live[type] = NULL;
}
static int32_t in_load(const char *pool, cognito_identity_sink *sink, void *unused) {
    (void)pool;
    (void)unused;
    try_each_of_sink(HANDLE_IDENTITY_SINK, sink);
    return COGNITO_STATUS_INVALID_STATE; /* what was put into it does not count */
}
static int32_t in_login(cognito_login_sink *sink, void *unused) {
    (void)unused;
    try_each_of_sink(HANDLE_LOGIN_SINK, sink);
    return COGNITO_STATUS_OK;
}

void try_each_function(void (*try)(const struct function *function)) {
    try_one = try;
    for (int type = 0; type <= HANDLE_COUNT; type++) {
        if (type != HANDLE_IDENTITY_SINK && type != HANDLE_LOGIN_SINK) {
            try_each_of(type);
        }
    }
    CHECK_STATUS(COGNITO_STATUS_OK, fetch_with_callbacks(in_load, save_nothing, in_login));
}

int wait_of(const struct function *function) {
    for (int i = 0; i < function->parameter_count; i++) {
        if (function->parameters[i].kind == WAIT) {
            return i;
        }
    }
    return -1;
}

struct outcome call_with(const struct function *function, union value *arguments, void **made) {
    struct outcome outcome = {.status = COGNITO_STATUS_OK};
    double began = now_ms();
    *made = NULL;
    function->call(arguments, &outcome.result);
    outcome.ms = now_ms() - began;
    outcome.made = *made;
    bool fails = function->gives == COUNT && outcome.result.number < 0;
    if (function->gives == STATUS || fails) {
        outcome.status = (cognito_status)outcome.result.number;
    }
    return outcome;
}

void check_outcome(const struct function *function, const struct outcome *outcome) {
    cognito_status status = outcome->status;
    CHECK(strcmp(cognito_status_name(status), "COGNITO_STATUS_UNKNOWN") != 0);
    CHECK(status <= 0 && (outcome->made != NULL) <= (status == COGNITO_STATUS_OK));
    bool says_nothing = status == COGNITO_STATUS_OK || status == COGNITO_STATUS_IN_PROGRESS ||
                        ends_with(function->name, "_cancel") ||
                        is_one_of(function, "cognito_failure_status cognito_trace_status ");
    if (!says_nothing) {
        cognito_failure *failure = NULL;
        CHECK(cognito_last_error()[0] != '\0');
        if (cognito_last_failure(&failure) == COGNITO_STATUS_OK) {
            CHECK_STATUS(status, cognito_failure_status(failure));
            CHECK(cognito_failure_message(failure)[0] != '\0');
            cognito_failure_free(failure);
        }
    }
}

static long begun, passed, not_applicable;
enum { REASONS_MAX = 8 };
static struct {
    const char *why;
    long count;
} reasons[REASONS_MAX];
static int failed_before;
static char row[256];

void case_begin(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(row, sizeof row, format, arguments);
    va_end(arguments);
    check_row = row;
    failed_before = check_failures();
    begun++;
}

void case_end(void) { passed += check_failures() == failed_before; }

void case_not_applicable(const char *why) {
    int i = 0;
    while (i < REASONS_MAX - 1 && reasons[i].why != NULL && strcmp(reasons[i].why, why) != 0) {
        i++;
    }
    reasons[i].why = why;
    reasons[i].count++;
    not_applicable++;
}

static int threads_before, descriptors_before;

void cases_prepare(void) {
    if (threads_before == 0) {
        threads_before = proc_own_threads();
        descriptors_before = proc_count(0, "fd");
    }
}

int cases_result(void) {
    check_row = "";
    CHECK(proc_threads_fall_to(threads_before));
    CHECK_INT(descriptors_before, proc_count(0, "fd"));
    CHECK(passed == begun && begun > 0);
    for (int i = 0; i < REASONS_MAX && reasons[i].why != NULL; i++) {
        printf("%ld not applicable: %s\n", reasons[i].count, reasons[i].why);
    }
    printf("%ld of %ld, %ld not applicable\n", passed, begun, not_applicable);
    return check_result();
}
