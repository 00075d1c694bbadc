/* Every function with every wrong value for each of its parameters, while all others are good: it
 * is refused with the status and the default that the header says, and does nothing; and with all
 * of them good it succeeds. What the header allows is in border_allowed.c. */

#include "border_allowed.h"

#define MIB (1024 * 1024)
static char endless[MIB + 1];
static struct iovec no_piece = {NULL, 1};

static const struct wrong {
    enum parameter_kind kind;
    const char *name;
    union value value;
} wrongs[] = {
    {TEXT, "NULL", {.text = NULL}},
    {TEXT, "empty", {.text = ""}},
    {TEXT, "1 MiB", {.text = endless}},
    {TEXT, "not UTF-8", {.text = "a\xff"}},
    {TEXT, "UTF-8 cut off", {.text = "a\xc3"}},
    {TEXT, "NUL in two bytes", {.text = "a\xc0\x80z"}},
    {TEXT, "surrogate", {.text = "a\xed\xa0\x80z"}},
    {TEXT, "control character", {.text = "a\x01z"}},
    {TEXT, "line end", {.text = "a\nz"}},
    {TEXT, "DEL", {.text = "a\x7fz"}},
    {BYTES, "NULL", {.bytes = NULL}},
    {BUFFER, "NULL", {.buffer = NULL}},
    {VECTORS, "NULL", {.vectors = NULL}},
    {VECTORS, "piece of NULL", {.vectors = &no_piece}},
    {OUT, "NULL", {.out = NULL}},
    {SIZE_OUT, "NULL", {.size_out = NULL}},
    {SIZE, "0", {.size = 0}},
    {SIZE, "INT32_MAX + 1", {.size = (size_t)INT32_MAX + 1}},
    {SIZE, "SIZE_MAX / 2 + 1", {.size = SIZE_MAX / 2 + 1}},
    {SIZE, "SIZE_MAX", {.size = SIZE_MAX}},
    {WAIT, "-2", {.int32 = -2}},
    {WAIT, "INT32_MIN", {.int32 = INT32_MIN}},
    {INT32, "-1", {.int32 = -1}},
    {INT32, "INT32_MIN", {.int32 = INT32_MIN}},
    {INT32, "INT32_MAX", {.int32 = INT32_MAX}},
    {UINT32, "0", {.uint32 = 0}},
    {UINT32, "INT32_MAX + 1", {.uint32 = (uint32_t)INT32_MAX + 1}},
    {UINT32, "UINT32_MAX", {.uint32 = UINT32_MAX}},
    {INT64, "-2", {.int64 = -2}},
    {INT64, "INT64_MIN", {.int64 = INT64_MIN}},
    {INT64, "UINT32_MAX + 1", {.int64 = (int64_t)UINT32_MAX + 1}},
    {INT64, "INT64_MAX", {.int64 = INT64_MAX}},
    {CALLBACK, "NULL", {.callback = NULL}},
    {USER_DATA, "NULL", {.buffer = NULL}},
    {USER_DATA, "1", {.buffer = (void *)1}},
};

static cognito_client *idle;

/* So that a failure that is not recorded shows: no wrong value gives this one. */
static void forget_the_last_failure(const struct function *function) {
    if (!is_of_a_sink(function)) {
        REQUIRE(cognito_client_process(idle, 0) == COGNITO_STATUS_INVALID_STATE);
    }
}

/* What the header says that a getter gives when there is nothing. */
static void check_nothing(const struct function *function, const struct result *result) {
    bool is_text = function->gives == STRING && function->no_text != NULL;
    CHECK(function->gives != STRING || (result->text != NULL) == is_text);
    CHECK(!is_text || result->text == NULL || result->text[0] == '\0');
    CHECK(function->gives != POINTER || result->pointer == NULL);
    CHECK(function->gives != NUMBER || result->number == function->no_number);
}

static void check_last_failure(const struct function *function, cognito_status expected) {
    cognito_failure *failure = NULL;
    if (is_of_a_sink(function)) {
        CHECK(expected == COGNITO_STATUS_OK || cognito_last_error()[0] != '\0');
        return;
    }
    REQUIRE(cognito_last_failure(&failure) == COGNITO_STATUS_OK);
    CHECK_STATUS(expected != COGNITO_STATUS_OK ? expected : COGNITO_STATUS_INVALID_STATE,
                 cognito_failure_status(failure));
    CHECK(cognito_failure_message(failure)[0] != '\0');
    cognito_failure_free(failure);
}

static void mend_after(const struct function *function) {
    enum handle_type type = handle_of(function);
    handle_free(type, handles.live[type]);
    handles.live[type] = NULL;
    handles_mend();
}

