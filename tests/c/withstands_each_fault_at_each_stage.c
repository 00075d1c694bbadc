/* Every fault of the network at every stage of a session. Withstood is: a connect that cannot
 * succeed names its error and its stage before its time is up, and the next one succeeds; an open
 * session is connected again; no acknowledged message is lost; threads, descriptors and the heap
 * are what they were. What cannot happen is listed with the reason, and counted apart.
 *
 * It runs in with_own_name_server.sh. Argument: quick (one fault at each stage) or all. */

#include "black_hole.h"
#include "faulty_dns.h"
#include "inbox.h"
#include "late_listener.h"
#include "proc.h"

#define NAME "faults.example" /* that only the name server knows */

enum column { RST, FIN, BLACKHOLE, SLICES, DELAY, RATE, FLIPPED, COLUMNS };
static const struct {
    const char *name, *fault;
    bool is_slow; /* and the connection goes on */
} columns[COLUMNS] = {{"RST", "rst", false},           {"FIN", "fin", false},
                      {"blackhole", "silence", false}, {"1-byte slices", "slices", true},
                      {"200 ms", "delay:200", true},   {"1 kB/s", "rate:1000", true},
                      {"flipped byte", "flip", false}};

enum moment { OF_DNS, OF_TCP, CONNECTING, SUBSCRIBING, PUBLISHING, RESTING, DISCONNECTING };
static const struct row {
    const char *name;
    cognito_stage stage;
    enum moment moment;
    const char *service, *place;
    int flipped; /* the byte that is flipped, from the place on */
    enum column quick;
} rows[] = {
    {"DNS", COGNITO_STAGE_DNS, OF_DNS, NULL, NULL, 0, FIN},
    {"TCP", COGNITO_STAGE_TCP, OF_TCP, "iot", NULL, 0, RST},
    /* Behind the ServerHello, where everything is encrypted. */
    {"TLS", COGNITO_STAGE_TLS, CONNECTING, "iot", "tls", 200, FLIPPED},
    {"Cognito", COGNITO_STAGE_COGNITO, CONNECTING, "cognito", "answer", 9, RST},
    {"upgrade", COGNITO_STAGE_UPGRADE, CONNECTING, "iot", "answer", 9, FIN},
    {"CONNECT", COGNITO_STAGE_CONNACK, CONNECTING, "iot", "connect", 9, RST},
    {"CONNACK", COGNITO_STAGE_CONNACK, CONNECTING, "iot", "connack", 9, SLICES},
    {"SUBACK", COGNITO_STAGE_SESSION, SUBSCRIBING, "iot", "sent", 9, FLIPPED},
    {"PUBLISH", COGNITO_STAGE_SESSION, PUBLISHING, "iot", "received", 9, RST},
    {"PUBACK", COGNITO_STAGE_SESSION, PUBLISHING, "iot", "sent", 9, BLACKHOLE},
    {"idle", COGNITO_STAGE_SESSION, RESTING, "iot", "sent", 9, BLACKHOLE},
    {"DISCONNECT", COGNITO_STAGE_DISCONNECT, DISCONNECTING, "iot", "received", 9, BLACKHOLE},
};
enum { ROWS = sizeof rows / sizeof rows[0], MESSAGES_MAX = 2 * ROWS * COLUMNS + 2 };

static const char *not_applicable(enum moment moment, enum column column) {
    if (moment != OF_TCP) {
        return NULL;
    }
    switch (column) {
    case SLICES:
    case RATE:
        return "the segments that open a connection carry no bytes to be cut or paced";
    case FLIPPED:
        return "the kernel drops a segment with a wrong checksum: the blackhole's case";
    default:
        return NULL;
    }
}

