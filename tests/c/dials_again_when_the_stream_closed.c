/*
 * The TLS stream to the endpoint is opened while Cognito answers. When the endpoint ends it before
 * the credentials are there, it is opened once more. Argument: what connects.
 */

#include "local_aws.h"

#include <pthread.h>

static void *drop_the_idle_stream(void *how) {
    REQUIRE(local_aws_wait("cognito_requests=1&iot_tls_handshakes=1"));
    local_aws_drop(how);
    return NULL;
}

int main(int argc, char **argv) {
    way_choose(argc, argv);
    const char *const ways[] = {"service=iot&how=rst", "service=iot&how=fin"};
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        void *handle = local_aws_handle();
        pthread_t thread;
        check_row = ways[i];
        local_aws_reset();
        local_aws_fault("cognito.delay_ms=500");
        REQUIRE(pthread_create(&thread, NULL, drop_the_idle_stream, (void *)ways[i]) == 0);
        CHECK_STATUS(COGNITO_STATUS_OK, way->open(handle, COGNITO_WAIT_FOREVER));
        REQUIRE(pthread_join(thread, NULL) == 0);
        CHECK_INT(2, local_aws_counter("iot_accepted"));
        CHECK_INT(1, local_aws_counter("cognito_get_credentials"));
        CHECK_INT(1, local_aws_counter("upgrades"));
        CHECK_STATUS(COGNITO_STATUS_OK, way->close(handle, COGNITO_WAIT_FOREVER));
        way->free(handle);
    }
    return check_result();
}
