/* A cancel gives up the connect that is under way, and leaves an orderly end of another thread in
 * order. */

#include "local_aws.h"

#include <dirent.h>
#include <pthread.h>
#include <unistd.h>

static void *process(void *client) {
    CHECK_STATUS(COGNITO_STATUS_CANCELLED, cognito_client_process(client, COGNITO_WAIT_FOREVER));
    return NULL;
}

/* Waits until the only other thread of this process sleeps, which it does in epoll_wait. */
static void wait_until_the_worker_waits(void) {
    char state = 'R';
    while (state != 'S') {
        DIR *tasks = opendir("/proc/self/task");
        REQUIRE(tasks != NULL);
        for (struct dirent *task = readdir(tasks); task != NULL; task = readdir(tasks)) {
            char path[300];
            if (task->d_name[0] == '.' || atoi(task->d_name) == getpid()) {
                continue;
            }
            snprintf(path, sizeof path, "/proc/self/task/%s/stat", task->d_name);
            FILE *stat = fopen(path, "r");
            REQUIRE(stat != NULL && fscanf(stat, "%*d (%*[^)]) %c", &state) == 1);
            fclose(stat);
        }
        closedir(tasks);
    }
}

static void disconnects_in_order_while_another_call_is_cancelled(void) {
    check_row = "a disconnect beside a cancelled process";
    enum { ROUNDS = 20 };
    for (int round = 0; round < ROUNDS; round++) {
        pthread_t worker;
        cognito_client *client = local_aws_client();
        REQUIRE(cognito_client_connect(client, COGNITO_WAIT_FOREVER) == COGNITO_STATUS_OK);
        REQUIRE(pthread_create(&worker, NULL, process, client) == 0);
        wait_until_the_worker_waits();
        CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_cancel(client));
        CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_disconnect(client, COGNITO_WAIT_FOREVER));
        REQUIRE(pthread_join(worker, NULL) == 0);
        cognito_client_free(client);
    }
    CHECK_INT(ROUNDS, local_aws_counter("disconnects"));
    CHECK_INT(ROUNDS, local_aws_counter("websocket_closes"));
    CHECK(local_aws_wait("iot_close_notify=20"));
    CHECK_INT(0, local_aws_counter("iot_rst"));
}

static void *disconnect(void *client) {
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_disconnect(client, COGNITO_WAIT_FOREVER));
    return NULL;
}

static void an_ordered_end_is_no_failure_of_process(void) {
    check_row = "process beside a disconnect";
    pthread_t worker;
    cognito_client *client = local_aws_client();
    REQUIRE(cognito_client_connect(client, COGNITO_WAIT_FOREVER) == COGNITO_STATUS_OK);
    REQUIRE(pthread_create(&worker, NULL, disconnect, client) == 0);
    cognito_status status = cognito_client_process(client, COGNITO_WAIT_FOREVER);
    CHECK(status == COGNITO_STATUS_OK || status == COGNITO_STATUS_INVALID_STATE);
    REQUIRE(pthread_join(worker, NULL) == 0);
    cognito_client_free(client);
}

static void a_pending_cancel_gives_up_the_connect(void) {
    check_row = "a cancel between two calls";
    local_aws_fault("iot.upgrade=stall");
    cognito_client *client = local_aws_client();
    CHECK_STATUS(COGNITO_STATUS_IN_PROGRESS, cognito_client_connect(client, 0));
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_cancel(client));
    CHECK_STATUS(COGNITO_STATUS_CANCELLED, cognito_client_connect(client, 0));
    CHECK_STATUS(COGNITO_STATUS_INVALID_STATE, cognito_client_process(client, 0));
    CHECK(local_aws_wait("open_connections_at_most=0"));
    local_aws_fault("iot.upgrade=");
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_connect(client, COGNITO_WAIT_FOREVER));
    cognito_client_free(client);
}

int main(void) {
    disconnects_in_order_while_another_call_is_cancelled();
    an_ordered_end_is_no_failure_of_process();
    a_pending_cancel_gives_up_the_connect();
    return check_result();
}
