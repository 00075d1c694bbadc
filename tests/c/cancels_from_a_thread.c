/* A cancel on another thread ends a connect within 100 ms, wherever it stalls. Argument: of what
 * the connect is. */

#include "stalls.h"

#include <pthread.h>

struct canceller {
    const struct stall *stall;
    void *handle;
    double cancelled_at;
};

static void *cancel_at_stall(void *argument) {
    struct canceller *canceller = argument;
    stall_wait_until_reached(canceller->stall);
    canceller->cancelled_at = now_ms();
    CHECK_STATUS(COGNITO_STATUS_OK, way->cancel(canceller->handle));
    return NULL;
}

int main(int argc, char **argv) {
    way_choose(argc, argv);
    for (size_t i = 0; i < stall_count; i++) {
        if (!stall_applies(&stalls[i])) {
            continue;
        }
        cognito_config *config = stall_begin(&stalls[i]);
        struct canceller canceller = {.stall = &stalls[i]};
        pthread_t thread;
        cognito_failure *failure = NULL;
        REQUIRE(way->make(config, NULL, &canceller.handle) == COGNITO_STATUS_OK);
        REQUIRE(pthread_create(&thread, NULL, cancel_at_stall, &canceller) == 0);

        cognito_status status = way->open(canceller.handle, COGNITO_WAIT_FOREVER);
        double ended_at = now_ms();
        REQUIRE(pthread_join(thread, NULL) == 0);
        double late_ms = ended_at - canceller.cancelled_at;
        printf("%-24s %6.1f ms after the cancel\n", stalls[i].name, late_ms);
        CHECK_STATUS(COGNITO_STATUS_CANCELLED, status);
        CHECK(late_ms >= 0 && late_ms <= allowed_ms(100));
        CHECK(!way->is_open(canceller.handle));
        REQUIRE(way->failure(canceller.handle, &failure) == COGNITO_STATUS_OK);
        CHECK_INT(COGNITO_STATUS_CANCELLED, cognito_failure_status(failure));
        cognito_failure_free(failure);

        /* It is as good as new. */
        stall_end(&stalls[i]);
        if (stalls[i].part != AT_TCP_OF_ENDPOINT && stalls[i].part != AT_TCP_OF_COGNITO) {
            CHECK_STATUS(COGNITO_STATUS_OK, way->open(canceller.handle, COGNITO_WAIT_FOREVER));
            CHECK_STATUS(COGNITO_STATUS_OK, way->close(canceller.handle, COGNITO_WAIT_FOREVER));
        }
        way->free(canceller.handle);
        cognito_config_free(config);
    }
    return check_result();
}
