/* cognito_client_cancel() on another thread ends a connect within 100 ms, wherever it stalls. */

#include "stalls.h"

#include <pthread.h>

struct canceller {
    const struct stall *stall;
    cognito_client *client;
    double cancelled_at;
};

static void *cancel_at_stall(void *argument) {
    struct canceller *canceller = argument;
    stall_wait_until_reached(canceller->stall);
    canceller->cancelled_at = now_ms();
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_cancel(canceller->client));
    return NULL;
}

int main(void) {
    for (size_t i = 0; i < stall_count; i++) {
        cognito_config *config = stall_begin(&stalls[i]);
        struct canceller canceller = {.stall = &stalls[i]};
        pthread_t thread;
        cognito_failure *failure = NULL;
        REQUIRE(cognito_client_new(config, NULL, &canceller.client) == COGNITO_STATUS_OK);
        REQUIRE(pthread_create(&thread, NULL, cancel_at_stall, &canceller) == 0);

        cognito_status status = cognito_client_connect(canceller.client, COGNITO_WAIT_FOREVER);
        double ended_at = now_ms();
        REQUIRE(pthread_join(thread, NULL) == 0);
        double late_ms = ended_at - canceller.cancelled_at;
        printf("%-24s %6.1f ms after the cancel\n", stalls[i].name, late_ms);
        CHECK_STATUS(COGNITO_STATUS_CANCELLED, status);
        CHECK(late_ms >= 0 && late_ms <= allowed_ms(100));
        CHECK(!cognito_client_is_connected(canceller.client));
        REQUIRE(cognito_client_failure(canceller.client, &failure) == COGNITO_STATUS_OK);
        CHECK_INT(COGNITO_STATUS_CANCELLED, cognito_failure_status(failure));
        cognito_failure_free(failure);

        /* The client is as good as new. */
        stall_end(&stalls[i]);
        if (stalls[i].part != AT_TCP_OF_ENDPOINT && stalls[i].part != AT_TCP_OF_COGNITO) {
            CHECK_STATUS(COGNITO_STATUS_OK,
                         cognito_client_connect(canceller.client, COGNITO_WAIT_FOREVER));
            CHECK_STATUS(COGNITO_STATUS_OK,
                         cognito_client_disconnect(canceller.client, COGNITO_WAIT_FOREVER));
        }
        cognito_client_free(canceller.client);
        cognito_config_free(config);
    }
    return check_result();
}
