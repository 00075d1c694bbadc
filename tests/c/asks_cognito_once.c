/* Clients of one provider that need credentials at the same moment cause one request, on threads
 * and in an event loop. */

#define _POSIX_C_SOURCE 200809L

#include "provider_clients.h"

#include <time.h>

static void on_threads(const char *fault, cognito_status expected) {
    pthread_t threads[CLIENTS];
    check_row = fault;
    make_clients(CLIENTS, 30000, fault);
    for (int i = 0; i < CLIENTS; i++) {
        threads[i] = start(i);
    }
    for (int i = 0; i < CLIENTS; i++) {
        pthread_join(threads[i], NULL);
        CHECK_STATUS(expected, statuses[i]);
    }
    CHECK_INT(1, local_aws_counter("cognito_requests"));
    if (expected != COGNITO_STATUS_OK) { /* which is no answer to those who come later */
        local_aws_fault("cognito.response=");
        CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_connect(clients[0], COGNITO_WAIT_FOREVER));
    }
    free_clients(CLIENTS);
}

/* A fetch that nobody drives for half a second is taken over by another client: then a round of the
 * loop was as long as that, as under valgrind on a busy machine. */
static void in_one_event_loop(void) {
    double began_ms = now_ms(), longest_ms = 0;
    check_row = "event loop";
    make_clients(CLIENTS, 30000, "cognito.delay_ms=2000");
    for (int i = 0, connected = 0; connected < CLIENTS; i = (i + 1) % CLIENTS) {
        if (i == 0) {
            double round_ms = now_ms() - began_ms;
            longest_ms = round_ms > longest_ms ? round_ms : longest_ms;
            began_ms += round_ms;
        }
        if (cognito_client_is_connected(clients[i])) {
            connected++;
            continue;
        }
        connected = 0;
        cognito_status status = cognito_client_connect(clients[i], 0);
        CHECK(status == COGNITO_STATUS_OK || status == COGNITO_STATUS_IN_PROGRESS);
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
    if (longest_ms < 400) {
        CHECK_INT(1, local_aws_counter("cognito_requests"));
    }
    free_clients(CLIENTS);
}

int main(void) {
    on_threads("cognito.delay_ms=2000", COGNITO_STATUS_OK);
    on_threads("cognito.delay_ms=2000&cognito.response=not-authorized",
               COGNITO_STATUS_COGNITO_NOT_AUTHORIZED);
    in_one_event_loop();
    return check_result();
}