/* What a connect may end with, beside success where a second try is made. */
static bool is_named(const struct row *row, enum column column, cognito_status status) {
    switch (column) {
    case BLACKHOLE:
        return status == COGNITO_STATUS_TIMED_OUT;
    case RST:
    case FIN:
        return status == (row->moment == OF_DNS ? COGNITO_STATUS_DNS_FAILED
                          : row->stage == COGNITO_STAGE_CONNACK
                              ? COGNITO_STATUS_CLOSED_BEFORE_CONNACK
                              : COGNITO_STATUS_CONNECTION_LOST) ||
               (row->moment == OF_TCP && status == COGNITO_STATUS_TCP_FAILED);
    case FLIPPED:
        return row->moment == OF_DNS ? status == COGNITO_STATUS_DNS_FAILED
                                     : status == COGNITO_STATUS_TLS_FAILED ||
                                           status == COGNITO_STATUS_CONNECTION_LOST;
    default:
        return false;
    }
}

static unsigned char delivered[MESSAGES_MAX], received[MESSAGES_MAX]; /* from, and by the client */
static int sent;
static cognito_client *watcher; /* with a thread of its own */

static void on_message(cognito_client *client, const cognito_message *message, void *user_data) {
    (void)client;
    (void)user_data;
    int index = message_number(message);
    REQUIRE(index >= 0 && index < MESSAGES_MAX);
    __atomic_store_n(&delivered[index], 1, __ATOMIC_SEQ_CST);
}

static void on_message_in(cognito_client *client, const cognito_message *message, void *user_data) {
    (void)client;
    (void)user_data;
    int index = message_number(message);
    REQUIRE(index >= 0 && index < MESSAGES_MAX);
    received[index] = 1;
}

static cognito_config *reconnecting(bool is_slow) {
    cognito_config *config = local_aws_config();
    uint32_t timeout_ms = (uint32_t)allowed_ms(is_slow ? 30000 : 2000);
    REQUIRE(cognito_config_set_clean_session(config, false) == COGNITO_STATUS_OK &&
            cognito_config_set_reconnect_ms(config, 10, 100) == COGNITO_STATUS_OK &&
            cognito_config_set_connect_timeout_ms(config, timeout_ms) == COGNITO_STATUS_OK &&
            cognito_config_set_keep_alive_s(config, 1) == COGNITO_STATUS_OK &&
            cognito_config_set_ping_timeout_ms(config, 2000) == COGNITO_STATUS_OK);
    return config;
}

static void strike(const struct row *row, enum column column, enum moment moment) {
    char fault[128];
    if (row->moment != moment) {
        return;
    }
    snprintf(fault, sizeof fault,
             moment == CONNECTING ? "%s.network=%s@%s:%d*1" : "newest=1&service=%s&fault=%s@%s:%d",
             row->service, columns[column].fault, row->place, column == FLIPPED ? row->flipped : 0);
    (moment == CONNECTING ? local_aws_fault : local_aws_network)(fault);
}

/* A message each way. */
static void converse(cognito_client *client) {
    char number[16];
    int length = snprintf(number, sizeof number, "%d", sent);
    CHECK_STATUS(COGNITO_STATUS_OK,
                 cognito_client_publish(client, "matrix/out", number, (size_t)length, 1, false,
                                        NULL, (int32_t)allowed_ms(15000), NULL, NULL));
    /* It is acknowledged, and so it must arrive. */
    double deadline = now_ms() + allowed_ms(10000);
    while (!__atomic_load_n(&delivered[sent], __ATOMIC_SEQ_CST) && now_ms() < deadline &&
           cognito_client_process(client, 5) == COGNITO_STATUS_OK) {
    }
    CHECK(delivered[sent]);
    CHECK_STATUS(COGNITO_STATUS_OK,
                 cognito_client_publish(watcher, "matrix/in", number, (size_t)length, 1, false,
                                        NULL, (int32_t)allowed_ms(15000), NULL, NULL));
    deadline = now_ms() + allowed_ms(10000);
    while (!received[sent] && now_ms() < deadline &&
           cognito_client_process(client, 5) == COGNITO_STATUS_OK) {
    }
    CHECK(received[sent]);
    sent++;
}

