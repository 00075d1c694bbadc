/* A connect that is begun beside the thread of cognito_client_start() and then left to it is driven
 * by that thread, whatever it was about to do: in each of many rounds. */

#define _POSIX_C_SOURCE 200809L

#include "inbox.h"

#include <poll.h>

enum { ROUNDS = 200 };

int main(void) {
    int connected = 0;
    for (int round = 0; round < ROUNDS && connected == round; round++) {
        struct inbox inbox = {0};
        cognito_client *client = inbox_client(local_aws_config(), &inbox);
        REQUIRE(cognito_client_start(client) == COGNITO_STATUS_OK &&
                cognito_client_subscribe(client, "test", 1, inbox_message, &inbox, 0, NULL, NULL) ==
                    COGNITO_STATUS_OK);
        cognito_status status = cognito_client_connect(client, 0);
        CHECK(status == COGNITO_STATUS_IN_PROGRESS || status == COGNITO_STATUS_OK);
        double deadline = now_ms() + allowed_ms(10000);
        while (!cognito_client_is_connected(client) && now_ms() < deadline) {
            poll(NULL, 0, 1);
        }
        connected += cognito_client_is_connected(client);
        cognito_client_free(client);
    }
    CHECK_INT(ROUNDS, connected);
    return check_result();
}
