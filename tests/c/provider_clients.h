/* Clients that share a provider, and connect on threads. */

#ifndef PROVIDER_CLIENTS_H
#define PROVIDER_CLIENTS_H

#include "local_aws.h"

#include <pthread.h>

enum { CLIENTS = 20 };

static cognito_client *clients[CLIENTS];
static cognito_status statuses[CLIENTS];

/* New clients of one new provider; the first has a timeout of its own. */
static void make_clients(int count, uint32_t first_timeout_ms, const char *fault) {
    cognito_config *config = local_aws_config();
    cognito_provider *provider = NULL;
    local_aws_reset();
    local_aws_fault(fault);
    REQUIRE(cognito_provider_new(config, &provider) == COGNITO_STATUS_OK);
    for (int i = 0; i < count; i++) {
        char client_id[32];
        snprintf(client_id, sizeof client_id, "test-once-%d", i);
        REQUIRE(cognito_config_set_client_id(config, client_id) == COGNITO_STATUS_OK);
        REQUIRE(cognito_config_set_connect_timeout_ms(config, i == 0 ? first_timeout_ms : 30000) ==
                COGNITO_STATUS_OK);
        REQUIRE(cognito_client_new(config, provider, NULL, NULL, &clients[i]) == COGNITO_STATUS_OK);
    }
    cognito_provider_free(provider);
    cognito_config_free(config);
}

static void *connect_one(void *number) {
    int i = (int)(intptr_t)number;
    statuses[i] = cognito_client_connect(clients[i], COGNITO_WAIT_FOREVER);
    return NULL;
}

static pthread_t start(int i) {
    pthread_t thread;
    REQUIRE(pthread_create(&thread, NULL, connect_one, (void *)(intptr_t)i) == 0);
    return thread;
}

static void free_clients(int count) {
    for (int i = 0; i < count; i++) {
        cognito_client_free(clients[i]);
    }
}

#endif
