/* What stops people on this path is not the happy case: each row of tests/situations.tsv, its
 * first argument, fails as it says there, word for word. Second argument: what fails. */

#include "situations.h"
#include "transports.h"

/* Of a client; of a transport, which sends no CONNECT; of a provider, which asks Cognito only. */
enum { FEWEST_OF_A_CLIENT = 45, FEWEST_OF_A_TRANSPORT = 40, FEWEST_OF_A_PROVIDER = 20 };

static void check_text(const char *what, const char *expected, const char *text) {
    if (!situation_matches(expected, text)) {
        check_failed(__FILE__, __LINE__, "the %s is\n    '%s' and not\n    '%s'", what, text,
                     expected);
    }
}

/* The identity that was set, as soon as it is; that of a pool from the upgrade on. */
static void check_identity(const struct situation *situation, const struct setup *setup,
                           cognito_stage stage, const char *identity) {
    const char *set = strstr(situation->settings, " identity=");
    if (strstr(situation->settings, "identity_pool=") != NULL) {
        CHECK(identity[0] != '\0' || stage < COGNITO_STAGE_UPGRADE);
        CHECK(strcmp(identity, local_aws("IDENTITY")) != 0);
    } else if (set == NULL && strncmp(situation->settings, "identity=", 9) != 0) {
        check_text("identity", local_aws("IDENTITY"), identity);
    } else {
        const char *value = set != NULL ? set + 10 : situation->settings + 9;
        const char *expanded = situation_expand(value, setup, "");
        CHECK(strncmp(identity, expanded, strcspn(expanded, " ")) == 0 && identity[0] != '\0');
    }
}

/* Both snapshots of a failure say what the row says. */
static void check_failure(const struct situation *situation, const struct setup *setup,
                          const cognito_failure *failure, const char *whose) {
    const char *identity = cognito_failure_identity(failure);
    char http_status[16], reason_code[16];
    snprintf(http_status, sizeof http_status, "%d", (int)cognito_failure_http_status(failure));
    snprintf(reason_code, sizeof reason_code, "%d", (int)cognito_failure_reason_code(failure));
    printf("    %s: %s, %s, %s, %s, '%s', '%s'\n    %s\n    -> %s\n", whose,
           cognito_status_name(cognito_failure_status(failure)),
           cognito_stage_name(cognito_failure_stage(failure)), http_status, reason_code,
           cognito_failure_aws_error_type(failure), cognito_failure_aws_message(failure),
           cognito_failure_message(failure), cognito_failure_hint(failure));
    check_text("status", situation->status, cognito_status_name(cognito_failure_status(failure)));
    check_text("stage", situation->stage, cognito_stage_name(cognito_failure_stage(failure)));
    check_text("HTTP status", situation->http_status, http_status);
    check_text("CONNACK code", situation->reason_code, reason_code);
    check_text("AWS error type", situation->aws_error_type,
               cognito_failure_aws_error_type(failure));
    check_text("AWS message", situation_expand(situation->aws_message, setup, identity),
               cognito_failure_aws_message(failure));
    check_text("hint", situation_expand(situation->hint, setup, identity),
               cognito_failure_hint(failure));
    CHECK(cognito_failure_message(failure)[0] != '\0');
    CHECK_CONTAINS(situation_expand(situation->says, setup, identity),
                   cognito_failure_message(failure));
    CHECK(strpbrk(cognito_failure_message(failure), "\r\n") == NULL);
    CHECK_CONTAINS(cognito_failure_hint(failure), cognito_last_error());
    if (cognito_failure_stage(failure) != COGNITO_STAGE_CONFIG) {
        check_identity(situation, setup, cognito_failure_stage(failure), identity);
    }
}

static bool applies(const struct situation *situation) {
    if (way == &the_provider) {
        /* The hint of a timeout speaks of wait_ms as well, which here ends the fetch. */
        return strcmp(situation->stage, "Cognito") == 0 &&
               strcmp(situation->status, "COGNITO_STATUS_TIMED_OUT") != 0;
    }
    /* A transport knows nothing of CONNECT and PINGREQ. */
    return way == &the_client || (strcmp(situation->stage, "CONNACK") != 0 &&
                                  strstr(situation->status, "KEEP_ALIVE") == NULL);
}

/* One connect with a handle of its own, and the end of its session if it has one. */
static cognito_status fail(const struct setup *setup, void **handle) {
    cognito_status status = way->make(setup->config, NULL, handle);
    if (status == COGNITO_STATUS_OK) {
        status = way->open(*handle, COGNITO_WAIT_FOREVER);
    }
    if (status == COGNITO_STATUS_OK && setup->then != NULL) {
        local_aws_drop(setup->then);
        status =
            way == &the_client ? cognito_client_process(*handle, 20000) : transport_broken(*handle);
    }
    return status;
}

static void check_situation(const struct situation *situation) {
    struct setup setup;
    void *handle = NULL;
    cognito_failure *failure = NULL, *of_thread = NULL;
    situation_prepare(situation, &setup);
    double start = now_ms();
    cognito_status status = fail(&setup, &handle);
    printf("%s (%.0f ms)\n", situation->name, now_ms() - start);
    check_text("status returned", situation->status, cognito_status_name(status));
    if (handle != NULL) {
        REQUIRE(way->failure(handle, &failure) == COGNITO_STATUS_OK);
        check_failure(situation, &setup, failure, way->name);
    }
    REQUIRE(cognito_last_failure(&of_thread) == COGNITO_STATUS_OK);
    check_failure(situation, &setup, of_thread, "thread");
    cognito_failure_free(of_thread);
    cognito_failure_free(failure);
    way->free(handle);
    cognito_config_free(setup.config);
}

int main(int argc, char **argv) {
    way_choose(argc, argv);
    FILE *table = argc > 1 ? fopen(argv[1], "r") : NULL;
    static struct situation situation;
    int count = 0;
    REQUIRE(table != NULL);
    while (situation_read(table, &situation)) {
        if (applies(&situation)) {
            check_row = situation.name;
            check_situation(&situation);
            count++;
        }
    }
    fclose(table);
    check_row = "";
    printf("%d situations\n", count);
    CHECK(count >= (way == &the_client      ? FEWEST_OF_A_CLIENT
                    : way == &the_transport ? FEWEST_OF_A_TRANSPORT
                                            : FEWEST_OF_A_PROVIDER));
    return check_result();
}
