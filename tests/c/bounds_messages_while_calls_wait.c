/* Another client floods a subscription whose callback is slow: what waits for the callback is
 * bounded, also while calls wait for answers, which lie behind it; and nothing of it is lost. */

#define _POSIX_C_SOURCE 200809L

#include "inbox.h"
#include "proc.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>

enum { MESSAGES = 4000, LEN = 4096, SLOW_EVERY = 50, GROWTH_MAX_KIB = 6 * 1024 };

static int messages;
static atomic_bool is_over;

static void on_message(cognito_client *client, const cognito_message *message, void *unused) {
    (void)client;
    (void)unused;
    CHECK_INT(LEN, message->payload_len);
    if (__atomic_add_fetch(&messages, 1, __ATOMIC_SEQ_CST) % SLOW_EVERY == 0) {
        poll(NULL, 0, 20);
    }
}

static void *publish_and_wait(void *client) {
    while (!is_over) {
        CHECK_STATUS(COGNITO_STATUS_OK,
                     cognito_client_publish(client, "other", "x", 1, 1, false, NULL,
                                            COGNITO_WAIT_FOREVER, NULL, NULL));
    }
    return NULL;
}

static void flood(bool calls_wait) {
    static char payload[LEN];
    pthread_t waiting;
    cognito_client *client = local_aws_client();
    messages = 0;
    is_over = false;
    REQUIRE(cognito_client_connect(client, COGNITO_WAIT_FOREVER) == COGNITO_STATUS_OK &&
            cognito_client_subscribe(client, "flood", 0, on_message, NULL, COGNITO_WAIT_FOREVER,
                                     NULL, NULL) == COGNITO_STATUS_OK &&
            cognito_client_start(client) == COGNITO_STATUS_OK);
    proc_forget_peak();
    long before_kib = proc_status(0, "VmHWM");
    if (calls_wait) {
        REQUIRE(pthread_create(&waiting, NULL, publish_and_wait, client) == 0);
    }
    /* Each waits until it is written, so that none waits in memory. */
    cognito_client *sender = local_aws_client();
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_connect(sender, COGNITO_WAIT_FOREVER));
    for (int i = 0; i < MESSAGES; i++) {
        CHECK_STATUS(COGNITO_STATUS_OK,
                     cognito_client_publish(sender, "flood", payload, sizeof payload, 0, false,
                                            NULL, COGNITO_WAIT_FOREVER, NULL, NULL));
    }
    CHECK(comes_to(&messages, MESSAGES, 60000));
    CHECK_INT(MESSAGES, messages);
    long growth_kib = proc_status(0, "VmHWM") - before_kib;
    printf("%d messages of %d bytes: %ld KiB more\n", messages, LEN, growth_kib);
    CHECK(growth_kib < GROWTH_MAX_KIB);
    is_over = true;
    if (calls_wait) {
        REQUIRE(pthread_join(waiting, NULL) == 0);
    }
    cognito_client_free(sender);
    cognito_client_free(client);
}

int main(void) {
    check_row = "nobody waits";
    flood(false);
    check_row = "calls wait";
    flood(true);
    return check_result();
}
