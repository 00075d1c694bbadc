/* Lengths of 0, without a place, above INT32_MAX and in vectors whose sum overflows are all taken
 * as far as they can be; a place that is missing is refused. Needs --broker echo. */

#define _GNU_SOURCE /* MAP_ANONYMOUS */

#include "transports.h"

#include <sys/mman.h>

/* Memory that is there when it is touched: as much as 32 bits of addresses have room for. */
static const size_t huge_len = sizeof(size_t) > 4 ? (size_t)3 << 30 : ((size_t)2 << 30) + (1 << 20);
static uint8_t *huge;

static void nothing(cognito_transport *transport) {
    uint8_t bytes[2];
    struct iovec empty[2] = {{NULL, 0}, {bytes, 0}}, missing[2] = {{bytes, 0}, {NULL, 1}};
    check_row = "nothing";
    CHECK_INT(0, cognito_transport_recv(transport, NULL, 0));
    CHECK_INT(0, cognito_transport_send(transport, NULL, 0));
    CHECK_INT(0, cognito_transport_send(transport, bytes, 0));
    CHECK_INT(0, cognito_transport_writev(transport, NULL, 0));
    CHECK_INT(0, cognito_transport_writev(transport, empty, 2));
    CHECK_STATUS(COGNITO_STATUS_INVALID_ARGUMENT, cognito_transport_recv(transport, NULL, 1));
    CHECK_CONTAINS("buffer", cognito_last_error());
    CHECK_STATUS(COGNITO_STATUS_INVALID_ARGUMENT, cognito_transport_send(transport, NULL, 1));
    CHECK_CONTAINS("bytes", cognito_last_error());
    CHECK_STATUS(COGNITO_STATUS_INVALID_ARGUMENT, cognito_transport_writev(transport, NULL, 1));
    CHECK_CONTAINS("iov", cognito_last_error());
    CHECK_STATUS(COGNITO_STATUS_INVALID_ARGUMENT, cognito_transport_writev(transport, missing, 2));
    CHECK_CONTAINS("iov", cognito_last_error());
    CHECK_INT(0, local_aws_counter("mqtt_packets_received") - 1); /* CONNECT */

    check_row = "a buffer of nothing";
    transport_write(transport, mqtt_pingreq, sizeof mqtt_pingreq);
    CHECK(transport_wakes(transport, (int)allowed_ms(10000)));
    CHECK_INT(1, transport_recv(transport, bytes, 1));
    CHECK_INT(0, cognito_transport_recv(transport, NULL, 0));
    CHECK_INT(0, cognito_transport_recv(transport, bytes, 0));
    CHECK(transport_wakes(transport, 0));
    CHECK_INT(1, cognito_transport_recv(transport, huge, SIZE_MAX));
    CHECK(cognito_transport_is_open(transport));
}

/* More pieces than one writev looks at. */
static void many_pieces(cognito_transport *transport) {
    enum { PIECES = 1030, MOST = 1024 };
    struct iovec pieces[PIECES];
    uint8_t answer[2 * MOST];
    check_row = "many pieces";
    for (int i = 0; i < PIECES; i++) {
        pieces[i] = (struct iovec){(void *)mqtt_pingreq, sizeof mqtt_pingreq};
    }
    CHECK_INT(sizeof answer, cognito_transport_writev(transport, pieces, PIECES));
    transport_read(transport, answer, sizeof answer);
    CHECK_INT(sizeof answer, cognito_transport_writev(transport, pieces, SIZE_MAX));
    transport_read(transport, answer, sizeof answer);
}

/* Takes what fits, and tells how much in the sign of int32_t. */
static void above_int32_max(bool in_a_vector) {
    struct iovec pieces[3];
    check_row = in_a_vector ? "a vector above SIZE_MAX" : "above INT32_MAX";
    cognito_transport *transport = open_mqtt_transport();
    stop_the_server_reading();
    size_t taken = 0;
    int32_t sent = 1;
    while (sent > 0) {
        /* The same from any even place. */
        pieces[0] = (struct iovec){huge + taken % 2, huge_len - 2};
        pieces[1] = pieces[2] = (struct iovec){huge, SIZE_MAX / 2 + 2};
        sent = in_a_vector ? cognito_transport_writev(transport, pieces, 3)
                           : cognito_transport_send(transport, huge + taken % 2, huge_len - 2);
        CHECK(sent >= 0);
        taken += (size_t)(sent > 0 ? sent : 0);
    }
    printf("%s: %zu bytes taken\n", check_row, taken);
    CHECK(taken > 1000);
    cognito_transport_free(transport);
    local_aws_fault("iot.reading=");
}

int main(void) {
    huge = mmap(NULL, huge_len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
                -1, 0);
    REQUIRE(huge != MAP_FAILED);
    for (size_t at = 0; at < 32 * 1024 * 1024; at += sizeof mqtt_pingreq) {
        memcpy(huge + at, mqtt_pingreq, sizeof mqtt_pingreq);
    }
    cognito_transport *transport = open_mqtt_transport();
    nothing(transport);
    many_pieces(transport);
    cognito_transport_free(transport);
    above_int32_max(false);
    above_int32_max(true);
    munmap(huge, huge_len);
    return check_result();
}
