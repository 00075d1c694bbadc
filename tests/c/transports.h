/* Transports, and the MQTT that a test speaks over them by hand. What waits here waits on the
 * descriptor, and ends the test when nothing comes for 10 seconds. */

#ifndef TRANSPORTS_H
#define TRANSPORTS_H

#include "local_aws.h"

#include <sys/uio.h>

cognito_transport *local_aws_transport(void); /* not yet open */
cognito_transport *open_transport(void);
cognito_transport *open_mqtt_transport(void); /* CONNECT was sent, and CONNACK received */

/* Whether the descriptor becomes readable within so many milliseconds. */
bool transport_wakes(cognito_transport *transport, int timeout_ms);

/* recv, but it waits when there is nothing: more than 0, or a status. */
int32_t transport_recv(cognito_transport *transport, void *buffer, size_t len);

/* All of it, whatever it takes. */
void transport_read(cognito_transport *transport, void *buffer, size_t len);
void transport_write(cognito_transport *transport, const void *bytes, size_t len);

/* Receives until the connection is broken: how. */
cognito_status transport_broken(cognito_transport *transport);

/* The server reads nothing more of the one connection, until the fault iot.reading is off. */
void stop_the_server_reading(void);

/* MQTT 3.1.1 packets; each returns its length. */
#define MQTT_OVERHEAD 64 /* of a packet with a short topic or client id */
size_t mqtt_connect(uint8_t *packet, const char *client_id);
size_t mqtt_subscribe(uint8_t *packet, const char *topic);
/* A payload that is NULL is left to the caller. */
size_t mqtt_publish(uint8_t *packet, const char *topic, const void *payload, size_t payload_len);
extern const uint8_t mqtt_connack[4], mqtt_pingreq[2], mqtt_disconnect[2];

/* The length of the packet at the begin of the bytes; 0 when they do not tell yet. */
size_t mqtt_packet_len(const uint8_t *bytes, size_t len);

/* The same sequence each time for the same seed. */
uint32_t random_below(uint64_t *seed, uint32_t limit);

#endif
