/* Messages of QoS 1 from one client to another with a persistent session, while both are cut off
 * again and again in every way: none is lost, none comes twice that was not sent twice, and each
 * that is sent again has DUP and its old packet identifier.
 * Arguments: how many messages, how many times they are cut off, and the version of MQTT. */

#include "inbox.h"

static unsigned char *received;
static int total, distinct, again, flagged, mqtt_version;

static void on_message(cognito_client *client, const cognito_message *message, void *user_data) {
    (void)client;
    (void)user_data;
    int index = message_number(message);
    if (index < 0 || index >= total) {
        CHECK_INT(-1, index);
        return;
    }
    distinct += received[index] == 0;
    again += received[index] != 0;
    flagged += message->duplicate;
    received[index] = 1;
}

static cognito_client *lasting(struct inbox *events) {
    cognito_config *config = local_aws_config();
    REQUIRE(cognito_config_set_mqtt_version(config, mqtt_version) == COGNITO_STATUS_OK &&
            cognito_config_set_clean_session(config, false) == COGNITO_STATUS_OK &&
            cognito_config_set_reconnect_ms(config, 10, 100) == COGNITO_STATUS_OK &&
            cognito_config_set_keep_alive_s(config, 1) == COGNITO_STATUS_OK &&
            cognito_config_set_ping_timeout_ms(config, 500) == COGNITO_STATUS_OK);
    return inbox_client(config, events);
}

int main(int argc, char **argv) {
    static struct inbox from, to, told;
    static const char *const ways[] = {"rst", "fin", "close", "stall"};
    REQUIRE(argc == 4);
    mqtt_version = atoi(argv[3]);
    total = atoi(argv[1]);
    int cuts = atoi(argv[2]), cut = 0;
    received = calloc((size_t)total, 1);
    REQUIRE(received != NULL);
    cognito_client *sender = lasting(&from), *receiver = lasting(&to);
    REQUIRE(cognito_client_subscribe(receiver, "numbers", 1, on_message, NULL, 0, NULL, NULL) ==
            COGNITO_STATUS_OK);
    REQUIRE(cognito_client_connect(receiver, COGNITO_WAIT_FOREVER) == COGNITO_STATUS_OK);
    CHECK(local_aws_wait("subscribes=1"));
    REQUIRE(cognito_client_connect(sender, COGNITO_WAIT_FOREVER) == COGNITO_STATUS_OK);

    double deadline = now_ms() + allowed_ms(90000);
    int sent = 0;
    while ((distinct < total || told.completions < total) && now_ms() < deadline) {
        /* The last message goes out after the last cut. */
        int may_send = cut < cuts ? (int)((long)(cut + 1) * total / (cuts + 1)) : total;
        for (int i = 0; i < 20 && sent < may_send; i++) {
            char number[16];
            int length = snprintf(number, sizeof number, "%d", sent);
            cognito_status status =
                cognito_client_publish(sender, "numbers", number, (size_t)length, 1, false, NULL, 0,
                                       inbox_completion, &told);
            if (status == COGNITO_STATUS_QUEUE_FULL) {
                break;
            }
            REQUIRE(status == COGNITO_STATUS_OK);
            sent++;
        }
        if (cut < cuts && sent == may_send && cognito_client_is_connected(sender) &&
            cognito_client_is_connected(receiver)) {
            char drop[64];
            snprintf(drop, sizeof drop, "service=iot&how=%s", ways[cut++ % 4]);
            local_aws_drop(drop);
        }
        CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_process(sender, 1));
        CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_process(receiver, 1));
    }
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_process(receiver, 100));
    long sent_again = local_aws_counter("publishes_again");
    printf(
        "%d sent and %ld of them again, %d acknowledged; %d received, and %d again, %d with DUP; "
        "%d cuts, %d and %d events\n",
        sent, sent_again, told.completions, distinct, again, flagged, cut, from.events, to.events);
    long same_id = local_aws_counter("publishes_again_same_id");
    printf("%ld of those sent again had come before, with the same packet identifier\n", same_id);
    CHECK(same_id > 0);
    CHECK_INT(0, local_aws_counter("publishes_again_other_id"));
    CHECK(local_aws_counter("publishes") <= total); /* without DUP */
    CHECK_INT(total, distinct);
    CHECK_INT(total, told.completions);
    CHECK_INT(cuts, cut);
    /* By this client, or by the broker to the other one. */
    CHECK(again <= sent_again + flagged);
    CHECK(from.events >= 2 + 3 * cuts / 2);
    inbox_check_events(&from);
    inbox_check_events(&to);
    cognito_client_free(sender);
    cognito_client_free(receiver);
    free(received);
    return check_result();
}
