/* MQTT clients of cognito_bridge that can be slow, half closed or dead. What fails here ends the
 * test. */

#ifndef BRIDGE_PEER_H
#define BRIDGE_PEER_H

#include "bridge_process.h"

/* A connection to it; what is read from it is waited for, but not for ever. */
int peer_connect(const struct bridge_process *bridge);

/* The same, with an MQTT session. With a will: its topic. */
int peer_session(const struct bridge_process *bridge, const char *client_id, const char *will);

void peer_send(int peer, const void *bytes, size_t bytes_len);
void peer_subscribe(int peer, const char *topic);
void peer_publish(int peer, const char *topic, size_t payload_len);
void peer_disconnect(int peer);

/* Closes it as the kernel does for a program that has crashed with bytes unread: by a reset. */
void peer_crash(int peer);

enum { PEER_END = 0, PEER_RESET = -1, PEER_SILENT = -2, PEER_CUT = -3 };

/*
 * Reads one packet. Its first byte; PEER_END when the bridge has closed the connection in order,
 * PEER_CUT when it did so in the middle of a packet. The packet behind its length is in
 * peer_packet, as text.
 */
int peer_read(int peer);
extern char peer_packet[300 * 1024];
extern size_t peer_packet_len;

/* Whether the next packet is a PUBLISH on this topic. */
bool peer_gets(int peer, const char *topic);

#endif
