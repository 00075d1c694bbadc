/* AWS refuses a CONNECT by ending the connection: a transport knows, and names the client id that
 * it saw going by. A CONNACK that refuses is the application's own to read. */

#include "transports.h"

/* Sends a CONNECT over a new connection. */
static void send_connect(cognito_transport *transport, const char *client_id) {
    uint8_t packet[MQTT_OVERHEAD];
    REQUIRE(cognito_transport_open(transport, COGNITO_WAIT_FOREVER) == COGNITO_STATUS_OK);
    transport_write(transport, packet, mqtt_connect(packet, client_id));
}

static void refused(cognito_transport *transport, const char *fault, const char *client_id) {
    cognito_failure *failure = NULL;
    uint8_t byte;
    check_row = fault;
    local_aws_fault(fault);
    send_connect(transport, client_id);
    CHECK_STATUS(COGNITO_STATUS_CLOSED_BEFORE_CONNACK, transport_recv(transport, &byte, 1));
    REQUIRE(cognito_transport_failure(transport, &failure) == COGNITO_STATUS_OK);
    CHECK_STATUS(COGNITO_STATUS_CLOSED_BEFORE_CONNACK, cognito_failure_status(failure));
    CHECK_INT(COGNITO_STAGE_CONNACK, cognito_failure_stage(failure));
    CHECK_CONTAINS(client_id, cognito_failure_hint(failure));
    CHECK_CONTAINS("iot:Connect", cognito_failure_hint(failure));
    CHECK(strcmp(local_aws("IDENTITY"), cognito_failure_identity(failure)) == 0);
    cognito_failure_free(failure);
    local_aws_fault("iot.connect=");
}

int main(void) {
    cognito_transport *transport = local_aws_transport();
    refused(transport, "iot.connect=", "forbidden-1");
    refused(transport, "iot.connect=close", "test-1");
    refused(transport, "iot.connect=reset", "test-2");
    refused(transport, "iot.connect=ws-close:1008", "test-3");

    check_row = "a CONNACK";
    const uint8_t refusal[] = {0x20, 2, 0, 5};
    uint8_t connack[sizeof refusal];
    local_aws_fault("iot.connack=code:5");
    send_connect(transport, "test-4");
    transport_read(transport, connack, sizeof connack);
    CHECK(memcmp(refusal, connack, sizeof refusal) == 0);
    CHECK_STATUS(COGNITO_STATUS_SESSION_CLOSED, transport_recv(transport, connack, 1));
    cognito_transport_free(transport);
    return check_result();
}
