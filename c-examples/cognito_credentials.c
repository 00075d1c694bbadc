/*
 * Prints temporary AWS credentials of an Amazon Cognito identity as a credential_process, so that
 * the AWS CLI and every AWS SDK on the board can use them. In ~/.aws/config:
 *
 *   [profile device]
 *   credential_process = cognito_credentials --identity_pool POOL --identity_file FILE
 *
 * Exit code: 0 printed, 1 it failed, 2 the command line is wrong.
 */

#define _POSIX_C_SOURCE 200809L

#include "options.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static const struct own_option own_options[] = {{NULL, NULL, NULL}};

static const struct program program = {
    .needs = NEEDS_IDENTITY,
    .usage = "usage: cognito_credentials --cognito_identity IDENTITY [OPTIONS]\n"
             "       cognito_credentials --identity_pool POOL --identity_file FILE [OPTIONS]\n"
             "\n"
             "Prints AWS credentials of a Cognito identity in the form of credential_process.\n",
    .own_usage = "",
    .own = own_options,
};

static cognito_provider *volatile interrupted_provider;

static void interrupt(int signal_number) {
    (void)signal_number;
    cognito_provider_cancel(interrupted_provider); /* async-signal-safe */
}

static void print_member(const char *name, const char *value) {
    printf(",\n  \"%s\": \"", name);
    for (const char *c = value; *c != '\0'; c++) {
        if (*c == '"' || *c == '\\') {
            putchar('\\');
        }
        if ((unsigned char)*c < 0x20) {
            printf("\\u%04x", (unsigned)*c);
        } else {
            putchar(*c);
        }
    }
    putchar('"');
}

/* False when not all of it could be written. */
static bool print_credentials(const cognito_credentials *credentials) {
    char expiration[sizeof "YYYY-MM-DDThh:mm:ssZ"];
    time_t expires_at = (time_t)cognito_credentials_expires_at(credentials);
    struct tm utc;
    if (gmtime_r(&expires_at, &utc) == NULL ||
        strftime(expiration, sizeof expiration, "%Y-%m-%dT%H:%M:%SZ", &utc) == 0) {
        fputs("the expiration is no date\n", stderr);
        return false;
    }
    printf("{\n  \"Version\": 1");
    print_member("AccessKeyId", cognito_credentials_access_key_id(credentials));
    print_member("SecretAccessKey", cognito_credentials_secret_access_key(credentials));
    print_member("SessionToken", cognito_credentials_session_token(credentials));
    print_member("Expiration", expiration);
    printf("\n}\n");
    if (fflush(stdout) != 0 || ferror(stdout)) {
        perror("stdout");
        return false;
    }
    return true;
}

int main(int argc, char **argv) {
    struct options options;
    cognito_provider *provider = NULL;
    cognito_credentials *credentials = NULL;
    int exit_code;

    cognito_config *config = options_begin(&options, &program, argc, argv, &exit_code);
    if (config == NULL) {
        return exit_code;
    }
    exit_code = EXIT_FAILURE;
    if (cognito_provider_new(config, &provider) != COGNITO_STATUS_OK) {
        goto failed;
    }
    interrupted_provider = provider;
    struct sigaction action = {.sa_handler = interrupt};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    if (cognito_provider_fetch(provider, COGNITO_WAIT_FOREVER, &credentials) != COGNITO_STATUS_OK) {
        goto failed;
    }
    if (print_credentials(credentials)) {
        exit_code = EXIT_SUCCESS;
    }
    goto end;

failed:
    fprintf(stderr, "%s\n", cognito_last_error()); /* what went wrong, and what to do */
end:
    cognito_credentials_free(credentials);
    cognito_provider_free(provider);
    cognito_config_free(config);
    return exit_code;
}
