/*
 * Finds out why a device cannot connect: connects to AWS IoT Core and disconnects, and shows each
 * stage on the way, where the time went, and what to do. What it prints can be shown to others.
 *
 *   cognito_doctor --endpoint ENDPOINT --cognito_identity IDENTITY
 *
 * Exit code: 0 all is well, 1 it failed, 2 the command line is wrong.
 */

#define _POSIX_C_SOURCE 200809L

#include "doctor_report.h"

#include <langinfo.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

/* ---- What this program has beside the options of options.c ---- */

static bool json, ascii, show_identity, without_clock;

static const struct own_option own_options[] = {
    {"--json", NULL, &json},
    {"--ascii", NULL, &ascii},
    {"--show_identity", NULL, &show_identity},
    {"--without_clock", NULL, &without_clock},
    {NULL, NULL, NULL},
};

static const struct program program = {
    .needs = NEEDS_SESSION,
    .usage =
        "usage: cognito_doctor --endpoint ENDPOINT --cognito_identity IDENTITY [OPTIONS]\n"
        "       cognito_doctor --endpoint ENDPOINT --identity_pool POOL [OPTIONS]\n"
        "\n"
        "Connects to AWS IoT Core with a Cognito identity, and says what happened on the way.\n"
        "Its output holds no secret: it can be shown to others.\n",
    .own_usage =
        "  --without_clock            the device does not know the time before AWS tells it\n"
        "  --json                     one line of JSON\n"
        "  --ascii                    no colour, no Unicode (always so in a pipe or file)\n"
        "  --show_identity            do not shorten the ids of the identity and its pool\n",
    .own = own_options,
};

/* ---- The connect ---- */

static cognito_client *volatile interrupted_client;

static void interrupt(int signal_number) {
    (void)signal_number;
    cognito_client_cancel(interrupted_client); /* async-signal-safe */
}

static void cancel_on_signals(cognito_client *client) {
    interrupted_client = client;
    struct sigaction action = {.sa_handler = interrupt};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

static bool is_utf8_terminal(void) {
    return isatty(STDOUT_FILENO) && setlocale(LC_CTYPE, "") != NULL &&
           strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}

static int64_t now_us(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* Puts the steps of the trace into one list with the disconnect. */
static cognito_status list_steps(struct visit *visit, const struct step *disconnect) {
    size_t count = cognito_trace_count(visit->trace);
    visit->steps = calloc(count + 1, sizeof *visit->steps);
    if (visit->steps == NULL) {
        return COGNITO_STATUS_OUT_OF_RESOURCES;
    }
    for (size_t i = 0; i < count; i++) {
        struct step *step = &visit->steps[visit->step_count++];
        step->stage = cognito_trace_stage(visit->trace, i);
        step->status = cognito_trace_status(visit->trace, i);
        step->began_us = cognito_trace_began_us(visit->trace, i);
        step->took_us = cognito_trace_took_us(visit->trace, i);
        step->peer = cognito_trace_peer(visit->trace, i);
        step->finding = cognito_trace_finding(visit->trace, i);
        bool is_iot_core = strcmp(cognito_trace_service(visit->trace, i), "IoT Core") == 0;
        step->connection = is_iot_core ? TO_IOT_CORE : TO_COGNITO;
    }
    if (disconnect->stage == COGNITO_STAGE_DISCONNECT) {
        visit->steps[visit->step_count++] = *disconnect;
    }
    return COGNITO_STATUS_OK;
}

/* Connects and disconnects, and keeps what there is to know. */
static cognito_status examine(struct visit *visit, cognito_client *client,
                              const cognito_provider *provider) {
    struct step disconnect = {.connection = TO_IOT_CORE, .peer = "", .finding = ""};
    int64_t began_us = now_us();
    visit->status = cognito_client_connect(client, COGNITO_WAIT_FOREVER);
    visit->connect_us = now_us() - began_us;
    if (visit->status == COGNITO_STATUS_OK) {
        disconnect.stage = COGNITO_STAGE_DISCONNECT;
        disconnect.began_us = now_us() - began_us;
        visit->status = disconnect.status = cognito_client_disconnect(client, COGNITO_WAIT_FOREVER);
        disconnect.took_us = now_us() - began_us - disconnect.began_us;
    }
    visit->identity = cognito_provider_identity(provider);
    report_look.hidden_ids[2] = visit->identity;
    visit->clock_offset_ms = cognito_provider_clock_offset_ms(provider);
    cognito_status status = cognito_client_trace(client, &visit->trace);
    return status != COGNITO_STATUS_OK ? status : list_steps(visit, &disconnect);
}

int main(int argc, char **argv) {
    struct options options;
    struct visit visit = {.identity = "", .clock_offset_ms = COGNITO_CLOCK_OFFSET_UNKNOWN};
    cognito_provider *provider = NULL;
    cognito_client *client = NULL;
    cognito_status status;
    int exit_code;

    cognito_config *config = options_begin(&options, &program, argc, argv, &exit_code);
    if (config == NULL) {
        return exit_code;
    }
    exit_code = EXIT_FAILURE;
    if ((status = cognito_config_set_without_clock(config, without_clock)) != COGNITO_STATUS_OK) {
        goto defect;
    }
    report_look.fancy = !json && !ascii && is_utf8_terminal();
    report_look.show_ids = show_identity;
    report_look.hidden_ids[0] = options.value[COGNITO_IDENTITY];
    report_look.hidden_ids[1] = options.value[IDENTITY_POOL];
    if (!json) {
        report_heading(&options);
    }

    if ((visit.status = cognito_provider_new(config, &provider)) == COGNITO_STATUS_OK &&
        (visit.status = cognito_client_new(config, provider, NULL, NULL, &client)) ==
            COGNITO_STATUS_OK) {
        cancel_on_signals(client);
        if ((status = examine(&visit, client, provider)) != COGNITO_STATUS_OK) {
            goto defect;
        }
    }
    if (visit.status != COGNITO_STATUS_OK &&
        (status = cognito_last_failure(&visit.failure)) != COGNITO_STATUS_OK) {
        goto defect;
    }
    if (json) {
        report_in_json(&visit, &options);
    } else {
        report_for_people(&visit);
    }
    if (fflush(stdout) != 0) {
        perror("stdout");
        goto end;
    }
    exit_code = visit.status == COGNITO_STATUS_OK ? EXIT_SUCCESS : EXIT_FAILURE;
    goto end;

defect:
    fprintf(stderr, "%s: %s\n", cognito_status_name(status), cognito_last_error());
end:
    cognito_failure_free(visit.failure);
    free(visit.steps);
    cognito_trace_free(visit.trace);
    cognito_client_free(client);
    cognito_provider_free(provider);
    cognito_config_free(config);
    return exit_code;
}
