/* How much of the caller's stack each function takes: at most 48 KiB. */

#define _GNU_SOURCE /* MAP_STACK */

#include "local_aws.h"

#include <pthread.h>
#include <sys/mman.h>

enum { STACK_SIZE = 1024 * 1024, BUDGET = 48 * 1024, PAINT = 0xa5 };

static cognito_config *config;
static cognito_provider *provider;
static cognito_client *client;
static cognito_transport *transport;

static cognito_status new_provider(void) { return cognito_provider_new(config, &provider); }
static cognito_status new_client(void) {
    return cognito_client_new(config, provider, NULL, NULL, &client);
}
static cognito_status connect_client(void) {
    return cognito_client_connect(client, COGNITO_WAIT_FOREVER);
}
static cognito_status process(void) { return cognito_client_process(client, 10); }
static cognito_status disconnect(void) {
    return cognito_client_disconnect(client, COGNITO_WAIT_FOREVER);
}
static cognito_status failure(void) {
    cognito_failure *copy = NULL;
    cognito_status status = cognito_client_failure(client, &copy);
    cognito_failure_free(copy);
    return status;
}
static cognito_status free_client(void) {
    cognito_client_free(client);
    return COGNITO_STATUS_OK;
}

static cognito_status fetch(void) {
    cognito_credentials *credentials = NULL;
    cognito_status status = cognito_provider_fetch(provider, COGNITO_WAIT_FOREVER, &credentials);
    cognito_credentials_free(credentials);
    return status;
}
static cognito_status sign(void) {
    cognito_signed_url *url = NULL;
    cognito_status status = cognito_provider_sign(provider, COGNITO_HOST_HEADER_STANDARD, 0, &url);
    cognito_signed_url_free(url);
    return status;
}
static cognito_status new_transport(void) {
    return cognito_transport_new(config, provider, &transport);
}
static cognito_status open_transport(void) {
    return cognito_transport_open(transport, COGNITO_WAIT_FOREVER);
}
static cognito_status send_connect(void) {
    static const char packet[] = "\x10\x12\0\4MQTT\4\2\0\x3c\0\6test-1";
    int32_t sent = cognito_transport_send(transport, packet, sizeof packet - 1);
    return sent == sizeof packet - 1 ? COGNITO_STATUS_OK : COGNITO_STATUS_INTERNAL;
}
static cognito_status receive(void) {
    char connack[64];
    return cognito_transport_recv(transport, connack, sizeof connack) >= 0
               ? COGNITO_STATUS_OK
               : COGNITO_STATUS_INTERNAL;
}
static cognito_status close_transport(void) {
    return cognito_transport_close(transport, COGNITO_WAIT_FOREVER);
}

static cognito_status (*volatile function)(void);
static unsigned char *volatile first_local;

static void *call_function(void *status) {
    unsigned char local = 0;
    first_local = &local;
    *(cognito_status *)status = function();
    return NULL;
}

static cognito_status measure(const char *name, cognito_status (*measured)(void)) {
    unsigned char *stack = mmap(NULL, STACK_SIZE, PROT_READ | PROT_WRITE,
                                MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
    pthread_attr_t attributes;
    pthread_t thread;
    cognito_status status = COGNITO_STATUS_INTERNAL;
    REQUIRE(stack != MAP_FAILED);
    memset(stack, PAINT, STACK_SIZE);
    function = measured;
    REQUIRE(pthread_attr_init(&attributes) == 0 &&
            pthread_attr_setstack(&attributes, stack, STACK_SIZE) == 0 &&
            pthread_create(&thread, &attributes, call_function, &status) == 0 &&
            pthread_join(thread, NULL) == 0);
    unsigned char *deepest = stack;
    while (*deepest == PAINT) {
        deepest++;
    }
    long used = (long)(first_local - deepest);
    printf("%-36s %6ld bytes of stack\n", name, used);
    check_row = name;
    CHECK(used <= BUDGET);
    pthread_attr_destroy(&attributes);
    munmap(stack, STACK_SIZE);
    return status;
}

static const char *const faults[] = {
    "cognito.response=throttled", "cognito.response=malformed-json",
    "cognito.response=huge-body", "iot.certificate=untrusted",
    "iot.upgrade=refuse",         "iot.connack=code:5",
    "iot.connack=garbage",        "proxy.response=407",
    "iot.connect=reset",
};

int main(void) {
    config = local_aws_config();
    CHECK_STATUS(COGNITO_STATUS_OK, measure("provider_new", new_provider));
    CHECK_STATUS(COGNITO_STATUS_OK, measure("fetch", fetch));
    CHECK_STATUS(COGNITO_STATUS_OK, measure("sign", sign));
    CHECK_STATUS(COGNITO_STATUS_OK, measure("transport_new", new_transport));
    CHECK_STATUS(COGNITO_STATUS_OK, measure("transport_open", open_transport));
    CHECK_STATUS(COGNITO_STATUS_OK, measure("transport_send", send_connect));
    CHECK_STATUS(COGNITO_STATUS_OK, measure("transport_recv", receive));
    CHECK_STATUS(COGNITO_STATUS_OK, measure("transport_close", close_transport));
    cognito_transport_free(transport);
    cognito_provider_free(provider);
    CHECK_STATUS(COGNITO_STATUS_OK, measure("provider_new", new_provider));
    CHECK_STATUS(COGNITO_STATUS_OK, measure("client_new", new_client));
    CHECK_STATUS(COGNITO_STATUS_OK, measure("connect", connect_client));
    CHECK_STATUS(COGNITO_STATUS_OK, measure("process", process));
    CHECK_STATUS(COGNITO_STATUS_OK, measure("disconnect", disconnect));
    CHECK_STATUS(COGNITO_STATUS_OK, measure("connect, with credentials", connect_client));
    CHECK_STATUS(COGNITO_STATUS_OK, measure("client_free in a session", free_client));
    cognito_provider_free(provider);
    provider = NULL; /* a client with a provider of its own */

    REQUIRE(cognito_config_set_trust(config, COGNITO_TRUST_SYSTEM) == COGNITO_STATUS_OK);
    CHECK_STATUS(COGNITO_STATUS_OK, measure("client_new with the system's roots", new_client));
    CHECK_STATUS(COGNITO_STATUS_OK, measure("client_free", free_client));
    local_aws_through_proxy(config);
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        local_aws_reset();
        local_aws_fault(faults[i]);
        REQUIRE(new_client() == COGNITO_STATUS_OK);
        CHECK(measure(faults[i], connect_client) != COGNITO_STATUS_OK);
        CHECK_STATUS(COGNITO_STATUS_OK, measure("failure", failure));
        CHECK_STATUS(COGNITO_STATUS_OK, measure("client_free", free_client));
    }
    cognito_config_free(config);
    return check_result();
}
