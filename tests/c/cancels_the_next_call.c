/* A cancel that finds nobody waiting ends the next connect or process; a disconnect is never
 * refused by it. Argument: of what the calls are. */

#include "local_aws.h"

static void ends_the_next_process(cognito_client *client) {
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_cancel(client));
    CHECK_STATUS(COGNITO_STATUS_CANCELLED, cognito_client_process(client, COGNITO_WAIT_FOREVER));
    CHECK(cognito_client_is_connected(client));
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_process(client, 0));
}

/* recv and send do not wait. */
static void ends_no_recv(cognito_transport *transport) {
    uint8_t byte = 0xc0;
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_transport_cancel(transport));
    CHECK_INT(0, cognito_transport_recv(transport, &byte, 1));
    CHECK_INT(1, cognito_transport_send(transport, &byte, 1));
    CHECK(cognito_transport_is_open(transport));
}

int main(int argc, char **argv) {
    way_choose(argc, argv);
    void *handle = local_aws_handle();

    check_row = "before connect";
    CHECK_STATUS(COGNITO_STATUS_OK, way->cancel(handle));
    CHECK_STATUS(COGNITO_STATUS_CANCELLED, way->open(handle, COGNITO_WAIT_FOREVER));
    check_row = "twice is as once";
    CHECK_STATUS(COGNITO_STATUS_OK, way->cancel(handle));
    CHECK_STATUS(COGNITO_STATUS_OK, way->cancel(handle));
    CHECK_STATUS(COGNITO_STATUS_CANCELLED, way->open(handle, COGNITO_WAIT_FOREVER));
    CHECK_STATUS(COGNITO_STATUS_OK, way->open(handle, COGNITO_WAIT_FOREVER));

    check_row = "in the session";
    if (way == &the_client) {
        ends_the_next_process(handle);
    } else {
        ends_no_recv(handle);
    }

    check_row = "before disconnect";
    CHECK_STATUS(COGNITO_STATUS_OK, way->cancel(handle));
    CHECK_STATUS(COGNITO_STATUS_OK, way->close(handle, COGNITO_WAIT_FOREVER));
    CHECK_INT(1, local_aws_counter("websocket_closes"));

    check_row = "the last error is left alone";
    CHECK_STATUS(COGNITO_STATUS_INVALID_ARGUMENT, way->open(handle, -2));
    char before[512];
    snprintf(before, sizeof before, "%s", cognito_last_error());
    CHECK_STATUS(COGNITO_STATUS_INVALID_HANDLE, way->cancel(NULL));
    CHECK(strcmp(before, cognito_last_error()) == 0);
    way->free(handle);
    return check_result();
}
