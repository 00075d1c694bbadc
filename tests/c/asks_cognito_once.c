/* Clients of one provider that need credentials at the same moment cause one request; whoever
 * waits keeps a deadline and a cancel of its own, and takes over when the fetch is given up. */

#define _POSIX_C_SOURCE 200809L

#include "local_aws.h"

#include <pthread.h>
#include <time.h>

enum { CLIENTS = 20 };

static cognito_client *clients[CLIENTS];
static cognito_status statuses[CLIENTS];

/* New clients of one new provider; the first has a timeout of its own. */
static void make_clients(int count, uint32_t first_timeout_ms, const char *fault) {
    cognito_config *config = local_aws_config();
    cognito_provider *provider = NULL;
    local_aws_reset();
    local_aws_fault(fault);
    REQUIRE(cognito_provider_new(config, &provider) == COGNITO_STATUS_OK);
    for (int i = 0; i < count; i++) {
        char client_id[32];
        snprintf(client_id, sizeof client_id, "test-once-%d", i);
        REQUIRE(cognito_config_set_client_id(config, client_id) == COGNITO_STATUS_OK);
        REQUIRE(cognito_config_set_connect_timeout_ms(config, i == 0 ? first_timeout_ms : 30000) ==
                COGNITO_STATUS_OK);
        REQUIRE(cognito_client_new(config, provider, &clients[i]) == COGNITO_STATUS_OK);
    }
    cognito_provider_free(provider);
    cognito_config_free(config);
}

static void *connect_one(void *number) {
    int i = (int)(intptr_t)number;
    statuses[i] = cognito_client_connect(clients[i], COGNITO_WAIT_FOREVER);
    return NULL;
}

static pthread_t start(int i) {
    pthread_t thread;
    REQUIRE(pthread_create(&thread, NULL, connect_one, (void *)(intptr_t)i) == 0);
    return thread;
}

static void free_clients(int count) {
    for (int i = 0; i < count; i++) {
        cognito_client_free(clients[i]);
    }
}

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

static void in_one_event_loop(void) {
    check_row = "event loop";
    make_clients(CLIENTS, 30000, "cognito.delay_ms=1500");
    for (int i = 0, connected = 0; connected < CLIENTS; i = (i + 1) % CLIENTS) {
        if (cognito_client_is_connected(clients[i])) {
            connected++;
            continue;
        }
        connected = 0;
        cognito_status status = cognito_client_connect(clients[i], 0);
        CHECK(status == COGNITO_STATUS_OK || status == COGNITO_STATUS_IN_PROGRESS);
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
    CHECK_INT(1, local_aws_counter("cognito_requests"));
    free_clients(CLIENTS);
}

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
    on_threads("cognito.delay_ms=500", COGNITO_STATUS_OK);
    on_threads("cognito.delay_ms=500&cognito.response=not-authorized",
               COGNITO_STATUS_COGNITO_NOT_AUTHORIZED);
    in_one_event_loop();
    is_taken_over(CANCELLED, "cancelled");
    is_taken_over(FREED, "freed");
    is_taken_over(TIMED_OUT, "timed out");
    is_taken_over(LEFT, "no longer driven");
    who_waits_has_its_own_end();
    return check_result();
}
