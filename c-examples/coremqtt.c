/*
 * coreMQTT over cognito_transport: connects, subscribes, publishes to itself with QoS 1, receives,
 * and disconnects; twice, as after a loss.
 *
 *   coremqtt --endpoint ENDPOINT --cognito_identity IDENTITY [OPTIONS]
 *
 * For coreMQTT v2, v3 and v5; v5 speaks MQTT 5. Build with coreMQTT's sources and with
 * MQTT_DO_NOT_USE_CUSTOM_CONFIG, or a core_mqtt_config.h of yours.
 */

#define _POSIX_C_SOURCE 200809L

#include "options.h"

#include <core_mqtt.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* v5 has properties, and NULL is none of them. */
#ifdef MQTT_SUBSCRIBE_NO_LOCAL
#define V5(...) , __VA_ARGS__
#else
#define V5(...)
#endif

enum { KEEP_ALIVE_S = 60, ANSWER_MS = 10000 };

static const char payload[] = "hello, world";

static const struct own_option own_options[] = {{NULL, NULL, NULL}};

static const struct program program = {
    .needs = NEEDS_CLIENT_ID,
    .usage = "usage: coremqtt --endpoint ENDPOINT --cognito_identity IDENTITY [OPTIONS]\n"
             "\n"
             "Connects coreMQTT to AWS IoT Core over the authenticated byte stream, twice.\n",
    .own_usage = "",
    .own = own_options,
};

static uint32_t now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint32_t)(now.tv_sec * 1000 + now.tv_nsec / 1000000);
}

/* What the callback of coreMQTT has seen. */
static bool is_subscribed, is_published, is_received;

static void note(const MQTTPacketInfo_t *packet, const MQTTDeserializedInfo_t *info) {
    switch (packet->type & 0xf0) {
    case MQTT_PACKET_TYPE_SUBACK & 0xf0:
        is_subscribed = true;
        break;
    case MQTT_PACKET_TYPE_PUBACK & 0xf0:
        is_published = true;
        break;
    case MQTT_PACKET_TYPE_PUBLISH & 0xf0:
        is_received = info->pPublishInfo->payloadLength == strlen(payload) &&
                      memcmp(info->pPublishInfo->pPayload, payload, strlen(payload)) == 0;
        break;
    default:
        break;
    }
}

#ifdef MQTT_SUBSCRIBE_NO_LOCAL
static bool on_packet(struct MQTTContext *mqtt, struct MQTTPacketInfo *packet,
                      struct MQTTDeserializedInfo *info, enum MQTTSuccessFailReasonCode *reason,
                      struct MQTTPropBuilder *to_send, struct MQTTPropBuilder *received) {
    (void)mqtt, (void)reason, (void)to_send, (void)received;
    note(packet, info);
    return true;
}
#else
static void on_packet(struct MQTTContext *mqtt, struct MQTTPacketInfo *packet,
                      struct MQTTDeserializedInfo *info) {
    (void)mqtt;
    note(packet, info);
}
#endif

/* False, and says so, when a call of coreMQTT has failed. */
static bool core(const char *call, MQTTStatus_t status) {
    if (status != MQTTSuccess) {
        fprintf(stderr, "%s: %s. %s\n", call, MQTT_Status_strerror(status), cognito_last_error());
    }
    return status == MQTTSuccess;
}

/* docs: open the transport and connect coreMQTT over it */
static bool connect_mqtt(MQTTContext_t *mqtt, cognito_transport *transport, const char *client_id) {
    static uint8_t memory[4096];
    static MQTTPubAckInfo_t outgoing[8], incoming[8];
    /* Also after a loss: with a new signature, and with fresh credentials where they are needed. */
    if (cognito_transport_open(transport, COGNITO_WAIT_FOREVER) != COGNITO_STATUS_OK) {
        fprintf(stderr, "%s\n", cognito_last_error());
        return false;
    }
    TransportInterface_t interface = {
        .recv = cognito_coremqtt_recv,
        .send = cognito_coremqtt_send,
        .writev = cognito_coremqtt_writev,
        .pNetworkContext = cognito_coremqtt_context(transport),
    };
    MQTTFixedBuffer_t buffer = {.pBuffer = memory, .size = sizeof memory};
    MQTTConnectInfo_t connect = {
        .cleanSession = true,
        .keepAliveSeconds = KEEP_ALIVE_S,
        .pClientIdentifier = client_id,
        .clientIdentifierLength = (uint16_t)strlen(client_id),
    };
    bool session_present = false;
    return core("MQTT_Init", MQTT_Init(mqtt, &interface, now_ms, on_packet, &buffer)) &&
           core("MQTT_InitStatefulQoS",
                MQTT_InitStatefulQoS(mqtt, outgoing, 8, incoming, 8 V5(NULL, 0))) &&
           core("MQTT_Connect",
                MQTT_Connect(mqtt, &connect, NULL, ANSWER_MS, &session_present V5(NULL, NULL)));
}
/* docs: end */

