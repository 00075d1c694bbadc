/* The programs pubsub and event_loop: what they say, their exit codes, Ctrl-C, and a server that
 * goes away and comes back. Argument: the path of one. */

#define _POSIX_C_SOURCE 200809L

#include "run_program.h"

#include <signal.h>

int main(int argc, char **argv) {
    REQUIRE(argc == 2);
    const char *program = argv[1];
    check_row = "a good run";
    CHECK_INT(0, run_program(program, OPTIONS(CONNECT, "--count=3", "--message=hi"), 0, NULL));
    CHECK(strcmp(program_output, "Connected\n"
                                 "Received on test/topic: hi [1]\n"
                                 "Received on test/topic: hi [2]\n"
                                 "Received on test/topic: hi [3]\n"
                                 "3 messages received\n"
                                 "Disconnected: as ordered\n") == 0);
    CHECK(program_errors[0] == '\0');
    CHECK_INT(1, local_aws_counter("disconnects"));

    check_row = "MQTT 5";
    local_aws_reset();
    CHECK_INT(0, run_program(program, OPTIONS(CONNECT, "--count=3", "--mqtt_version=5"), 0, NULL));
    CHECK_CONTAINS("3 messages received\nDisconnected: as ordered\n", program_output);
    CHECK_INT(1, local_aws_counter("connects_v5"));

    check_row = "SIGINT";
    local_aws_reset();
    local_aws_reset();
    CHECK_INT(1, run_program(program, OPTIONS(CONNECT, "--count=1000000"), SIGINT, "publishes=20"));
    CHECK_CONTAINS("Disconnected: as ordered\n", program_output);
    CHECK(local_aws_wait("disconnects=1&iot_fin=1"));

    check_row = "refused";
    local_aws_fault("iot.upgrade=refuse");
    CHECK_INT(1, run_program(program, OPTIONS(CONNECT), 0, NULL));
    CHECK_CONTAINS("403", program_output);
    local_aws_reset();

    check_row = "wrong options";
    CHECK_INT(2, run_program(program, OPTIONS(CONNECT, "--count=0"), 0, NULL));
    CHECK_CONTAINS("--count cannot be 0", program_errors);
    CHECK_INT(2, run_program(program, OPTIONS(CONNECT, "--count=ten"), 0, NULL));
    CHECK_INT(2, run_program(program, OPTIONS(CONNECT, "--mqtt_version=3"), 0, NULL));
    CHECK_CONTAINS("a cognito_mqtt_version is 4", program_errors);
    CHECK_INT(1, run_program(program, OPTIONS(CONNECT, "--topic=a/#"), 0, NULL));
    CHECK_CONTAINS("wildcard", program_errors);
    CHECK_INT(0, run_program(program, OPTIONS("--help"), 0, NULL));
    CHECK_CONTAINS("--topic TOPIC", program_output);
    return check_result();
}
