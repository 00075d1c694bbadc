/* After free no thread and no descriptor is left, whatever happened before. A connected client has
 * 4 descriptors, an open transport 2. Argument: what is freed. */

#define _POSIX_C_SOURCE 200809L

#include "local_aws.h"
#include "proc.h"

#include <poll.h>

static int threads(void) { return proc_count(0, "task"); }

static int descriptors(void) { return proc_count(0, "fd"); }

/* A thread that has ended, such as one that resolved a name, may be listed for a moment longer. */
static bool threads_fall_to(int count) {
    double deadline = now_ms() + allowed_ms(100);
    while (threads() > count && now_ms() < deadline) {
        poll(NULL, 0, 1);
    }
    return threads() == count;
}

/* The connection to Cognito ends in order beside the connect, and may take a moment longer: as long
 * as the server needs to end its side. */
static bool descriptors_fall_to(int count, void *connected) {
    double deadline = now_ms() + allowed_ms(2000);
    while (descriptors() > count && now_ms() < deadline) {
        if (way == &the_client) {
            CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_process(connected, 1));
        } else {
            CHECK_INT(0, cognito_transport_recv(connected, &(char){0}, 1));
        }
    }
    return descriptors() == count;
}

static const char *const faults[] = {
    "iot.delay_ms=0", /* none */
    "cognito.response=throttled",
    "cognito.response=endless-body",
    "cognito.request=reset",
    "cognito.certificate=untrusted",
    "iot.certificate=untrusted",
    "iot.upgrade=refuse",
    "iot.connack=code:5",
    "iot.connect=close",
    "iot.connect=reset",
    /* stalls that the connect timeout ends */
    "iot.accept=stall",
    "iot.tls=stall",
    "cognito.request=stall",
    "iot.upgrade=stall",
    "iot.connack=stall-mid",
    "proxy.response=stall",
    "proxy.response=407",
};

int main(int argc, char **argv) {
    way_choose(argc, argv);
    int threads_before = threads(), descriptors_before = descriptors();
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        if (way != &the_client && strstr(faults[i], "iot.conn") != NULL) {
            continue; /* it is the application that sends CONNECT */
        }
        check_row = faults[i];
        cognito_config *config = local_aws_config();
        local_aws_reset();
        local_aws_fault(faults[i]);
        if (strncmp(faults[i], "proxy", 5) == 0) {
            local_aws_through_proxy(config);
        }
        REQUIRE(cognito_config_set_connect_timeout_ms(config, (uint32_t)allowed_ms(300)) ==
                COGNITO_STATUS_OK);
        struct attempt attempt = attempt_connect(config);
        CHECK((attempt.status == COGNITO_STATUS_OK) == (i == 0));
        cognito_config_free(config);
        CHECK(threads_fall_to(threads_before));
        CHECK_INT(descriptors_before, descriptors());
    }

    check_row = "one that is connected";
    local_aws_reset();
    void *handle = local_aws_handle();
    int made = descriptors();
    REQUIRE(way->open(handle, COGNITO_WAIT_FOREVER) == COGNITO_STATUS_OK);
    int connected = descriptors_before + (way == &the_client ? 4 : 2);
    CHECK(descriptors_fall_to(connected, handle));
    printf("descriptors of one %s: %d made, %d connected\n", way->name, made - descriptors_before,
           descriptors() - descriptors_before);
    /* A transport has none before its first open, and keeps one. */
    int unconnected = way == &the_client ? made : made + 1;
    CHECK(threads_fall_to(threads_before));
    for (int round = 0; round < 3; round++) {
        CHECK_STATUS(COGNITO_STATUS_OK, way->close(handle, COGNITO_WAIT_FOREVER));
        CHECK_INT(unconnected, descriptors());
        CHECK_STATUS(COGNITO_STATUS_OK, way->open(handle, COGNITO_WAIT_FOREVER));
        CHECK(descriptors_fall_to(connected, handle));
    }
    way->free(handle); /* in the middle of a session */
    /* The resolver's thread has files open while it reads them. */
    CHECK(threads_fall_to(threads_before));
    CHECK_INT(descriptors_before, descriptors());

    check_row = "free in the middle of a connect";
    local_aws_fault("iot.upgrade=stall");
    handle = local_aws_handle();
    CHECK_STATUS(COGNITO_STATUS_IN_PROGRESS, way->open(handle, 0));
    way->free(handle);
    CHECK(threads_fall_to(threads_before));
    CHECK_INT(descriptors_before, descriptors());
    return check_result();
}
