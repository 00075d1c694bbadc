/* What an open transport that is idle takes: memory is printed and bounded generously; descriptors
 * and threads are counted. */

#include "proc.h"
#include "transports.h"

#include <malloc.h>

enum { TRANSPORTS = 50, HEAP_KIB = 64 };

static cognito_transport *transports[TRANSPORTS];
static int own_threads;

struct taken {
    double heap_kib, resident_kib;
    long descriptors;
};

static struct taken taken(void) {
    struct mallinfo2 heap = mallinfo2();
    return (struct taken){(double)(heap.uordblks + heap.hblkhd) / 1024,
                          (double)proc_status(0, "VmRSS"), proc_count(0, "fd")};
}

/* Prints what each transport has taken more since then; gives the heap's part in KiB. */
static double more(const char *what, struct taken before, long descriptors) {
    struct taken now = taken();
    double heap_kib = (now.heap_kib - before.heap_kib) / TRANSPORTS;
    double resident_kib = (now.resident_kib - before.resident_kib) / TRANSPORTS;
    printf("%-28s %6.1f KiB of heap, %6.1f KiB resident, %.1f descriptors each\n", what, heap_kib,
           resident_kib, (double)(now.descriptors - before.descriptors) / TRANSPORTS);
    check_row = what;
    CHECK_INT(descriptors * TRANSPORTS, now.descriptors - before.descriptors);
    return heap_kib;
}

int main(void) {
    cognito_config *config = local_aws_config();
    cognito_provider *provider = NULL;
    own_threads = proc_own_threads();
    REQUIRE(cognito_provider_new(config, &provider) == COGNITO_STATUS_OK);
    /* What the first one makes for all: trusted roots, tables, memory of the allocator. */
    cognito_transport *first = NULL;
    REQUIRE(cognito_transport_new(config, provider, &first) == COGNITO_STATUS_OK);
    REQUIRE(cognito_transport_open(first, COGNITO_WAIT_FOREVER) == COGNITO_STATUS_OK);
    CHECK(proc_threads_fall_to(own_threads));

    struct taken begin = taken();
    for (int i = 0; i < TRANSPORTS; i++) {
        REQUIRE(cognito_transport_new(config, provider, &transports[i]) == COGNITO_STATUS_OK);
    }
    more("made", begin, 0);
    for (int i = 0; i < TRANSPORTS; i++) {
        REQUIRE(cognito_transport_open(transports[i], COGNITO_WAIT_FOREVER) == COGNITO_STATUS_OK);
    }
    CHECK(proc_threads_fall_to(own_threads));
    CHECK(more("open", begin, 2) < HEAP_KIB);
    for (int i = 0; i < TRANSPORTS; i++) {
        CHECK(!transport_wakes(transports[i], 0));
    }
    CHECK(more("with a descriptor to wait on", begin, 4) < HEAP_KIB);
    /* And after some work. */
    for (int i = 0; i < TRANSPORTS; i++) {
        uint8_t packet[MQTT_OVERHEAD], connack[sizeof mqtt_connack];
        char client_id[32];
        snprintf(client_id, sizeof client_id, "test-idle-%d", i);
        transport_write(transports[i], packet, mqtt_connect(packet, client_id));
        transport_read(transports[i], connack, sizeof connack);
    }
    CHECK(more("connected by MQTT", begin, 4) < HEAP_KIB);
    for (int i = 0; i < TRANSPORTS; i++) {
        CHECK_STATUS(COGNITO_STATUS_OK,
                     cognito_transport_close(transports[i], COGNITO_WAIT_FOREVER));
    }
    more("closed", begin, 3);
    for (int i = 0; i < TRANSPORTS; i++) {
        cognito_transport_free(transports[i]);
    }
    CHECK(more("free", begin, 0) < 1);
    cognito_transport_free(first);
    cognito_provider_free(provider);
    cognito_config_free(config);
    return check_result();
}
