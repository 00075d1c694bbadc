/* A timer signal every millisecond whose handler has no SA_RESTART, so that every system call that
 * waits is interrupted: connect, publish, receive and close succeed all the same. */

#define _XOPEN_SOURCE 700

#include "inbox.h"
#include "transports.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/time.h>

enum { ROUNDS = 5 };

static volatile sig_atomic_t signals;

static void on_alarm(int number) {
    (void)number;
    signals++;
}

static void storm(bool is_on) {
    const struct itimerval every = {{0, is_on ? 1000 : 0}, {0, is_on ? 1000 : 0}};
    REQUIRE(setitimer(ITIMER_REAL, &every, NULL) == 0);
}

/* The helpers of the tests are not written for it. */
#define IN_THE_STORM(call)                                                                         \
    do {                                                                                           \
        storm(true);                                                                               \
        cognito_status storm_status = (call);                                                      \
        storm(false);                                                                              \
        CHECK_STATUS(COGNITO_STATUS_OK, storm_status);                                             \
    } while (0)

static void client_goes_on(void) {
    struct inbox inbox = {0};
    cognito_client *client = inbox_client(local_aws_config(), &inbox);
    char payload[20000];
    memset(payload, 'x', sizeof payload);
    IN_THE_STORM(cognito_client_connect(client, COGNITO_WAIT_FOREVER));
    IN_THE_STORM(cognito_client_subscribe(client, "test", 1, inbox_message, &inbox,
                                          COGNITO_WAIT_FOREVER, NULL, NULL));
    for (int i = 0; i < 20; i++) {
        IN_THE_STORM(cognito_client_publish(client, "test", payload, sizeof payload, 1, false, NULL,
                                            COGNITO_WAIT_FOREVER, NULL, NULL));
        IN_THE_STORM(cognito_client_process(client, 5));
    }
    storm(true);
    CHECK(inbox_wait(client, &inbox.messages, 20));
    storm(false);
    CHECK_INT(20, inbox.messages);
    CHECK_INT(sizeof payload, inbox.payload_len);
    IN_THE_STORM(cognito_client_disconnect(client, COGNITO_WAIT_FOREVER));
    /* On the thread that it starts, which has them blocked. */
    IN_THE_STORM(cognito_client_connect(client, COGNITO_WAIT_FOREVER));
    IN_THE_STORM(cognito_client_start(client));
    IN_THE_STORM(cognito_client_publish(client, "test", payload, sizeof payload, 1, false, NULL,
                                        COGNITO_WAIT_FOREVER, NULL, NULL));
    IN_THE_STORM(cognito_client_stop(client));
    storm(true);
    cognito_client_free(client);
    storm(false);
}

static void transport_goes_on(void) {
    cognito_transport *transport = local_aws_transport();
    uint8_t packet[MQTT_OVERHEAD + 20000] = {0}, byte;
    IN_THE_STORM(cognito_transport_open(transport, COGNITO_WAIT_FOREVER));
    storm(true);
    transport_write(transport, packet, mqtt_connect(packet, "test-storm"));
    int32_t got = 0;
    double deadline = now_ms() + allowed_ms(10000);
    for (int received = 0; received < 4 && got >= 0 && now_ms() < deadline; received += got) {
        got = cognito_transport_recv(transport, &byte, 1);
    }
    CHECK_INT(1, got);
    for (int i = 0; i < 20; i++) {
        size_t len = mqtt_publish(packet, "test", NULL, 20000);
        transport_write(transport, packet, len);
    }
    storm(false);
    IN_THE_STORM(cognito_transport_close(transport, COGNITO_WAIT_FOREVER));
    storm(true);
    cognito_transport_free(transport);
    storm(false);
}

static void provider_goes_on(void) {
    cognito_config *config = local_aws_config();
    cognito_provider *provider = NULL;
    cognito_credentials *credentials = NULL;
    cognito_signed_url *url = NULL;
    REQUIRE(cognito_provider_new(config, &provider) == COGNITO_STATUS_OK);
    IN_THE_STORM(cognito_provider_fetch(provider, COGNITO_WAIT_FOREVER, &credentials));
    IN_THE_STORM(cognito_provider_sign(provider, 0, COGNITO_WAIT_FOREVER, &url));
    cognito_credentials_free(credentials);
    cognito_signed_url_free(url);
    cognito_provider_free(provider);
    cognito_config_free(config);
}

int main(void) {
    struct sigaction action = {.sa_handler = on_alarm};
    REQUIRE(sigaction(SIGALRM, &action, NULL) == 0);
    /* That a call is interrupted, and not begun again by the system. */
    storm(true);
    CHECK(poll(NULL, 0, 10000) == -1 && errno == EINTR);
    storm(false);
    int passed = 0;
    static void (*const parts[])(void) = {client_goes_on, transport_goes_on, provider_goes_on};
    for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < 3; i++) {
            int before = check_failures();
            parts[i]();
            passed += check_failures() == before;
        }
    }
    CHECK(signals > 100);
    fprintf(stderr, "%ld signals\n", (long)signals);
    printf("%d of %d\n", passed, 3 * ROUNDS);
    return check_result();
}
