/* A cancel ends a call that waits while the thread of start waits for the network, and leaves that
 * thread and the session as they are. */

#define _POSIX_C_SOURCE 200809L

#include "inbox.h"
#include "transports.h"

#include <poll.h>
#include <pthread.h>

static cognito_client *client;

static void *cancel_soon(void *unused) {
    poll(NULL, 0, 100);
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_cancel(client));
    return unused;
}

int main(void) {
    static struct inbox events, told;
    client = inbox_client(local_aws_config(), &events);
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_start(client));
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_connect(client, COGNITO_WAIT_FOREVER));
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_subscribe(client, "t", 1, inbox_message, &told,
                                                             COGNITO_WAIT_FOREVER, NULL, NULL));
    for (int round = 0; round < 5; round++) {
        pthread_t canceller;
        stop_the_server_reading();
        REQUIRE(pthread_create(&canceller, NULL, cancel_soon, NULL) == 0);
        double began = now_ms();
        CHECK_STATUS(COGNITO_STATUS_CANCELLED,
                     cognito_client_publish(client, "t", "x", 1, 1, false, NULL,
                                            COGNITO_WAIT_FOREVER, NULL, NULL));
        CHECK(now_ms() - began >= 90 && now_ms() - began < allowed_ms(250));
        CHECK_CONTAINS("may have arrived", cognito_last_error());
        pthread_join(canceller, NULL);
        local_aws_fault("iot.reading=");
        CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_publish(client, "t", "y", 1, 1, false, NULL,
                                                               COGNITO_WAIT_FOREVER, NULL, NULL));
        CHECK(cognito_client_is_connected(client));
    }
    cognito_client_free(client);
    inbox_check_events(&events);
    return check_result();
}
