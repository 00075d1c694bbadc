/* 16 threads that call every function at random, on clients, transports and providers that they
 * share and free under each other, and on configs and properties of their own: each call ends with
 * a status that has a name. Arguments: calls of each thread, and a seed. */

#define _POSIX_C_SOURCE 200809L

#include "border.h"

#include <pthread.h>
#include <stdatomic.h>

enum { THREADS = 16, SHARED = 4 };

/* What takes long is called less often: it makes something of certificates, or ends what is open.
 */
static const char *const rare =
    "cognito_client_new cognito_transport_new cognito_provider_new cognito_client_free "
    "cognito_transport_free cognito_provider_free cognito_client_disconnect "
    "cognito_transport_close cognito_client_start cognito_client_stop cognito_client_cancel "
    "cognito_transport_cancel cognito_provider_cancel cognito_log_set ";
enum { RARE = 200 };

/* Tokens of all threads. */
static _Atomic(void *) shared[HANDLE_COUNT][SHARED];
static atomic_long done, failed, made_count;
static atomic_long succeeded, refused, connected; /* of what gives a status; of is_connected */
static long calls;
static uint64_t seed;

struct caller {
    uint64_t random;
    cognito_config *good; /* that new ones are made of */
    void *own[HANDLE_COUNT];
    uint8_t buffer[4096];
    size_t len;
};

static bool is_shared(enum handle_type type) {
    return type == HANDLE_CLIENT || type == HANDLE_TRANSPORT || type == HANDLE_PROVIDER ||
           type == HANDLE_FAILURE || type == HANDLE_TRACE || type == HANDLE_CREDENTIALS ||
           type == HANDLE_SIGNED_URL;
}

static void *pick(struct caller *caller, enum handle_type type) {
    if (random_below(&caller->random, 50) == 0) {
        return (void *)(uintptr_t)random_below(&caller->random, UINT32_MAX); /* garbage */
    }
    return is_shared(type) ? shared[type][random_below(&caller->random, SHARED)]
                           : caller->own[type];
}

/* In place of one that all share, which is freed under them. */
static void share(struct caller *caller, enum handle_type type, void *handle) {
    handle_free(type,
                atomic_exchange(&shared[type][random_below(&caller->random, SHARED)], handle));
    made_count++;
}

/* A new one that can connect. */
static void make_one(struct caller *caller, enum handle_type type) {
    void *handle = NULL;
    void *provider = random_below(&caller->random, 2) == 0 ? pick(caller, HANDLE_PROVIDER) : NULL;
    const struct way *with = type == HANDLE_CLIENT      ? &the_client
                             : type == HANDLE_TRANSPORT ? &the_transport
                                                        : &the_provider;
    if (with->make(caller->good, provider, &handle) == COGNITO_STATUS_OK) {
        share(caller, type, handle);
    }
}

static void fill_in(struct caller *caller, const struct function *function, union value *arguments,
                    void **made) {
    good_arguments(function, arguments, made);
    for (int i = 0; i < function->parameter_count; i++) {
        const struct parameter *parameter = &function->parameters[i];
        if (parameter->kind == HANDLE) {
            arguments[i].handle = pick(caller, parameter->handle);
        } else if (parameter->kind == BUFFER) {
            arguments[i].buffer = caller->buffer;
        } else if (parameter->kind == SIZE_OUT) {
            arguments[i].size_out = &caller->len;
        }
    }
}

