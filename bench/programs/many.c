/*
 * Many clients of one provider in one process with one thread, as on a gateway: connects them all,
 * serves them from one epoll, publishes from each, and leaves them idle. Prints what they take.
 *
 * Exit code: 0 all was done, 1 it failed, 2 the command line is wrong.
 */

#define _POSIX_C_SOURCE 200809L

#include "options.h"
#include "taken.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

static const char *count_text = "1", *idle_text = "2000", *keep_alive_text = "1200";

static const struct own_option own_options[] = {
    {"--clients", &count_text, NULL},
    {"--idle_ms", &idle_text, NULL},
    {"--keep_alive_s", &keep_alive_text, NULL},
    {NULL, NULL, NULL},
};

static const struct program program = {
    .needs = NEEDS_SESSION,
    .usage = "usage: many --endpoint ENDPOINT --cognito_identity IDENTITY --clients N [OPTIONS]\n",
    .own_usage = "  --clients N                how many (1)\n"
                 "  --idle_ms MS               how long they are idle (2000)\n"
                 "  --keep_alive_s S           keep-alive (1200)\n",
    .own = own_options,
};

static long count, completed, wake_ups;
static cognito_client **clients;

static bool failed(cognito_status status) {
    if (status != COGNITO_STATUS_OK) {
        fprintf(stderr, "%s: %s\n", cognito_status_name(status), cognito_last_error());
    }
    return status != COGNITO_STATUS_OK;
}

static void on_complete(cognito_client *client, const cognito_completion *completion,
                        void *user_data) {
    (void)client;
    (void)user_data;
    completed += completion->status == COGNITO_STATUS_OK;
}

static long long now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

/* Serves those whose descriptors have something until so many publishes are done, or for so long.
 */
static bool serve(int loop, long until_completed, long long for_ms) {
    long long end = now_ms() + for_ms;
    for (long long left; completed < until_completed && (left = end - now_ms()) > 0;) {
        struct epoll_event ready[64];
        int some = epoll_wait(loop, ready, 64, (int)left);
        wake_ups += some > 0;
        for (int i = 0; i < some; i++) {
            if (failed(cognito_client_process(clients[ready[i].data.u32], 0))) {
                return false;
            }
        }
    }
    return true;
}

static bool connect_all(cognito_config *config, cognito_provider *provider) {
    taken_print("connected", 0, wake_ups);
    for (long i = 0; i < count; i++) {
        char id[32];
        snprintf(id, sizeof id, "test-many-%ld", i);
        if (failed(cognito_config_set_client_id(config, id)) ||
            failed(cognito_client_new(config, provider, NULL, NULL, &clients[i])) ||
            failed(cognito_client_connect(clients[i], COGNITO_WAIT_FOREVER))) {
            return false;
        }
        /* The connection to Cognito, which only the first one has, comes to its end. */
        if (i == 0 && failed(cognito_client_process(clients[0], 500))) {
            return false;
        }
        if ((i + 1) * 10 % count < 10) {
            taken_print("connected", i + 1, wake_ups);
        }
    }
    return true;
}

static bool watch_all(int loop) {
    for (long i = 0; i < count; i++) {
        int fd = cognito_client_fd(clients[i]);
        struct epoll_event event = {.events = EPOLLIN, .data.u32 = (uint32_t)i};
        if (fd < 0 || epoll_ctl(loop, EPOLL_CTL_ADD, fd, &event) != 0) {
            return false;
        }
    }
    taken_print("watched", count, wake_ups);
    return true;
}

static bool publish_all(int loop) {
    for (long i = 0; i < count; i++) {
        if (failed(cognito_client_publish(clients[i], "test/many", "x", 1, 1, false, NULL, 0,
                                          on_complete, NULL))) {
            return false;
        }
    }
    if (!serve(loop, count, 60000) || completed < count) {
        return false;
    }
    taken_print("published", count, wake_ups);
    return true;
}

static bool be_idle(int loop) {
    bool works = serve(loop, count + 1, strtol(idle_text, NULL, 10));
    taken_print("idle", count, wake_ups);
    return works;
}

static bool disconnect_all(void) {
    for (long i = 0; i < count; i++) {
        if (failed(cognito_client_disconnect(clients[i], COGNITO_WAIT_FOREVER))) {
            return false;
        }
    }
    taken_print("disconnected", count, wake_ups);
    return true;
}

int main(int argc, char **argv) {
    struct options options;
    cognito_provider *provider = NULL;
    int exit_code, loop = epoll_create1(EPOLL_CLOEXEC);

    cognito_config *config = options_begin(&options, &program, argc, argv, &exit_code);
    if (config == NULL) {
        return exit_code;
    }
    count = strtol(count_text, NULL, 10);
    clients = count > 0 ? calloc((size_t)count, sizeof(cognito_client *)) : NULL;
    taken_begin();
    bool works =
        clients != NULL && loop >= 0 &&
        !failed(cognito_config_set_keep_alive_s(config,
                                                (uint32_t)strtoul(keep_alive_text, NULL, 10))) &&
        !failed(cognito_provider_new(config, &provider)) && connect_all(config, provider) &&
        watch_all(loop) && publish_all(loop) && be_idle(loop) && disconnect_all();
    for (long i = 0; clients != NULL && i < count; i++) {
        cognito_client_free(clients[i]);
    }
    cognito_provider_free(provider);
    cognito_config_free(config);
    free(clients);
    taken_print("freed", 0, wake_ups);
    return works ? EXIT_SUCCESS : EXIT_FAILURE;
}
