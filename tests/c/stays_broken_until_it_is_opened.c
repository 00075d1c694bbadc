/*
 * However a stream ends, what came before is received first; then recv, send and writev say how it
 * ended, again and again, the descriptor is raised, and never is there a 0. An open makes it good,
 * with a new signature and on the same descriptor.
 */

#include "transports.h"

/* A frame with a PUBLISH in it. */
#define FRAME                                                                                      \
    "820a3008"                                                                                     \
    "0003612f62"                                                                                   \
    "686579"
static const uint8_t packet[] = {0x30, 8, 0, 3, 'a', '/', 'b', 'h', 'e', 'y'};

static const struct {
    const char *name, *drop, *send;
    cognito_status status;
} ends[] = {
    {"RST", "service=iot&how=rst", NULL, COGNITO_STATUS_CONNECTION_LOST},
    {"FIN", "service=iot&how=fin", NULL, COGNITO_STATUS_SESSION_CLOSED},
    {"Close 1001", "service=iot&how=close", NULL, COGNITO_STATUS_SESSION_CLOSED},
    {"Close 1008", NULL, "880203f0", COGNITO_STATUS_SESSION_CLOSED},
    {"an empty Close", NULL, "8800", COGNITO_STATUS_SESSION_CLOSED},
    {"a Close of one byte", NULL, "880103", COGNITO_STATUS_WEBSOCKET_PROTOCOL},
    {"text", NULL, "81026869", COGNITO_STATUS_WEBSOCKET_PROTOCOL},
    {"a masked frame", NULL, "828200000000c000", COGNITO_STATUS_WEBSOCKET_PROTOCOL},
    {"reserved bits", NULL, "c202c000", COGNITO_STATUS_WEBSOCKET_PROTOCOL},
    {"an unknown opcode", NULL, "8302c000", COGNITO_STATUS_WEBSOCKET_PROTOCOL},
    {"a ping in fragments", NULL, "090170", COGNITO_STATUS_WEBSOCKET_PROTOCOL},
    {"a continuation of nothing", NULL, "8002c000", COGNITO_STATUS_WEBSOCKET_PROTOCOL},
    {"a frame of 1 GiB", NULL, "827f0000000040000000", COGNITO_STATUS_WEBSOCKET_PROTOCOL},
    {"a length of five bytes", NULL, "820530ffffffff", COGNITO_STATUS_MQTT_PROTOCOL},
    {"a packet of 2 MiB", NULL, "820530ffffff00", COGNITO_STATUS_MQTT_PROTOCOL},
};

static void stays(cognito_transport *transport, cognito_status status) {
    uint8_t bytes[4] = {0xc0, 0, 0xc0, 0};
    for (int i = 0; i < 10; i++) {
        CHECK_STATUS(status, cognito_transport_recv(transport, bytes, sizeof bytes));
        CHECK_STATUS(status, cognito_transport_send(transport, bytes, sizeof bytes));
        CHECK_STATUS(status, cognito_transport_writev(transport, &(struct iovec){bytes, 2}, 1));
        CHECK_STATUS(status, cognito_transport_recv(transport, bytes, 0));
        CHECK(transport_wakes(transport, 0));
        CHECK(!cognito_transport_is_open(transport));
    }
    cognito_failure *failure = NULL;
    REQUIRE(cognito_transport_failure(transport, &failure) == COGNITO_STATUS_OK);
    CHECK_STATUS(status, cognito_failure_status(failure));
    CHECK_INT(COGNITO_STAGE_SESSION, cognito_failure_stage(failure));
    CHECK(strcmp(local_aws("IDENTITY"), cognito_failure_identity(failure)) == 0);
    cognito_failure_free(failure);
}

/* One byte is received before the end, the rest behind it. */
static void ends_by(cognito_transport *transport, const char *drop, const char *send,
                    cognito_status status) {
    uint8_t bytes[sizeof packet];
    char hex[128];
    int32_t fd = cognito_transport_fd(transport);
    snprintf(hex, sizeof hex, "hex=%s%s", FRAME, send != NULL ? send : "");
    local_aws_reset();
    REQUIRE(cognito_transport_open(transport, COGNITO_WAIT_FOREVER) == COGNITO_STATUS_OK);
    CHECK_INT(fd, cognito_transport_fd(transport));
    CHECK_INT(0, cognito_transport_recv(transport, bytes, sizeof bytes));
    local_aws_send(hex);
    transport_read(transport, bytes, 1);
    if (drop != NULL) {
        local_aws_drop(drop);
    }
    CHECK(cognito_transport_is_open(transport));
    transport_read(transport, bytes + 1, sizeof bytes - 1);
    CHECK(memcmp(bytes, packet, sizeof packet) == 0);
    CHECK_STATUS(status, transport_recv(transport, bytes, sizeof bytes));
    stays(transport, status);
    CHECK_INT(1, local_aws_counter("sigv4_valid"));
    if (status == COGNITO_STATUS_SESSION_CLOSED && (drop == NULL || strstr(drop, "close"))) {
        CHECK(local_aws_wait("websocket_closes=1&iot_close_notify=1&iot_fin=1"));
    }
    CHECK(local_aws_wait("iot_open_connections_at_most=0"));
}

int main(void) {
    cognito_transport *transport = local_aws_transport();
    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
            check_row = ends[i].name;
            ends_by(transport, ends[i].drop, ends[i].send, ends[i].status);
        }
    }
    check_row = "closed when it is broken";
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_transport_close(transport, COGNITO_WAIT_FOREVER));
    cognito_transport_free(transport);
    return check_result();
}
