/* What a client is told, kept to be looked at: messages, events and completions. */

#ifndef INBOX_H
#define INBOX_H

#include "local_aws.h"

enum { INBOX_MAX = 64 };

struct inbox {
    int messages, events, completions;
    char topic[INBOX_MAX][64];   /* of the first messages */
    char payload[INBOX_MAX][64]; /* cut */
    size_t payload_len;          /* of the last message */
    bool retain, duplicate;      /* of the last message */
    int32_t qos;                 /* of the last message */
    cognito_event event[INBOX_MAX];
    cognito_status completion[INBOX_MAX];
    int32_t granted_qos; /* of the last completion */
};

/* Callbacks, with an inbox as user_data. */
void inbox_message(cognito_client *client, const cognito_message *message, void *inbox);
void inbox_event(cognito_client *client, const cognito_event *event, void *inbox);
void inbox_completion(cognito_client *client, const cognito_completion *completion, void *inbox);

/* The number that a payload is, of a test that numbers its messages. */
int message_number(const cognito_message *message);

/* Processes until a counter of the inbox is at least this. False after 10 seconds. */
bool inbox_wait(cognito_client *client, const int *counter, int at_least);

/* Every CONNECTING is followed by one CONNECTED or CONNECT_FAILED, every CONNECTED by one
 * DISCONNECTED; the last session may be open. */
void inbox_check_events(const struct inbox *inbox);

/* A client whose events go to the inbox. Frees the config. */
cognito_client *inbox_client(cognito_config *config, struct inbox *inbox);

#endif
