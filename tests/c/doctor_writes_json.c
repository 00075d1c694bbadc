/* The program cognito_doctor with --json: one line that a program can read. Argument: its path. */

#include "run_program.h"

static const char *program;

static void run(const char *what, int exit_code, const char *fault, const char *option) {
    check_row = what;
    local_aws_reset();
    if (fault[0] != '\0') {
        local_aws_fault(fault);
    }
    CHECK_INT(exit_code, run_program(program, OPTIONS(CONNECT, "--json", option), 0, NULL));
    CHECK(program_errors[0] == '\0');
    CHECK(strstr(program_output, local_aws("IDENTITY")) == NULL);
}

/* One object of JSON, in one line, that holds a member. */
static void check_json(const char *member) {
    CHECK_CONTAINS(member, program_output);
    int depth = 0;
    bool in_string = false;
    const char *at = program_output;
    for (; *at != '\0' && (depth > 0 || at == program_output); at++) {
        if (in_string && *at == '\\') {
            at++;
        } else if (*at == '"') {
            in_string = !in_string;
        } else if (!in_string) {
            depth += (*at == '{' || *at == '[') - (*at == '}' || *at == ']');
        }
    }
    CHECK(program_output[0] == '{' && strcmp(at, "\n") == 0);
}

int main(int argc, char **argv) {
    REQUIRE(argc == 2);
    program = argv[1];
    char masked[64];
    snprintf(masked, sizeof masked, "%.18s...", local_aws("IDENTITY"));

    run("all well", 0, "", "--client_id=test-\"a\\b\"");
    check_json("{\"version\":\"" COGNITO_VERSION_STRING "\",\"status\":\"COGNITO_STATUS_OK\"");
    check_json("\"client_id\":\"test-\\\"a\\\\b\\\"\"");
    check_json("{\"connection\":\"cognito\",\"stage\":\"Cognito\"");
    check_json("{\"connection\":\"iot_core\",\"stage\":\"CONNACK\"");
    check_json(",\"failure\":null}");
    run("not found", 1, "cognito.response=not-found", NULL);
    check_json("\"failure\":{\"status\":\"COGNITO_STATUS_COGNITO_IDENTITY_NOT_FOUND\"");
    check_json(masked);
    run("not even a connect", 1, "", "--ca_file=/nowhere.pem");
    check_json("\"steps\":[],\"failure\":{\"status\":\"COGNITO_STATUS_TRUST_STORE\"");
    return check_result();
}
