/* Each row of tests/answers.tsv, the first argument, ends as it says there, in time, in little
 * memory, and with nothing left behind; and the next connect works. Second argument: what gets the
 * answers. */

#include "answers.h"
#include "proc.h"

/* Bad ones. */
enum { FEWEST_OF_COGNITO = 25, FEWEST_OF_THE_UPGRADE = 15 };

static bool says(const struct answer *answer, const char *option) {
    return strstr(answer->options, option) != NULL;
}

static bool ends_by_the_deadline(const struct answer *answer) {
    return strcmp(answer->status, "COGNITO_STATUS_TIMED_OUT") == 0;
}

static void *make(const struct answer *answer) {
    cognito_config *config = local_aws_config();
    void *handle = NULL;
    uint32_t timeout_ms = ends_by_the_deadline(answer) ? 700 : 20000;
    REQUIRE(cognito_config_set_cognito_tries(config, 1) == COGNITO_STATUS_OK &&
            cognito_config_set_connect_timeout_ms(config, (uint32_t)allowed_ms(timeout_ms)) ==
                COGNITO_STATUS_OK);
    if (says(answer, "operation=GetId")) {
        REQUIRE(cognito_config_set_identity(config, NULL) == COGNITO_STATUS_OK &&
                cognito_config_set_identity_pool(config, local_aws("IDENTITY_POOL")) ==
                    COGNITO_STATUS_OK);
    }
    REQUIRE(way->make(config, NULL, &handle) == COGNITO_STATUS_OK);
    cognito_config_free(config);
    return handle;
}

/* What the row says of the failure, in one line of text that nobody can break out of. */
static void check_failure(const struct answer *answer, const void *handle) {
    cognito_failure *failure = NULL;
    char http_status[16];
    REQUIRE(way->failure(handle, &failure) == COGNITO_STATUS_OK);
    snprintf(http_status, sizeof http_status, "%d", (int)cognito_failure_http_status(failure));
    CHECK_CONTAINS(answer->stage, cognito_stage_name(cognito_failure_stage(failure)));
    if (strcmp(answer->http_status, http_status) != 0) {
        check_failed(__FILE__, __LINE__, "the HTTP status is %s", http_status);
    }
    const char *texts[] = {
        cognito_failure_message(failure),        cognito_failure_hint(failure),
        cognito_failure_aws_error_type(failure), cognito_failure_aws_message(failure),
        cognito_failure_aws_request_id(failure), cognito_last_error(),
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        for (const char *c = texts[i]; *c != '\0'; c++) {
            if ((unsigned char)*c < ' ' || *c == '\x7f') {
                check_failed(__FILE__, __LINE__, "text %zu holds a control character: %.80s", i,
                             texts[i]);
                break;
            }
        }
    }
    CHECK_CONTAINS(answer->says, cognito_failure_message(failure));
    printf("    %.200s\n", cognito_failure_message(failure));
    cognito_failure_free(failure);
}

/* The next connect works, and so does a publish of it. */
static void check_the_next(void *handle) {
    CHECK_STATUS(COGNITO_STATUS_OK, way->open(handle, (int32_t)allowed_ms(20000)));
    if (way == &the_client) {
        CHECK_STATUS(COGNITO_STATUS_OK,
                     cognito_client_publish(handle, "test/answers", "x", 1, 1, false, NULL,
                                            (int32_t)allowed_ms(20000), NULL, NULL));
    }
    CHECK_STATUS(COGNITO_STATUS_OK, way->close(handle, COGNITO_WAIT_FOREVER));
}

static void check_answer(const struct answer *answer) {
    int descriptors = proc_count(0, "fd"), threads = proc_own_threads();
    local_aws_reset();
    void *handle = make(answer);
    answer_await(answer);
    proc_forget_peak();
    long before_kib = proc_status(0, "VmHWM");
    double start = now_ms();
    cognito_status status = way->open(handle, COGNITO_WAIT_FOREVER);
    double took_ms = now_ms() - start;
    long growth_kib = proc_status(0, "VmHWM") - before_kib;
    printf("%s: %s (%.0f ms, %ld KiB)\n", answer->name, cognito_status_name(status), took_ms,
           growth_kib);
    if (strcmp(answer->status, cognito_status_name(status)) != 0) {
        check_failed(__FILE__, __LINE__, "%s and not %s; last error: %.400s",
                     cognito_status_name(status), answer->status, cognito_last_error());
    }
    if (status != COGNITO_STATUS_OK) {
        check_failure(answer, handle);
    }
    CHECK(took_ms < allowed_ms(15000));
    CHECK(growth_kib < 2048 || is_slowed_down());
    CHECK_STATUS(COGNITO_STATUS_OK, way->close(handle, COGNITO_WAIT_FOREVER));
    local_aws_reset();
    check_the_next(handle);
    way->free(handle);
    CHECK(proc_threads_fall_to(threads));
    CHECK_INT(descriptors, proc_count(0, "fd"));
}

static bool applies(const struct answer *answer) {
    /* A provider sees Cognito alone, and a transport sends no CONNECT. */
    return way == &the_provider
               ? says(answer, "service=cognito") && strcmp(answer->stage, "upgrade") != 0
           : way == &the_transport ? strcmp(answer->stage, "CONNACK") != 0
                                   : true;
}

int main(int argc, char **argv) {
    way_choose(argc, argv);
    FILE *table = argc > 1 ? fopen(argv[1], "r") : NULL;
    static struct answer answer;
    int cognito = 0, upgrade = 0, all = 0, good = 0, not_applicable = 0;
    REQUIRE(table != NULL);
    /* The program's own pages come into memory when they are first used. */
    void *first = local_aws_handle();
    check_the_next(first);
    way->free(first);
    while (answer_read(table, &answer)) {
        check_row = answer.name;
        if (!applies(&answer)) {
            not_applicable++;
        } else {
            int failures = check_failures();
            bool is_bad = strcmp(answer.status, "COGNITO_STATUS_OK") != 0;
            cognito += is_bad && says(&answer, "service=cognito");
            upgrade += is_bad && says(&answer, "service=iot");
            all++;
            check_answer(&answer);
            good += check_failures() == failures;
        }
        free(answer.bytes);
    }
    fclose(table);
    check_row = "";
    CHECK(cognito >= FEWEST_OF_COGNITO);
    CHECK(upgrade >= (way == &the_provider ? 0 : FEWEST_OF_THE_UPGRADE));
    printf("%d bad ones of Cognito and %d to the upgrade, and %d good ones\n", cognito, upgrade,
           all - cognito - upgrade);
    printf("%d of %d, %d not applicable\n", good, all, not_applicable);
    return check_result();
}
