/* A table of ways to fail, and what a connect says about each. */

#ifndef REFUSALS_H
#define REFUSALS_H

#include "local_aws.h"

struct refusal {
    const char *fault; /* for local_aws_fault(), or what it is */
    void (*prepare)(
        cognito_config *config); /* what makes it fail when local AWS does not; or NULL */
    cognito_status status;
    cognito_stage stage;
    int http_status;
    int connack_code;
    const char *reason; /* in the last error */
};

#define ANY_HTTP_STATUS (-1)

#define AT_COGNITO(fault, status, http_status, reason)                                             \
    { fault, NULL, COGNITO_STATUS_##status, COGNITO_STAGE_COGNITO, http_status, -1, reason }
#define AT_UPGRADE(fault, status, http_status, reason)                                             \
    { fault, NULL, COGNITO_STATUS_##status, COGNITO_STAGE_UPGRADE, http_status, -1, reason }
#define AT_CONNACK(fault, status, code, reason)                                                    \
    { fault, NULL, COGNITO_STATUS_##status, COGNITO_STAGE_CONNACK, 0, code, reason }
#define AT_PROXY(fault, status, http_status, reason)                                               \
    {                                                                                              \
        fault, local_aws_through_proxy, COGNITO_STATUS_##status, COGNITO_STAGE_PROXY, http_status, \
            -1, reason                                                                             \
    }
#define AT_TLS(fault, status, reason)                                                              \
    { fault, NULL, COGNITO_STATUS_##status, COGNITO_STAGE_TLS, 0, -1, reason }

/* Connects once for each row, with a new client. */
static inline void check_refusals(const struct refusal *rows, size_t count) {
    for (size_t i = 0; i < count; i++) {
        cognito_config *config = local_aws_config();
        check_row = rows[i].fault;
        local_aws_reset();
        if (rows[i].prepare == NULL || rows[i].prepare == local_aws_through_proxy) {
            local_aws_fault(rows[i].fault);
        }
        if (rows[i].prepare != NULL) {
            rows[i].prepare(config);
        }
        struct attempt attempt = attempt_connect(config);
        printf("%s\n    %s: %s\n", check_row, cognito_status_name(attempt.status), attempt.error);
        CHECK_STATUS(rows[i].status, attempt.status);
        CHECK_INT(rows[i].stage, attempt.stage);
        if (rows[i].http_status != ANY_HTTP_STATUS) {
            CHECK_INT(rows[i].http_status, attempt.http_status);
        }
        CHECK_INT(rows[i].connack_code, attempt.connack_code);
        CHECK_CONTAINS(rows[i].reason, attempt.error);
        CHECK(strchr(attempt.error, '\n') == NULL);
        cognito_config_free(config);
    }
}

#endif
