/*
 * One connect to a server that tests/tls/run.py plays, and what is said of it, a line for each
 * part. Arguments: as what the server is played (cognito, iot), its host and port, the file of the
 * roots that are trusted or amazon for the built-in ones, the connect timeout in milliseconds.
 */

#include "local_aws.h"

static cognito_config *config_of(const char *trust, int timeout_ms) {
    cognito_config *config = local_aws_config();
    bool builtin = strcmp(trust, "amazon") == 0;
    REQUIRE(cognito_config_set_ca_file(config, builtin ? NULL : trust) == COGNITO_STATUS_OK);
    REQUIRE(cognito_config_set_cognito_tries(config, 1) == COGNITO_STATUS_OK);
    REQUIRE(cognito_config_set_connect_timeout_ms(config, timeout_ms) == COGNITO_STATUS_OK);
    return config;
}

/* Credentials come from local AWS; what is trusted for it is not trusted for the server. */
static cognito_status connect_as_iot(cognito_config *config, const char *host, uint32_t port,
                                     void **handle) {
    cognito_config *of_provider = local_aws_config();
    cognito_provider *provider = NULL;
    REQUIRE(cognito_provider_new(of_provider, &provider) == COGNITO_STATUS_OK);
    REQUIRE(cognito_config_set_endpoint(config, host) == COGNITO_STATUS_OK);
    REQUIRE(cognito_config_set_port(config, port) == COGNITO_STATUS_OK);
    REQUIRE(way->make(config, provider, handle) == COGNITO_STATUS_OK);
    cognito_provider_free(provider);
    cognito_config_free(of_provider);
    return way->open(*handle, COGNITO_WAIT_FOREVER);
}

static cognito_status connect_as_cognito(cognito_config *config, const char *host, uint32_t port,
                                         void **handle) {
    char endpoint[128];
    snprintf(endpoint, sizeof endpoint, "%s:%u", host, (unsigned)port);
    REQUIRE(cognito_config_set_cognito_endpoint(config, endpoint) == COGNITO_STATUS_OK);
    REQUIRE(the_provider.make(config, NULL, handle) == COGNITO_STATUS_OK);
    way = &the_provider;
    return way->open(*handle, COGNITO_WAIT_FOREVER);
}

int main(int argc, char **argv) {
    REQUIRE(argc == 6);
    const char *side = argv[1], *host = argv[2], *trust = argv[4];
    uint32_t port = (uint32_t)atoi(argv[3]);
    void *handle = NULL;
    cognito_failure *failure = NULL;
    cognito_config *config = config_of(trust, atoi(argv[5]));
    double start = now_ms();
    cognito_status status = strcmp(side, "iot") == 0
                                ? connect_as_iot(config, host, port, &handle)
                                : connect_as_cognito(config, host, port, &handle);
    double ms = now_ms() - start;
    CHECK(status != COGNITO_STATUS_OK);
    REQUIRE(cognito_last_failure(&failure) == COGNITO_STATUS_OK);
    CHECK_STATUS(status, cognito_failure_status(failure));
    printf("status\t%s\nstage\t%s\nms\t%.0f\nmessage\t%s\nhint\t%s\n", cognito_status_name(status),
           cognito_stage_name(cognito_failure_stage(failure)), ms, cognito_failure_message(failure),
           cognito_failure_hint(failure));
    cognito_failure_free(failure);
    way->free(handle);
    cognito_config_free(config);
    return check_result();
}
