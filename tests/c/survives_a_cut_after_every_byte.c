/* A session whose connection is cut after each byte in turn, once by RST and once by FIN: a connect
 * that fails names its error before its time is up and the next one succeeds, an open session is
 * connected again, no acknowledged message is lost, and nothing is left behind.
 *
 * It ends with the first bytes that no session has any more: when 32 sessions in a row have ended
 * before their cut, because signatures and dates make their lengths differ by a few bytes.
 * Arguments: the service, the direction (sent is to the client), and the step: 1 is every byte. */

#include "inbox.h"
#include "proc.h"

enum { BEYOND = 32, BYTES_MAX = 20000 };

static unsigned char delivered[2 * BYTES_MAX];

static void on_message(cognito_client *client, const cognito_message *message, void *user_data) {
    (void)client;
    (void)user_data;
    int index = message_number(message);
    REQUIRE(index >= 0 && index < 2 * BYTES_MAX);
    delivered[index] = 1;
}

static cognito_config *lasting(void) {
    cognito_config *config = local_aws_config();
    /* One client id for all, so that the broker keeps one session. */
    REQUIRE(cognito_config_set_client_id(config, "test-cut") == COGNITO_STATUS_OK &&
            cognito_config_set_clean_session(config, false) == COGNITO_STATUS_OK &&
            cognito_config_set_reconnect_ms(config, 1, 10) == COGNITO_STATUS_OK &&
            cognito_config_set_cognito_tries(config, 1) == COGNITO_STATUS_OK &&
            cognito_config_set_connect_timeout_ms(config, (uint32_t)allowed_ms(5000)) ==
                COGNITO_STATUS_OK);
    return config;
}

/* What a connection that broke may be called; a timeout is not among it. */
static bool is_named(cognito_status status) {
    switch (status) {
    case COGNITO_STATUS_TCP_FAILED:
    case COGNITO_STATUS_CONNECTION_LOST:
    case COGNITO_STATUS_CLOSED_BEFORE_CONNACK:
        return true;
    default:
        return false;
    }
}

static int failed_connects, lost_sessions;

static void connect_fails_once_at_most(cognito_client *client) {
    cognito_status status = cognito_client_connect(client, COGNITO_WAIT_FOREVER);
    if (status == COGNITO_STATUS_OK) {
        return;
    }
    failed_connects++;
    cognito_failure *failure = NULL;
    REQUIRE(cognito_client_failure(client, &failure) == COGNITO_STATUS_OK);
    if (!is_named(status) || cognito_failure_stage(failure) < COGNITO_STAGE_TCP ||
        cognito_failure_stage(failure) > COGNITO_STAGE_CONNACK ||
        cognito_failure_message(failure)[0] == '\0') {
        check_failed(__FILE__, __LINE__, "%s", cognito_last_error());
    }
    cognito_failure_free(failure);
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_connect(client, COGNITO_WAIT_FOREVER));
}

/* A whole session: connect, SUBSCRIBE, PUBLISH, its delivery, DISCONNECT. */
static void session(const cognito_provider *provider, int number) {
    static struct inbox events;
    memset(&events, 0, sizeof events);
    cognito_config *config = lasting();
    cognito_client *client = NULL;
    REQUIRE(cognito_client_new(config, provider, inbox_event, &events, &client) ==
            COGNITO_STATUS_OK);
    cognito_config_free(config);
    connect_fails_once_at_most(client);
    CHECK_STATUS(COGNITO_STATUS_OK,
                 cognito_client_subscribe(client, "cut", 1, on_message, NULL,
                                          (int32_t)allowed_ms(10000), NULL, NULL));
    char payload[16];
    int length = snprintf(payload, sizeof payload, "%d", number);
    CHECK_STATUS(COGNITO_STATUS_OK,
                 cognito_client_publish(client, "cut", payload, (size_t)length, 1, false, NULL,
                                        (int32_t)allowed_ms(10000), NULL, NULL));
    double deadline = now_ms() + allowed_ms(10000);
    while (!delivered[number] && now_ms() < deadline &&
           cognito_client_process(client, 10) == COGNITO_STATUS_OK) {
    }
    CHECK(delivered[number]);
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_disconnect(client, COGNITO_WAIT_FOREVER));
    for (int i = 0; i < events.events && i < INBOX_MAX; i++) {
        lost_sessions += events.event[i].kind == COGNITO_EVENT_KIND_DISCONNECTED &&
                         events.event[i].status != COGNITO_STATUS_OK;
    }
    inbox_check_events(&events);
    cognito_client_free(client);
}

int main(int argc, char **argv) {
    REQUIRE(argc == 4);
    const char *service = argv[1], *direction = argv[2];
    int step = atoi(argv[3]), cuts = 0, withstood = 0, beyond = 0, last = 0;
    char text[96];
    cognito_config *config = lasting();
    cognito_provider *provider = NULL;
    if (strcmp(service, "iot") == 0) {
        /* Its credentials last for all sessions. */
        REQUIRE(cognito_provider_new(config, &provider) == COGNITO_STATUS_OK);
    }
    cognito_config_free(config);

    session(provider, 0); /* Not cut: what the first one makes for all is made. */
    snprintf(text, sizeof text, "%s_open_connections_at_most=0", service);
    REQUIRE(local_aws_wait(text));
    snprintf(text, sizeof text, "%s_bytes_%s", service, direction);
    printf("a session that is not cut has %ld bytes %s\n", local_aws_counter(text), direction);
    int threads = proc_count(0, "task"), descriptors = proc_count(0, "fd");
    long heap_kib = proc_heap_kib();

    for (int session_number = 1, bytes = 1; beyond < BEYOND; session_number++) {
        bool is_reset = session_number % 2 != 0;
        REQUIRE(bytes < BYTES_MAX);
        int before = check_failures();
        snprintf(text, sizeof text, "%s after byte %d", is_reset ? "RST" : "FIN", bytes);
        check_row = text;
        local_aws_reset();
        char fault[64];
        snprintf(fault, sizeof fault, "%s.network=%s@%s:%d*1", service, is_reset ? "rst" : "fin",
                 direction, bytes);
        local_aws_fault(fault);
        session(provider, session_number);
        CHECK(proc_threads_fall_to(threads));
        CHECK_INT(descriptors, proc_count(0, "fd"));
        snprintf(fault, sizeof fault, "%s_network_faults", service);
        bool is_cut = local_aws_counter(fault) != 0;
        beyond = is_cut ? 0 : beyond + (step == 1 ? 1 : BEYOND / 2);
        last = is_cut ? bytes : last;
        cuts += is_cut;
        withstood += is_cut && check_failures() == before;
        bytes += is_reset ? 0 : step;
    }
    check_row = "all";
    CHECK(cuts > 10);
    printf("heap in use: %ld KiB at first, %ld at last\n", heap_kib, proc_heap_kib());
    CHECK(proc_heap_kib() < heap_kib + 16);
    cognito_provider_free(provider);
    printf("the last byte %s is %d; %d connects failed, %d sessions were lost\n", direction, last,
           failed_connects, lost_sessions);
    printf("%d of %d\n", withstood, cuts);
    return check_result();
}
