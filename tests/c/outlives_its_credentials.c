/* Credentials at hand that IoT Core does not take any more, because they were revoked, are replaced
 * in the same connect: of a client, of one whose session was lost, and of a transport. Those that
 * were just fetched are not. */

#include "inbox.h"

#define FOREVER COGNITO_WAIT_FOREVER

static struct inbox events;

/* What has been asked for since the last reset. */
static void counts(long cognito_requests, long upgrade_requests, long upgrades) {
    CHECK_INT(cognito_requests, local_aws_counter("cognito_requests"));
    CHECK_INT(upgrade_requests, local_aws_counter("upgrade_requests"));
    CHECK_INT(upgrades, local_aws_counter("upgrades"));
}

static cognito_client *connected(void) {
    cognito_config *config = local_aws_config();
    memset(&events, 0, sizeof events);
    local_aws_reset();
    REQUIRE(cognito_config_set_reconnect_ms(config, 100, 200) == COGNITO_STATUS_OK);
    cognito_client *client = inbox_client(config, &events);
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_connect(client, FOREVER));
    counts(1, 1, 1);
    return client;
}

static void comes_back(void) {
    check_row = "a lost session";
    cognito_client *client = connected();
    local_aws_revoke();
    local_aws_drop("service=iot&how=rst");
    CHECK(inbox_wait(client, &events.events, 5));
    CHECK_INT(COGNITO_EVENT_KIND_CONNECTED, events.event[4].kind);
    CHECK_INT(1, events.event[4].attempt);
    CHECK(cognito_client_is_connected(client));
    counts(2, 3, 2);
    CHECK_INT(1, local_aws_counter("upgrades_refused"));
    inbox_check_events(&events);
    cognito_client_free(client);
}

/* One more attempt, and then it is final. */
static void stays_refused(void) {
    check_row = "a lost session, and a policy that forbids";
    cognito_client *client = connected();
    local_aws_fault("iot.upgrade=refuse");
    local_aws_drop("service=iot&how=rst");
    CHECK_STATUS(COGNITO_STATUS_UPGRADE_REFUSED, cognito_client_process(client, FOREVER));
    CHECK_INT(5, events.events);
    CHECK_INT(COGNITO_EVENT_KIND_CONNECT_FAILED, events.event[4].kind);
    CHECK_INT(-1, events.event[4].next_delay_ms);
    counts(2, 3, 1);

    check_row = "and with nothing at hand";
    CHECK_STATUS(COGNITO_STATUS_UPGRADE_REFUSED, cognito_client_connect(client, FOREVER));
    counts(3, 4, 1);
    cognito_client_free(client);
}

static void opens(const char *row, const struct way *chosen) {
    cognito_provider *provider = NULL;
    cognito_credentials *credentials = NULL;
    check_row = row;
    local_aws_reset();
    way = chosen;
    cognito_config *config = local_aws_config();
    void *handle = local_aws_handle_and_provider(config, &provider);
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_provider_fetch(provider, FOREVER, &credentials));
    cognito_credentials_free(credentials);
    local_aws_revoke();
    CHECK_STATUS(COGNITO_STATUS_OK, way->open(handle, FOREVER));
    counts(2, 2, 1);
    way->free(handle);
    cognito_provider_free(provider);
    cognito_config_free(config);
}

int main(void) {
    comes_back();
    stays_refused();
    opens("a client", &the_client);
    opens("a transport", &the_transport);
    return check_result();
}
