/* A client that is freed in a callback of another one ends when that has returned, and not inside
 * it: its events and completions come on this thread then, one after the other. */

#define _POSIX_C_SOURCE 200809L

#include "inbox.h"

#include <poll.h>
#include <pthread.h>

static pthread_mutex_t not_recursive = PTHREAD_MUTEX_INITIALIZER;
static struct inbox told, completions;
static cognito_client *freed;
static int depth;

/* What an application has that guards its own data in callbacks. */
static void enter(void) {
    CHECK_INT(1, ++depth);
    CHECK_INT(0, pthread_mutex_trylock(&not_recursive));
}

static void leave(void) {
    pthread_mutex_unlock(&not_recursive);
    depth--;
}

static void on_event(cognito_client *client, const cognito_event *event, void *inbox) {
    enter();
    inbox_event(client, event, inbox);
    leave();
}

static void on_complete(cognito_client *client, const cognito_completion *completion, void *inbox) {
    enter();
    inbox_completion(client, completion, inbox);
    leave();
}

static void free_the_other(cognito_client *client, const cognito_message *message, void *unused) {
    (void)client;
    (void)message;
    (void)unused;
    enter();
    cognito_client_free(freed);
    CHECK_INT(2, told.events);
    CHECK_INT(0, completions.completions);
    leave();
}

static cognito_client *connected(cognito_event_fn events, struct inbox *inbox) {
    cognito_config *config = local_aws_config();
    cognito_client *client = NULL;
    REQUIRE(cognito_client_new(config, NULL, events, inbox, &client) == COGNITO_STATUS_OK);
    cognito_config_free(config);
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_connect(client, COGNITO_WAIT_FOREVER));
    return client;
}

/* On the thread of this call, or on that of start(), which goes on. */
static void ends_after_the_callback(bool starts) {
    check_row = starts ? "on the thread of start" : "in a call";
    memset(&told, 0, sizeof told);
    memset(&completions, 0, sizeof completions);
    freed = connected(on_event, &told);
    CHECK_INT(2, told.events);
    /* Nobody works for it from here on. */
    for (int i = 0; i < 2; i++) {
        CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_publish(freed, "c", "x", 1, 1, false, NULL,
                                                               0, on_complete, &completions));
    }
    cognito_client *client = connected(NULL, NULL);
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_subscribe(client, "m", 1, free_the_other, NULL,
                                                             COGNITO_WAIT_FOREVER, NULL, NULL));
    if (starts) {
        CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_start(client));
    }
    CHECK_STATUS(COGNITO_STATUS_OK,
                 cognito_client_publish(client, "m", "x", 1, 1, false, NULL,
                                        starts ? 0 : COGNITO_WAIT_FOREVER, NULL, NULL));
    double deadline = now_ms() + allowed_ms(5000);
    while (__atomic_load_n(&told.events, __ATOMIC_SEQ_CST) < 3 && now_ms() < deadline) {
        if (!starts) {
            CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_process(client, 10));
        }
        poll(NULL, 0, 1);
    }
    CHECK_INT(3, told.events);
    CHECK_INT(COGNITO_EVENT_KIND_DISCONNECTED, told.event[2].kind);
    CHECK(cognito_client_is_connected(client));
    cognito_client_free(client);
    CHECK_INT(2, completions.completions);
    CHECK(local_aws_wait("iot_open_connections_at_most=0"));
}

int main(void) {
    ends_after_the_callback(false);
    ends_after_the_callback(true);
    return check_result();
}
