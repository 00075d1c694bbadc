/* A session that is lost, in whatever way, is connected again: soon, without asking Cognito, with
 * its subscriptions, and with every event told in order. */

#include "inbox.h"

#define FOREVER COGNITO_WAIT_FOREVER

static cognito_client *reconnecting_as(const char *client_id, struct inbox *events) {
    cognito_config *config = local_aws_config();
    REQUIRE(cognito_config_set_client_id(config, client_id) == COGNITO_STATUS_OK);
    REQUIRE(cognito_config_set_reconnect_ms(config, 1000, 60000) == COGNITO_STATUS_OK);
    return inbox_client(config, events);
}

static cognito_client *reconnecting(struct inbox *events) {
    return reconnecting_as("test-again", events);
}

/* Subscribes to more than a SUBSCRIBE takes, is cut off, and gets messages again. */
static void comes_back(const char *how, cognito_status expected) {
    static struct inbox events, messages;
    check_row = how;
    memset(&events, 0, sizeof events);
    memset(&messages, 0, sizeof messages);
    local_aws_reset();
    cognito_client *client = reconnecting(&events);
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_connect(client, FOREVER));
    for (int i = 0; i < 10; i++) {
        char filter[16];
        snprintf(filter, sizeof filter, "again/%d", i);
        CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_subscribe(client, filter, 1, inbox_message,
                                                                 &messages, FOREVER, NULL, NULL));
    }
    CHECK_INT(10, local_aws_counter("subscribes"));

    char drop[64];
    snprintf(drop, sizeof drop, "service=iot&how=%s", how);
    local_aws_drop(drop);
    double began = now_ms();
    CHECK(inbox_wait(client, &events.events, 5));
    printf("%s: connected again after %.0f ms\n", how, now_ms() - began);
    CHECK(now_ms() - began < allowed_ms(1000));
    CHECK(cognito_client_is_connected(client));
    CHECK_INT(COGNITO_EVENT_KIND_DISCONNECTED, events.event[2].kind);
    CHECK_STATUS(expected, events.event[2].status);
    CHECK(events.event[2].next_delay_ms >= 0 && events.event[2].next_delay_ms <= 100);
    CHECK_INT(COGNITO_EVENT_KIND_CONNECTED, events.event[4].kind);
    CHECK_INT(1, events.event[4].attempt);
    CHECK(!events.event[4].session_present);
    inbox_check_events(&events);
    /* The credentials are still good. */
    CHECK_INT(1, local_aws_counter("cognito_requests"));
    CHECK_INT(2, local_aws_counter("sigv4_valid"));
    /* 10 filters, of which AWS takes 8 in a packet. */
    CHECK(local_aws_wait("subscribes=12"));
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_publish(client, "again/9", "x", 1, 1, false,
                                                           NULL, FOREVER, NULL, NULL));
    CHECK(inbox_wait(client, &messages.messages, 1));
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_disconnect(client, FOREVER));
    CHECK_INT(6, events.events);
    CHECK_STATUS(COGNITO_STATUS_OK, events.event[5].status);
    CHECK_INT(-1, events.event[5].next_delay_ms);
    cognito_client_free(client);
}

/* What is published while there is no connection waits, and what is too much is refused. */
static void queues(void) {
    static struct inbox events, told;
    check_row = "queue";
    local_aws_reset();
    cognito_config *config = local_aws_config();
    REQUIRE(cognito_config_set_reconnect_ms(config, 100, 200) == COGNITO_STATUS_OK);
    REQUIRE(cognito_config_set_queue_max(config, 3, 1000) == COGNITO_STATUS_OK);
    cognito_client *client = inbox_client(config, &events);
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_connect(client, FOREVER));
    local_aws_fault("iot.upgrade=status:503");
    local_aws_drop("service=iot&how=rst");
    CHECK(inbox_wait(client, &events.events, 5));
    CHECK_INT(COGNITO_EVENT_KIND_CONNECT_FAILED, events.event[4].kind);
    CHECK(events.event[4].next_delay_ms >= 0);
    CHECK(!cognito_client_is_connected(client));
    for (int i = 0; i < 3; i++) {
        CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_publish(client, "q", "x", 1, i % 2, false,
                                                               NULL, 0, inbox_completion, &told));
    }
    CHECK_STATUS(COGNITO_STATUS_QUEUE_FULL,
                 cognito_client_publish(client, "q", "x", 1, 1, false, NULL, 0, NULL, NULL));
    CHECK_STATUS(COGNITO_STATUS_QUEUE_FULL,
                 cognito_client_publish(client, "q", "x", 1, 1, false, NULL, 1, NULL, NULL));
    CHECK_INT(0, local_aws_counter("publishes"));
    local_aws_fault("iot.upgrade=");
    CHECK(inbox_wait(client, &told.completions, 3));
    for (int i = 0; i < 3; i++) {
        CHECK_STATUS(COGNITO_STATUS_OK, told.completion[i]);
    }
    CHECK_INT(3, local_aws_counter("publishes"));
    inbox_check_events(&events);
    cognito_client_free(client);
}

