/*
 * Connects to AWS IoT Core with an Amazon Cognito identity, and disconnects.
 *
 *   cognito_connect --endpoint ENDPOINT --cognito_identity IDENTITY
 *   cognito_connect --endpoint ENDPOINT --identity_pool POOL --identity_file FILE
 *
 * Exit code: 0 connected and disconnected, 1 it failed, 2 the command line is wrong.
 */

#define _POSIX_C_SOURCE 200809L

#include "options.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- What this program has beside the options of options.c ---- */

static const char *const levels[] = {"NoLogs", "Fatal", "Error", "Warn", "Info", "Debug", "Trace"};

static const char *verbosity;
static bool is_ci;

static const struct own_option own_options[] = {
    {"--verbosity", &verbosity, NULL},
    {"--is_ci", NULL, &is_ci},
    {NULL, NULL, NULL},
};

static const struct program program = {
    .needs = NEEDS_SESSION,
    .usage = "usage: cognito_connect --endpoint ENDPOINT --cognito_identity IDENTITY [OPTIONS]\n"
             "       cognito_connect --endpoint ENDPOINT --identity_pool POOL [OPTIONS]\n"
             "\n"
             "Connects to AWS IoT Core with a Cognito identity, and disconnects.\n",
    .own_usage =
        "  --verbosity LEVEL          NoLogs Fatal Error Warn Info Debug Trace, to stderr "
        "(NoLogs)\n"
        "  --is_ci                    leave the endpoint and the client id out of the output\n",
    .own = own_options,
};

static bool parse_level(int32_t *level) {
    for (int32_t i = 0; verbosity != NULL && i <= COGNITO_LOG_LEVEL_TRACE; i++) {
        if (strcmp(levels[i], verbosity) == 0) {
            *level = i;
            return true;
        }
    }
    return verbosity == NULL || options_wrong("--verbosity cannot be", verbosity);
}

/* ---- Log, failures, Ctrl-C ---- */

static void print_log(int32_t level, const char *stage, const char *message, void *user_data) {
    (void)user_data;
    fprintf(stderr, "[%s] %s: %s\n", levels[level], stage, message);
}

/* The status name, the reason, and what to do. */
static void print_failure(const cognito_client *client, cognito_status status) {
    cognito_failure *failure = NULL;
    if (client != NULL && cognito_client_failure(client, &failure) == COGNITO_STATUS_OK &&
        cognito_failure_status(failure) == status) {
        fprintf(stderr, "%s: %s\n", cognito_status_name(status), cognito_failure_message(failure));
        const char *hint = cognito_failure_hint(failure);
        fprintf(stderr, "%s%s", hint, hint[0] != '\0' ? "\n" : "");
    } else {
        fprintf(stderr, "%s: %s\n", cognito_status_name(status), cognito_last_error());
    }
    cognito_failure_free(failure);
}

static cognito_client *volatile interrupted_client;

static void interrupt(int signal_number) {
    (void)signal_number;
    cognito_client_cancel(interrupted_client); /* async-signal-safe */
}

static void say(const char *line) {
    puts(line);
    fflush(stdout); /* also when stdout is a pipe */
}

/* ---- Connect and disconnect ---- */

int main(int argc, char **argv) {
    struct options options;
    int32_t level = COGNITO_LOG_LEVEL_NONE;
    cognito_client *client = NULL;
    cognito_status status;
    int exit_code;

    cognito_config *config = options_begin(&options, &program, argc, argv, &exit_code);
    if (config == NULL) {
        return exit_code;
    }
    exit_code = EXIT_USAGE;
    if (!parse_level(&level)) {
        goto end;
    }
    exit_code = EXIT_FAILURE;
    if ((status = cognito_log_set(level, print_log, NULL)) != COGNITO_STATUS_OK ||
        (status = cognito_client_new(config, NULL, NULL, NULL, &client)) != COGNITO_STATUS_OK) {
        goto failed;
    }

    interrupted_client = client;
    struct sigaction action = {.sa_handler = interrupt};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);

    if (is_ci) {
        say("Connecting to endpoint with client ID...");
    } else {
        printf("Connecting to %s with client ID '%s'...\n", options.value[ENDPOINT],
               options.value[CLIENT_ID]);
        fflush(stdout);
    }
    if ((status = cognito_client_connect(client, COGNITO_WAIT_FOREVER)) != COGNITO_STATUS_OK) {
        goto failed;
    }
    say("Connected!");
    say("Disconnecting...");
    if ((status = cognito_client_disconnect(client, COGNITO_WAIT_FOREVER)) != COGNITO_STATUS_OK) {
        goto failed;
    }
    say("Disconnected!");
    exit_code = EXIT_SUCCESS;
    goto end;

failed:
    print_failure(client, status);
end:
    cognito_client_free(client);
    cognito_config_free(config);
    return exit_code;
}
