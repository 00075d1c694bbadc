/* See inbox.h. */

#include "inbox.h"

void inbox_message(cognito_client *client, const cognito_message *message, void *user_data) {
    struct inbox *inbox = user_data;
    CHECK(client != NULL && message->payload != NULL);
    if (inbox->messages < INBOX_MAX) {
        snprintf(inbox->topic[inbox->messages], sizeof inbox->topic[0], "%s", message->topic);
        snprintf(inbox->payload[inbox->messages], sizeof inbox->payload[0], "%.*s",
                 (int)message->payload_len, (const char *)message->payload);
    }
    inbox->payload_len = message->payload_len;
    inbox->retain = message->retain;
    inbox->duplicate = message->duplicate;
    inbox->qos = message->qos;
    inbox->messages++;
}

int message_number(const cognito_message *message) {
    char number[16] = "";
    memcpy(number, message->payload, message->payload_len < 15 ? message->payload_len : 15);
    return atoi(number);
}

void inbox_event(cognito_client *client, const cognito_event *event, void *user_data) {
    struct inbox *inbox = user_data;
    CHECK(client != NULL);
    CHECK((event->failure == NULL) == (event->status == COGNITO_STATUS_OK));
    if (event->failure != NULL) {
        CHECK_STATUS(event->status, cognito_failure_status(event->failure));
    }
    if (inbox->events < INBOX_MAX) {
        inbox->event[inbox->events] = *event;
    }
    __atomic_fetch_add(&inbox->events, 1, __ATOMIC_SEQ_CST); /* after what it counts */
}

void inbox_completion(cognito_client *client, const cognito_completion *completion,
                      void *user_data) {
    struct inbox *inbox = user_data;
    CHECK(client != NULL);
    CHECK((completion->failure == NULL) == (completion->status == COGNITO_STATUS_OK));
    if (inbox->completions < INBOX_MAX) {
        inbox->completion[inbox->completions] = completion->status;
    }
    inbox->granted_qos = completion->granted_qos;
    inbox->completions++;
}

bool inbox_wait(cognito_client *client, const int *counter, int at_least) {
    double deadline = now_ms() + allowed_ms(10000);
    while (*counter < at_least && now_ms() < deadline) {
        cognito_status status = cognito_client_process(client, 10);
        if (status != COGNITO_STATUS_OK) {
            CHECK_STATUS(COGNITO_STATUS_OK, status);
            break;
        }
    }
    return *counter >= at_least;
}

void inbox_check_events(const struct inbox *inbox) {
    cognito_event_kind before = COGNITO_EVENT_KIND_DISCONNECTED;
    for (int i = 0; i < inbox->events && i < INBOX_MAX; i++) {
        cognito_event_kind kind = inbox->event[i].kind;
        switch (kind) {
        case COGNITO_EVENT_KIND_CONNECTING:
            CHECK(before == COGNITO_EVENT_KIND_DISCONNECTED ||
                  before == COGNITO_EVENT_KIND_CONNECT_FAILED);
            break;
        case COGNITO_EVENT_KIND_CONNECTED:
        case COGNITO_EVENT_KIND_CONNECT_FAILED:
            CHECK_INT(COGNITO_EVENT_KIND_CONNECTING, before);
            break;
        default:
            CHECK_INT(COGNITO_EVENT_KIND_DISCONNECTED, kind);
            CHECK_INT(COGNITO_EVENT_KIND_CONNECTED, before);
        }
        before = kind;
    }
}

cognito_client *inbox_client(cognito_config *config, struct inbox *inbox) {
    cognito_client *client = NULL;
    REQUIRE(cognito_client_new(config, NULL, inbox_event, inbox, &client) == COGNITO_STATUS_OK);
    cognito_config_free(config);
    return client;
}
