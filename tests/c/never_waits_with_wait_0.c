/* With wait_ms 0 every call returns at once, and repeated it gets everything done, a dial included.
 * Argument: of what the calls are. */

#define _GNU_SOURCE /* RUSAGE_THREAD */

#include "stalls.h"

#include <poll.h>
#include <sys/resource.h>

static double longest_ms;

/* How often this thread has gone to sleep of its own accord: a busy machine may take time from it,
 * but not that. */
static long sleeps(void) {
    struct rusage usage;
    REQUIRE(getrusage(RUSAGE_THREAD, &usage) == 0);
    return usage.ru_nvcsw;
}

/* Repeats a call until it is through. A pause of 1 ms stands for the application's own work. */
static cognito_status repeat(cognito_status (*call)(void *, int32_t), void *handle,
                             double limit_ms) {
    double end = now_ms() + limit_ms;
    cognito_status status = COGNITO_STATUS_IN_PROGRESS;
    while (status == COGNITO_STATUS_IN_PROGRESS && now_ms() < end) {
        double start = now_ms();
        long sleeps_before = sleeps();
        status = call(handle, 0);
        double took_ms = now_ms() - start;
        longest_ms = took_ms > longest_ms ? took_ms : longest_ms;
        /* Valgrind translates the code meanwhile; there it is looked at for memory only. */
        CHECK(took_ms < 50 || sleeps() == sleeps_before || allowed_ms(1) > 1);
        poll(NULL, 0, 1);
    }
    return status;
}

static cognito_status process(void *client, int32_t timeout_ms) {
    return cognito_client_process(client, timeout_ms);
}

int main(int argc, char **argv) {
    way_choose(argc, argv);
    void *handle = local_aws_handle();
    for (int round = 0; round < 3; round++) {
        CHECK_STATUS(COGNITO_STATUS_OK, repeat(way->open, handle, 20000));
        CHECK(way->is_open(handle));
        if (way == &the_client) {
            CHECK_STATUS(COGNITO_STATUS_OK, repeat(process, handle, 1));
        }
        CHECK_STATUS(COGNITO_STATUS_OK, repeat(way->close, handle, 20000));
        CHECK(!way->is_open(handle));
    }
    way->free(handle);
    CHECK_INT(3, local_aws_counter("websocket_closes"));
    CHECK_INT(3, local_aws_counter("iot_close_notify"));
    CHECK_INT(0, local_aws_counter("iot_rst"));

    for (size_t i = 0; i < stall_count; i++) {
        if (!stall_applies(&stalls[i])) {
            continue;
        }
        cognito_config *config = stall_begin(&stalls[i]);
        uint32_t timeout_ms = (uint32_t)allowed_ms(300);
        REQUIRE(cognito_config_set_connect_timeout_ms(config, timeout_ms) == COGNITO_STATUS_OK);
        REQUIRE(way->make(config, NULL, &handle) == COGNITO_STATUS_OK);
        cognito_config_free(config);

        CHECK_STATUS(COGNITO_STATUS_TIMED_OUT,
                     repeat(way->open, handle, timeout_ms + allowed_ms(5000)));
        CHECK_STATUS(COGNITO_STATUS_IN_PROGRESS, way->open(handle, 0));
        if (way == &the_client) {
            /* process works on the dial as well. */
            CHECK_STATUS(COGNITO_STATUS_OK, repeat(process, handle, 1));
        }
        /* A dial that is given up is gone. */
        CHECK_STATUS(COGNITO_STATUS_OK, repeat(way->close, handle, 6000));
        CHECK(!way->is_open(handle));
        if (way == &the_client) {
            CHECK_STATUS(COGNITO_STATUS_INVALID_STATE, process(handle, 0));
        }
        stall_end(&stalls[i]);
        way->free(handle);
    }
    printf("longest call: %.1f ms\n", longest_ms);
    return check_result();
}
