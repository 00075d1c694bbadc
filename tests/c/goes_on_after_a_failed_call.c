/* Sessions, each from new to free, while somebody outside makes one system call of each thread
 * fail: each succeeds or names its error, and of the second and third, which need no thread that
 * looks up a name, one does all that a session does. No acknowledged message is lost. The last line
 * tells what is left in the end. This is a program for tests/reliability/system_calls, with the
 * exit codes of its programs: 1 is a failure that was named. */

#include "inbox.h"
#include "proc.h"

#include <unistd.h>

static struct inbox events;
static int delivered;

static void on_message(cognito_client *client, const cognito_message *message, void *unused) {
    (void)client;
    (void)unused;
    delivered |= 1 << message_number(message);
}

static bool is_named(const char *what, cognito_status status) {
    if (status != COGNITO_STATUS_OK) {
        printf("%s: %s: %s\n", what, cognito_status_name(status), cognito_last_error());
        CHECK(strcmp(cognito_status_name(status), "COGNITO_STATUS_UNKNOWN") != 0);
        CHECK(status != COGNITO_STATUS_INTERNAL && cognito_last_error()[0] != '\0');
    }
    return status == COGNITO_STATUS_OK;
}

/* Connect, SUBSCRIBE, PUBLISH with QoS 1, its delivery, DISCONNECT. */
static bool converse(cognito_client *client, int number) {
    char payload[8], topic[32];
    int32_t wait_ms = (int32_t)allowed_ms(10000);
    size_t len = (size_t)snprintf(payload, sizeof payload, "%d", number);
    snprintf(topic, sizeof topic, "calls/%d", (int)getpid());
    if (!is_named("connect", cognito_client_connect(client, COGNITO_WAIT_FOREVER)) ||
        !is_named("subscribe", cognito_client_subscribe(client, topic, 1, on_message, NULL, wait_ms,
                                                        NULL, NULL)) ||
        !is_named("publish", cognito_client_publish(client, topic, payload, len, 1, false, NULL,
                                                    wait_ms, NULL, NULL))) {
        return false;
    }
    double deadline = now_ms() + allowed_ms(10000);
    bool is_well = true;
    while (is_well && (delivered & 1 << number) == 0 && now_ms() < deadline) {
        is_well = is_named("process", cognito_client_process(client, 10));
    }
    CHECK(!is_well || (delivered & 1 << number) != 0);
    return is_well &&
           is_named("disconnect", cognito_client_disconnect(client, COGNITO_WAIT_FOREVER));
}

static bool session(int number) {
    cognito_client *client = NULL;
    cognito_config *config = local_aws_config();
    char client_id[32], cognito[32];
    memset(&events, 0, sizeof events);
    snprintf(client_id, sizeof client_id, "test-calls-%d", (int)getpid());
    /* The first one loses nothing when it loses its connection; the others leave nothing. */
    REQUIRE(cognito_config_set_clean_session(config, number > 0) == COGNITO_STATUS_OK &&
            cognito_config_set_client_id(config, client_id) == COGNITO_STATUS_OK &&
            cognito_config_set_reconnect_ms(config, 10, 100) == COGNITO_STATUS_OK &&
            cognito_config_set_connect_timeout_ms(config, 10000) == COGNITO_STATUS_OK);
    if (number > 0) {
        snprintf(cognito, sizeof cognito, "127.0.0.1%s",
                 strchr(local_aws("COGNITO_ENDPOINT"), ':'));
        REQUIRE(cognito_config_set_endpoint(config, "127.0.0.1") == COGNITO_STATUS_OK &&
                cognito_config_set_cognito_endpoint(config, cognito) == COGNITO_STATUS_OK);
    }
    bool is_well = is_named("new", cognito_client_new(config, NULL, inbox_event, &events, &client));
    is_well = is_well && converse(client, number);
    cognito_config_free(config);
    cognito_client_free(client);
    inbox_check_events(&events);
    return is_well;
}

int main(void) {
    bool was_well = session(0), is_well = session(1);
    was_well = was_well && is_well;
    CHECK(is_well || session(2));
    CHECK(proc_threads_fall_to(1));
    printf("left: %d descriptors, %ld KiB\n", proc_count(0, "fd"), proc_heap_kib());
    if (check_result() != 0) {
        return 3;
    }
    return was_well ? 0 : 1;
}
