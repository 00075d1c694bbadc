/* A cancel in a signal handler, on the very thread that waits in connect, ends it within 100 ms.
 * Argument: of what the connect is. */

#define _XOPEN_SOURCE 700

#include "stalls.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/time.h>

static void *volatile handle;
static volatile double cancelled_at;
static volatile cognito_status cancel_status;
static volatile int errno_after;

static void on_alarm(int number) {
    (void)number;
    int before = errno;
    errno = 4711;
    cancelled_at = now_ms();
    cancel_status = way->cancel(handle);
    errno_after = errno;
    errno = before;
}

/* Has SIGALRM blocked, so that it comes to the thread that connects. */
static void *alarm_at_stall(void *stall) {
    stall_wait_until_reached(stall);
    struct itimerval soon = {.it_value = {.tv_usec = 1000}};
    REQUIRE(setitimer(ITIMER_REAL, &soon, NULL) == 0);
    return NULL;
}

int main(int argc, char **argv) {
    way_choose(argc, argv);
    struct sigaction action = {.sa_handler = on_alarm};
    sigset_t alarm_only;
    sigemptyset(&alarm_only);
    sigaddset(&alarm_only, SIGALRM);
    REQUIRE(sigaction(SIGALRM, &action, NULL) == 0);

    for (size_t i = 0; i < stall_count; i++) {
        if (!stall_applies(&stalls[i])) {
            continue;
        }
        cognito_config *config = stall_begin(&stalls[i]);
        void *made = NULL;
        pthread_t thread;
        REQUIRE(way->make(config, NULL, &made) == COGNITO_STATUS_OK);
        cognito_config_free(config);
        handle = made;
        cancel_status = errno_after = -1;
        REQUIRE(pthread_sigmask(SIG_BLOCK, &alarm_only, NULL) == 0);
        REQUIRE(pthread_create(&thread, NULL, alarm_at_stall, (void *)&stalls[i]) == 0);
        REQUIRE(pthread_sigmask(SIG_UNBLOCK, &alarm_only, NULL) == 0);

        cognito_status status = way->open(made, COGNITO_WAIT_FOREVER);
        double late_ms = now_ms() - cancelled_at;
        REQUIRE(pthread_join(thread, NULL) == 0);
        printf("%-24s %6.1f ms after the signal\n", stalls[i].name, late_ms);
        CHECK_STATUS(COGNITO_STATUS_CANCELLED, status);
        CHECK_STATUS(COGNITO_STATUS_OK, cancel_status);
        CHECK_INT(4711, errno_after);
        CHECK(late_ms >= 0 && late_ms <= allowed_ms(100));

        stall_end(&stalls[i]);
        way->free(made);
    }
    return check_result();
}
