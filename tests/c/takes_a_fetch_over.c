/* A client that waits for another's fetch keeps a deadline and a cancel of its own, and takes over
 * when the fetch is given up. */

#define _POSIX_C_SOURCE 200809L

#include "provider_clients.h"

enum end { CANCELLED, FREED, TIMED_OUT, LEFT };

/* Client 0 fetches and is given up; the others wait, and one of them has to fetch anew. */
static void is_taken_over(enum end end, const char *name) {
    pthread_t threads[3];
    check_row = name;
    make_clients(3, end == TIMED_OUT ? 1500 : 30000, "cognito.request=stall*1");
    if (end == LEFT) { /* begun, and then never processed again */
        CHECK_STATUS(COGNITO_STATUS_IN_PROGRESS, cognito_client_connect(clients[0], 300));
    } else {
        threads[0] = start(0);
    }
    REQUIRE(local_aws_wait("cognito_requests=1"));
    threads[1] = start(1);
    threads[2] = start(2);
    REQUIRE(local_aws_wait("iot_tls_handshakes=3"));
    if (end == CANCELLED) {
        CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_cancel(clients[0]));
    } else if (end == FREED) {
        cognito_client_free(clients[0]);
    }
    for (int i = end == LEFT ? 1 : 0; i < 3; i++) {
        pthread_join(threads[i], NULL);
    }
    if (end != LEFT) {
        CHECK_STATUS(end == TIMED_OUT ? COGNITO_STATUS_TIMED_OUT : COGNITO_STATUS_CANCELLED,
                     statuses[0]);
    }
    CHECK_STATUS(COGNITO_STATUS_OK, statuses[1]);
    CHECK_STATUS(COGNITO_STATUS_OK, statuses[2]);
    CHECK_INT(2, local_aws_counter("cognito_requests"));
    free_clients(3);
}

/* What client 0 has no time for is no refusal to client 1. */
static void who_has_time_waits_longer(void) {
    check_row = "throttled";
    make_clients(2, 1500,
                 "cognito.delay_ms=500&cognito.response=throttled*1&cognito.retry_after=2");
    pthread_t hurried = start(0);
    REQUIRE(local_aws_wait("cognito_requests=1"));
    pthread_t patient = start(1);
    pthread_join(hurried, NULL);
    pthread_join(patient, NULL);
    CHECK_STATUS(COGNITO_STATUS_COGNITO_THROTTLED, statuses[0]);
    CHECK_STATUS(COGNITO_STATUS_OK, statuses[1]);
    CHECK_INT(2, local_aws_counter("cognito_requests"));
    free_clients(2);
}

/* A throttle that nobody has the time for is that of all, and Cognito is left in peace. */
static void nobody_asks_again_in_vain(void) {
    pthread_t threads[5];
    check_row = "throttled for longer than anybody waits";
    make_clients(5, 30000,
                 "cognito.delay_ms=500&cognito.response=throttled&cognito.retry_after=60");
    for (int i = 0; i < 5; i++) {
        threads[i] = start(i);
    }
    for (int i = 0; i < 5; i++) {
        pthread_join(threads[i], NULL);
        CHECK_STATUS(COGNITO_STATUS_COGNITO_THROTTLED, statuses[i]);
    }
    CHECK_INT(1, local_aws_counter("cognito_requests"));
    free_clients(5);
}

/* Client 0 fetches from a Cognito that never answers; client 1 only waits for it. */
static void who_waits_has_its_own_end(void) {
    check_row = "cancel of a waiting client";
    make_clients(2, 30000, "cognito.request=stall");
    pthread_t fetching = start(0);
    REQUIRE(local_aws_wait("cognito_requests=1"));
    pthread_t waiting = start(1);
    REQUIRE(local_aws_wait("iot_tls_handshakes=2"));
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_cancel(clients[1]));
    pthread_join(waiting, NULL);
    CHECK_STATUS(COGNITO_STATUS_CANCELLED, statuses[1]);
    CHECK_STATUS(COGNITO_STATUS_IN_PROGRESS, cognito_client_connect(clients[1], 100));
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_cancel(clients[0]));
    pthread_join(fetching, NULL);
    CHECK_STATUS(COGNITO_STATUS_CANCELLED, statuses[0]);
    free_clients(2);
}

int main(void) {
    is_taken_over(CANCELLED, "cancelled");
    is_taken_over(FREED, "freed");
    is_taken_over(TIMED_OUT, "timed out");
    is_taken_over(LEFT, "no longer driven");
    who_waits_has_its_own_end();
    who_has_time_waits_longer();
    nobody_asks_again_in_vain();
    return check_result();
}
