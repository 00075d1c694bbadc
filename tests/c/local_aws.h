/* Local AWS, as a test that runs under `local-aws run` sees it. Everything here ends the test when
 * it fails. */

#ifndef LOCAL_AWS_H
#define LOCAL_AWS_H

#include "way.h"

/* What it says of itself: local_aws("CA_FILE") is the variable LOCAL_AWS_CA_FILE. */
const char *local_aws(const char *name);
uint32_t local_aws_port(const char *name);

/* Turns a fault on: local_aws_fault("iot.upgrade=stall"). Several are joined by '&'. */
void local_aws_fault(const char *key_and_value);

/* Gives an answer byte by byte to the next request: local_aws_answer("service=cognito", ...). */
void local_aws_answer(const char *options, const void *bytes, size_t length);

/* Ends open connections: local_aws_drop("service=iot&how=rst"); fin, close and stall are other
 * ways. */
void local_aws_drop(const char *what);

/* Puts a fault in the way of what open connections send and receive from now on:
 * local_aws_network("service=iot&fault=flip@sent:7"); fault=off takes it away. */
void local_aws_network(const char *what);

/* Ends all credentials that were given out so far. */
void local_aws_revoke(void);

/* Sends WebSocket pings on open connections: local_aws_ping("count=2&bytes=125"). */
void local_aws_ping(const char *what);

/* Puts bytes between two frames of open connections: local_aws_send("hex=8900"). */
void local_aws_send(const char *what);
void local_aws_send_bytes(const void *bytes, size_t length);

/* No fault, no event, every counter 0. */
void local_aws_reset(void);

long local_aws_counter(const char *name);

/* Waits until local AWS has seen something: "iot_fin=1" or "open_connections_at_most=0". False
 * after 10 seconds. */
bool local_aws_wait(const char *conditions);

/* A config that connects, with a client id of its own. */
cognito_config *local_aws_config(void);
void local_aws_through_proxy(cognito_config *config);
cognito_client *local_aws_client(void);
void *local_aws_handle(void); /* of the test's way */
void *local_aws_handle_and_provider(const cognito_config *config, cognito_provider **provider);

/* Callbacks of configs: nothing is stored, and everybody is logged in. */
int32_t load_nothing(const char *pool, cognito_identity_sink *sink, void *unused);
int32_t save_nothing(const char *pool, const char *identity, void *unused);
int32_t log_in(cognito_login_sink *sink, void *unused);

#endif
