/* A soak: a publisher and a subscriber with QoS 1 and persistent sessions go on while faults strike
 * both again and again, of all kinds in a random order. Each fault is survived: it has struck, soon
 * after it both are connected again, and a message that was sent after it is acknowledged and
 * delivered. At the end all that was acknowledged has been delivered, and memory, descriptors and
 * threads are what they were. Prints samples for the plot of tests/reliability/soak.
 * Arguments: seconds, seconds between two faults, and the seed (0: a new one). */

#define _POSIX_C_SOURCE 200809L

#include "inbox.h"
#include "proc.h"
#include "transports.h"

#include <time.h>

/* Beside drops: faults of the connections that are open, and those of the next ones. */
static const struct kind {
    const char *name, *drop, *network, *next;
    bool lasts; /* until it is lifted */
} kinds[] = {
    {"RST", "rst", NULL, NULL, false},
    {"FIN", "fin", NULL, NULL, false},
    {"Close frame", "close", NULL, NULL, false},
    {"silence", "stall", NULL, NULL, false},
    {"RST inside of a record", NULL, "rst@sent:9", NULL, false},
    {"RST inside of a record of the client", NULL, "rst@received:9", NULL, false},
    {"FIN inside of a record", NULL, "fin@sent:9", NULL, false},
    {"silence inside of a record", NULL, "silence@sent:9", NULL, false},
    {"a flipped byte", NULL, "flip@sent:9", NULL, false},
    {"a flipped byte of the client", NULL, "flip@received:9", NULL, false},
    {"slices of 1 byte", NULL, "slices@sent", NULL, true},
    {"200 ms of delay", NULL, "delay:200@sent", NULL, true},
    {"1 kB/s", NULL, "rate:1000@sent", NULL, true},
    {"RST, and RST of the next TCP", "rst", NULL, "iot.accept=reset*3", false},
    {"RST, and silence of the next TCP", "rst", NULL, "iot.accept=stall*2", false},
    {"FIN, and RST in the next handshake", "fin", NULL, "iot.network=rst@tls:100*2", false},
    {"FIN, and a flipped byte in the next handshake", "fin", NULL, "iot.network=flip@tls:60*2",
     false},
    {"RST, and a slow network afterwards", "rst", NULL, "iot.network=rate:1000@sent*2", true},
    {"RST, and 503 in place of the upgrade", "rst", NULL, "iot.upgrade=status:503*2", false},
    {"RST, and no answer to the upgrade", "rst", NULL, "iot.upgrade=stall*1", false},
    {"FIN, and no answer to CONNECT", "fin", NULL, "iot.connect=stall*1", false},
    {"FIN, and half a CONNACK", "fin", NULL, "iot.connack=reset-mid*2", false},
};
enum { KINDS = sizeof kinds / sizeof kinds[0], MESSAGES_A_SECOND = 50, SAMPLES_MAX = 4096 };

struct sample {
    long heap_kib, resident_kib;
    int descriptors, threads;
};

static unsigned char *acknowledged, *delivered; /* how often, by number */
static int total, sent, acked, distinct, again, lost;
static double begin_ms;

/* What is written to for the first time in the course of the soak would look like a leak. */
static unsigned char *record_of_messages(void) {
    unsigned char *record = calloc((size_t)total, 1);
    REQUIRE(record != NULL);
    for (int i = 0; i < total; i += 512) {
        *(volatile unsigned char *)(record + i) = 0;
    }
    return record;
}

static void on_message(cognito_client *client, const cognito_message *message, void *user_data) {
    (void)client;
    (void)user_data;
    int index = message_number(message);
    REQUIRE(index >= 0 && index < sent);
    distinct += delivered[index] == 0;
    again += delivered[index] != 0;
    delivered[index] = 1;
}

static void on_event(cognito_client *client, const cognito_event *event, void *user_data) {
    (void)client;
    (void)user_data;
    lost += event->kind == COGNITO_EVENT_KIND_DISCONNECTED;
}

static void on_completion(cognito_client *client, const cognito_completion *completion,
                          void *user_data) {
    (void)client;
    CHECK_STATUS(COGNITO_STATUS_OK, completion->status);
    acked++;
    *(unsigned char *)user_data = 1;
}

