/* A disconnect sends DISCONNECT also where the socket is full: behind what was accepted before, or,
 * when the server takes that too late, in its place. The will is never published. */

#define _POSIX_C_SOURCE 200809L

#include "inbox.h"
#include "proc.h"

#include <poll.h>

#define FOREVER COGNITO_WAIT_FOREVER

enum { PIECE = 8000, PIECES = 60 };

static struct inbox heir_events, messages;
static cognito_client *heir;

static cognito_client *mortal(void) {
    static struct inbox events;
    cognito_config *config = local_aws_config();
    memset(&events, 0, sizeof events);
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_config_set_client_id(config, "test-mortal"));
    CHECK_STATUS(COGNITO_STATUS_OK,
                 cognito_config_set_will(config, "last/will", "gone", 4, 1, false, NULL));
    return inbox_client(config, &events);
}

/* Publishes more than the socket takes from a server that does not read. */
static cognito_client *stuck(struct inbox *told) {
    static uint8_t payload[PIECE];
    local_aws_reset();
    memset(told, 0, sizeof *told);
    cognito_client *client = mortal();
    REQUIRE(cognito_client_connect(client, FOREVER) == COGNITO_STATUS_OK);
    proc_send_buffers(16 * 1024);
    local_aws_fault("iot.reading=paused");
    for (int i = 0; i < PIECES; i++) {
        CHECK_STATUS(COGNITO_STATUS_OK,
                     cognito_client_publish(client, "burst", payload, sizeof payload, 0, false,
                                            NULL, 0, inbox_completion, told));
    }
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_process(client, 100));
    CHECK(told->completions < PIECES);
    return client;
}

static void read_again(void) { local_aws_fault("iot.reading="); }

/* Whatever comes of the end comes before this. */
static void leaves_no_will(cognito_client *client) {
    cognito_client_free(client);
    CHECK_INT(1, local_aws_counter("disconnects"));
    messages.messages = 0;
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_publish(heir, "last/word", "x", 1, 1, false,
                                                           NULL, FOREVER, NULL, NULL));
    CHECK(inbox_wait(heir, &messages.messages, 1));
    CHECK(strcmp(messages.topic[0], "last/word") == 0);
}

static void is_told(const struct inbox *told, cognito_status of_the_last) {
    CHECK_INT(PIECES, told->completions);
    CHECK_STATUS(COGNITO_STATUS_OK, told->completion[0]);
    CHECK_STATUS(of_the_last, told->completion[PIECES - 1]);
}

/* The socket has room, of which the client does not know yet. */
static void when_the_server_has_read(void) {
    static struct inbox told;
    check_row = "the server has read";
    cognito_client *client = stuck(&told);
    read_again();
    for (double end = now_ms() + allowed_ms(5000); proc_unsent() > 0 && now_ms() < end;) {
        poll(NULL, 0, 1);
    }
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_disconnect(client, FOREVER));
    CHECK_INT(PIECES, local_aws_counter("publishes"));
    leaves_no_will(client);
    is_told(&told, COGNITO_STATUS_OK);
}

static void when_the_server_reads_in_time(void) {
    static struct inbox told;
    check_row = "the server reads in time";
    cognito_client *client = stuck(&told);
    CHECK_STATUS(COGNITO_STATUS_IN_PROGRESS, cognito_client_disconnect(client, 300));
    read_again();
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_disconnect(client, FOREVER));
    CHECK_INT(PIECES, local_aws_counter("publishes"));
    leaves_no_will(client);
    is_told(&told, COGNITO_STATUS_OK);
}

static void when_the_server_reads_too_late(void) {
    static struct inbox told;
    check_row = "the server reads too late";
    cognito_client *client = stuck(&told);
    CHECK_STATUS(COGNITO_STATUS_IN_PROGRESS, cognito_client_disconnect(client, 3500));
    read_again();
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_disconnect(client, FOREVER));
    CHECK(local_aws_counter("publishes") < PIECES);
    leaves_no_will(client);
    is_told(&told, COGNITO_STATUS_WITHDRAWN);
}

int main(void) {
    cognito_config *config = local_aws_config();
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_config_set_client_id(config, "test-heir"));
    heir = inbox_client(config, &heir_events);
    REQUIRE(cognito_client_connect(heir, FOREVER) == COGNITO_STATUS_OK);
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_subscribe(heir, "last/+", 1, inbox_message,
                                                             &messages, FOREVER, NULL, NULL));
    when_the_server_has_read();
    when_the_server_reads_in_time();
    when_the_server_reads_too_late();
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_disconnect(heir, FOREVER));
    cognito_client_free(heir);
    return check_result();
}
