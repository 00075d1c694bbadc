/* A disconnect ends in order with a server that does its part, and in time with one that does not.
 * Nothing that the server does to a session that is ending is a failure of ours. */

#include "local_aws.h"

static void disconnects(const char *fault, double at_most_ms) {
    check_row = fault;
    cognito_client *client = local_aws_client();
    REQUIRE(cognito_client_connect(client, COGNITO_WAIT_FOREVER) == COGNITO_STATUS_OK);
    local_aws_fault(fault);
    double began = now_ms();
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_disconnect(client, COGNITO_WAIT_FOREVER));
    CHECK(now_ms() - began <= allowed_ms(at_most_ms));
    CHECK(!cognito_client_is_connected(client));
    CHECK(local_aws_wait("disconnects=1"));
    if (strstr(fault, "reset") == NULL) {
        CHECK(local_aws_wait("iot_close_notify=1"));
    }
    cognito_client_free(client);
    CHECK(local_aws_wait("open_connections_at_most=0"));
    local_aws_reset();
}

int main(void) {
    disconnects("iot.end=", 1000);
    disconnects("iot.end=no-close-answer", 5100);
    disconnects("iot.end=no-fin", 5100);
    disconnects("iot.end=reset-on-disconnect", 1000);

    check_row = "free without a disconnect says DISCONNECT";
    cognito_client *client = local_aws_client();
    REQUIRE(cognito_client_connect(client, COGNITO_WAIT_FOREVER) == COGNITO_STATUS_OK);
    cognito_client_free(client);
    CHECK(local_aws_wait("disconnects=1"));
    return check_result();
}
