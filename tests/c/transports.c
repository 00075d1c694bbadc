#define _POSIX_C_SOURCE 200809L

#include "transports.h"

#include <poll.h>
#include <unistd.h>

const uint8_t mqtt_connack[4] = {0x20, 2, 0, 0}, mqtt_pingreq[2] = {0xc0, 0},
              mqtt_disconnect[2] = {0xe0, 0};

cognito_transport *local_aws_transport(void) {
    cognito_config *config = local_aws_config();
    cognito_transport *transport = NULL;
    REQUIRE(cognito_transport_new(config, NULL, &transport) == COGNITO_STATUS_OK);
    cognito_config_free(config);
    return transport;
}

cognito_transport *open_transport(void) {
    cognito_transport *transport = local_aws_transport();
    REQUIRE(cognito_transport_open(transport, COGNITO_WAIT_FOREVER) == COGNITO_STATUS_OK);
    return transport;
}

cognito_transport *open_mqtt_transport(void) {
    static int made;
    uint8_t packet[MQTT_OVERHEAD], connack[sizeof mqtt_connack];
    char client_id[32];
    cognito_transport *transport = open_transport();
    snprintf(client_id, sizeof client_id, "test-%d-hand-%d", (int)getpid(), made++);
    transport_write(transport, packet, mqtt_connect(packet, client_id));
    transport_read(transport, connack, sizeof connack);
    REQUIRE(memcmp(connack, mqtt_connack, sizeof connack) == 0);
    return transport;
}

bool transport_wakes(cognito_transport *transport, int timeout_ms) {
    struct pollfd waiting = {.fd = cognito_transport_fd(transport), .events = POLLIN};
    REQUIRE(waiting.fd >= 0);
    int woken = poll(&waiting, 1, timeout_ms);
    REQUIRE(woken >= 0 && (waiting.revents & ~POLLIN) == 0);
    return woken == 1;
}

int32_t transport_recv(cognito_transport *transport, void *buffer, size_t len) {
    int32_t got = cognito_transport_recv(transport, buffer, len);
    while (got == 0) {
        REQUIRE(transport_wakes(transport, (int)allowed_ms(10000)));
        got = cognito_transport_recv(transport, buffer, len);
    }
    return got;
}

void transport_read(cognito_transport *transport, void *buffer, size_t len) {
    for (size_t done = 0; done < len;) {
        int32_t got = transport_recv(transport, (uint8_t *)buffer + done, len - done);
        REQUIRE(got > 0);
        done += (size_t)got;
    }
}

void transport_write(cognito_transport *transport, const void *bytes, size_t len) {
    for (size_t done = 0; done < len;) {
        int32_t sent = cognito_transport_send(transport, (const uint8_t *)bytes + done, len - done);
        REQUIRE(sent >= 0 && (size_t)sent <= len - done);
        done += (size_t)sent;
        if (sent == 0) {
            REQUIRE(transport_wakes(transport, (int)allowed_ms(10000)));
        }
    }
}

cognito_status transport_broken(cognito_transport *transport) {
    uint8_t scrap[4096];
    int32_t got = 1;
    while (got > 0) {
        got = transport_recv(transport, scrap, sizeof scrap);
    }
    return got;
}

void stop_the_server_reading(void) {
    char counter[64];
    snprintf(counter, sizeof counter, "reading_pauses=%ld",
             local_aws_counter("reading_pauses") + 1);
    local_aws_fault("iot.reading=paused");
    REQUIRE(local_aws_wait(counter));
}

/* A string with its length; returns what follows it. */
static uint8_t *put_string(uint8_t *at, const char *text) {
    size_t len = strlen(text);
    at[0] = (uint8_t)(len >> 8);
    at[1] = (uint8_t)len;
    memcpy(at + 2, text, len);
    return at + 2 + len;
}

/* The fixed header of a packet; returns what follows it. */
static uint8_t *put_header(uint8_t *at, uint8_t first, size_t remaining) {
    *at++ = first;
    do {
        *at++ = (uint8_t)((remaining & 0x7f) | (remaining > 0x7f ? 0x80 : 0));
        remaining >>= 7;
    } while (remaining > 0);
    return at;
}

size_t mqtt_connect(uint8_t *packet, const char *client_id) {
    static const uint8_t variable[] = {0, 4, 'M', 'Q', 'T', 'T', 4, 2, 0, 60};
    uint8_t *at = put_header(packet, 0x10, sizeof variable + 2 + strlen(client_id));
    memcpy(at, variable, sizeof variable);
    return (size_t)(put_string(at + sizeof variable, client_id) - packet);
}

size_t mqtt_subscribe(uint8_t *packet, const char *topic) {
    uint8_t *at = put_header(packet, 0x82, 2 + 2 + strlen(topic) + 1);
    *at++ = 0;
    *at++ = 1; /* packet id */
    at = put_string(at, topic);
    *at++ = 0; /* QoS */
    return (size_t)(at - packet);
}

size_t mqtt_publish(uint8_t *packet, const char *topic, const void *payload, size_t payload_len) {
    uint8_t *at = put_header(packet, 0x30, 2 + strlen(topic) + payload_len);
    at = put_string(at, topic);
    if (payload != NULL) {
        memcpy(at, payload, payload_len);
    }
    return (size_t)(at - packet) + payload_len;
}

size_t mqtt_packet_len(const uint8_t *bytes, size_t len) {
    size_t remaining = 0;
    for (size_t i = 1; i < len && i < 5; i++) {
        remaining |= (size_t)(bytes[i] & 0x7f) << (7 * (i - 1));
        if ((bytes[i] & 0x80) == 0) {
            return i + 1 + remaining;
        }
    }
    return 0;
}

uint32_t random_below(uint64_t *seed, uint32_t limit) {
    *seed = *seed * 6364136223846793005u + 1442695040888963407u; /* Knuth's MMIX */
    return (uint32_t)(((*seed >> 32) * limit) >> 32);
}
