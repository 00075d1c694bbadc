/* The program cognito_doctor: what it finds, what it advises, and what it never shows. Argument:
 * its path. */

#define _POSIX_C_SOURCE 200809L

#include "run_program.h"

#include <signal.h>

#define PROXY_PORT local_option("--proxy_port", "PROXY_PORT")
#define MASKED "%.18s..." /* of "us-east-1:12345678-1234-1234-1234-123456789abc" */

static const char *program;
static char masked_identity[64], masked_pool[64];

/* Runs the doctor against a fault; what it prints can be put into a ticket. */
static void run(const char *what, int exit_code, const char *fault, const char *const *options) {
    check_row = what;
    local_aws_reset();
    if (fault[0] != '\0') {
        local_aws_fault(fault);
    }
    CHECK_INT(exit_code, run_program(program, options, 0, NULL));
    CHECK(program_errors[0] == '\0');
    const char *secrets[] = {local_aws("IDENTITY"), strchr(local_aws("IDENTITY"), ':') + 1,
                             local_aws("IDENTITY_POOL"), "X-Amz", "ASIA"};
    for (size_t i = 0; i < sizeof secrets / sizeof secrets[0]; i++) {
        CHECK(strstr(program_output, secrets[i]) == NULL);
    }
    for (const char *at = program_output; *at != '\0'; at++) {
        CHECK(*at == '\n' || (*at >= ' ' && *at <= '~'));
    }
}

/* What stands behind a name in the report, to its end. */
static const char *behind(const char *name) {
    const char *found = strstr(program_output, name);
    return found != NULL ? found + strlen(name) : "";
}

static void shows_the_way(void) {
    char slowly[64];
    snprintf(slowly, sizeof slowly, "cognito.delay_ms=%d", (int)allowed_ms(300));
    run("all well", 0, slowly, OPTIONS(CONNECT));
    const char *lines[] = {"\nAmazon Cognito, localhost:",
                           "\nAWS IoT Core, localhost:",
                           masked_identity,
                           "  DNS        pass  ",
                           "  TCP        pass  ",
                           "  TLS        pass  ",
                           "  Cognito    pass  ",
                           "  signing    pass  ",
                           "  upgrade    pass  ",
                           "  CONNACK    pass  ",
                           "  disconnect pass  ",
                           "TLS 1.3, certificate issued by local-aws CA",
                           "with the role for guests",
                           "this device's clock is right",
                           "\nAll well: connected in "};
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        CHECK_CONTAINS(lines[i], program_output);
    }
    /* The bars: Cognito takes nearly all the time, and IoT Core's TLS does not wait for it. */
    CHECK_CONTAINS("######################", behind("  Cognito  Cognito   "));
    CHECK(is_slowed_down() || strspn(behind("  IoT Core TLS       "), " ") < 10);
    CHECK(strspn(behind("  IoT Core upgrade   "), " ") > 40);

    run("through the proxy", 0, "", OPTIONS(CONNECT, "--proxy_host=localhost", PROXY_PORT));
    CHECK_CONTAINS("  tunnel to localhost:", program_output);
    CHECK_CONTAINS("  proxy      pass  ", program_output);

    run("a pool, and an id of elsewhere", 0, "",
        OPTIONS(SERVERS, POOL, "--client_id=test-eu-west-1:11111111-2222-3333-4444-555555555555"));
    CHECK_CONTAINS("GetId: us-east-1:", program_output);
    CHECK_CONTAINS("'test-eu-west-1:11111111...'", program_output);

    char client_id[128];
    snprintf(client_id, sizeof client_id, "--client_id=test-%s",
             strchr(local_aws("IDENTITY"), ':') + 1);
    run("tried again", 0, "cognito.response=throttled*1", OPTIONS(CONNECT, client_id));
    CHECK_CONTAINS("FAIL", behind("  Cognito    "));
    CHECK_CONTAINS("tried again: 1", behind("All well"));

    run("a wrong clock", 0, "cognito.clock_offset_s=1000&iot.clock_offset_s=1000",
        OPTIONS(CONNECT));
    long seconds = strtol(behind("this device's clock is "), NULL, 10);
    CHECK(seconds >= 999 && seconds <= 1001);
    CHECK_CONTAINS(" s behind", program_output);

    check_row = "--show_identity";
    CHECK_INT(0, run_program(program, OPTIONS(CONNECT, "--show_identity"), 0, NULL));
    CHECK_CONTAINS(local_aws("IDENTITY"), program_output);
}