/* One call. The parameter of index -1 is none: all are good. */
static void try_case(const struct function *function, int index, const char *name,
                     union value value, cognito_status refusal) {
    union value arguments[PARAMETERS_MAX];
    void *made;
    good_arguments(function, arguments, &made);
    const char *parameter = "all";
    if (index >= 0) {
        arguments[index] = value;
        parameter = function->parameters[index].name;
    }
    case_begin("%s, %s: %s", function->name, parameter, name);
    const struct allowed *allowed = allowed_of(function->name, parameter, name);
    cognito_status expected = allowed != NULL ? allowed->status : refusal;
    forget_the_last_failure(function);
    struct outcome outcome = call_with(function, arguments, &made);
    bool is_said = allowed == NULL || !allowed->is_silent;
    if (expected == COGNITO_STATUS_IN_PROGRESS) {
        CHECK(outcome.status == COGNITO_STATUS_OK || outcome.status == expected);
    } else if (function->gives == STATUS || function->gives == COUNT) {
        CHECK_STATUS(expected, outcome.status);
    } else if (expected != COGNITO_STATUS_OK) {
        check_nothing(function, &outcome.result);
    }
    CHECK((outcome.made != NULL) == (expected == COGNITO_STATUS_OK && made_of(function) >= 0));
    if (expected != COGNITO_STATUS_IN_PROGRESS) {
        check_last_failure(function, is_said ? expected : COGNITO_STATUS_OK);
    }
    if (outcome.made != NULL) {
        handle_free(function->parameters[made_of(function)].handle, outcome.made);
    }
    if (is_one_of(function, "cognito_log_set ")) {
        CHECK_STATUS(COGNITO_STATUS_OK, cognito_log_set(0, NULL, NULL));
    }
    case_end();
    bool is_done = expected == COGNITO_STATUS_OK || expected == COGNITO_STATUS_IN_PROGRESS;
    bool is_used_up = is_done && index < 0 && function->gives != STRING && !is_constant(function);
    /* What is longer than its packet ends the stream behind it. */
    bool is_too_long = index >= 0 && function->parameters[index].kind == SIZE &&
                       handle_of(function) == HANDLE_TRANSPORT;
    if (!is_of_a_sink(function) &&
        (is_used_up || is_too_long || handle_of(function) == HANDLE_CONFIG)) {
        mend_after(function);
    }
}

static void try_handles(const struct function *function, int index) {
    const struct parameter *parameter = &function->parameters[index];
    char *live = handles.live[parameter->handle];
    const struct {
        const char *name;
        void *handle;
    } garbage[] = {
        {"NULL", NULL},
        {"freed", handles.freed[parameter->handle]},
        {"1", (void *)1},
        {"all bits", (void *)UINTPTR_MAX},
        {"a pointer", endless},
        {"an odd pointer", endless + 1},
        {"even", live - 1},
        {"next slot", live + 32},
        {"far slot", live + 32 * 8191},
        {"next generation", live + ((uintptr_t)1 << 18)},
        {"next type", live + 2},
    };
    for (size_t i = 0; i < sizeof garbage / sizeof garbage[0]; i++) {
        try_case(function, index, garbage[i].name, (union value){.handle = garbage[i].handle},
                 COGNITO_STATUS_INVALID_HANDLE);
    }
    for (int type = 0; type < HANDLE_COUNT; type++) {
        if (type != (int)parameter->handle) {
            void *foreign = type < HANDLE_IDENTITY_SINK ? handles.live[type] : handles.freed[type];
            try_case(function, index, "of another type", (union value){.handle = foreign},
                     COGNITO_STATUS_INVALID_HANDLE);
        }
    }
}

static void try_function(const struct function *function) {
    try_case(function, -1, "good", (union value){.handle = NULL}, COGNITO_STATUS_OK);
    for (int index = 0; index < function->parameter_count; index++) {
        enum parameter_kind kind = function->parameters[index].kind;
        for (size_t i = 0; i < sizeof wrongs / sizeof wrongs[0]; i++) {
            if (wrongs[i].kind == kind) {
                try_case(function, index, wrongs[i].name, wrongs[i].value,
                         kind == USER_DATA ? COGNITO_STATUS_OK : COGNITO_STATUS_INVALID_ARGUMENT);
            }
        }
        if (kind == HANDLE) {
            try_handles(function, index);
        }
        if (kind == FLAG) {
            case_not_applicable("a _Bool has no third value");
        } else if (kind == TEXT || kind == BYTES || kind == BUFFER || kind == VECTORS ||
                   kind == OUT || kind == SIZE_OUT || kind == CALLBACK) {
            case_not_applicable("what a pointer points to cannot be looked at, if it is not NULL");
        }
    }
}

int main(void) {
    memset(endless, 'x', MIB);
    cases_prepare();
    idle = local_aws_client();
    handles_mend();
    try_each_function(try_function);
    cognito_client_free(idle);
    handles_free();
    allowed_check_all_used();
    return cases_result();
}
