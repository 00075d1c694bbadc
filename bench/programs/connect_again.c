/*
 * Connects, disconnects, and connects again with the credentials that are still good: what a
 * device does that was cut off. The second connect is the one that is announced.
 *
 * Exit code: 0 connected twice, 1 it failed, 2 the command line is wrong.
 */

#include "options.h"

#include <stdio.h>
#include <stdlib.h>

static const struct own_option own_options[] = {{NULL, NULL, NULL}};

static const struct program program = {
    .needs = NEEDS_SESSION,
    .usage = "usage: connect_again --endpoint ENDPOINT --cognito_identity IDENTITY [OPTIONS]\n",
    .own_usage = "",
    .own = own_options,
};

int main(int argc, char **argv) {
    struct options options;
    cognito_client *client = NULL;
    int exit_code;

    cognito_config *config = options_begin(&options, &program, argc, argv, &exit_code);
    if (config == NULL) {
        return exit_code;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    bool failed = cognito_client_new(config, NULL, NULL, NULL, &client) != COGNITO_STATUS_OK;
    for (int i = 0; i < 2 && !failed; i++) {
        if (i == 1) {
            puts("Connecting to the endpoint again");
        }
        failed = cognito_client_connect(client, COGNITO_WAIT_FOREVER) != COGNITO_STATUS_OK;
        if (i == 1 && !failed) {
            puts("Connected!");
        }
        failed =
            failed || cognito_client_disconnect(client, COGNITO_WAIT_FOREVER) != COGNITO_STATUS_OK;
    }
    if (failed) {
        fprintf(stderr, "%s\n", cognito_last_error());
    }
    cognito_client_free(client);
    cognito_config_free(config);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
