/* A child may free what its parent made, and use none of it; the parent does not notice. Argument:
 * what the parent has made. */

#define _POSIX_C_SOURCE 200809L

#include "local_aws.h"

#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

static void refuses_bytes(cognito_transport *transport) {
    uint8_t byte = 0;
    struct iovec one = {&byte, 1};
    CHECK_STATUS(COGNITO_STATUS_FORKED, cognito_transport_recv(transport, &byte, 1));
    CHECK_STATUS(COGNITO_STATUS_FORKED, cognito_transport_send(transport, &byte, 1));
    CHECK_STATUS(COGNITO_STATUS_FORKED, cognito_transport_writev(transport, &one, 1));
    CHECK_STATUS(COGNITO_STATUS_FORKED, cognito_transport_fd(transport));
}

static void refuses_to_fetch(cognito_provider *provider) {
    cognito_credentials *credentials = NULL;
    cognito_signed_url *url = NULL;
    CHECK_STATUS(COGNITO_STATUS_FORKED, cognito_provider_fetch(provider, 0, &credentials));
    CHECK_STATUS(COGNITO_STATUS_FORKED,
                 cognito_provider_fetch(provider, COGNITO_WAIT_FOREVER, &credentials));
    CHECK_STATUS(COGNITO_STATUS_FORKED, cognito_provider_sign(provider, 0, 0, &url));
    CHECK(credentials == NULL && url == NULL);
}

static int in_the_child(cognito_config *config, cognito_provider *provider, void *handle) {
    void *another = NULL;
    CHECK_STATUS(COGNITO_STATUS_FORKED, way->open(handle, COGNITO_WAIT_FOREVER));
    if (way == &the_client) {
        CHECK_STATUS(COGNITO_STATUS_FORKED, cognito_client_process(handle, 0));
    } else {
        refuses_bytes(handle);
    }
    CHECK_STATUS(COGNITO_STATUS_FORKED, way->close(handle, 0));
    CHECK_CONTAINS("fork", cognito_last_error());
    refuses_to_fetch(provider);
    CHECK_STATUS(COGNITO_STATUS_FORKED, way->make(config, provider, &another));
    CHECK(another == NULL);
    way->free(handle);
    cognito_provider_free(provider);

    /* What the child makes is its own. */
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_config_set_client_id(config, "test-child"));
    CHECK_STATUS(COGNITO_STATUS_OK, attempt_connect(config).status);
    cognito_config_free(config);
    return check_result();
}

int main(int argc, char **argv) {
    way_choose(argc, argv);
    cognito_config *config = local_aws_config();
    cognito_provider *provider = NULL;
    void *handle = NULL;
    REQUIRE(cognito_provider_new(config, &provider) == COGNITO_STATUS_OK);
    REQUIRE(way->make(config, provider, &handle) == COGNITO_STATUS_OK);
    CHECK_STATUS(COGNITO_STATUS_OK, way->open(handle, COGNITO_WAIT_FOREVER));

    int status = -1;
    pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        _exit(in_the_child(config, provider, handle));
    }
    REQUIRE(waitpid(child, &status, 0) == child);
    CHECK_INT(0, status);

    CHECK(way->is_open(handle));
    if (way == &the_client) {
        CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_process(handle, 100));
    } else {
        CHECK_INT(0, cognito_transport_recv(handle, &(char){0}, 1));
    }
    CHECK_STATUS(COGNITO_STATUS_OK, way->close(handle, COGNITO_WAIT_FOREVER));
    CHECK(local_aws_wait("websocket_closes=2"));
    CHECK_INT(way == &the_client ? 2 : 0, local_aws_counter("disconnects"));
    way->free(handle);
    cognito_provider_free(provider);
    cognito_config_free(config);
    return check_result();
}