/* A waiting publish that runs out of time says what has become of it. */
static void says_what_became_of_it(void) {
    static struct inbox events;
    check_row = "out of time";
    cognito_config *config = local_aws_config();
    REQUIRE(cognito_config_set_reconnect_ms(config, 100, 200) == COGNITO_STATUS_OK);
    cognito_client *client = inbox_client(config, &events);
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_connect(client, FOREVER));
    local_aws_drop("service=iot&how=stall");
    CHECK_STATUS(COGNITO_STATUS_OUTCOME_UNKNOWN,
                 cognito_client_publish(client, "t", "x", 1, 1, false, NULL, 100, NULL, NULL));
    local_aws_fault("iot.upgrade=status:503");
    local_aws_drop("service=iot&how=rst");
    CHECK(inbox_wait(client, &events.events, 4));
    CHECK_STATUS(COGNITO_STATUS_WITHDRAWN,
                 cognito_client_publish(client, "t", "x", 1, 1, false, NULL, 100, NULL, NULL));
    CHECK_CONTAINS("never sent", cognito_last_error());
    local_aws_fault("iot.upgrade=");
    cognito_client_free(client);
}

/* Refusals that would only be repeated end it. */
static void stops_when_refused(void) {
    static struct inbox events;
    check_row = "refused";
    local_aws_reset();
    cognito_client *client = reconnecting(&events);
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_connect(client, FOREVER));
    local_aws_fault("iot.connack=code:5");
    local_aws_drop("service=iot&how=close");
    CHECK_STATUS(COGNITO_STATUS_CONNACK_NOT_AUTHORIZED, cognito_client_process(client, FOREVER));
    CHECK_INT(5, events.events);
    CHECK_INT(-1, events.event[4].next_delay_ms);
    CHECK_STATUS(COGNITO_STATUS_INVALID_STATE, cognito_client_process(client, 0));
    inbox_check_events(&events);
    cognito_client_free(client);
    local_aws_reset();
}

/* Two devices with one client identifier end each other's sessions, which is told apart from a bad
 * network once it is a pattern. */
static void recognises_a_twin(void) {
    static struct inbox events, other;
    check_row = "a twin";
    local_aws_reset();
    cognito_client *client = reconnecting_as("test-twin", &events);
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_connect(client, FOREVER));
    for (int round = 1; round <= 3; round++) {
        double began = now_ms();
        cognito_config *config = local_aws_config();
        CHECK_STATUS(COGNITO_STATUS_OK, cognito_config_set_client_id(config, "test-twin"));
        cognito_client *twin = inbox_client(config, &other);
        CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_connect(twin, FOREVER));
        CHECK(inbox_wait(client, &events.events, 2 + 3 * round));
        CHECK(cognito_client_is_connected(client));
        if (round == 1) {
            printf("connected again %.0f ms after the twin began to connect\n", now_ms() - began);
            CHECK(now_ms() - began < allowed_ms(1000));
        }
        cognito_client_free(twin);
        cognito_failure *failure = NULL;
        CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_failure(client, &failure));
        bool is_said = strstr(cognito_failure_hint(failure), "Session after session") != NULL;
        CHECK_INT(round == 3, is_said);
        cognito_failure_free(failure);
    }
    CHECK_INT(6, local_aws_counter("takeovers"));
    CHECK(events.event[2].next_delay_ms >= 0 && events.event[2].next_delay_ms <= 100);
    CHECK_INT(11, events.events);
    inbox_check_events(&events);
    cognito_client_free(client);
}

int main(void) {
    comes_back("rst", COGNITO_STATUS_CONNECTION_LOST);
    comes_back("fin", COGNITO_STATUS_SESSION_CLOSED);
    comes_back("close", COGNITO_STATUS_SESSION_CLOSED);
    queues();
    says_what_became_of_it();
    stops_when_refused();
    recognises_a_twin();
    return check_result();
}
