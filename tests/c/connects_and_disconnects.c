/* A connect and a disconnect, as the server sees them. Argument: the TLS version, as 1_2 or 1_3. */

#include "local_aws.h"

int main(int argc, char **argv) {
    REQUIRE(argc == 2);
    cognito_client *client = local_aws_client();
    CHECK(!cognito_client_is_connected(client));
    CHECK_STATUS(COGNITO_STATUS_INVALID_STATE, cognito_client_process(client, 0));

    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_connect(client, COGNITO_WAIT_FOREVER));
    CHECK(cognito_client_is_connected(client));
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_connect(client, COGNITO_WAIT_FOREVER));
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_process(client, 0));
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_process(client, 20));
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_disconnect(client, COGNITO_WAIT_FOREVER));
    CHECK(!cognito_client_is_connected(client));
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_disconnect(client, COGNITO_WAIT_FOREVER));
    CHECK_STATUS(COGNITO_STATUS_INVALID_STATE, cognito_client_process(client, 0));
    cognito_client_free(client);

    char tls[32];
    snprintf(tls, sizeof tls, "iot_tls_%s", argv[1]);
    const char *const once[] = {tls,
                                "iot_sni_seen",
                                "cognito_sni_seen",
                                "cognito_get_credentials",
                                "sigv4_valid",
                                "token_outside_signature",
                                "upgrades",
                                "connects_v4",
                                "connacks",
                                "disconnects",
                                "websocket_closes",
                                "iot_close_notify",
                                "iot_fin"};
    CHECK(local_aws_wait("open_connections_at_most=0"));
    for (size_t i = 0; i < sizeof once / sizeof once[0]; i++) {
        check_row = once[i];
        CHECK_INT(1, local_aws_counter(once[i]));
    }
    const char *const never[] = {"iot_rst",
                                 "cognito_rst",
                                 "split_packets",
                                 "coalesced_packets",
                                 "packets_before_connack",
                                 "websocket_violations"};
    for (size_t i = 0; i < sizeof never / sizeof never[0]; i++) {
        check_row = never[i];
        CHECK_INT(0, local_aws_counter(never[i]));
    }
    return check_result();
}
