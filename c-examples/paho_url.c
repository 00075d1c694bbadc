/*
 * Eclipse Paho C over a presigned URL: connects, subscribes, publishes to itself, receives, and
 * connects again with a new URL.
 *
 *   paho_url --endpoint ENDPOINT --cognito_identity IDENTITY [--client_id ID] [--ca_file FILE]
 *
 * Build with -lpaho-mqtt3cs, beside libcognito_connect.a. Paho opens the connection by itself, with
 * OpenSSL, so the proxy of --proxy_host is for Cognito only.
 */

#define _POSIX_C_SOURCE 200809L

#include "options.h"

#include <MQTTClient.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Debian's bundle of CA certificates; it holds Amazon's roots. */
static const char ca_certificates[] = "/etc/ssl/certs/ca-certificates.crt";
static const char payload[] = "hello, world";

static const struct own_option own_options[] = {{NULL, NULL, NULL}};

static const struct program program = {
    .needs = NEEDS_CLIENT_ID,
    .usage = "usage: paho_url --endpoint ENDPOINT --cognito_identity IDENTITY [OPTIONS]\n"
             "\n"
             "Connects Paho C to AWS IoT Core over a presigned URL, twice.\n",
    .own_usage = "",
    .own = own_options,
};

/* False, and says so, when a call of Paho has failed. */
static bool paho(const char *call, int result) {
    if (result != MQTTCLIENT_SUCCESS) {
        fprintf(stderr, "%s: %s (%d)\n", call, MQTTClient_strerror(result), result);
    }
    return result == MQTTCLIENT_SUCCESS;
}

/* docs: connect Paho C over a URL that was signed for this attempt */
static bool connect_paho(MQTTClient *paho_client, cognito_provider *provider, const char *client_id,
                         const char *ca_file) {
    cognito_signed_url *url = NULL;
    /* Paho sends "Host: name:port" also for port 443, so that is what has to be signed. */
    if (cognito_provider_sign(provider, COGNITO_HOST_HEADER_WITH_PORT, COGNITO_WAIT_FOREVER,
                              &url) != COGNITO_STATUS_OK) {
        fprintf(stderr, "%s\n", cognito_last_error());
        return false;
    }
    MQTTClient_SSLOptions tls = MQTTClient_SSLOptions_initializer;
    MQTTClient_connectOptions connect = MQTTClient_connectOptions_initializer;
    tls.trustStore = ca_file;
    tls.verify = 1;
    connect.ssl = &tls;
    connect.keepAliveInterval = 60;
    /*
     * Paho copies the URL, and keeps it for as long as the client lives. A URL is good for 5
     * minutes: every attempt needs a client with a URL of its own, so that Paho's automatic
     * reconnect is of no use here.
     */
    bool connected = paho("MQTTClient_create",
                          MQTTClient_create(paho_client, cognito_signed_url_text(url), client_id,
                                            MQTTCLIENT_PERSISTENCE_NONE, NULL)) &&
                     paho("MQTTClient_connect", MQTTClient_connect(*paho_client, &connect));
    cognito_signed_url_free(url);
    return connected;
}
/* docs: end */

/* Subscribes, publishes with QoS 1 and takes what comes. */
static bool echo(MQTTClient paho_client, const char *topic) {
    MQTTClient_deliveryToken token;
    char *received_topic = NULL;
    int topic_len = 0;
    MQTTClient_message *message = NULL;
    if (!paho("MQTTClient_subscribe", MQTTClient_subscribe(paho_client, topic, 1)) ||
        !paho("MQTTClient_publish", MQTTClient_publish(paho_client, topic, (int)strlen(payload),
                                                       payload, 1, 0, &token)) ||
        !paho("MQTTClient_waitForCompletion",
              MQTTClient_waitForCompletion(paho_client, token, 10000)) ||
        !paho("MQTTClient_receive",
              MQTTClient_receive(paho_client, &received_topic, &topic_len, &message, 10000))) {
        return false;
    }
    bool is_ours = message != NULL && message->payloadlen == (int)strlen(payload) &&
                   memcmp(message->payload, payload, strlen(payload)) == 0;
    if (is_ours) {
        printf("received '%s' on %s\n", payload, received_topic);
    } else {
        fprintf(stderr, "what was published did not come back\n");
    }
    if (message != NULL) {
        MQTTClient_freeMessage(&message);
        MQTTClient_free(received_topic);
    }
    return is_ours;
}

/* One connection, from its URL to its end. */
static bool session(cognito_provider *provider, const struct options *options) {
    MQTTClient paho_client = NULL;
    char topic[256];
    const char *client_id = options->value[CLIENT_ID], *ca_file = options->value[CA_FILE];
    snprintf(topic, sizeof topic, "%s/hello", client_id);
    bool done = connect_paho(&paho_client, provider, client_id,
                             ca_file != NULL ? ca_file : ca_certificates) &&
                echo(paho_client, topic) &&
                paho("MQTTClient_disconnect", MQTTClient_disconnect(paho_client, 5000));
    MQTTClient_destroy(&paho_client);
    return done;
}

int main(int argc, char **argv) {
    struct options options;
    cognito_provider *provider = NULL;
    int exit_code;

    cognito_config *config = options_begin(&options, &program, argc, argv, &exit_code);
    if (config == NULL) {
        return exit_code;
    }
    exit_code = EXIT_FAILURE;
    if (cognito_provider_new(config, &provider) != COGNITO_STATUS_OK) {
        fprintf(stderr, "%s\n", cognito_last_error());
        goto end;
    }
    /* The credentials of the first connection serve the second, too; its URL is a new one. */
    if (session(provider, &options) && session(provider, &options)) {
        exit_code = EXIT_SUCCESS;
    }

end:
    cognito_provider_free(provider);
    cognito_config_free(config);
    return exit_code;
}
