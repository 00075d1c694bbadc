/* Every exported function as a row of a table, so that a test calls them all and a new one is never
 * left out. The table is made of the record of the ABI by tests/border/functions.py. */

#ifndef BORDER_H
#define BORDER_H

#include "transports.h"

enum handle_type {
    HANDLE_CONFIG,
    HANDLE_PROVIDER,
    HANDLE_CLIENT,
    HANDLE_TRANSPORT,
    HANDLE_FAILURE,
    HANDLE_TRACE,
    HANDLE_PROPERTIES,
    HANDLE_CREDENTIALS,
    HANDLE_SIGNED_URL,
    HANDLE_IDENTITY_SINK,
    HANDLE_LOGIN_SINK,
    HANDLE_COUNT /* no handle */
};

enum parameter_kind {
    HANDLE,
    TEXT,
    BYTES,
    BUFFER,
    VECTORS,
    OUT,
    SIZE_OUT,
    SIZE,
    WAIT,
    INT32,
    UINT32,
    INT64,
    FLAG,
    CALLBACK,
    USER_DATA
};

enum result_kind { STATUS, COUNT, NUMBER, STRING, POINTER, NOTHING };

union value {
    void *handle;
    const char *text;
    const void *bytes;
    void *buffer;
    void *vectors;
    void *out;
    size_t *size_out;
    size_t size;
    int32_t int32;
    uint32_t uint32;
    int64_t int64;
    bool flag;
    void (*callback)(void);
};

struct result {
    int64_t number;
    const char *text;
    const void *pointer;
};

struct parameter {
    enum parameter_kind kind;
    enum handle_type handle; /* of HANDLE and OUT */
    const char *name;
};

enum { PARAMETERS_MAX = 10 };

struct function {
    const char *name;
    enum result_kind gives;
    int64_t no_number;   /* what a getter gives of a handle that is none */
    const char *no_text; /* the same */
    void (*call)(const union value *arguments, struct result *result);
    int parameter_count;
    struct parameter parameters[PARAMETERS_MAX];
};

extern const struct function functions[];
extern const size_t function_count;

/* A live handle of each type, the client connected and the transport open, and one that was freed.
 * Sinks live in callbacks only. */
struct handles {
    void *live[HANDLE_COUNT];
    void *freed[HANDLE_COUNT];
};
extern struct handles handles;

/* Makes what is not there, or not as it was. */
void handles_mend(void);
void handles_free(void);
void handle_free(enum handle_type type, void *handle);

/* A provider that asks an identity store and a login callback at its first fetch. */
cognito_provider *provider_with_callbacks(cognito_identity_load_fn load,
                                          cognito_identity_save_fn save, cognito_login_fn login,
                                          void *user_data);

/* Makes one, which is the live one meanwhile, fetches, which calls them, and frees it. */
cognito_status fetch_with_callbacks(cognito_identity_load_fn load, cognito_identity_save_fn save,
                                    cognito_login_fn login);

/* Tries every function: those of sinks in the callbacks of a fetch, where there is one. */
void try_each_function(void (*try)(const struct function *function));
bool is_of_a_sink(const struct function *function);

/* Arguments that a call succeeds with. What it makes goes to *made. */
void good_arguments(const struct function *function, union value *arguments, void **made);

/* A call, and how it ended: with a status, COGNITO_STATUS_OK for what gives none. */
struct outcome {
    struct result result;
    cognito_status status;
    void *made;
    double ms;
};
struct outcome call_with(const struct function *function, union value *arguments, void **made);

/* Whether the function is one of them, a list of names with a space behind each. */
bool is_one_of(const struct function *function, const char *names);
bool ends_with(const char *name, const char *end);

/* Whether it looks at no handle's state and is refused nowhere. */
bool is_constant(const struct function *function);

/* The first handle that it takes, or HANDLE_COUNT. */
enum handle_type handle_of(const struct function *function);

/* The index of the parameter that says how long it waits, or -1. */
int wait_of(const struct function *function);

/* Checks that a status has a name, and that an error is what the thread's last failure says. */
void check_outcome(const struct function *function, const struct outcome *outcome);

/* Counts cases; the last line that a test prints is what it has counted. */
void case_begin(const char *format, ...) __attribute__((format(printf, 1, 2)));
void case_end(void);
void case_not_applicable(const char *why);

/* Notes how many threads and descriptors there are; the first handles_mend() calls it. */
void cases_prepare(void);

/* That threads and descriptors are as many as before the first handle, and what was counted. */
int cases_result(void);

#endif
