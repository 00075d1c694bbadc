/* Threads that fetch and sign at the same moment cause one request, also when it is refused. */

#define _POSIX_C_SOURCE 200809L

#include "local_aws.h"

#include <pthread.h>

enum { THREADS = 8 };

static cognito_provider *provider;
static pthread_barrier_t together;
static cognito_status status_expected;

static void *fetch(void *number) {
    cognito_credentials *credentials = NULL;
    cognito_signed_url *url = NULL;
    pthread_barrier_wait(&together);
    if ((intptr_t)number % 2 == 0) {
        CHECK_STATUS(status_expected,
                     cognito_provider_fetch(provider, COGNITO_WAIT_FOREVER, &credentials));
        CHECK((credentials != NULL) == (status_expected == COGNITO_STATUS_OK));
    } else {
        CHECK_STATUS(status_expected, cognito_provider_sign(provider, COGNITO_HOST_HEADER_STANDARD,
                                                            COGNITO_WAIT_FOREVER, &url));
        CHECK((url != NULL) == (status_expected == COGNITO_STATUS_OK));
    }
    cognito_credentials_free(credentials);
    cognito_signed_url_free(url);
    return NULL;
}

static void fetch_on_threads(cognito_status expected) {
    pthread_t threads[THREADS];
    status_expected = expected;
    for (int i = 0; i < THREADS; i++) {
        REQUIRE(pthread_create(&threads[i], NULL, fetch, (void *)(intptr_t)i) == 0);
    }
    for (int i = 0; i < THREADS; i++) {
        REQUIRE(pthread_join(threads[i], NULL) == 0);
    }
}

static void on_threads(const char *fault, cognito_status expected) {
    check_row = fault;
    local_aws_reset();
    local_aws_fault(fault);
    fetch_on_threads(expected);
    CHECK_INT(1, local_aws_counter("cognito_requests"));
    CHECK_INT(1, local_aws_counter("cognito_accepted"));
}

static void *fetch_in_a_hurry(void *unused) {
    cognito_credentials *credentials = NULL;
    CHECK_STATUS(COGNITO_STATUS_TIMED_OUT, cognito_provider_fetch(provider, 300, &credentials));
    return unused;
}

/* The one that asked goes first; one of the others asks once more for all of them. */
static void without_the_one_that_asked(void) {
    pthread_t hurried;
    check_row = "one in a hurry";
    local_aws_reset();
    local_aws_fault("cognito.request=stall*1");
    REQUIRE(pthread_create(&hurried, NULL, fetch_in_a_hurry, NULL) == 0);
    REQUIRE(local_aws_wait("cognito_requests=1"));
    fetch_on_threads(COGNITO_STATUS_OK);
    REQUIRE(pthread_join(hurried, NULL) == 0);
    CHECK_INT(2, local_aws_counter("cognito_requests"));
}

static void new_provider(void) {
    cognito_config *config = local_aws_config();
    cognito_provider_free(provider);
    REQUIRE(cognito_provider_new(config, &provider) == COGNITO_STATUS_OK);
    cognito_config_free(config);
}

int main(void) {
    REQUIRE(pthread_barrier_init(&together, NULL, THREADS) == 0);
    new_provider();
    on_threads("cognito.delay_ms=500&cognito.response=not-authorized",
               COGNITO_STATUS_COGNITO_NOT_AUTHORIZED);
    on_threads("cognito.delay_ms=500", COGNITO_STATUS_OK);
    new_provider();
    without_the_one_that_asked();
    cognito_provider_free(provider);
    CHECK(local_aws_wait("open_connections_at_most=0"));
    return check_result();
}