/* docs: wait for packets without spinning */
static bool process_until(MQTTContext_t *mqtt, cognito_transport *transport, const bool *done) {
    struct pollfd readable = {.fd = cognito_transport_fd(transport), .events = POLLIN};
    uint32_t began = now_ms();
    while (!*done) {
        MQTTStatus_t status = MQTT_ProcessLoop(mqtt);
        /* Part of a packet that is larger than the buffer so far is no failure. */
        if (status != MQTTSuccess && status != MQTTNeedMoreBytes) {
            return core("MQTT_ProcessLoop", status);
        }
        if (now_ms() - began > ANSWER_MS) {
            fprintf(stderr, "no answer within %d ms\n", ANSWER_MS);
            return false;
        }
        /* It takes one packet; what came with it is in its buffer, unknown to the descriptor. */
        if (status == MQTTSuccess && mqtt->index > 0) {
            continue;
        }
        /* Up to a second, so that coreMQTT can send its PINGREQ in time. */
        if (!*done && poll(&readable, 1, 1000) < 0) {
            perror("poll");
            return false;
        }
    }
    return true;
}
/* docs: end */

static bool echo(MQTTContext_t *mqtt, cognito_transport *transport, const char *topic) {
    MQTTSubscribeInfo_t subscription = {
        .qos = MQTTQoS1,
        .pTopicFilter = topic,
        .topicFilterLength = (uint16_t)strlen(topic),
    };
    MQTTPublishInfo_t message = {
        .qos = MQTTQoS1,
        .pTopicName = topic,
        .topicNameLength = (uint16_t)strlen(topic),
        .pPayload = payload,
        .payloadLength = strlen(payload),
    };
    is_subscribed = is_published = is_received = false;
    if (!core("MQTT_Subscribe",
              MQTT_Subscribe(mqtt, &subscription, 1, MQTT_GetPacketId(mqtt) V5(NULL))) ||
        !process_until(mqtt, transport, &is_subscribed) ||
        !core("MQTT_Publish", MQTT_Publish(mqtt, &message, MQTT_GetPacketId(mqtt) V5(NULL))) ||
        !process_until(mqtt, transport, &is_published) ||
        !process_until(mqtt, transport, &is_received)) {
        return false;
    }
    printf("received '%s' on %s\n", payload, topic);
    return true;
}

/* One connection, from its open to its end. */
static bool session(cognito_transport *transport, const char *client_id) {
    MQTTContext_t mqtt;
    char topic[256];
    snprintf(topic, sizeof topic, "%s/hello", client_id);
    bool done = connect_mqtt(&mqtt, transport, client_id) && echo(&mqtt, transport, topic) &&
                core("MQTT_Disconnect", MQTT_Disconnect(&mqtt V5(NULL, NULL)));
    if (cognito_transport_close(transport, COGNITO_WAIT_FOREVER) != COGNITO_STATUS_OK) {
        fprintf(stderr, "%s\n", cognito_last_error());
        return false;
    }
    return done;
}

int main(int argc, char **argv) {
    struct options options;
    cognito_transport *transport = NULL;
    int exit_code;

    cognito_config *config = options_begin(&options, &program, argc, argv, &exit_code);
    if (config == NULL) {
        return exit_code;
    }
    exit_code = EXIT_FAILURE;
    if (cognito_transport_new(config, NULL, &transport) != COGNITO_STATUS_OK) {
        fprintf(stderr, "%s\n", cognito_last_error());
        goto end;
    }
    if (session(transport, options.value[CLIENT_ID]) &&
        session(transport, options.value[CLIENT_ID])) {
        exit_code = EXIT_SUCCESS;
    }

end:
    cognito_transport_free(transport);
    cognito_config_free(config);
    return exit_code;
}
