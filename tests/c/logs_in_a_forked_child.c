/* A child whose parent forked while another thread was inside the log callback logs by that
 * callback, waits for its own threads alone when it sets another, and connects. */

#define _POSIX_C_SOURCE 200809L

#include "local_aws.h"

#include <poll.h>
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

static pid_t parent;
static int is_inside, may_leave, lines;

/* In the parent it is left when the child has ended, in the child after a while. */
static void slow(int32_t level, const char *stage, const char *message, void *unused) {
    (void)level;
    (void)stage;
    (void)message;
    (void)unused;
    __atomic_store_n(&is_inside, 1, __ATOMIC_SEQ_CST);
    if (getpid() != parent) {
        poll(NULL, 0, 200);
    }
    while (getpid() == parent && !__atomic_load_n(&may_leave, __ATOMIC_SEQ_CST)) {
        poll(NULL, 0, 1);
    }
    __atomic_store_n(&is_inside, 0, __ATOMIC_SEQ_CST);
}

static void count(int32_t level, const char *stage, const char *message, void *unused) {
    (void)level;
    (void)stage;
    (void)message;
    (void)unused;
    lines++;
}

static void *connects(void *unused) {
    cognito_config *config = local_aws_config();
    CHECK_STATUS(COGNITO_STATUS_OK, attempt_connect(config).status);
    cognito_config_free(config);
    return unused;
}

static pthread_t connect_until_inside(void) {
    pthread_t thread;
    REQUIRE(pthread_create(&thread, NULL, connects, NULL) == 0);
    REQUIRE(comes_to(&is_inside, 1, 20000));
    return thread;
}

static int in_the_child(void) {
    /* Ends it when it waits for ever. */
    alarm((unsigned)(allowed_ms(20000) / 1000));
    is_inside = 0;
    pthread_t thread = connect_until_inside();
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_log_set(COGNITO_LOG_LEVEL_TRACE, count, NULL));
    CHECK_INT(0, __atomic_load_n(&is_inside, __ATOMIC_SEQ_CST));
    REQUIRE(pthread_join(thread, NULL) == 0);
    CHECK(lines > 0);
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_log_set(COGNITO_LOG_LEVEL_NONE, NULL, NULL));
    connects(NULL);
    return check_result();
}

int main(void) {
    parent = getpid();
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_log_set(COGNITO_LOG_LEVEL_TRACE, slow, NULL));
    pthread_t thread = connect_until_inside();
    int status = -1;
    pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        _exit(in_the_child());
    }
    REQUIRE(waitpid(child, &status, 0) == child);
    CHECK_INT(0, status);
    CHECK(__atomic_load_n(&is_inside, __ATOMIC_SEQ_CST));
    __atomic_store_n(&may_leave, 1, __ATOMIC_SEQ_CST);
    REQUIRE(pthread_join(thread, NULL) == 0);
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_log_set(COGNITO_LOG_LEVEL_NONE, NULL, NULL));
    return check_result();
}
