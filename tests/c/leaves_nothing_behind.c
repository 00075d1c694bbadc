/* After free no thread and no descriptor is left, whatever happened before. A connected client has
 * 5 descriptors. */

#define _POSIX_C_SOURCE 200809L

#include "local_aws.h"

#include <dirent.h>
#include <poll.h>

static int entries(const char *path) {
    DIR *directory = opendir(path);
    REQUIRE(directory != NULL);
    int count = 0;
    while (readdir(directory) != NULL) {
        count++;
    }
    closedir(directory);
    return count;
}

static int threads(void) { return entries("/proc/self/task"); }

static int descriptors(void) { return entries("/proc/self/fd"); }

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
static bool descriptors_fall_to(int count, cognito_client *connected) {
    double deadline = now_ms() + allowed_ms(2000);
    while (descriptors() > count && now_ms() < deadline) {
        CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_process(connected, 1));
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

int main(void) {
    int threads_before = threads(), descriptors_before = descriptors();
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
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

    check_row = "one connected client";
    local_aws_reset();
    cognito_client *client = local_aws_client();
    int unconnected = descriptors();
    REQUIRE(cognito_client_connect(client, COGNITO_WAIT_FOREVER) == COGNITO_STATUS_OK);
    int connected = descriptors_before + 5;
    CHECK(descriptors_fall_to(connected, client));
    printf("descriptors of one client: %d made, %d connected\n", unconnected - descriptors_before,
           descriptors() - descriptors_before);
    CHECK(threads_fall_to(threads_before));
    for (int round = 0; round < 3; round++) {
        CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_disconnect(client, COGNITO_WAIT_FOREVER));
        CHECK_INT(unconnected, descriptors());
        CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_connect(client, COGNITO_WAIT_FOREVER));
        CHECK(descriptors_fall_to(connected, client));
    }
    cognito_client_free(client); /* in the middle of a session */
    /* The resolver's thread has files open while it reads them. */
    CHECK(threads_fall_to(threads_before));
    CHECK_INT(descriptors_before, descriptors());

    check_row = "free in the middle of a connect";
    client = local_aws_client();
    CHECK_STATUS(COGNITO_STATUS_IN_PROGRESS, cognito_client_connect(client, 0));
    cognito_client_free(client);
    CHECK(threads_fall_to(threads_before));
    CHECK_INT(descriptors_before, descriptors());
    return check_result();
}
