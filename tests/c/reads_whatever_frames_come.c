/* The server may cut MQTT into WebSocket frames, fragments and TLS records as it likes, and may
 * ping at any time. */

#include "local_aws.h"

static void connects(const char *fault) {
    check_row = fault;
    local_aws_fault(fault);
    cognito_client *client = local_aws_client();
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_connect(client, COGNITO_WAIT_FOREVER));
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_disconnect(client, COGNITO_WAIT_FOREVER));
    cognito_client_free(client);
    local_aws_fault("iot.frames=&iot.connack=&iot.upgrade=&cognito.response=");
}

int main(void) {
    connects("iot.frames=bytes:1");
    connects("iot.frames=fragments:1");
    connects("iot.frames=tls-bytes:1");
    connects("iot.frames=coalesce");
    connects("iot.upgrade=with-first-frame");
    CHECK(local_aws_wait("websocket_pongs=1"));
    connects("iot.connack=extra-ping");
    CHECK(local_aws_wait("websocket_pongs=2"));
    connects("cognito.response=chunked");
    connects("cognito.response=close-delimited");
    connects("cognito.response=continue-100");
    connects("cognito.response=drip:1");
    connects("cognito.response=other-identity");
    CHECK_INT(0, local_aws_counter("websocket_violations"));
    CHECK_INT(0, local_aws_counter("packets_before_connack"));
    return check_result();
}
