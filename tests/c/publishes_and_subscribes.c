/* Publish, subscribe and unsubscribe with both QoS, waiting and by completions; each matching
 * subscription gets a message once; nothing waits inside a callback. Argument: mosquitto, if it is
 * the broker. */

#include "inbox.h"

static bool keeps_qos;

#define FOREVER COGNITO_WAIT_FOREVER

static cognito_status publish(cognito_client *client, const char *topic, const char *payload,
                              int32_t qos) {
    return cognito_client_publish(client, topic, payload, strlen(payload), qos, false, NULL,
                                  FOREVER, NULL, NULL);
}

static cognito_status subscribe(cognito_client *client, const char *filter, int32_t qos,
                                struct inbox *inbox) {
    return cognito_client_subscribe(client, filter, qos, inbox_message, inbox, FOREVER, NULL, NULL);
}

static void waits_for_each(cognito_client *client, struct inbox *inbox) {
    check_row = "waiting";
    CHECK_STATUS(COGNITO_STATUS_OK, subscribe(client, "a/+", 1, inbox));
    for (int32_t qos = 0; qos <= 1; qos++) {
        CHECK_STATUS(COGNITO_STATUS_OK, publish(client, "a/b", qos == 0 ? "zero" : "one", qos));
        CHECK(inbox_wait(client, &inbox->messages, qos + 1));
        CHECK(strcmp(inbox->topic[qos], "a/b") == 0);
        CHECK(strcmp(inbox->payload[qos], qos == 0 ? "zero" : "one") == 0);
        /* rumqttd gives a message the QoS of the subscription, and Mosquitto the lower one. */
        CHECK_INT(keeps_qos ? qos : 1, inbox->qos);
        CHECK(!inbox->retain && !inbox->duplicate);
    }
    /* The largest payload, and none. */
    static char large[128 * 1024];
    memset(large, 'x', sizeof large);
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_publish(client, "a/b", large, sizeof large, 1,
                                                           false, NULL, FOREVER, NULL, NULL));
    CHECK(inbox_wait(client, &inbox->messages, 3));
    CHECK_INT(sizeof large, inbox->payload_len);
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_publish(client, "a/b", NULL, 0, 1, false, NULL,
                                                           FOREVER, NULL, NULL));
    CHECK(inbox_wait(client, &inbox->messages, 4));
    CHECK_INT(0, inbox->payload_len);

    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_unsubscribe(client, "a/+", FOREVER, NULL, NULL));
    CHECK_STATUS(COGNITO_STATUS_OK, publish(client, "a/b", "nobody", 1));
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_process(client, 50));
    CHECK_INT(4, inbox->messages);
}

static void completes_without_waiting(cognito_client *client, struct inbox *inbox) {
    check_row = "with wait_ms 0";
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_subscribe(client, "c", 1, inbox_message, inbox,
                                                             0, inbox_completion, inbox));
    CHECK(inbox_wait(client, &inbox->completions, 1));
    CHECK_INT(1, inbox->granted_qos);
    for (int i = 0; i < 20; i++) {
        char payload[8];
        int length = snprintf(payload, sizeof payload, "%d", i);
        CHECK_STATUS(COGNITO_STATUS_OK,
                     cognito_client_publish(client, "c", payload, (size_t)length, i % 2, false,
                                            NULL, 0, inbox_completion, inbox));
    }
    CHECK(inbox_wait(client, &inbox->completions, 21));
    CHECK(inbox_wait(client, &inbox->messages, 20));
    CHECK_STATUS(COGNITO_STATUS_OK,
                 cognito_client_unsubscribe(client, "c", 0, inbox_completion, inbox));
    CHECK(inbox_wait(client, &inbox->completions, 22));
    for (int i = 0; i < inbox->completions; i++) {
        CHECK_STATUS(COGNITO_STATUS_OK, inbox->completion[i]);
    }
    CHECK_INT(-1, inbox->granted_qos);
}