static cognito_client *lasting(void) {
    cognito_config *config = local_aws_config();
    cognito_client *client = NULL;
    REQUIRE(cognito_config_set_clean_session(config, false) == COGNITO_STATUS_OK &&
            cognito_config_set_reconnect_ms(config, 100, 1000) == COGNITO_STATUS_OK &&
            cognito_config_set_connect_timeout_ms(config, (uint32_t)allowed_ms(10000)) ==
                COGNITO_STATUS_OK &&
            cognito_config_set_keep_alive_s(config, 2) == COGNITO_STATUS_OK &&
            cognito_config_set_ping_timeout_ms(config, 2000) == COGNITO_STATUS_OK &&
            /* What waits takes as much memory in a short outage as in a long one. */
            cognito_config_set_queue_max(config, 256, 1000000) == COGNITO_STATUS_OK &&
            cognito_client_new(config, NULL, on_event, NULL, &client) == COGNITO_STATUS_OK);
    cognito_config_free(config);
    return client;
}

static double seconds(void) { return (now_ms() - begin_ms) / 1000; }

static struct sample sample(const char *what) {
    struct sample now = {proc_heap_kib(), proc_status(0, "VmRSS"), proc_count(0, "fd"),
                         proc_count(0, "task")};
    printf("%s\t%.1f\t%ld\t%ld\t%d\t%d\t%d\t%d\t%d\n", what, seconds(), now.heap_kib,
           now.resident_kib, now.descriptors, now.threads, sent, acked, distinct);
    fflush(stdout);
    return now;
}

static void strike(const struct kind *kind) {
    char query[128];
    if (kind->next != NULL) {
        local_aws_fault(kind->next);
    }
    if (kind->network != NULL) {
        snprintf(query, sizeof query, "service=iot&fault=%s", kind->network);
        local_aws_network(query);
    }
    if (kind->drop != NULL) {
        snprintf(query, sizeof query, "service=iot&how=%s", kind->drop);
        local_aws_drop(query);
    }
}

static void work(cognito_client *sender, cognito_client *receiver) {
    double due = seconds() * MESSAGES_A_SECOND;
    while (sent < due && sent < total) {
        char payload[64];
        int length = snprintf(payload, sizeof payload, "%-40d", sent);
        cognito_status status =
            cognito_client_publish(sender, "soak", payload, (size_t)length, 1, false, NULL, 0,
                                   on_completion, &acknowledged[sent]);
        if (status == COGNITO_STATUS_QUEUE_FULL) {
            break;
        }
        REQUIRE(status == COGNITO_STATUS_OK);
        sent++;
    }
    REQUIRE(cognito_client_process(sender, 2) == COGNITO_STATUS_OK);
    REQUIRE(cognito_client_process(receiver, 2) == COGNITO_STATUS_OK);
}

static long network_faults(void) { return local_aws_counter("iot_network_faults"); }

/* One that is to end both sessions has ended them, and others are in the way of both. */
static bool has_struck(const struct kind *kind, int lost_before, long faults_before) {
    bool ends = kind->drop != NULL || !kind->lasts;
    return ends ? lost >= lost_before + 2 : network_faults() >= faults_before + 2;
}

/* The next kind: all of them come, in an order that is new each time, before one comes again. */
static const struct kind *next_kind(uint64_t *seed) {
    static int order[KINDS], left;
    if (left == 0) {
        for (; left < KINDS; left++) {
            order[left] = left;
        }
    }
    uint32_t at = random_below(seed, (uint32_t)left--);
    int kind = order[at];
    order[at] = order[left];
    return &kinds[kind];
}

/* A fault, from its beginning until it is survived, or not. */
static bool survives(const struct kind *kind, double lasts_ms, cognito_client *sender,
                     cognito_client *receiver) {
    double began = now_ms();
    int lost_before = lost;
    long faults_before = network_faults();
    strike(kind);
    while (kind->lasts && now_ms() - began < lasts_ms) {
        work(sender, receiver);
    }
    if (kind->lasts) {
        local_aws_fault("iot.network=");
        local_aws_network("service=iot&fault=off");
    }
    double lifted = now_ms(), deadline = lifted + allowed_ms(20000);
    int first = sent; /* what is sent from here on was sent after the fault */
    bool is_survived = false;
    while (!is_survived && now_ms() < deadline) {
        work(sender, receiver);
        is_survived = has_struck(kind, lost_before, faults_before) &&
                      cognito_client_is_connected(sender) &&
                      cognito_client_is_connected(receiver) && sent > first &&
                      acknowledged[first] && delivered[first];
    }
    printf("fault\t%.1f\t%s\t%.0f ms\t%s\n", seconds(), kind->name, now_ms() - lifted,
           is_survived ? "survived" : "NOT SURVIVED");
    return is_survived;
}

