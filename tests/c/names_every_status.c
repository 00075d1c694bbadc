/* Names and descriptions of statuses and stages, the version, and the last error of a thread
 * without one. */

#include "check.h"

#define NAMED(status)                                                                              \
    { status, #status }
static const struct {
    cognito_status status;
    const char *name;
} statuses[] = {
    NAMED(COGNITO_STATUS_OK),
    NAMED(COGNITO_STATUS_INVALID_ARGUMENT),
    NAMED(COGNITO_STATUS_TIMED_OUT),
    NAMED(COGNITO_STATUS_INTERNAL),
    NAMED(COGNITO_STATUS_DNS_FAILED),
    NAMED(COGNITO_STATUS_TRUST_STORE),
    NAMED(COGNITO_STATUS_COGNITO_REFUSED),
    NAMED(COGNITO_STATUS_SIGNING_FAILED),
    NAMED(COGNITO_STATUS_UPGRADE_REFUSED),
    NAMED(COGNITO_STATUS_CLOSED_BEFORE_CONNACK),
    NAMED(COGNITO_STATUS_KEEP_ALIVE_TIMED_OUT),
};

int main(void) {
    CHECK(cognito_last_error()[0] == '\0');
    CHECK(strcmp(cognito_version(), COGNITO_VERSION_STRING) == 0);
    CHECK_INT(COGNITO_VERSION_NUMBER, cognito_version_number());

    for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++) {
        check_row = statuses[i].name;
        CHECK(strcmp(cognito_status_name(statuses[i].status), statuses[i].name) == 0);
    }
    check_row = "every number";
    int named = 0;
    for (int32_t number = -1000; number <= 10; number++) {
        bool is_known = strcmp(cognito_status_name(number), "COGNITO_STATUS_UNKNOWN") != 0;
        named += is_known;
        CHECK(strncmp(cognito_status_name(number), "COGNITO_STATUS_", 15) == 0);
        CHECK(cognito_status_description(number)[0] != '\0');
    }
    CHECK(named > 40);
    CHECK_CONTAINS("COGNITO_STATUS_UNKNOWN", cognito_status_name(INT32_MIN));
    CHECK_CONTAINS("COGNITO_STATUS_UNKNOWN", cognito_status_name(INT32_MAX));

    CHECK(strcmp(cognito_stage_name(COGNITO_STAGE_TLS), "TLS") == 0);
    CHECK(strcmp(cognito_stage_name(COGNITO_STAGE_CONNACK), "CONNACK") == 0);
    for (int32_t stage = -2; stage <= COGNITO_STAGE_DISCONNECT + 2; stage++) {
        bool is_known = stage > COGNITO_STAGE_NONE && stage <= COGNITO_STAGE_DISCONNECT;
        CHECK((strcmp(cognito_stage_name(stage), "none") != 0) == is_known);
    }
    CHECK(cognito_last_error()[0] == '\0');
    return check_result();
}