static void names_the_failure(void) {
    run("not found", 1, "cognito.response=not-found", OPTIONS(CONNECT));
    CHECK_CONTAINS("  Cognito    FAIL", program_output);
    CHECK_CONTAINS("  signing    not reached", program_output);
    CHECK_CONTAINS("COGNITO_STATUS_COGNITO_IDENTITY_NOT_FOUND",
                   behind("\nFailed at stage Cognito"));
    CHECK_CONTAINS("  AWS error  ResourceNotFoundException", program_output);
    CHECK_CONTAINS("  request id ", program_output);
    CHECK_CONTAINS(masked_identity, behind("  what  "));
    CHECK_CONTAINS(masked_identity, behind("  AWS says  "));
    CHECK(strlen(behind("  cure  ")) > 20);

    run("no pool", 1, "cognito.response=not-found", OPTIONS(SERVERS, POOL));
    CHECK_CONTAINS(masked_pool, behind("  what  "));
    run("upgrade 403", 1, "iot.upgrade=refuse", OPTIONS(CONNECT));
    CHECK_CONTAINS("403", behind("  HTTP  "));
    CHECK_CONTAINS("iot:Connect", behind("  cure  "));
    run("inspected", 1, "iot.certificate=inspected", OPTIONS(CONNECT));
    CHECK_CONTAINS("Example Inspection CA", behind("\nFailed at stage TLS"));
    char timeout[64];
    snprintf(timeout, sizeof timeout, "--connect_timeout_ms=%.0f", allowed_ms(1000));
    run("stalled", 1, "iot.upgrade=stall", OPTIONS(CONNECT, timeout));
    CHECK_CONTAINS("COGNITO_STATUS_TIMED_OUT", behind("\nFailed at stage upgrade"));
    CHECK_CONTAINS("  CONNACK    not reached", program_output);
    /* A certificate that begins later stops only who knows the time, before Cognito is asked. */
    run("a clock", 1, "cognito.certificate=not-yet-valid", OPTIONS(CONNECT));
    CHECK_INT(0, local_aws_counter("cognito_get_credentials"));
    run("no clock", 1, "cognito.certificate=not-yet-valid", OPTIONS(CONNECT, "--without_clock"));
    CHECK_INT(1, local_aws_counter("cognito_get_credentials"));
    local_aws_reset();
    local_aws_fault("iot.upgrade=stall");
    check_row = "Ctrl-C";
    CHECK_INT(1, run_program(program, OPTIONS(CONNECT), SIGINT, "upgrade_requests=1"));
    CHECK_CONTAINS("  upgrade    cut off", program_output);
    CHECK_CONTAINS("\nInterrupted: COGNITO_STATUS_CANCELLED", program_output);
}

static void wrong_usage(const char *what, const char *const *options) {
    check_row = what;
    CHECK_INT(2, run_program(program, options, 0, NULL));
    CHECK(program_output[0] == '\0');
    CHECK_CONTAINS("usage: cognito_doctor", program_errors);
    CHECK_CONTAINS(what, program_errors);
    CHECK(strstr(program_errors, local_aws("IDENTITY")) == NULL);
}

int main(int argc, char **argv) {
    REQUIRE(argc == 2);
    program = argv[1];
    snprintf(masked_identity, sizeof masked_identity, MASKED, local_aws("IDENTITY"));
    snprintf(masked_pool, sizeof masked_pool, MASKED, local_aws("IDENTITY_POOL"));
    shows_the_way();
    names_the_failure();
    wrong_usage("unknown option us-east-1\n", OPTIONS(SERVERS, local_aws("IDENTITY")));
    wrong_usage("--json takes no value", OPTIONS(CONNECT, "--json=1"));
    wrong_usage("missing option --endpoint", OPTIONS(IDENTITY));
    wrong_usage("--port: port is 0", OPTIONS(CONNECT, "--port=0"));
    return check_result();
}
