/* A board that was suspended finds out at once whether its session is still there; and a session
 * lasts for days, with a planned end before AWS's limit of 24 hours. */

#define _POSIX_C_SOURCE 200809L

#include "device_timer.h"
#include "inbox.h"

#include <poll.h>
#include <pthread.h>

enum { MINUTE = 60, HOUR = 3600, DAY = 24 * HOUR };

static struct inbox events;

static cognito_client *connected(void) {
    memset(&events, 0, sizeof events);
    local_aws_reset();
    cognito_config *config = local_aws_config();
    REQUIRE(cognito_config_set_reconnect_ms(config, 100, 1000) == COGNITO_STATUS_OK &&
            cognito_config_set_ping_timeout_ms(config, 300) == COGNITO_STATUS_OK);
    cognito_client *client = inbox_client(config, &events);
    REQUIRE(cognito_client_connect(client, COGNITO_WAIT_FOREVER) == COGNITO_STATUS_OK);
    return client;
}

static void *process(void *client) {
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_process(client, COGNITO_WAIT_FOREVER));
    return NULL;
}

static bool told(int count) { return comes_to(&events.events, count, 5000); }

/* A thread waits without end while the board sleeps. */
static void asks_at_once(void) {
    pthread_t thread;
    check_row = "the server is still there";
    cognito_client *client = connected();
    REQUIRE(pthread_create(&thread, NULL, process, client) == 0);
    for (int i = 0; i < 3; i++) {
        poll(NULL, 0, 20);
        device_sleeps_for(MINUTE);
        char pings[40];
        snprintf(pings, sizeof pings, "mqtt_packets_received=%d", 2 + i);
        CHECK(local_aws_wait(pings));
    }
    CHECK_INT(2, events.events);
    CHECK(cognito_client_is_connected(client));

    check_row = "the server is gone";
    /* A PINGRESP that is taken in after waking only would be word of the server. */
    poll(NULL, 0, (int)allowed_ms(200));
    local_aws_drop("service=iot&how=stall");
    double began = now_ms();
    device_sleeps_for(HOUR / 2);
    CHECK(told(5));
    printf("connected again %.0f ms after waking\n", now_ms() - began);
    CHECK(now_ms() - began >= 299 && now_ms() - began < allowed_ms(1000));
    CHECK_STATUS(COGNITO_STATUS_KEEP_ALIVE_TIMED_OUT, events.event[2].status);
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_disconnect(client, COGNITO_WAIT_FOREVER));
    pthread_join(thread, NULL);
    cognito_client_free(client);
}

/* Two days and a half, a minute at a time. */
static void lasts_for_days(void) {
    check_row = "days";
    cognito_client *client = connected();
    long since = 0, shortest = 3 * DAY, longest = 0;
    int connections = 1;
    for (long passed = 0; passed < 5 * DAY / 2; passed += MINUTE) {
        device_sleeps_for(MINUTE);
        /* PINGREQ, or the end and a new connection, during which no further minute passes. */
        CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_process(client, 0));
        CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_process(client, 0));
        if (!cognito_client_is_connected(client)) {
            CHECK(inbox_wait(client, &events.events, 2 + 3 * connections));
            long lasted = passed + MINUTE - since;
            shortest = lasted < shortest ? lasted : shortest;
            longest = lasted > longest ? lasted : longest;
            since = passed + MINUTE;
            connections++;
        }
        CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_process(client, (int32_t)allowed_ms(1)));
    }
    printf("%d connections, which lasted %ld to %ld minutes; %ld packets\n", connections,
           shortest / MINUTE, longest / MINUTE, local_aws_counter("mqtt_packets_received"));
    CHECK_INT(3, connections);
    CHECK(shortest >= 23 * HOUR && longest < DAY);
    for (int i = 2; i < events.events && i < INBOX_MAX; i++) {
        CHECK_STATUS(COGNITO_STATUS_OK, events.event[i].status);
        CHECK(events.event[i].kind != COGNITO_EVENT_KIND_DISCONNECTED ||
              events.event[i].next_delay_ms == 0);
    }
    inbox_check_events(&events);
    CHECK_INT(connections - 1, local_aws_counter("disconnects"));
    CHECK(local_aws_counter("mqtt_packets_received") > 3000);
    /* Each connection has credentials of its own, because the former ones have expired. */
    CHECK_INT(connections, local_aws_counter("cognito_requests"));
    cognito_client_free(client);
}

int main(void) {
    asks_at_once();
    lasts_for_days();
    return check_result();
}
