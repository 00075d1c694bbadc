/* A call with wait_ms 0 never gives up the processor, and neither does recv: counted by the kernel,
 * not by the clock. Argument: of what the calls are. */

#define _DEFAULT_SOURCE

#include "local_aws.h"

#include <sys/resource.h>

static long times_slept(void) {
    struct rusage usage;
    REQUIRE(getrusage(RUSAGE_SELF, &usage) == 0);
    return usage.ru_nvcsw;
}

int main(int argc, char **argv) {
    way_choose(argc, argv);
    void *handle = local_aws_handle();
    REQUIRE(way->open(handle, COGNITO_WAIT_FOREVER) == COGNITO_STATUS_OK);
    long before = times_slept();
    for (int i = 0; i < 1000; i++) {
        CHECK_INT(0, way == &the_client ? cognito_client_process(handle, 0)
                                        : cognito_transport_recv(handle, &(char){0}, 1));
    }
    long slept = times_slept() - before;
    printf("1000 calls slept %ld times\n", slept);
    CHECK(slept <= 10);

    /* A connect under way that waits for the server. */
    local_aws_fault("iot.upgrade=stall");
    void *other = local_aws_handle();
    CHECK_STATUS(COGNITO_STATUS_IN_PROGRESS, way->open(other, 300));
    before = times_slept();
    for (int i = 0; i < 1000; i++) {
        CHECK_STATUS(COGNITO_STATUS_IN_PROGRESS, way->open(other, 0));
    }
    slept = times_slept() - before;
    printf("1000 calls slept %ld times\n", slept);
    CHECK(slept <= 10);
    way->free(other);
    way->free(handle);
    return check_result();
}
