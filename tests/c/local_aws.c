#define _POSIX_C_SOURCE 200809L

#include "local_aws.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

const char *local_aws(const char *name) {
    char variable[64];
    snprintf(variable, sizeof variable, "LOCAL_AWS_%s", name);
    const char *value = getenv(variable);
    if (value == NULL) {
        fprintf(stderr, "%s is not set: run this test under `local-aws run`\n", variable);
        exit(1);
    }
    return value;
}

uint32_t local_aws_port(const char *name) { return (uint32_t)strtoul(local_aws(name), NULL, 10); }

/* Not getaddrinfo(): some tests replace it. */
static int connect_to_control(void) {
    uint16_t port = htons((uint16_t)local_aws_port("CONTROL_PORT"));
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = port};
    struct sockaddr_in6 v6 = {
        .sin6_family = AF_INET6, .sin6_port = port, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&v4, sizeof v4) == 0) {
        return fd;
    }
    close(fd);
    fd = socket(AF_INET6, SOCK_STREAM, 0);
    REQUIRE(fd >= 0 && connect(fd, (struct sockaddr *)&v6, sizeof v6) == 0);
    return fd;
}

/* The answer to a request to the control port, head and body; returns its HTTP status. */
static int control_with(const char *method, const char *target, const char *body, size_t length,
                        char *answer, size_t size) {
    int fd = connect_to_control();
    REQUIRE(dprintf(fd, "%s %s HTTP/1.1\r\nHost: control\r\nContent-Length: %zu\r\n\r\n", method,
                    target, length) > 0);
    for (size_t sent = 0; sent < length;) {
        ssize_t put = write(fd, body + sent, length - sent);
        REQUIRE(put > 0);
        sent += (size_t)put;
    }
    size_t len = 0;
    ssize_t got;
    while (len + 1 < size && (got = read(fd, answer + len, size - 1 - len)) > 0) {
        len += (size_t)got;
    }
    close(fd);
    answer[len] = '\0';
    int status = 0;
    REQUIRE(sscanf(answer, "HTTP/1.1 %d", &status) == 1);
    return status;
}

static int control(const char *method, const char *target, char *answer, size_t size) {
    return control_with(method, target, NULL, 0, answer, size);
}

static void post_with(const char *path, const char *query, const char *body, size_t length) {
    char answer[8192], target[256];
    snprintf(target, sizeof target, "%s?%s", path, query);
    if (control_with("POST", target, body, length, answer, sizeof answer) != 200) {
        check_failed(__FILE__, __LINE__, "POST %s: %s", target, answer);
        exit(check_result());
    }
}

static void post(const char *path, const char *query) { post_with(path, query, NULL, 0); }

void local_aws_fault(const char *key_and_value) { post("/faults", key_and_value); }

void local_aws_answer(const char *options, const void *bytes, size_t length) {
    post_with("/answers", options, bytes, length);
}

void local_aws_drop(const char *what) { post("/drop", what); }

void local_aws_network(const char *what) { post("/network", what); }

void local_aws_revoke(void) { post("/credentials", "revoke=all"); }

void local_aws_ping(const char *what) { post("/ping", what); }

void local_aws_send(const char *what) { post("/send", what); }

void local_aws_send_bytes(const void *bytes, size_t length) {
    post_with("/send", "", bytes, length);
}

void local_aws_reset(void) { post("/reset", ""); }

long local_aws_counter(const char *name) {
    char answer[8192], quoted[64];
    REQUIRE(control("GET", "/counters", answer, sizeof answer) == 200);
    snprintf(quoted, sizeof quoted, "\"%s\":", name);
    const char *found = strstr(answer, quoted);
    REQUIRE(found != NULL);
    return strtol(found + strlen(quoted), NULL, 10);
}

bool local_aws_wait(const char *conditions) {
    char answer[8192], target[256];
    snprintf(target, sizeof target, "/wait?timeout_ms=10000&%s", conditions);
    int status = control("GET", target, answer, sizeof answer);
    REQUIRE(status == 200 || status == 408);
    return status == 200;
}

static void print_line(int32_t level, const char *stage, const char *message, void *user_data) {
    (void)user_data;
    fprintf(stderr, "[%d] %s: %s\n", (int)level, stage, message);
}

/* With COGNITO_TEST_LOG in the environment all that the library logs is printed, unless the test
 * has a log callback of its own, which it sets later. */
__attribute__((constructor)) static void log_if_asked(void) {
    if (getenv("COGNITO_TEST_LOG") != NULL) {
        REQUIRE(cognito_log_set(COGNITO_LOG_LEVEL_TRACE, print_line, NULL) == COGNITO_STATUS_OK);
    }
}

cognito_config *local_aws_config(void) {
    static int made;
    char client_id[64];
    snprintf(client_id, sizeof client_id, "test-%d-%d", (int)getpid(), made++);
    cognito_config *config = NULL;
    REQUIRE(cognito_config_new(&config) == COGNITO_STATUS_OK &&
            cognito_config_set_endpoint(config, local_aws("HOST")) == COGNITO_STATUS_OK &&
            cognito_config_set_port(config, local_aws_port("IOT_PORT")) == COGNITO_STATUS_OK &&
            cognito_config_set_signing_region(config, local_aws("REGION")) == COGNITO_STATUS_OK &&
            cognito_config_set_identity(config, local_aws("IDENTITY")) == COGNITO_STATUS_OK &&
            cognito_config_set_cognito_endpoint(config, local_aws("COGNITO_ENDPOINT")) ==
                COGNITO_STATUS_OK &&
            cognito_config_set_ca_file(config, local_aws("CA_FILE")) == COGNITO_STATUS_OK &&
            cognito_config_set_client_id(config, client_id) == COGNITO_STATUS_OK &&
            /* Most tests are about one connection: its end is told and not mended. */
            cognito_config_set_reconnect_ms(config, 0, 0) == COGNITO_STATUS_OK);
    return config;
}

void local_aws_through_proxy(cognito_config *config) {
    REQUIRE(cognito_config_set_proxy(config, "localhost", local_aws_port("PROXY_PORT")) ==
            COGNITO_STATUS_OK);
}

cognito_client *local_aws_client(void) {
    REQUIRE(way == &the_client);
    return local_aws_handle();
}

void *local_aws_handle(void) {
    cognito_config *config = local_aws_config();
    void *handle = NULL;
    REQUIRE(way->make(config, NULL, &handle) == COGNITO_STATUS_OK);
    cognito_config_free(config);
    return handle;
}

void *local_aws_handle_and_provider(const cognito_config *config, cognito_provider **provider) {
    void *handle = NULL;
    REQUIRE(cognito_provider_new(config, provider) == COGNITO_STATUS_OK);
    REQUIRE(way->make(config, *provider, &handle) == COGNITO_STATUS_OK);
    return handle;
}

int32_t load_nothing(const char *pool, cognito_identity_sink *sink, void *unused) {
    (void)pool;
    (void)sink;
    (void)unused;
    return COGNITO_STATUS_OK;
}
int32_t save_nothing(const char *pool, const char *identity, void *unused) {
    (void)pool;
    (void)identity;
    (void)unused;
    return COGNITO_STATUS_OK;
}
int32_t log_in(cognito_login_sink *sink, void *unused) {
    (void)unused;
    return cognito_login_sink_set(sink, "accounts.example.com", "token");
}
