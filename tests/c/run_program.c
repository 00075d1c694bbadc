#define _POSIX_C_SOURCE 200809L

#include "run_program.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

char program_output[16384], program_errors[65536];

const char *local_option(const char *name, const char *variable) {
    static char options[16][512];
    static size_t made;
    char *option = options[made++ % 16];
    snprintf(option, sizeof options[0], "%s=%s", name, local_aws(variable));
    return option;
}

int run_program(const char *program, const char *const *options, int signal_number,
                const char *when) {
    const char *arguments[32] = {program};
    int count = 1, out[2], status = 0;
    while (options[count - 1] != NULL) {
        arguments[count] = options[count - 1];
        count++;
    }
    FILE *errors = tmpfile();
    REQUIRE(errors != NULL && pipe(out) == 0);
    pid_t child = fork();
    if (child == 0) {
        dup2(out[1], STDOUT_FILENO);
        dup2(fileno(errors), STDERR_FILENO);
        close(out[0]);
        execv(program, (char *const *)arguments);
        _exit(127);
    }
    close(out[1]);
    size_t len = 0;
    ssize_t got;
    while ((got = read(out[0], program_output + len, sizeof program_output - 1 - len)) > 0) {
        len += (size_t)got;
        if (len == sizeof program_output - 1) {
            /* Who stops reading ends the program, by SIGPIPE. */
            memmove(program_output, program_output + len / 2, len - len / 2);
            len -= len / 2;
        }
        if (signal_number != 0 && memchr(program_output, '\n', len) != NULL) {
            REQUIRE(local_aws_wait(when));
            kill(child, signal_number);
            signal_number = 0;
        }
    }
    program_output[len] = '\0';
    close(out[0]);
    REQUIRE(child > 0 && waitpid(child, &status, 0) == child);
    if (!WIFEXITED(status)) {
        check_failed(__FILE__, __LINE__, "%s died of signal %d", program, WTERMSIG(status));
        exit(check_result());
    }
    rewind(errors);
    program_errors[fread(program_errors, 1, sizeof program_errors - 1, errors)] = '\0';
    fclose(errors);
    if (getenv("COGNITO_TEST_LOG") != NULL) {
        fputs(program_output, stderr);
        fputs(program_errors, stderr);
    }
    return WEXITSTATUS(status);
}
