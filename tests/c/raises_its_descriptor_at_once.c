/* A descriptor that is first asked for when something is there already shows it, and so it does at
 * an end and when a stream is opened again. */

#include "transports.h"

/* A frame with two PINGRESPs. */
#define FRAME "hex=8204d000d000"

static void is_asked_for_late(void) {
    uint8_t bytes[4];
    check_row = "asked for late";
    cognito_transport *transport = open_transport();
    local_aws_send(FRAME);
    while (cognito_transport_recv(transport, bytes, 1) == 0) {
    }
    CHECK(transport_wakes(transport, 0)); /* the first time */
    CHECK_INT(3, cognito_transport_recv(transport, bytes, sizeof bytes));
    CHECK_INT(0, cognito_transport_recv(transport, bytes, sizeof bytes));
    CHECK(!transport_wakes(transport, 100));

    check_row = "free";
    local_aws_send(FRAME);
    CHECK(transport_wakes(transport, (int)allowed_ms(10000)));
    cognito_transport_free(transport);
}

static void is_asked_for_after_the_end(void) {
    uint8_t byte;
    check_row = "asked for after the end";
    cognito_transport *transport = open_transport();
    local_aws_drop("service=iot&how=fin");
    while (cognito_transport_recv(transport, &byte, 1) == 0) {
    }
    CHECK(transport_wakes(transport, 0));

    check_row = "an open under way";
    local_aws_fault("iot.upgrade=stall*1");
    CHECK_STATUS(COGNITO_STATUS_IN_PROGRESS, cognito_transport_open(transport, 100));
    CHECK(!transport_wakes(transport, 100));
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_transport_close(transport, COGNITO_WAIT_FOREVER));
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_transport_open(transport, COGNITO_WAIT_FOREVER));
    CHECK_INT(0, cognito_transport_recv(transport, &byte, 1));
    CHECK(!transport_wakes(transport, 100));
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_transport_close(transport, COGNITO_WAIT_FOREVER));
    CHECK(!transport_wakes(transport, 100));
    cognito_transport_free(transport);
}

/* The frame comes in one TLS record with the answer to the upgrade. */
static void comes_with_the_upgrade(bool is_early) {
    uint8_t byte;
    check_row = is_early ? "with the upgrade, asked for before" : "with the upgrade";
    local_aws_fault("iot.upgrade=with-first-frame*1");
    cognito_transport *transport = local_aws_transport();
    CHECK(!is_early || !transport_wakes(transport, 0));
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_transport_open(transport, COGNITO_WAIT_FOREVER));
    local_aws_send(FRAME);
    CHECK(transport_wakes(transport, (int)allowed_ms(10000)));
    CHECK_INT(1, transport_recv(transport, &byte, 1));
    CHECK(local_aws_wait("websocket_pongs=1"));
    CHECK(transport_wakes(transport, 0));
    cognito_transport_free(transport);
    local_aws_reset();
}

int main(void) {
    is_asked_for_late();
    is_asked_for_after_the_end();
    comes_with_the_upgrade(true);
    comes_with_the_upgrade(false);
    return check_result();
}
