/* With wait_ms 0 every call returns at once, and repeated it gets everything done, a dial included.
 */

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
static cognito_status repeat(cognito_status (*call)(cognito_client *, int32_t),
                             cognito_client *client, double limit_ms) {
    double end = now_ms() + limit_ms;
    cognito_status status = COGNITO_STATUS_IN_PROGRESS;
    while (status == COGNITO_STATUS_IN_PROGRESS && now_ms() < end) {
        double start = now_ms();
        long sleeps_before = sleeps();
        status = call(client, 0);
        double took_ms = now_ms() - start;
        longest_ms = took_ms > longest_ms ? took_ms : longest_ms;
        /* Valgrind translates the code meanwhile; there it is looked at for memory only. */
        CHECK(took_ms < 50 || sleeps() == sleeps_before || allowed_ms(1) > 1);
        poll(NULL, 0, 1);
    }
    return status;
}

int main(void) {
    cognito_client *client = local_aws_client();
    for (int round = 0; round < 3; round++) {
        CHECK_STATUS(COGNITO_STATUS_OK, repeat(cognito_client_connect, client, 20000));
        CHECK(cognito_client_is_connected(client));
        CHECK_STATUS(COGNITO_STATUS_OK, repeat(cognito_client_process, client, 1));
        CHECK_STATUS(COGNITO_STATUS_OK, repeat(cognito_client_disconnect, client, 20000));
        CHECK(!cognito_client_is_connected(client));
    }
    cognito_client_free(client);
    CHECK_INT(3, local_aws_counter("websocket_closes"));
    CHECK_INT(3, local_aws_counter("iot_close_notify"));
    CHECK_INT(0, local_aws_counter("iot_rst"));

    for (size_t i = 0; i < stall_count; i++) {
        cognito_config *config = stall_begin(&stalls[i]);
        uint32_t timeout_ms = (uint32_t)allowed_ms(300);
        REQUIRE(cognito_config_set_connect_timeout_ms(config, timeout_ms) == COGNITO_STATUS_OK);
        REQUIRE(cognito_client_new(config, NULL, &client) == COGNITO_STATUS_OK);
        cognito_config_free(config);

        CHECK_STATUS(COGNITO_STATUS_TIMED_OUT,
                     repeat(cognito_client_connect, client, timeout_ms + allowed_ms(5000)));
        /* process works on the dial as well. */
        CHECK_STATUS(COGNITO_STATUS_IN_PROGRESS, cognito_client_connect(client, 0));
        CHECK_STATUS(COGNITO_STATUS_OK, repeat(cognito_client_process, client, 1));
        /* A dial that is given up is gone. */
        CHECK_STATUS(COGNITO_STATUS_OK, repeat(cognito_client_disconnect, client, 6000));
        CHECK_STATUS(COGNITO_STATUS_INVALID_STATE, cognito_client_process(client, 0));
        stall_end(&stalls[i]);
        cognito_client_free(client);
    }
    printf("longest call: %.1f ms\n", longest_ms);
    return check_result();
}
