/* A call with wait_ms 0 never gives up the processor: counted by the kernel, not by the clock. */

#define _DEFAULT_SOURCE

#include "local_aws.h"

#include <sys/resource.h>

static long times_slept(void) {
    struct rusage usage;
    REQUIRE(getrusage(RUSAGE_SELF, &usage) == 0);
    return usage.ru_nvcsw;
}

int main(void) {
    cognito_client *client = local_aws_client();
    REQUIRE(cognito_client_connect(client, COGNITO_WAIT_FOREVER) == COGNITO_STATUS_OK);
    long before = times_slept();
    for (int i = 0; i < 1000; i++) {
        CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_process(client, 0));
    }
    long slept = times_slept() - before;
    printf("1000 calls slept %ld times\n", slept);
    CHECK(slept <= 10);

    /* A connect under way that waits for the server. */
    local_aws_fault("iot.upgrade=stall");
    cognito_client *other = local_aws_client();
    CHECK_STATUS(COGNITO_STATUS_IN_PROGRESS, cognito_client_connect(other, 300));
    before = times_slept();
    for (int i = 0; i < 1000; i++) {
        CHECK_STATUS(COGNITO_STATUS_IN_PROGRESS, cognito_client_connect(other, 0));
    }
    slept = times_slept() - before;
    printf("1000 calls slept %ld times\n", slept);
    CHECK(slept <= 10);
    cognito_client_free(other);
    cognito_client_free(client);
    return check_result();
}