static void gives_each_match_once(cognito_client *client) {
    check_row = "overlapping filters";
    static struct inbox exact, plus, all, other;
    CHECK_STATUS(COGNITO_STATUS_OK, subscribe(client, "o/x", 0, &other));
    CHECK_STATUS(COGNITO_STATUS_OK, subscribe(client, "o/x", 0, &exact)); /* in its place */
    CHECK_STATUS(COGNITO_STATUS_OK, subscribe(client, "p/+", 0, &plus));
    CHECK_STATUS(COGNITO_STATUS_OK, subscribe(client, "p/#", 0, &all));
    CHECK_STATUS(COGNITO_STATUS_OK, publish(client, "o/x", "1", 1));
    CHECK(inbox_wait(client, &exact.messages, 1));
    CHECK_INT(0, other.messages);
    CHECK_INT(0, plus.messages);
    CHECK_STATUS(COGNITO_STATUS_OK, publish(client, "p/x", "1", 1));
    CHECK(inbox_wait(client, &plus.messages, 1) && inbox_wait(client, &all.messages, 1));
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_process(client, 50));
    /* A server may send it once for each subscription; both get as many. */
    CHECK_INT(plus.messages, all.messages);
}

static void never_waits(cognito_client *client, const cognito_message *message, void *user_data) {
    struct inbox *inbox = user_data;
    CHECK_STATUS(COGNITO_STATUS_IN_CALLBACK, cognito_client_process(client, 1));
    CHECK_CONTAINS("timeout_ms 0", cognito_last_error());
    CHECK_STATUS(COGNITO_STATUS_IN_CALLBACK, cognito_client_connect(client, FOREVER));
    CHECK_CONTAINS("wait_ms 0", cognito_last_error());
    CHECK_STATUS(COGNITO_STATUS_IN_CALLBACK, cognito_client_disconnect(client, 1000));
    CHECK_STATUS(COGNITO_STATUS_IN_CALLBACK, publish(client, "r/answer", "no", 1));
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_connect(client, 0));
    CHECK(cognito_client_is_connected(client));
    CHECK_STATUS(COGNITO_STATUS_OK,
                 cognito_client_publish(client, "r/answer", message->payload, message->payload_len,
                                        1, false, NULL, 0, inbox_completion, inbox));
}

static void answers_in_a_callback(cognito_client *client) {
    check_row = "in a callback";
    static struct inbox inbox;
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_subscribe(client, "r/question", 1, never_waits,
                                                             &inbox, FOREVER, NULL, NULL));
    CHECK_STATUS(COGNITO_STATUS_OK, subscribe(client, "r/answer", 1, &inbox));
    CHECK_STATUS(COGNITO_STATUS_OK, publish(client, "r/question", "?", 0));
    CHECK(inbox_wait(client, &inbox.messages, 1) && inbox_wait(client, &inbox.completions, 1));
    CHECK(strcmp(inbox.payload[0], "?") == 0);
    CHECK_INT(1, inbox.messages);
}

static void keeps_a_retained_message(cognito_client *client) {
    check_row = "retained";
    static struct inbox inbox;
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_publish(client, "kept", "here", 4, 1, true, NULL,
                                                           FOREVER, NULL, NULL));
    CHECK_STATUS(COGNITO_STATUS_OK, subscribe(client, "kept", 1, &inbox));
    CHECK(inbox_wait(client, &inbox.messages, 1));
    CHECK(inbox.retain && strcmp(inbox.payload[0], "here") == 0);
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_publish(client, "kept", NULL, 0, 1, true, NULL,
                                                           FOREVER, NULL, NULL));
}

int main(int argc, char **argv) {
    static struct inbox events, waiting, completing;
    keeps_qos = argc > 1 && strcmp(argv[1], "mosquitto") == 0;
    cognito_client *client = inbox_client(local_aws_config(), &events);
    CHECK_STATUS(COGNITO_STATUS_INVALID_STATE, publish(client, "a", "too early", 0));
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_connect(client, FOREVER));
    CHECK_INT(2, events.events); /* before the call that waits for them returns */
    waits_for_each(client, &waiting);
    completes_without_waiting(client, &completing);
    gives_each_match_once(client);
    answers_in_a_callback(client);
    keeps_a_retained_message(client);
    check_row = "";
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_disconnect(client, FOREVER));
    CHECK_INT(3, events.events);
    inbox_check_events(&events);
    CHECK_INT(0, local_aws_counter("split_packets"));
    CHECK_INT(0, local_aws_counter("coalesced_packets"));
    cognito_client_free(client);
    return check_result();
}
