/* Local AWS, as a test that runs under `local-aws run` sees it. Everything here ends the test when
 * it fails. */

#ifndef LOCAL_AWS_H
#define LOCAL_AWS_H

#include "check.h"

/* What it says of itself: local_aws("CA_FILE") is the variable LOCAL_AWS_CA_FILE. */
const char *local_aws(const char *name);
uint32_t local_aws_port(const char *name);

/* Turns a fault on: local_aws_fault("iot.upgrade=stall"). Several are joined by '&'. */
void local_aws_fault(const char *key_and_value);

/* Ends open connections: local_aws_drop("service=iot&how=rst"); fin, close and stall are other
 * ways. */
void local_aws_drop(const char *what);

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
cognito_client *local_aws_client_and_provider(const cognito_config *config,
                                              cognito_provider **provider);

/* One connect with a new client, from new to free. */
struct attempt {
    cognito_status status;
    cognito_stage stage;
    int http_status;
    int connack_code;
    double ms;
    char error[2048]; /* cognito_last_error() */
};
struct attempt attempt_connect(const cognito_config *config);

#endif
