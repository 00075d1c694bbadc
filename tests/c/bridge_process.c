#define _GNU_SOURCE /* prctl() */

#include "bridge_process.h"

#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct bridge_process bridge_begin(const char *program, const char *const *options) {
    const char *first[] = {program, CONNECT}, *arguments[32];
    size_t count = sizeof first / sizeof first[0];
    memcpy(arguments, first, sizeof first);
    do {
        arguments[count] = *options++;
    } while (arguments[count++] != NULL);
    struct bridge_process bridge = {.errors = tmpfile()};
    int out[2];
    char line[256];
    REQUIRE(bridge.errors != NULL && pipe(out) == 0);
    bridge.pid = fork();
    if (bridge.pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        dup2(out[1], STDOUT_FILENO);
        dup2(fileno(bridge.errors), STDERR_FILENO);
        close(out[0]);
        execv(program, (char *const *)arguments);
        _exit(127);
    }
    close(out[1]);
    FILE *output = fdopen(out[0], "r");
    REQUIRE(bridge.pid > 0 && output != NULL);
    if (fgets(line, sizeof line, output) == NULL ||
        sscanf(line, "listening on %159s", bridge.address) != 1) {
        check_failed(__FILE__, __LINE__, "the bridge does not listen: %s", bridge_errors(&bridge));
        exit(check_result());
    }
    fclose(output);
    return bridge;
}

int bridge_end(struct bridge_process *bridge, int signal_number) {
    int status = 0;
    REQUIRE(kill(bridge->pid, signal_number) == 0);
    REQUIRE(waitpid(bridge->pid, &status, 0) == bridge->pid && WIFEXITED(status));
    return WEXITSTATUS(status);
}

void bridge_kill(struct bridge_process *bridge) {
    REQUIRE(kill(bridge->pid, SIGKILL) == 0);
    REQUIRE(waitpid(bridge->pid, NULL, 0) == bridge->pid);
}

const char *bridge_errors(const struct bridge_process *bridge) {
    ssize_t len = pread(fileno(bridge->errors), program_errors, sizeof program_errors - 1, 0);
    REQUIRE(len >= 0);
    program_errors[len] = '\0';
    return program_errors;
}

bool bridge_says(const struct bridge_process *bridge, const char *text) {
    double deadline = now_ms() + allowed_ms(10000);
    while (strstr(bridge_errors(bridge), text) == NULL && now_ms() < deadline) {
        poll(NULL, 0, 5);
    }
    return strstr(bridge_errors(bridge), text) != NULL;
}

static double cpu_ms(const struct bridge_process *bridge) {
    clockid_t clock;
    struct timespec time;
    REQUIRE(clock_getcpuclockid(bridge->pid, &clock) == 0 && clock_gettime(clock, &time) == 0);
    return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

double bridge_computes_ms(const struct bridge_process *bridge) {
    double before = cpu_ms(bridge);
    poll(NULL, 0, 500);
    return cpu_ms(bridge) - before;
}

bool bridge_falls_to(const struct bridge_process *bridge, const char *folder, int count) {
    double deadline = now_ms() + allowed_ms(10000);
    /* Looked at once a turn: a connection that is still to be accepted comes and goes later. */
    while (proc_count(bridge->pid, folder) > count) {
        if (now_ms() >= deadline) {
            return false;
        }
        poll(NULL, 0, 5);
    }
    return true;
}