/* Connects, at the second time if the fault lets the first one fail; says how it went. */
static void connect_in_spite(cognito_client *client, const struct row *row, enum column column) {
    double began = now_ms();
    cognito_status status = cognito_client_connect(client, COGNITO_WAIT_FOREVER);
    double took = now_ms() - began;
    if (status == COGNITO_STATUS_OK) {
        printf("connected after %.0f ms", took);
        /* Cognito is asked again, and so is the name server. */
        CHECK(row->moment > CONNECTING || columns[column].is_slow ||
              row->stage == COGNITO_STAGE_COGNITO || (row->moment == OF_DNS && column == FLIPPED));
        return;
    }
    cognito_failure *failure = NULL;
    REQUIRE(cognito_client_failure(client, &failure) == COGNITO_STATUS_OK);
    cognito_stage stage = cognito_failure_stage(failure);
    printf("%s after %.0f ms: %s", cognito_status_name(status) + strlen("COGNITO_STATUS_"), took,
           cognito_failure_message(failure));
    if (!is_named(row, column, status) || cognito_failure_message(failure)[0] == '\0') {
        check_failed(__FILE__, __LINE__, "%s", cognito_last_error());
    }
    /* A TCP that ends at once may be seen by the one who speaks first over it. */
    CHECK(stage == row->stage || (row->moment == OF_TCP && stage == COGNITO_STAGE_TLS));
    CHECK(took < allowed_ms(2000) + allowed_ms(500));
    cognito_failure_free(failure);
}

static struct inbox events;

/* One session, from new to free. */
static void session(const struct row *row, enum column column) {
    struct black_hole hole;
    struct late_listener late = {0};
    static const enum dns_fault of_dns[COLUMNS] = {DNS_REFUSED, DNS_FIN,  DNS_SILENT, DNS_SLICES,
                                                   DNS_LATE,    DNS_SLOW, DNS_FLIPPED};
    bool is_hole = row->moment == OF_TCP && column == BLACKHOLE;
    bool is_late = row->moment == OF_TCP && column == DELAY;
    cognito_config *config = reconnecting(columns[column].is_slow);
    if (row->moment == OF_DNS) {
        dns_behave(of_dns[column]);
        REQUIRE(cognito_config_set_endpoint(config, NAME) == COGNITO_STATUS_OK);
    } else if (row->moment == OF_TCP && (column == RST || column == FIN)) {
        local_aws_fault(column == RST ? "iot.accept=reset*1" : "iot.accept=close*1");
    } else if (is_hole) {
        hole = black_hole_open(false, 0);
        REQUIRE(cognito_config_set_endpoint(config, "127.0.0.1") == COGNITO_STATUS_OK &&
                cognito_config_set_port(config, hole.port) == COGNITO_STATUS_OK);
    } else if (is_late) {
        late = late_listener_start((uint16_t)local_aws_port("IOT_PORT"));
        REQUIRE(cognito_config_set_endpoint(config, "127.0.0.1") == COGNITO_STATUS_OK &&
                cognito_config_set_port(config, late.port) == COGNITO_STATUS_OK);
    }
    memset(&events, 0, sizeof events);
    cognito_client *client = inbox_client(config, &events);
    strike(row, column, CONNECTING);
    connect_in_spite(client, row, column);
    if (row->moment == OF_DNS) {
        CHECK(column == RST || dns_questions() > 0);
        dns_behave(DNS_WELL);
    }
    if (is_hole) {
        /* Its port is another's from here on: the next one is a client of its own. */
        black_hole_close(&hole);
        cognito_client_free(client);
        memset(&events, 0, sizeof events);
        client = inbox_client(reconnecting(false), &events);
    }
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_connect(client, COGNITO_WAIT_FOREVER));
    double began = now_ms();
    strike(row, column, SUBSCRIBING);
    CHECK_STATUS(COGNITO_STATUS_OK,
                 cognito_client_subscribe(client, "matrix/in", 1, on_message_in, NULL,
                                          (int32_t)allowed_ms(15000), NULL, NULL));
    strike(row, column, PUBLISHING);
    converse(client);
    if (row->moment == RESTING) {
        int before = events.events;
        strike(row, column, RESTING);
        /* A PINGREQ is due, and its answer; or the session is lost, and back. */
        double until = now_ms() + allowed_ms(columns[column].is_slow ? 3000 : 10000);
        while (now_ms() < until && events.events < before + 3 &&
               cognito_client_process(client, 10) == COGNITO_STATUS_OK) {
        }
        CHECK_INT(columns[column].is_slow ? before : before + 3, events.events);
    }
    converse(client);
    for (int i = 0; i < events.events && i < INBOX_MAX; i++) {
        if (events.event[i].kind == COGNITO_EVENT_KIND_DISCONNECTED) {
            printf("; %s in the session, all done after %.0f ms",
                   cognito_status_name(events.event[i].status) + strlen("COGNITO_STATUS_"),
                   now_ms() - began);
            CHECK(!columns[column].is_slow && row->stage == COGNITO_STAGE_SESSION);
        }
    }
    strike(row, column, DISCONNECTING);
    began = now_ms();
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_disconnect(client, COGNITO_WAIT_FOREVER));
    CHECK(now_ms() - began < allowed_ms(5500));
    if (row->moment == DISCONNECTING) {
        printf("; disconnected after %.0f ms", now_ms() - began);
    }
    CHECK(!cognito_client_is_connected(client));
    inbox_check_events(&events);
    cognito_client_free(client);
    if (is_late) {
        late_listener_stop(&late);
    }
    if (row->place != NULL) {
        char counter[64];
        snprintf(counter, sizeof counter, "%s_network_faults", row->service);
        CHECK_INT(1, local_aws_counter(counter));
    }
}

