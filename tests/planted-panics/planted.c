/* See planted.h. With any argument it is brief. */

#include "planted.h"

static int defects;

static void on_log(int32_t level, const char *stage, const char *message, void *unused) {
    (void)stage;
    (void)unused;
    if (level == COGNITO_LOG_LEVEL_FATAL) {
        CHECK_CONTAINS("defect", message);
        __atomic_fetch_add(&defects, 1, __ATOMIC_SEQ_CST);
    }
}

void log_defects(void) {
    REQUIRE(cognito_log_set(COGNITO_LOG_LEVEL_TRACE, on_log, NULL) == COGNITO_STATUS_OK);
}

int defects_logged(void) { return __atomic_load_n(&defects, __ATOMIC_SEQ_CST); }

int main(int argc, char **argv) {
    (void)argv;
    log_defects();
    entries();
    places(argc > 1);
    REQUIRE(cognito_log_set(COGNITO_LOG_LEVEL_NONE, NULL, NULL) == COGNITO_STATUS_OK);
    return cases_result();
}
