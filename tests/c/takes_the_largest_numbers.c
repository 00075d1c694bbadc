/* Lengths and bounds that do not fit 31 or 32 bits, and the longest waits, are taken or refused,
 * and never wrap. Of a payload that is too long nothing is read: there need not be that much. */

#define _POSIX_C_SOURCE 200809L

#include "inbox.h"

#include <poll.h>
#include <pthread.h>

static const size_t too_long[] = {128 * 1024 + 1, INT32_MAX,    (size_t)INT32_MAX + 1,
                                  UINT32_MAX,     SIZE_MAX - 1, SIZE_MAX};

static void refused(const char *field, cognito_status status) {
    CHECK_STATUS(COGNITO_STATUS_INVALID_ARGUMENT, status);
    CHECK_CONTAINS(field, cognito_last_error());
}

static void lengths(cognito_client *client) {
    cognito_config *config = local_aws_config();
    cognito_properties *properties = NULL;
    REQUIRE(cognito_properties_new(&properties) == COGNITO_STATUS_OK);
    for (size_t i = 0; i < sizeof too_long / sizeof too_long[0]; i++) {
        char row[32];
        snprintf(row, sizeof row, "%zu bytes", too_long[i]);
        check_row = row;
        refused("payload_len", cognito_client_publish(client, "a", "x", too_long[i], 1, false, NULL,
                                                      0, NULL, NULL));
        refused("payload_len",
                cognito_config_set_will(config, "a", "x", too_long[i], 0, false, NULL));
        refused("correlation_data",
                cognito_properties_set_correlation_data(properties, "x", too_long[i]));
    }
    cognito_properties_free(properties);
    cognito_config_free(config);
}

static void publish(cognito_client *client, int32_t wait_ms) {
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_publish(client, "test/largest", "x", 1, 1, false,
                                                           NULL, wait_ms, NULL, NULL));
}

static void *cancel_when_it_waits(void *client) {
    poll(NULL, 0, 200);
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_cancel(client));
    return NULL;
}

static void waits(cognito_client *client) {
    pthread_t thread;
    check_row = "INT32_MAX ms";
    publish(client, INT32_MAX);
    REQUIRE(pthread_create(&thread, NULL, cancel_when_it_waits, client) == 0);
    CHECK_STATUS(COGNITO_STATUS_CANCELLED, cognito_client_process(client, INT32_MAX));
    REQUIRE(pthread_join(thread, NULL) == 0);
    int32_t due_ms = cognito_client_next_timeout_ms(client);
    CHECK(due_ms >= 0 && due_ms <= 1200 * 1000);
}

int main(void) {
    const size_t bounds[] = {1, (size_t)1 << 31, ((size_t)1 << 31) + 1, SIZE_MAX};
    for (size_t i = 0; i < sizeof bounds / sizeof bounds[0]; i++) {
        static struct inbox inbox;
        char row[48];
        snprintf(row, sizeof row, "a queue of %zu bytes", bounds[i]);
        check_row = row;
        memset(&inbox, 0, sizeof inbox);
        local_aws_reset();
        cognito_config *config = local_aws_config();
        REQUIRE(cognito_config_set_keep_alive_s(config, 1200) == COGNITO_STATUS_OK);
        CHECK_STATUS(COGNITO_STATUS_OK, cognito_config_set_queue_max(config, 1000000, bounds[i]));
        cognito_client *client = inbox_client(config, &inbox);
        /* These wait in the queue, while the server lets the client wait. */
        local_aws_fault("iot.delay_ms=200");
        CHECK_STATUS(COGNITO_STATUS_IN_PROGRESS, cognito_client_connect(client, 0));
        const int queued = bounds[i] == 1 ? 1 : 100;
        for (int n = 0; n < queued; n++) {
            publish(client, 0);
        }
        CHECK_STATUS(
            bounds[i] == 1 ? COGNITO_STATUS_QUEUE_FULL : COGNITO_STATUS_OK,
            cognito_client_publish(client, "test/largest", "x", 1, 1, false, NULL, 0, NULL, NULL));
        CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_connect(client, INT32_MAX));
        local_aws_fault("iot.delay_ms=0");
        publish(client, COGNITO_WAIT_FOREVER);
        CHECK_INT(queued + (bounds[i] == 1 ? 1 : 2), local_aws_counter("publishes"));
        lengths(client);
        waits(client);
        check_row = row;
        CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_disconnect(client, INT32_MAX));
        cognito_client_free(client);
    }
    return check_result();
}