int main(int argc, char **argv) {
    REQUIRE(argc == 2);
    bool is_quick = strcmp(argv[1], "quick") == 0;
    dns_start();
    static struct inbox seen;
    watcher = inbox_client(reconnecting(true), &seen);
    REQUIRE(cognito_client_start(watcher) == COGNITO_STATUS_OK &&
            cognito_client_connect(watcher, COGNITO_WAIT_FOREVER) == COGNITO_STATUS_OK &&
            cognito_client_subscribe(watcher, "matrix/out", 1, on_message, NULL,
                                     COGNITO_WAIT_FOREVER, NULL, NULL) == COGNITO_STATUS_OK);

    /* No fault: what the first session makes for all is made. */
    static const struct row none = {"none", COGNITO_STAGE_NONE, DISCONNECTING + 1, NULL, NULL, 0,
                                    SLICES};
    session(&none, SLICES);
    printf(" without a fault\n");
    int threads = proc_count(0, "task"), descriptors = proc_count(0, "fd");
    long heap_kib = proc_heap_kib();
    int cells = 0, withstood = 0, left_out = 0;
    for (size_t i = 0; i < ROWS; i++) {
        for (int column = 0; column < COLUMNS; column++) {
            const char *why = not_applicable(rows[i].moment, (enum column)column);
            if (is_quick && column != (int)rows[i].quick) {
                continue;
            }
            printf("%-10s x %-13s  ", rows[i].name, columns[column].name);
            if (why != NULL) {
                printf("not applicable: %s\n", why);
                left_out++;
                continue;
            }
            char cell[64];
            int before = check_failures();
            snprintf(cell, sizeof cell, "%s x %s", rows[i].name, columns[column].name);
            check_row = cell;
            local_aws_reset();
            session(&rows[i], (enum column)column);
            CHECK(proc_threads_fall_to(threads));
            CHECK_INT(descriptors, proc_count(0, "fd"));
            CHECK(proc_heap_kib() < heap_kib + 16);
            cells++;
            withstood += check_failures() == before;
            printf("; heap %+ld KiB%s\n", proc_heap_kib() - heap_kib,
                   check_failures() == before ? "" : "; NOT WITHSTOOD");
            fflush(stdout);
        }
    }
    check_row = "all";
    cognito_client_free(watcher);
    printf("%d messages acknowledged each way, and all of them delivered\n", sent);
    printf("%d of %d, %d not applicable\n", withstood, cells, left_out);
    return check_result();
}
