/* A client that is freed in a callback is gone when the call around that has returned, also while
 * another thread is inside one that takes its time: the data of callbacks may be given back then.
 */

#define _POSIX_C_SOURCE 200809L

#include "inbox.h"

#include <poll.h>
#include <pthread.h>

static struct inbox told;
static int is_asking;

static int32_t slow_login(cognito_login_sink *sink, void *unused) {
    (void)sink;
    (void)unused;
    /* That of the client that is freed: the other one's is not to give it the time to end. */
    if (__atomic_exchange_n(&is_asking, 1, __ATOMIC_SEQ_CST) == 0) {
        poll(NULL, 0, 500);
    }
    return COGNITO_STATUS_OK;
}

static void free_other(cognito_client *client, const cognito_event *event, void *other) {
    (void)client;
    if (event->kind == COGNITO_EVENT_KIND_CONNECTING) {
        cognito_client_free(other);
    }
}

static void *connects(void *client) {
    CHECK_STATUS(COGNITO_STATUS_CANCELLED, cognito_client_connect(client, COGNITO_WAIT_FOREVER));
    return NULL;
}

int main(void) {
    cognito_config *config = local_aws_config();
    cognito_client *client = NULL, *freed = NULL;
    pthread_t thread;
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_config_set_login(config, slow_login, NULL));
    REQUIRE(cognito_client_new(config, NULL, NULL, NULL, &freed) == COGNITO_STATUS_OK);
    REQUIRE(cognito_client_new(config, NULL, free_other, freed, &client) == COGNITO_STATUS_OK);
    cognito_config_free(config);
    REQUIRE(pthread_create(&thread, NULL, connects, freed) == 0);
    while (!__atomic_load_n(&is_asking, __ATOMIC_SEQ_CST)) {
        poll(NULL, 0, 1);
    }
    for (int i = 0; i < 3; i++) {
        CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_publish(freed, "a", "b", 1, 1, false, NULL,
                                                               0, inbox_completion, &told));
    }
    /* Freeing waits for the login of the other, and the servers may be done meanwhile. */
    cognito_status status = cognito_client_connect(client, 0);
    CHECK(status == COGNITO_STATUS_IN_PROGRESS || status == COGNITO_STATUS_OK);
    CHECK_INT(3, told.completions);
    CHECK_STATUS(COGNITO_STATUS_INVALID_HANDLE, cognito_client_process(freed, 0));
    REQUIRE(pthread_join(thread, NULL) == 0);
    CHECK_INT(3, told.completions);
    cognito_client_free(client);
    return check_result();
}
