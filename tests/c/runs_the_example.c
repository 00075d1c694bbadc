/* The program cognito_connect: its lines, its options and its exit codes. Argument: its path. */

#define _POSIX_C_SOURCE 200809L

#include "run_program.h"

#include <fnmatch.h>
#include <signal.h>
#include <unistd.h>

static const char *program;

static int run(const char *const *options) { return run_program(program, options, 0, NULL); }

#define X3 "[0-9a-f][0-9a-f][0-9a-f]"
#define X4 "[0-9a-f]" X3

static void good_runs(void) {
    char expected[512];
    check_row = "a good run";
    CHECK_INT(0, run(OPTIONS(CONNECT, "--client_id", "test-by-name")));
    snprintf(expected, sizeof expected,
             "Connecting to %s with client ID 'test-by-name'...\n"
             "Connected!\nDisconnecting...\nDisconnected!\n",
             local_aws("HOST"));
    CHECK(strcmp(program_output, expected) == 0);
    CHECK(program_errors[0] == '\0');
    CHECK_INT(1, local_aws_counter("websocket_closes"));

    check_row = "--is_ci";
    CHECK_INT(0, run(OPTIONS(CONNECT, "--is_ci", "--region=us-east-1")));
    CHECK(strcmp(program_output, "Connecting to endpoint with client ID...\n"
                                 "Connected!\nDisconnecting...\nDisconnected!\n") == 0);

    check_row = "the default client id";
    CHECK_INT(0, run(OPTIONS(CONNECT)));
    CHECK(fnmatch("Connecting to * with client ID 'test-" X4 X4 "-" X4 "-4" X3 "-[89ab]" X3
                  "-" X4 X4 X4 "'...\n*",
                  program_output, 0) == 0);
    char before[sizeof program_output];
    memcpy(before, program_output, sizeof before);
    CHECK_INT(0, run(OPTIONS(CONNECT)));
    CHECK(strcmp(before, program_output) != 0);

    check_row = "--verbosity";
    CHECK_INT(0, run(OPTIONS(CONNECT, "--verbosity=Debug")));
    CHECK_CONTAINS("[Debug] ", program_errors);
    CHECK_CONTAINS("[Info] ", program_errors);
    CHECK(strstr(program_errors, "[Trace] ") == NULL);

    check_row = "through the proxy";
    CHECK_INT(0, run(OPTIONS(CONNECT, "--proxy_host=localhost", "--proxy_port",
                             local_aws("PROXY_PORT"), "--connect_timeout_ms=20000")));
    CHECK_INT(2, local_aws_counter("proxy_tunnels"));

    check_row = "--trust";
    CHECK_INT(0, run(OPTIONS(CONNECT, "--trust=amazon", "--verbosity=Debug")));
    CHECK_CONTAINS("6 trusted roots", program_errors);
    CHECK_INT(0, run(OPTIONS(CONNECT, "--trust", "system")));

    check_row = "--help";
    CHECK_INT(0, run(OPTIONS("--help")));
    CHECK_CONTAINS("usage: cognito_connect", program_output);
    CHECK(program_errors[0] == '\0');
}

static void pool_runs(void) {
    check_row = "--identity_pool";
    CHECK_INT(0, run(OPTIONS(SERVERS, POOL, "--cognito_region=us-east-1")));
    CHECK_CONTAINS("Connected!", program_output);
    CHECK_INT(1, local_aws_counter("cognito_get_id"));

    check_row = "--identity_file";
    char folder[] = "/tmp/runs_the_example.XXXXXX", option[128];
    REQUIRE(mkdtemp(folder) != NULL);
    snprintf(option, sizeof option, "--identity_file=%s/identity", folder);
    CHECK_INT(0, run(OPTIONS(SERVERS, POOL, option)));
    CHECK_INT(0, run(OPTIONS(SERVERS, POOL, option)));
    CHECK_INT(2, local_aws_counter("cognito_get_id"));
    CHECK(unlink(strchr(option, '/')) == 0 && rmdir(folder) == 0);
}

