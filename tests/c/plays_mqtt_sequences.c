/* The client that tests/reliability/mqtt_sequences plays MQTT packets against, in their place one
 * after the other with the same credentials. stdin has a line for each sequence:
 *
 *     VERSION COMMAND    3, 4 or 5; publish-0, publish-1, publish-2, unsubscribe, or - for none
 *
 * The client connects, does what the command says, and serves the session until it ends or stdin
 * says `stop`. stdout says what came of it:
 *
 *     refused STATUS WORDS    a setting or a request was refused by the library itself
 *     ended STATUS WORDS      why the connect failed or the session ended
 *     over                    the next may come
 */

#define _POSIX_C_SOURCE 200809L

#include "local_aws.h"

#include <poll.h>
#include <unistd.h>

struct session {
    const char *command;
    bool is_over;
};

static void say(const char *what, cognito_status status, const char *words) {
    printf("%s %s %s\n", what, cognito_status_name(status), words);
    fflush(stdout);
}

/* A whole line of stdin; waits for it at most this long, -1 is for ever. NULL when none came. */
static const char *next_line(int wait_ms) {
    static char lines[256];
    static size_t len, taken;
    memmove(lines, lines + taken, len -= taken);
    taken = 0;
    for (;;) {
        char *end = memchr(lines, '\n', len);
        if (end != NULL) {
            *end = '\0';
            taken = (size_t)(end + 1 - lines);
            return lines;
        }
        struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
        if (poll(&input, 1, wait_ms) <= 0) {
            return NULL;
        }
        ssize_t got = read(STDIN_FILENO, lines + len, sizeof lines - len);
        if (got <= 0) {
            exit(check_result());
        }
        len += (size_t)got;
    }
}

static void ask(cognito_client *client, const char *command) {
    cognito_status status = COGNITO_STATUS_OK;
    if (strncmp(command, "publish-", 8) == 0) {
        status = cognito_client_publish(client, "test/publish", "message", 7, command[8] - '0',
                                        false, NULL, 0, NULL, NULL);
    } else if (strcmp(command, "unsubscribe") == 0) {
        status = cognito_client_unsubscribe(client, "test/subscribe", 0, NULL, NULL);
    } else {
        REQUIRE(strcmp(command, "-") == 0);
    }
    if (status != COGNITO_STATUS_OK) {
        say("refused", status, cognito_last_error());
    }
}

static void on_event(cognito_client *client, const cognito_event *event, void *user_data) {
    struct session *session = user_data;
    if (session->is_over) {
        return; /* by free */
    }
    if (event->kind == COGNITO_EVENT_KIND_CONNECTED) {
        ask(client, session->command);
    } else if (event->kind != COGNITO_EVENT_KIND_CONNECTING) {
        session->is_over = true;
        say("ended", event->status,
            event->failure == NULL ? "in order" : cognito_failure_message(event->failure));
    }
}

/* Until the session has ended, or stdin wants it to. */
static void serve(cognito_client *client, const struct session *session) {
    cognito_status status = cognito_client_connect(client, 0);
    while (!session->is_over) {
        struct pollfd ready[] = {{.fd = cognito_client_fd(client), .events = POLLIN},
                                 {.fd = STDIN_FILENO, .events = POLLIN}};
        REQUIRE(poll(ready, 2, cognito_client_next_timeout_ms(client)) >= 0);
        if (ready[1].revents != 0 && next_line(0) != NULL) {
            return;
        }
        status = cognito_client_process(client, 0);
        REQUIRE(status == COGNITO_STATUS_OK || session->is_over);
    }
}

static void play(cognito_config *config, const cognito_provider *provider, int version,
                 const char *command) {
    struct session session = {.command = command};
    cognito_client *client = NULL;
    cognito_status status = cognito_config_set_mqtt_version(config, version);
    if (status != COGNITO_STATUS_OK) {
        say("refused", status, cognito_last_error());
        return;
    }
    REQUIRE(cognito_client_new(config, provider, on_event, &session, &client) == COGNITO_STATUS_OK);
    serve(client, &session);
    session.is_over = true;
    cognito_client_free(client);
}

int main(void) {
    cognito_config *config = local_aws_config();
    cognito_provider *provider = NULL;
    REQUIRE(cognito_config_set_client_id(config, "fuzzish") == COGNITO_STATUS_OK &&
            cognito_config_set_keep_alive_s(config, 60) == COGNITO_STATUS_OK &&
            cognito_provider_new(config, &provider) == COGNITO_STATUS_OK);
    for (;;) {
        int version;
        char command[32];
        /* A `stop` that came late is none of these. */
        if (sscanf(next_line(-1), "%d %31s", &version, command) == 2) {
            play(config, provider, version, command);
            puts("over");
            fflush(stdout);
        }
    }
}