static void call_one(struct caller *caller) {
    const struct function *function =
        &functions[random_below(&caller->random, (uint32_t)function_count)];
    enum handle_type type = handle_of(function);
    union value arguments[PARAMETERS_MAX];
    void *made = NULL;
    while (is_one_of(function, rare) && random_below(&caller->random, RARE) != 0) {
        function = &functions[random_below(&caller->random, (uint32_t)function_count)];
        type = handle_of(function);
    }
    bool is_free = ends_with(function->name, "_free");
    if (is_free && type <= HANDLE_TRANSPORT && type != HANDLE_CONFIG) {
        make_one(caller, type);
        return;
    }
    fill_in(caller, function, arguments, &made);
    if (is_free && type != HANDLE_COUNT && !is_shared(type)) {
        arguments[0].handle = NULL; /* that of this thread stays */
    }
    struct outcome outcome = call_with(function, arguments, &made);
    failed += strcmp(cognito_status_name(outcome.status), "COGNITO_STATUS_UNKNOWN") == 0;
    failed += outcome.status == COGNITO_STATUS_INTERNAL;
    if (function->gives == STATUS || function->gives == COUNT) {
        succeeded += outcome.status == COGNITO_STATUS_OK;
        refused += outcome.status != COGNITO_STATUS_OK;
    } else if (is_one_of(function, "cognito_client_is_connected cognito_transport_is_open ")) {
        connected += outcome.result.number != 0;
    }
    for (int i = 0; i < function->parameter_count && made != NULL; i++) {
        if (function->parameters[i].kind == OUT) {
            enum handle_type what = function->parameters[i].handle;
            bool connects = what <= HANDLE_TRANSPORT;
            if (is_shared(what) && !connects) {
                share(caller, what, made);
            } else {
                handle_free(what, made); /* of settings that are as they have come to be */
            }
            made = NULL;
        }
    }
}

static void *work(void *user_data) {
    struct caller *caller = user_data;
    REQUIRE(cognito_config_new((cognito_config **)&caller->own[HANDLE_CONFIG]) ==
                COGNITO_STATUS_OK &&
            cognito_properties_new((cognito_properties **)&caller->own[HANDLE_PROPERTIES]) ==
                COGNITO_STATUS_OK);
    for (long i = 0; i < calls; i++) {
        if (i % 1000 == 0) {
            /* Else what is added makes it larger and larger. */
            cognito_properties_free(caller->own[HANDLE_PROPERTIES]);
            REQUIRE(
                cognito_properties_new((cognito_properties **)&caller->own[HANDLE_PROPERTIES]) ==
                COGNITO_STATUS_OK);
        }
        call_one(caller);
        done++;
    }
    cognito_properties_free(caller->own[HANDLE_PROPERTIES]);
    cognito_config_free(caller->own[HANDLE_CONFIG]);
    cognito_config_free(caller->good);
    return NULL;
}

int main(int argc, char **argv) {
    pthread_t threads[THREADS];
    static struct caller callers[THREADS];
    REQUIRE(argc == 3);
    calls = strtol(argv[1], NULL, 10);
    seed = strtoull(argv[2], NULL, 10);
    handles_mend(); /* makes what good arguments point to, before there are threads */
    union value arguments[PARAMETERS_MAX];
    void *made;
    for (size_t i = 0; i < function_count; i++) {
        good_arguments(&functions[i], arguments, &made);
    }
    for (int type = 0; type < HANDLE_COUNT; type++) {
        shared[type][0] = is_shared(type) ? handles.live[type] : NULL;
    }
    for (int i = 0; i < THREADS; i++) {
        callers[i].random = seed * THREADS + (uint64_t)i;
        callers[i].good = local_aws_config();
        REQUIRE(pthread_create(&threads[i], NULL, work, &callers[i]) == 0);
    }
    for (int i = 0; i < THREADS; i++) {
        REQUIRE(pthread_join(threads[i], NULL) == 0);
    }
    for (int type = 0; type < HANDLE_COUNT; type++) {
        for (int i = 0; is_shared(type) && i < SHARED; i++) {
            handle_free(type, shared[type][i]);
            handles.live[type] = NULL;
        }
    }
    handles_free();
    REQUIRE(cognito_log_set(COGNITO_LOG_LEVEL_NONE, NULL, NULL) == COGNITO_STATUS_OK);
    fprintf(stderr,
            "%ld handles were put in the place of others; of what gives a status %ld succeeded and "
            "%ld were refused; %ld times one was connected\n",
            (long)made_count, (long)succeeded, (long)refused, (long)connected);
    CHECK(succeeded > refused && connected > 0);
    CHECK(failed == 0 && done == THREADS * calls && made_count > THREADS);
    printf("%ld of %ld\n", (long)(done - failed), THREADS * calls);
    return check_result();
}