static void wrong_usage(const char *const *options, const char *what) {
    check_row = what;
    CHECK_INT(2, run(options));
    CHECK(program_output[0] == '\0');
    CHECK_CONTAINS("usage: cognito_connect", program_errors);
    CHECK_CONTAINS(what, program_errors);
}

static void failure(const char *const *options, const char *status, const char *reason) {
    check_row = status;
    CHECK_INT(1, run(options));
    CHECK_CONTAINS(status, program_errors);
    CHECK_CONTAINS(reason, program_errors);
}

int main(int argc, char **argv) {
    REQUIRE(argc == 2);
    program = argv[1];
    good_runs();
    pool_runs();

    wrong_usage(OPTIONS("--endpoint=x"), "--cognito_identity or --identity_pool");
    wrong_usage(OPTIONS(CONNECT, POOL), "--cognito_identity and --identity_pool");
    wrong_usage(OPTIONS(CONNECT, "--identity_file=/tmp/x"), "--identity_file needs");
    wrong_usage(OPTIONS(SERVERS, "--identity_pool=us-east-1"), "--identity_pool: identity_pool");
    wrong_usage(OPTIONS(SERVERS, POOL, "--identity_file="), "--identity_file: identity_");
    wrong_usage(OPTIONS(CONNECT, "--cognito_region=here"), "--cognito_region: cognito_region");
    wrong_usage(OPTIONS(IDENTITY), "--endpoint");
    wrong_usage(OPTIONS(CONNECT, "--no_such_option"), "--no_such_option");
    wrong_usage(OPTIONS(CONNECT, "stray"), "stray");
    wrong_usage(OPTIONS(CONNECT, "--client_id"), "--client_id");
    wrong_usage(OPTIONS(CONNECT, "--is_ci=yes"), "--is_ci takes no value");
    wrong_usage(OPTIONS(CONNECT, "--port=x"), "--port takes a number");
    wrong_usage(OPTIONS(CONNECT, "--port=-1"), "--port takes a number");
    wrong_usage(OPTIONS(CONNECT, "--port=0"), "--port: port is 0");
    wrong_usage(OPTIONS(CONNECT, "--proxy_port=8080x"), "--proxy_port takes a number");
    wrong_usage(OPTIONS(CONNECT, "--connect_timeout_ms="), "--connect_timeout_ms takes a number");
    wrong_usage(OPTIONS(CONNECT, "--verbosity=Loud"), "Loud");
    wrong_usage(OPTIONS(CONNECT, "--trust=all"), "--trust is amazon or system, and not all");
    wrong_usage(OPTIONS(CONNECT, "--endpoint=https://x"), "without scheme");
    wrong_usage(OPTIONS(CONNECT, "--cognito_identity=us-east-1_AbC"), "user pool");

    failure(OPTIONS(CONNECT, "--client_id=forbidden-1"), "COGNITO_STATUS_CLOSED_BEFORE_CONNACK",
            "iot:Connect");
    failure(OPTIONS(CONNECT, "--ca_file=/nowhere.pem"), "COGNITO_STATUS_TRUST_STORE",
            "/nowhere.pem");
    local_aws_fault("cognito.response=throttled");
    failure(OPTIONS(CONNECT), "COGNITO_STATUS_COGNITO_THROTTLED", "Rate exceeded");

    const int signals[] = {SIGINT, SIGTERM};
    for (int i = 0; i < 2; i++) {
        local_aws_reset();
        local_aws_fault("iot.upgrade=stall");
        check_row = "Ctrl-C";
        CHECK_INT(1, run_program(program, OPTIONS(CONNECT), signals[i], "upgrade_requests=1"));
        CHECK_CONTAINS("COGNITO_STATUS_CANCELLED", program_errors);
        CHECK(strstr(program_output, "Connected!") == NULL);
    }
    return check_result();
}
