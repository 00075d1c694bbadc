/* Everything that the library does, on threads with a stack of 64 KiB, and of 128 KiB: what does
 * not fit runs into the guard page, which kills. Argument: a program, which is run with as little.
 */

#define _XOPEN_SOURCE 700

#include "border.h"
#include "inbox.h"

#include <pthread.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static void *through_a_client(int32_t version) {
    static struct inbox inbox;
    memset(&inbox, 0, sizeof inbox);
    cognito_config *config = local_aws_config();
    cognito_properties *properties = NULL;
    if (version == COGNITO_MQTT_VERSION_V5) {
        REQUIRE(
            cognito_properties_new(&properties) == COGNITO_STATUS_OK &&
            cognito_properties_set_response_topic(properties, "test/answer") == COGNITO_STATUS_OK &&
            cognito_properties_add_user_property(properties, "name", "value") == COGNITO_STATUS_OK);
    }
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_config_set_mqtt_version(config, version));
    CHECK_STATUS(COGNITO_STATUS_OK,
                 cognito_config_set_will(config, "test/will", "x", 1, 1, false, properties));
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_config_set_reconnect_ms(config, 1, 10));
    cognito_client *client = inbox_client(config, &inbox);
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_connect(client, COGNITO_WAIT_FOREVER));
    CHECK_STATUS(COGNITO_STATUS_OK,
                 cognito_client_subscribe(client, "test/+", 1, inbox_message, &inbox,
                                          COGNITO_WAIT_FOREVER, NULL, NULL));
    CHECK_STATUS(COGNITO_STATUS_OK,
                 cognito_client_publish(client, "test/a", "x", 1, 1, false, properties,
                                        COGNITO_WAIT_FOREVER, NULL, NULL));
    CHECK_STATUS(COGNITO_STATUS_OK,
                 cognito_client_publish(client, "test/b", "x", 1, 0, false, properties, 0,
                                        inbox_completion, &inbox));
    CHECK(inbox_wait(client, &inbox.messages, 2) && inbox_wait(client, &inbox.completions, 1));
    local_aws_drop("service=iot&how=rst"); /* it connects again */
    CHECK(inbox_wait(client, &inbox.events, 5));
    CHECK(cognito_client_fd(client) >= 0 && cognito_client_next_timeout_ms(client) >= 0);
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_start(client));
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_stop(client));
    CHECK_STATUS(COGNITO_STATUS_OK,
                 cognito_client_unsubscribe(client, "test/+", COGNITO_WAIT_FOREVER, NULL, NULL));
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_disconnect(client, COGNITO_WAIT_FOREVER));
    cognito_client_free(client);
    cognito_properties_free(properties);
    return NULL;
}
static void *client_of_mqtt_3_1_1(void *unused) {
    (void)unused;
    return through_a_client(COGNITO_MQTT_VERSION_V3_1_1);
}
static void *client_of_mqtt_5(void *unused) {
    (void)unused;
    return through_a_client(COGNITO_MQTT_VERSION_V5);
}

static void *transport(void *unused) {
    uint8_t packet[MQTT_OVERHEAD], answer[5 + 1 + MQTT_OVERHEAD];
    cognito_transport *open = open_mqtt_transport();
    cognito_trace *trace = NULL;
    (void)unused;
    transport_write(open, packet, mqtt_subscribe(packet, "test"));
    transport_read(open, answer, 5);
    size_t len = mqtt_publish(packet, "test", "x", 1);
    struct iovec pieces[] = {{packet, 1}, {packet + 1, len - 1}};
    CHECK_INT(len, cognito_transport_writev(open, pieces, 2));
    transport_read(open, answer, len);
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_transport_trace(open, &trace));
    CHECK(cognito_trace_count(trace) > 0 && cognito_trace_peer(trace, 0)[0] != '\0');
    cognito_trace_free(trace);
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_transport_close(open, COGNITO_WAIT_FOREVER));
    cognito_transport_free(open);
    return NULL;
}

