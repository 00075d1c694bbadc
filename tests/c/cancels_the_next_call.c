/* A cancel that finds nobody waiting ends the next connect or process; a disconnect is never
 * refused by it. */

#include "local_aws.h"

int main(void) {
    cognito_client *client = local_aws_client();

    check_row = "before connect";
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_cancel(client));
    CHECK_STATUS(COGNITO_STATUS_CANCELLED, cognito_client_connect(client, COGNITO_WAIT_FOREVER));
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_connect(client, COGNITO_WAIT_FOREVER));

    check_row = "before process";
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_cancel(client));
    CHECK_STATUS(COGNITO_STATUS_CANCELLED, cognito_client_process(client, COGNITO_WAIT_FOREVER));
    CHECK(cognito_client_is_connected(client));
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_process(client, 0));

    check_row = "twice is as once";
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_cancel(client));
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_cancel(client));
    CHECK_STATUS(COGNITO_STATUS_CANCELLED, cognito_client_process(client, COGNITO_WAIT_FOREVER));
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_process(client, 0));

    check_row = "before disconnect";
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_cancel(client));
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_disconnect(client, COGNITO_WAIT_FOREVER));
    CHECK_INT(1, local_aws_counter("disconnects"));

    check_row = "the last error is left alone";
    CHECK_STATUS(COGNITO_STATUS_INVALID_ARGUMENT, cognito_client_process(client, -2));
    char before[512];
    snprintf(before, sizeof before, "%s", cognito_last_error());
    CHECK_STATUS(COGNITO_STATUS_INVALID_HANDLE, cognito_client_cancel(NULL));
    CHECK(strcmp(before, cognito_last_error()) == 0);
    cognito_client_free(client);
    return check_result();
}
