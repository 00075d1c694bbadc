/* A client is stopped in a callback of another one, while the thread that ends by that has just
 * freed the other one in a callback: neither waits for the other. */

#define _POSIX_C_SOURCE 200809L

#include "local_aws.h"

#include <poll.h>

static cognito_client *with_thread, *freed;
static int is_freed, is_told;

static void on_complete(cognito_client *client, const cognito_completion *completion,
                        void *user_data) {
    (void)user_data;
    CHECK(client == with_thread);
    CHECK_STATUS(COGNITO_STATUS_OK, completion->status);
    cognito_client_free(freed);
    __atomic_store_n(&is_freed, 1, __ATOMIC_SEQ_CST);
    /* The other thread is to be inside stop() when this one goes on. */
    poll(NULL, 0, 100);
}

static void on_event(cognito_client *client, const cognito_event *event, void *user_data) {
    (void)client;
    (void)user_data;
    if (event->kind != COGNITO_EVENT_KIND_CONNECTED) {
        return;
    }
    is_told++;
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_publish(with_thread, "a", "b", 1, 1, false, NULL,
                                                           0, on_complete, NULL));
    while (!__atomic_load_n(&is_freed, __ATOMIC_SEQ_CST)) {
        poll(NULL, 0, 1);
    }
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_stop(with_thread));
}

int main(void) {
    with_thread = local_aws_client();
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_start(with_thread));
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_connect(with_thread, COGNITO_WAIT_FOREVER));
    cognito_config *config = local_aws_config();
    REQUIRE(cognito_client_new(config, NULL, on_event, NULL, &freed) == COGNITO_STATUS_OK);
    cognito_config_free(config);
    /* Freed while it waits: it may have been connected before. */
    cognito_status status = cognito_client_connect(freed, COGNITO_WAIT_FOREVER);
    CHECK(status == COGNITO_STATUS_OK || status == COGNITO_STATUS_CANCELLED);
    CHECK_INT(1, is_told);
    /* Its thread has ended, or ends with this. */
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_start(with_thread));
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_stop(with_thread));
    cognito_client_free(with_thread);
    return check_result();
}
