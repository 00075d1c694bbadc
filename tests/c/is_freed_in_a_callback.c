/* free and stop inside callbacks of each kind, and free while another thread is inside one. */

#define _POSIX_C_SOURCE 200809L

#include "inbox.h"
#include "proc.h"

#include <poll.h>
#include <pthread.h>

static struct inbox events, told;
static int own_threads;

static void free_in_message(cognito_client *client, const cognito_message *message, void *unused) {
    (void)message;
    (void)unused;
    told.messages++;
    int before = events.events;
    cognito_client_free(client);
    /* It happens when this has returned. */
    CHECK_INT(before, events.events);
    CHECK_STATUS(COGNITO_STATUS_INVALID_HANDLE, cognito_client_process(client, 0));
    CHECK(!cognito_client_is_connected(client));
}

static void free_in_event(cognito_client *client, const cognito_event *event, void *user_data) {
    inbox_event(client, event, user_data);
    if (event->kind == COGNITO_EVENT_KIND_CONNECTED) {
        cognito_client_free(client);
    }
}

static void free_in_completion(cognito_client *client, const cognito_completion *completion,
                               void *user_data) {
    inbox_completion(client, completion, user_data);
    if (told.completions == 1) {
        cognito_client_free(client);
    }
}

static cognito_client *connected(void) {
    memset(&events, 0, sizeof events);
    memset(&told, 0, sizeof told);
    cognito_client *client = inbox_client(local_aws_config(), &events);
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_connect(client, COGNITO_WAIT_FOREVER));
    return client;
}

static void is_gone(cognito_client *client) {
    CHECK_INT(3, events.events);
    CHECK_INT(COGNITO_EVENT_KIND_DISCONNECTED, events.event[2].kind);
    CHECK_STATUS(COGNITO_STATUS_INVALID_HANDLE, cognito_client_process(client, 0));
    CHECK(local_aws_wait("iot_open_connections_at_most=0"));
    inbox_check_events(&events);
}

static void in_a_message(bool starts) {
    cognito_client *client = connected();
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_subscribe(client, "m", 0, free_in_message, NULL,
                                                             COGNITO_WAIT_FOREVER, NULL, NULL));
    if (starts) {
        CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_start(client));
    }
    CHECK_STATUS(COGNITO_STATUS_OK,
                 cognito_client_publish(client, "m", "x", 1, 0, false, NULL, 0, NULL, NULL));
    if (!starts) {
        CHECK_STATUS(COGNITO_STATUS_CANCELLED,
                     cognito_client_process(client, COGNITO_WAIT_FOREVER));
    }
    double deadline = now_ms() + allowed_ms(5000);
    while ((__atomic_load_n(&events.events, __ATOMIC_SEQ_CST) < 3 ||
            proc_count(0, "task") > own_threads) &&
           now_ms() < deadline) {
        poll(NULL, 0, 1);
    }
    CHECK_INT(1, told.messages);
    is_gone(client);
}

static void in_an_event(void) {
    memset(&events, 0, sizeof events);
    cognito_config *config = local_aws_config();
    cognito_client *client = NULL;
    REQUIRE(cognito_client_new(config, NULL, free_in_event, &events, &client) == COGNITO_STATUS_OK);
    cognito_config_free(config);
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_connect(client, COGNITO_WAIT_FOREVER));
    is_gone(client);
}

static void in_a_completion(void) {
    cognito_client *client = connected();
    for (int i = 0; i < 3; i++) {
        CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_publish(client, "c", "x", 1, 1, false, NULL,
                                                               0, free_in_completion, &told));
    }
    CHECK_STATUS(COGNITO_STATUS_CANCELLED, cognito_client_process(client, COGNITO_WAIT_FOREVER));
    /* Each is told, whatever has become of it. */
    CHECK_INT(3, told.completions);
    is_gone(client);
}

static int is_inside;

static void slow(cognito_client *client, const cognito_message *message, void *unused) {
    (void)client;
    (void)message;
    (void)unused;
    __atomic_store_n(&is_inside, 1, __ATOMIC_SEQ_CST);
    poll(NULL, 0, 200);
    __atomic_store_n(&is_inside, 0, __ATOMIC_SEQ_CST);
}

static void while_another_thread_is_inside(void) {
    cognito_client *client = connected();
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_subscribe(client, "s", 0, slow, NULL,
                                                             COGNITO_WAIT_FOREVER, NULL, NULL));
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_start(client));
    CHECK_STATUS(COGNITO_STATUS_OK,
                 cognito_client_publish(client, "s", "x", 1, 0, false, NULL, 0, NULL, NULL));
    while (!__atomic_load_n(&is_inside, __ATOMIC_SEQ_CST)) {
        poll(NULL, 0, 1);
    }
    cognito_client_free(client);
    CHECK_INT(0, __atomic_load_n(&is_inside, __ATOMIC_SEQ_CST));
    CHECK(proc_threads_fall_to(own_threads));
    is_gone(client);
}

int main(void) {
    own_threads = proc_own_threads();
    check_row = "message";
    in_a_message(false);
    check_row = "message on the thread of start";
    in_a_message(true);
    check_row = "event";
    in_an_event();
    check_row = "completion";
    in_a_completion();
    check_row = "another thread";
    while_another_thread_is_inside();
    return check_result();
}