static void *provider(void *unused) {
    cognito_provider *made = provider_with_callbacks(load_nothing, save_nothing, log_in, NULL);
    cognito_credentials *credentials = NULL;
    cognito_signed_url *url = NULL;
    (void)unused;
    CHECK_STATUS(COGNITO_STATUS_OK,
                 cognito_provider_fetch(made, COGNITO_WAIT_FOREVER, &credentials));
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_provider_sign(made, 0, COGNITO_WAIT_FOREVER, &url));
    CHECK(cognito_signed_url_text(url)[0] != '\0');
    cognito_credentials_free(credentials);
    cognito_signed_url_free(url);
    cognito_provider_free(made);
    return NULL;
}

static void *through_the_proxy_with_the_systems_roots(void *unused) {
    cognito_config *config = local_aws_config();
    (void)unused;
    local_aws_through_proxy(config);
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_config_set_trust(config, COGNITO_TRUST_SYSTEM));
    CHECK_STATUS(COGNITO_STATUS_OK, attempt_connect(config).status);
    cognito_config_free(config);
    return NULL;
}

/* Everything with an argument that is wrong for each type is small: this is the way of failures. */
static void *failures(void *unused) {
    static const char *const faults[] = {"cognito.response=huge-body", "iot.certificate=untrusted",
                                         "iot.upgrade=refuse-late-body:1", "iot.connack=garbage"};
    (void)unused;
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        cognito_config *config = local_aws_config();
        local_aws_fault(faults[i]);
        CHECK(attempt_connect(config).status != COGNITO_STATUS_OK);
        cognito_config_free(config);
        local_aws_reset();
    }
    return NULL;
}

static const struct {
    const char *name;
    void *(*run)(void *);
} parts[] = {
    {"a client of MQTT 3.1.1", client_of_mqtt_3_1_1},
    {"a client of MQTT 5", client_of_mqtt_5},
    {"a transport", transport},
    {"a provider with callbacks", provider},
    {"through the proxy with the system's roots", through_the_proxy_with_the_systems_roots},
    {"failures", failures},
};

static void on_a_stack_of(size_t size, void *(*run)(void *)) {
    pthread_attr_t attributes;
    pthread_t thread;
    REQUIRE(
        pthread_attr_init(&attributes) == 0 && pthread_attr_setstacksize(&attributes, size) == 0 &&
        pthread_create(&thread, &attributes, run, NULL) == 0 && pthread_join(thread, NULL) == 0);
    pthread_attr_destroy(&attributes);
}

/* A program whose main thread has no more. */
static void run_with_a_stack_of(size_t size, const char *program) {
    int status = -1;
    pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        const struct rlimit limit = {size, size};
        char port[16];
        snprintf(port, sizeof port, "%u", (unsigned)local_aws_port("IOT_PORT"));
        if (setrlimit(RLIMIT_STACK, &limit) == 0) {
            execl(program, program, "--endpoint", local_aws("HOST"), "--port", port,
                  "--cognito_identity", local_aws("IDENTITY"), "--cognito_endpoint",
                  local_aws("COGNITO_ENDPOINT"), "--ca_file", local_aws("CA_FILE"), (char *)NULL);
        }
        _exit(126);
    }
    REQUIRE(waitpid(child, &status, 0) == child);
    CHECK_INT(0, status);
}

int main(int argc, char **argv) {
    static const size_t sizes[] = {64 * 1024, 128 * 1024};
    static char row[128];
    int passed = 0, tried = 0, not_applicable = 0;
    /* On 64-bit ARM the C library makes no thread with less than 128 KiB. */
    long least = sysconf(_SC_THREAD_STACK_MIN);
    for (int i = 0; i < 2; i++) {
        for (size_t k = 0; k <= sizeof parts / sizeof parts[0]; k++) {
            bool is_program = k == sizeof parts / sizeof parts[0];
            if (is_program && argc < 2) {
                continue;
            }
            if (!is_program && (long)sizes[i] < least) {
                not_applicable++;
                continue;
            }
            int before = check_failures();
            snprintf(row, sizeof row, "%s on %zu bytes", is_program ? argv[1] : parts[k].name,
                     sizes[i]);
            check_row = row;
            tried++;
            if (is_program) {
                run_with_a_stack_of(sizes[i], argv[1]);
            } else {
                on_a_stack_of(sizes[i], parts[k].run);
            }
            passed += check_failures() == before;
        }
    }
    check_row = "";
    printf("%d of %d, %d not applicable\n", passed, tried, not_applicable);
    return check_result();
}
