/* However many messages a server sends while a callback is slow, in whatever packets, they take no
 * more memory than SECURITY.md says; then all of them come. */

#include "inbox.h"
#include "proc.h"

#include <poll.h>
#include <pthread.h>

enum { MESSAGE_MAX = 256 * 1024, PACKET_MAX = 146 * 1024, GROWTH_MAX_KIB = 2048 };

static pthread_mutex_t slow = PTHREAD_MUTEX_INITIALIZER;
static int entered, received;
static long user_properties, pairs_sent;

static void on_message(cognito_client *client, const cognito_message *message, void *user_data) {
    (void)client;
    (void)user_data;
    __atomic_fetch_add(&entered, 1, __ATOMIC_SEQ_CST);
    pthread_mutex_lock(&slow);
    pthread_mutex_unlock(&slow);
    long count = (long)cognito_properties_user_property_count(message->properties);
    __atomic_fetch_add(&user_properties, count, __ATOMIC_SEQ_CST);
    __atomic_fetch_add(&received, 1, __ATOMIC_SEQ_CST);
}

/* A WebSocket message of these bytes, which are less than 16 MiB. */
static void send_message(const unsigned char *bytes, size_t length) {
    static unsigned char frame[10 + MESSAGE_MAX] = {0x82, 127};
    for (int i = 0; i < 8; i++) {
        frame[2 + i] = (unsigned char)((uint64_t)length >> (56 - 8 * i));
    }
    memcpy(frame + 10, bytes, length);
    local_aws_send_bytes(frame, 10 + length);
}

/* As many packets of the topic "t" as fit into a WebSocket message; returns how many. */
static int send_short_ones(int qos) {
    static unsigned char bytes[MESSAGE_MAX];
    const unsigned char packets[2][8] = {{0x30, 4, 0, 1, 't', 0}, {0x32, 6, 0, 1, 't', 0, 7, 0}};
    const size_t size = qos == 0 ? 6 : 8;
    size_t length = 0;
    while (length + size <= sizeof bytes) {
        memcpy(bytes + length, packets[qos], size);
        length += size;
    }
    send_message(bytes, length);
    return (int)(length / size);
}

/* One packet of as many empty user properties as it has room for; returns how many. */
static long send_properties(void) {
    static unsigned char bytes[PACKET_MAX];
    const unsigned char pair[5] = {0x26};
    const long count = (PACKET_MAX - 20) / 5;
    const size_t properties = (size_t)count * 5;
    const size_t lengths[2] = {3 + 3 + properties, properties};
    unsigned char *place = bytes;
    *place++ = 0x30;
    for (int i = 0; i < 2; i++) {
        *place++ = (unsigned char)(lengths[i] & 0x7f) | 0x80;
        *place++ = (unsigned char)(lengths[i] >> 7 & 0x7f) | 0x80;
        *place++ = (unsigned char)(lengths[i] >> 14);
        if (i == 0) {
            memcpy(place, "\0\1t", 3);
            place += 3;
        }
    }
    for (long i = 0; i < count; i++, place += sizeof pair) {
        memcpy(place, pair, sizeof pair);
    }
    send_message(bytes, (size_t)(place - bytes));
    return count;
}

static int of_qos_0(void) { return send_short_ones(0); }
static int of_qos_1(void) { return send_short_ones(1); }

static int of_properties(void) {
    pairs_sent += send_properties();
    return 1;
}

static const struct {
    const char *name;
    int (*send_some)(void); /* returns how many messages */
    int times;
} floods[] = {
    {"QoS 0", of_qos_0, 8},
    {"user properties", of_properties, 8},
    {"QoS 1", of_qos_1, 1},
};

int main(void) {
    static struct inbox events;
    cognito_config *config = local_aws_config();
    REQUIRE(cognito_config_set_mqtt_version(config, COGNITO_MQTT_VERSION_V5) == COGNITO_STATUS_OK);
    cognito_client *client = inbox_client(config, &events);
    REQUIRE(cognito_client_connect(client, COGNITO_WAIT_FOREVER) == COGNITO_STATUS_OK);
    REQUIRE(cognito_client_subscribe(client, "t", 1, on_message, NULL, COGNITO_WAIT_FOREVER, NULL,
                                     NULL) == COGNITO_STATUS_OK);
    REQUIRE(cognito_client_start(client) == COGNITO_STATUS_OK);
    /* The broker has sent none of it, and would end the session for an acknowledgement. */
    local_aws_fault("iot.reading=paused");

    int sent = 0;
    for (size_t i = 0; i < sizeof floods / sizeof floods[0]; i++) {
        check_row = floods[i].name;
        int before = sent;
        pthread_mutex_lock(&slow);
        proc_forget_peak();
        long resident = proc_status(0, "VmHWM");
        for (int j = 0; j < floods[i].times; j++) {
            sent += floods[i].send_some();
        }
        CHECK(comes_to(&entered, before + 1, 30000));
        poll(NULL, 0, 500); /* in which it reads what it wants to */
        long growth = proc_status(0, "VmHWM") - resident;
        printf("%-16s %7d messages, %ld KiB more\n", check_row, sent - before, growth);
        CHECK(growth < GROWTH_MAX_KIB);
        pthread_mutex_unlock(&slow);
        CHECK(comes_to(&received, sent, 30000));
        CHECK_INT(sent, received);
        CHECK_INT(pairs_sent, user_properties);
    }
    CHECK(cognito_client_is_connected(client));
    cognito_client_free(client);
    inbox_check_events(&events);
    return check_result();
}