/* Whether the last quarter took no more than the first. */
static void check_flat(const struct sample *quiet, int count) {
    struct sample begin = {0}, end = {0};
    for (int i = 0; i < count; i++) {
        struct sample *most = i < (count + 3) / 4 ? &begin : &end;
        if (i < (count + 3) / 4 || i >= count - (count + 3) / 4) {
            most->heap_kib =
                quiet[i].heap_kib > most->heap_kib ? quiet[i].heap_kib : most->heap_kib;
            most->resident_kib = quiet[i].resident_kib > most->resident_kib ? quiet[i].resident_kib
                                                                            : most->resident_kib;
        }
        CHECK_INT(quiet[0].descriptors, quiet[i].descriptors);
        CHECK_INT(quiet[0].threads, quiet[i].threads);
    }
    printf("heap %ld KiB at first and %ld at last, resident %ld and %ld\n", begin.heap_kib,
           end.heap_kib, begin.resident_kib, end.resident_kib);
    CHECK(count >= 4);
    CHECK(end.heap_kib < begin.heap_kib + 64);
    CHECK(end.resident_kib < begin.resident_kib + 1024);
}

int main(int argc, char **argv) {
    REQUIRE(argc == 4);
    static struct sample quiet[SAMPLES_MAX];
    double run_ms = atof(argv[1]) * 1000, between_ms = atof(argv[2]) * 1000;
    uint64_t seed = strtoull(argv[3], NULL, 10);
    seed = seed != 0 ? seed : (uint64_t)time(NULL);
    printf("seed %llu\n", (unsigned long long)seed);
    total = (int)((run_ms / 1000 + 120) * MESSAGES_A_SECOND);
    acknowledged = record_of_messages();
    delivered = record_of_messages();
    cognito_client *sender = lasting(), *receiver = lasting();
    REQUIRE(cognito_client_subscribe(receiver, "soak", 1, on_message, NULL, 0, NULL, NULL) ==
            COGNITO_STATUS_OK);
    REQUIRE(cognito_client_connect(receiver, COGNITO_WAIT_FOREVER) == COGNITO_STATUS_OK);
    REQUIRE(local_aws_wait("subscribes=1"));
    REQUIRE(cognito_client_connect(sender, COGNITO_WAIT_FOREVER) == COGNITO_STATUS_OK);

    begin_ms = now_ms();
    double next_fault = between_ms / 2, next_sample = 0;
    int faults = 0, survived = 0, quiet_count = 0;
    bool is_to_be_quiet = false;
    while (seconds() * 1000 < run_ms) {
        work(sender, receiver);
        if (is_to_be_quiet && acked == sent && distinct == sent && quiet_count < SAMPLES_MAX) {
            quiet[quiet_count++] = sample("quiet");
            is_to_be_quiet = false;
        }
        if (seconds() * 1000 >= next_sample) {
            sample("sample");
            next_sample += run_ms / 720;
        }
        /* The last fault leaves time to come back. */
        if (seconds() * 1000 >= next_fault && next_fault < run_ms - between_ms / 2) {
            faults++;
            survived += survives(next_kind(&seed), between_ms / 4, sender, receiver);
            next_fault += between_ms;
            is_to_be_quiet = true;
        }
    }
    double deadline = now_ms() + allowed_ms(60000);
    total = sent;
    while ((acked < sent || distinct < sent) && now_ms() < deadline) {
        work(sender, receiver);
    }
    sample("end");
    CHECK_INT(sent, acked);
    CHECK_INT(sent, distinct);
    check_flat(quiet, quiet_count);
    CHECK(faults > 0);
    CHECK_INT(faults, survived);
    CHECK_INT(0, local_aws_counter("publishes_again_other_id"));
    printf("seed %s: %d sent, %d acknowledged, %d delivered, %d more than once; %d sessions lost\n",
           argv[3], sent, acked, distinct, again, lost);
    printf("%d of %d, with %d messages acknowledged and %d of them delivered\n",
           check_result() == 0 ? survived : 0, faults, acked, distinct);
    cognito_client_free(sender);
    cognito_client_free(receiver);
    free(acknowledged);
    free(delivered);
    return check_result();
}
