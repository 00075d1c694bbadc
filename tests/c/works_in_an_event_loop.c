/* Everything on one thread in an epoll loop: the dial, publishing, receiving, a reconnect and the
 * end. The descriptor stays the same, is never silent when there is something, and is silent when
 * there is nothing. */

#define _POSIX_C_SOURCE 200809L

#include "inbox.h"
#include "proc.h"

#include <sys/epoll.h>
#include <unistd.h>

static int loop_fd, turns, own_threads;

/* One turn of the loop, which waits for at most this long. Gives whether the descriptor woke it. */
static bool turn(cognito_client *client, int at_most_ms) {
    struct epoll_event event;
    int32_t due = cognito_client_next_timeout_ms(client);
    int wait_ms = due >= 0 && due < at_most_ms ? due : at_most_ms;
    int woken = epoll_wait(loop_fd, &event, 1, wait_ms);
    cognito_status status = cognito_client_process(client, 0);
    if (status != COGNITO_STATUS_OK && status != COGNITO_STATUS_INVALID_STATE) {
        CHECK_STATUS(COGNITO_STATUS_OK, status);
    }
    CHECK_INT(own_threads, proc_count(0, "task"));
    turns++;
    return woken > 0;
}

static bool loop_until(cognito_client *client, const int *counter, int at_least) {
    double deadline = now_ms() + allowed_ms(10000);
    while (*counter < at_least && now_ms() < deadline) {
        turn(client, 10000);
    }
    return *counter >= at_least;
}

static void is_silent(cognito_client *client) {
    /* What was under way, such as an acknowledgement, may come. */
    while (turn(client, 100)) {
    }
    struct epoll_event event;
    CHECK_INT(0, epoll_wait(loop_fd, &event, 1, 200));
    CHECK(cognito_client_next_timeout_ms(client) > 1000);
}

int main(void) {
    static struct inbox events, told;
    own_threads = proc_own_threads();
    cognito_config *config = local_aws_config();
    char cognito[32];
    snprintf(cognito, sizeof cognito, "127.0.0.1:%u", (unsigned)local_aws_port("COGNITO_PORT"));
    /* Without a name there is no thread that resolves it. */
    REQUIRE(cognito_config_set_reconnect_ms(config, 50, 100) == COGNITO_STATUS_OK &&
            cognito_config_set_endpoint(config, "127.0.0.1") == COGNITO_STATUS_OK &&
            cognito_config_set_cognito_endpoint(config, cognito) == COGNITO_STATUS_OK);
    cognito_client *client = inbox_client(config, &events);
    int fd = cognito_client_fd(client);
    REQUIRE(fd >= 0);
    loop_fd = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event interest = {.events = EPOLLIN};
    REQUIRE(epoll_ctl(loop_fd, EPOLL_CTL_ADD, fd, &interest) == 0);

    check_row = "dial";
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_subscribe(client, "loop", 1, inbox_message,
                                                             &told, 0, inbox_completion, &told));
    CHECK_INT(-1, cognito_client_next_timeout_ms(client));
    cognito_status status = cognito_client_connect(client, 0);
    CHECK(status == COGNITO_STATUS_IN_PROGRESS || status == COGNITO_STATUS_OK);
    CHECK(loop_until(client, &told.completions, 1));
    CHECK(cognito_client_is_connected(client));
    printf("connected and subscribed after %d turns\n", turns);
    is_silent(client);

    for (int round = 0; round < 20; round++) {
        check_row = "messages";
        int before = turns;
        for (int i = 0; i < 10; i++) {
            CHECK_STATUS(COGNITO_STATUS_OK,
                         cognito_client_publish(client, "loop", "x", 1, i % 2, false, NULL, 0,
                                                inbox_completion, &told));
        }
        CHECK(loop_until(client, &told.messages, 10 * (round + 1)));
        CHECK(loop_until(client, &told.completions, 1 + 10 * (round + 1)));
        CHECK(turns - before < 100);
    }
    is_silent(client);

    check_row = "reconnect";
    local_aws_drop("service=iot&how=rst");
    CHECK(loop_until(client, &events.events, 5));
    CHECK_INT(fd, cognito_client_fd(client));
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_publish(client, "loop", "x", 1, 1, false, NULL,
                                                           0, inbox_completion, &told));
    CHECK(loop_until(client, &told.completions, 202));
    CHECK(loop_until(client, &told.messages, 201));
    is_silent(client);

    check_row = "end";
    status = cognito_client_disconnect(client, 0);
    CHECK(status == COGNITO_STATUS_IN_PROGRESS || status == COGNITO_STATUS_OK);
    CHECK(loop_until(client, &events.events, 6));
    CHECK(local_aws_wait("disconnects=1&iot_close_notify=1&iot_fin=1"));
    inbox_check_events(&events);
    CHECK_INT(-1, cognito_client_next_timeout_ms(client));
    CHECK(epoll_wait(loop_fd, &interest, 1, 100) == 0);
    cognito_client_free(client);
    close(loop_fd);
    return check_result();
}
