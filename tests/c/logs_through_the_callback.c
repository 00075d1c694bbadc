/* The log callback: levels, user data, removal, and no call of the library from within it. */

#include "local_aws.h"

struct seen {
    int lines_of_level[7];
    int wrong_lines;
    int calls_that_went_through;
    cognito_client *client;
};

static void on_line(int32_t level, const char *stage, const char *message, void *user_data) {
    struct seen *seen = user_data;
    if (level < COGNITO_LOG_LEVEL_FATAL || level > COGNITO_LOG_LEVEL_TRACE || stage[0] == '\0' ||
        message[0] == '\0' || strpbrk(message, "\r\n") != NULL) {
        seen->wrong_lines++;
        return;
    }
    seen->lines_of_level[level]++;
    cognito_config *config = NULL;
    seen->calls_that_went_through +=
        cognito_client_process(seen->client, 0) != COGNITO_STATUS_REENTRANT ||
        cognito_client_connect(seen->client, 0) != COGNITO_STATUS_REENTRANT ||
        cognito_config_new(&config) != COGNITO_STATUS_REENTRANT ||
        cognito_log_set(0, NULL, NULL) != COGNITO_STATUS_REENTRANT;
}

static struct seen log_a_session(int32_t max_level, cognito_log_fn callback) {
    struct seen seen = {.client = local_aws_client()};
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_log_set(max_level, callback, &seen));
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_connect(seen.client, COGNITO_WAIT_FOREVER));
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_disconnect(seen.client, COGNITO_WAIT_FOREVER));
    local_aws_fault("iot.upgrade=refuse");
    CHECK_STATUS(COGNITO_STATUS_UPGRADE_REFUSED,
                 cognito_client_connect(seen.client, COGNITO_WAIT_FOREVER));
    local_aws_reset();
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_log_set(COGNITO_LOG_LEVEL_TRACE, NULL, NULL));
    cognito_client_free(seen.client); /* nobody hears of this */
    return seen;
}

int main(void) {
    struct seen nothing = log_a_session(COGNITO_LOG_LEVEL_TRACE, NULL);
    for (int32_t max = COGNITO_LOG_LEVEL_NONE; max <= COGNITO_LOG_LEVEL_TRACE; max++) {
        char row[16];
        snprintf(row, sizeof row, "level %d", (int)max);
        check_row = row;
        struct seen seen = log_a_session(max, on_line);
        CHECK_INT(0, seen.wrong_lines);
        CHECK_INT(0, seen.calls_that_went_through);
        CHECK_INT(0, seen.lines_of_level[COGNITO_LOG_LEVEL_FATAL]);
        for (int32_t level = COGNITO_LOG_LEVEL_NONE; level <= COGNITO_LOG_LEVEL_TRACE; level++) {
            CHECK(level <= max || seen.lines_of_level[level] == 0);
        }
        CHECK((seen.lines_of_level[COGNITO_LOG_LEVEL_ERROR] > 0) ==
              (max >= COGNITO_LOG_LEVEL_ERROR));
        CHECK((seen.lines_of_level[COGNITO_LOG_LEVEL_INFO] > 0) == (max >= COGNITO_LOG_LEVEL_INFO));
        CHECK((seen.lines_of_level[COGNITO_LOG_LEVEL_DEBUG] > 0) ==
              (max >= COGNITO_LOG_LEVEL_DEBUG));
    }
    check_row = "no callback";
    CHECK_INT(0, nothing.lines_of_level[COGNITO_LOG_LEVEL_ERROR]);
    return check_result();
}
