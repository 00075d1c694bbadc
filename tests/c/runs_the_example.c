/* The program cognito_connect: its lines, its options and its exit codes. Argument: its path. */

#define _POSIX_C_SOURCE 200809L

#include "local_aws.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#define OUT(...) ((const char *const[]){__VA_ARGS__, NULL})

static const char *program;
static char output[4096], errors[65536];

/* Runs the program with options to its end, or until its first line, when it is sent a signal. Its
 * exit code. */
static int run(const char *const *options, int signal_after_line) {
    const char *arguments[32] = {program};
    int count = 1, out[2], status = 0;
    while (options[count - 1] != NULL) {
        arguments[count] = options[count - 1];
        count++;
    }
    FILE *err = tmpfile();
    REQUIRE(err != NULL && pipe(out) == 0);
    pid_t child = fork();
    if (child == 0) {
        dup2(out[1], STDOUT_FILENO);
        dup2(fileno(err), STDERR_FILENO);
        close(out[0]);
        execv(program, (char *const *)arguments);
        _exit(127);
    }
    close(out[1]);
    size_t len = 0;
    ssize_t got;
    while ((got = read(out[0], output + len, sizeof output - 1 - len)) > 0) {
        len += (size_t)got;
        if (signal_after_line != 0 && memchr(output, '\n', len) != NULL) {
            REQUIRE(local_aws_wait("upgrade_requests=1"));
            kill(child, signal_after_line);
            signal_after_line = 0;
        }
    }
    output[len] = '\0';
    close(out[0]);
    REQUIRE(child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status));
    rewind(err);
    errors[fread(errors, 1, sizeof errors - 1, err)] = '\0';
    fclose(err);
    return WEXITSTATUS(status);
}

static char cognito_identity[128], endpoint[128], port[32], ca_file[512];

#define ENDPOINT endpoint, port
#define CONNECT                                                                                    \
    ENDPOINT, cognito_identity, "--signing_region", local_aws("REGION"), "--cognito_endpoint",     \
        local_aws("COGNITO_ENDPOINT"), ca_file

static void good_runs(void) {
    char expected[512];
    check_row = "a good run";
    CHECK_INT(0, run(OUT(CONNECT, "--client_id", "test-by-name"), 0));
    snprintf(expected, sizeof expected,
             "Connecting to %s with client ID 'test-by-name'...\n"
             "Connected!\nDisconnecting...\nDisconnected!\n",
             local_aws("HOST"));
    CHECK(strcmp(output, expected) == 0);
    CHECK(errors[0] == '\0');
    CHECK_INT(1, local_aws_counter("websocket_closes"));

    check_row = "--is_ci";
    CHECK_INT(0, run(OUT(CONNECT, "--is_ci", "--region=us-east-1"), 0));
    CHECK(strcmp(output, "Connecting to endpoint with client ID...\n"
                         "Connected!\nDisconnecting...\nDisconnected!\n") == 0);

    check_row = "the default client id";
    CHECK_INT(0, run(OUT(CONNECT), 0));
    int groups[5] = {0}, end = 0;
    CHECK_INT(5,
              sscanf(strchr(output, '\''),
                     "'test-%*8[0-9a-f]%n-%*4[0-9a-f]%n-4%*3[0-9a-f]%n-%*4[0-9a-f]%n-%*12[0-9a-f]"
                     "%n'...%n",
                     &groups[0], &groups[1], &groups[2], &groups[3], &groups[4], &end) +
                  (end == 46 ? 5 : 0));

    check_row = "--verbosity";
    CHECK_INT(0, run(OUT(CONNECT, "--verbosity=Debug"), 0));
    CHECK_CONTAINS("[Debug] ", errors);
    CHECK_CONTAINS("[Info] ", errors);
    CHECK(strstr(errors, "[Trace] ") == NULL);

    check_row = "through the proxy";
    CHECK_INT(0, run(OUT(CONNECT, "--proxy_host=localhost", "--proxy_port", local_aws("PROXY_PORT"),
                         "--connect_timeout_ms=20000"),
                     0));
    CHECK_INT(2, local_aws_counter("proxy_tunnels"));

    check_row = "--help";
    CHECK_INT(0, run(OUT("--help"), 0));
    CHECK_CONTAINS("usage: cognito_connect", output);
    CHECK(errors[0] == '\0');
}

static void wrong_usage(const char *const *options, const char *what) {
    check_row = what;
    CHECK_INT(2, run(options, 0));
    CHECK(output[0] == '\0');
    CHECK_CONTAINS("usage: cognito_connect", errors);
    CHECK_CONTAINS(what, errors);
}

static void failure(const char *const *options, const char *status, const char *reason) {
    check_row = status;
    CHECK_INT(1, run(options, 0));
    CHECK_CONTAINS(status, errors);
    CHECK_CONTAINS(reason, errors);
}

int main(int argc, char **argv) {
    REQUIRE(argc == 2);
    program = argv[1];
    snprintf(endpoint, sizeof endpoint, "--endpoint=%s", local_aws("HOST"));
    snprintf(port, sizeof port, "--port=%s", local_aws("IOT_PORT"));
    snprintf(cognito_identity, sizeof cognito_identity, "--cognito_identity=%s",
             local_aws("IDENTITY"));
    snprintf(ca_file, sizeof ca_file, "--ca_file=%s", local_aws("CA_FILE"));
    good_runs();

    wrong_usage(OUT(ENDPOINT), "--cognito_identity");
    wrong_usage(OUT(cognito_identity), "--endpoint");
    wrong_usage(OUT(CONNECT, "--no_such_option"), "--no_such_option");
    wrong_usage(OUT(CONNECT, "stray"), "stray");
    wrong_usage(OUT(CONNECT, "--client_id"), "--client_id");
    wrong_usage(OUT(CONNECT, "--is_ci=yes"), "--is_ci=yes");
    wrong_usage(OUT(CONNECT, "--port=x"), "--port takes a number");
    wrong_usage(OUT(CONNECT, "--port=-1"), "--port takes a number");
    wrong_usage(OUT(CONNECT, "--port=0"), "--port: port is 0");
    wrong_usage(OUT(CONNECT, "--proxy_port=8080x"), "--proxy_port takes a number");
    wrong_usage(OUT(CONNECT, "--connect_timeout_ms="), "--connect_timeout_ms takes a number");
    wrong_usage(OUT(CONNECT, "--verbosity=Loud"), "Loud");
    wrong_usage(OUT(CONNECT, "--endpoint=https://x"), "without scheme");
    wrong_usage(OUT(CONNECT, "--cognito_identity=us-east-1_AbC"), "user pool");

    failure(OUT(CONNECT, "--client_id=forbidden-1"), "COGNITO_STATUS_CLOSED_BEFORE_CONNACK",
            "iot:Connect");
    failure(OUT(CONNECT, "--ca_file=/nowhere.pem"), "COGNITO_STATUS_TRUST_STORE", "/nowhere.pem");
    local_aws_fault("cognito.response=throttled");
    failure(OUT(CONNECT), "COGNITO_STATUS_COGNITO_THROTTLED", "Rate exceeded");

    const int signals[] = {SIGINT, SIGTERM};
    for (int i = 0; i < 2; i++) {
        local_aws_reset();
        local_aws_fault("iot.upgrade=stall");
        check_row = "Ctrl-C";
        CHECK_INT(1, run(OUT(CONNECT), signals[i]));
        CHECK_CONTAINS("COGNITO_STATUS_CANCELLED", errors);
        CHECK(strstr(output, "Connected!") == NULL);
    }
    return check_result();
}
