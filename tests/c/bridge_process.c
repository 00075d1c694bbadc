#define _GNU_SOURCE /* prctl() */

#include "bridge_process.h"

#include <dirent.h>
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

long bridge_status(const struct bridge_process *bridge, const char *name) {
    char path[64], line[256];
    snprintf(path, sizeof path, "/proc/%d/status", (int)bridge->pid);
    FILE *status = fopen(path, "r");
    REQUIRE(status != NULL);
    long value = -1;
    while (value < 0 && fgets(line, sizeof line, status) != NULL) {
        if (strncmp(line, name, strlen(name)) == 0 && line[strlen(name)] == ':') {
            value = strtol(line + strlen(name) + 1, NULL, 10);
        }
    }
    fclose(status);
    REQUIRE(value >= 0);
    return value;
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

int bridge_count(const struct bridge_process *bridge, const char *folder) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/%s", (int)bridge->pid, folder);
    DIR *directory = opendir(path);
    REQUIRE(directory != NULL);
    int count = -2; /* . and .. */
    while (readdir(directory) != NULL) {
        count++;
    }
    closedir(directory);
    return count;
}

bool bridge_falls_to(const struct bridge_process *bridge, const char *folder, int count) {
    double deadline = now_ms() + allowed_ms(10000);
    while (bridge_count(bridge, folder) > count && now_ms() < deadline) {
        poll(NULL, 0, 5);
    }
    return bridge_count(bridge, folder) <= count;
}
