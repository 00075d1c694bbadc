/* A cancel of a provider that finds nobody waiting ends the next fetch or sign that would wait, and
 * nothing else. */

#include "local_aws.h"

static cognito_status fetch(cognito_provider *provider, int32_t wait_ms) {
    cognito_credentials *credentials = NULL;
    cognito_status status = cognito_provider_fetch(provider, wait_ms, &credentials);
    CHECK((credentials != NULL) == (status == COGNITO_STATUS_OK));
    cognito_credentials_free(credentials);
    return status;
}

static cognito_status sign(cognito_provider *provider, int32_t wait_ms) {
    cognito_signed_url *url = NULL;
    cognito_status status =
        cognito_provider_sign(provider, COGNITO_HOST_HEADER_STANDARD, wait_ms, &url);
    CHECK((url != NULL) == (status == COGNITO_STATUS_OK));
    cognito_signed_url_free(url);
    return status;
}

static void the_next_one(cognito_status (*call)(cognito_provider *, int32_t)) {
    cognito_config *config = local_aws_config();
    cognito_provider *provider = NULL;
    void *handle = NULL;
    local_aws_reset();
    REQUIRE(cognito_provider_new(config, &provider) == COGNITO_STATUS_OK);

    check_row = "twice is as once";
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_provider_cancel(provider));
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_provider_cancel(provider));
    CHECK_STATUS(COGNITO_STATUS_CANCELLED, call(provider, COGNITO_WAIT_FOREVER));
    CHECK_INT(0, local_aws_counter("cognito_requests"));

    check_row = "what does not wait";
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_provider_cancel(provider));
    CHECK_STATUS(COGNITO_STATUS_TIMED_OUT, call(provider, 0));
    CHECK_STATUS(COGNITO_STATUS_CANCELLED, call(provider, COGNITO_WAIT_FOREVER));

    check_row = "clients and transports of the provider";
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_provider_cancel(provider));
    REQUIRE(way->make(config, provider, &handle) == COGNITO_STATUS_OK);
    CHECK_STATUS(COGNITO_STATUS_OK, way->open(handle, COGNITO_WAIT_FOREVER));
    CHECK_STATUS(COGNITO_STATUS_OK, way->close(handle, COGNITO_WAIT_FOREVER));

    check_row = "credentials at hand";
    CHECK_STATUS(COGNITO_STATUS_OK, call(provider, 0));
    CHECK_STATUS(COGNITO_STATUS_OK, call(provider, COGNITO_WAIT_FOREVER));
    CHECK_INT(1, local_aws_counter("cognito_requests"));

    way->free(handle);
    cognito_provider_free(provider);
    cognito_config_free(config);
}

int main(void) {
    const struct way *const ways[] = {&the_client, &the_transport};
    for (int i = 0; i < 2; i++) {
        way = ways[i];
        the_next_one(fetch);
        the_next_one(sign);
    }
    check_row = "the last error is left alone";
    CHECK_STATUS(COGNITO_STATUS_INVALID_HANDLE, fetch(NULL, 0));
    char before[512];
    snprintf(before, sizeof before, "%s", cognito_last_error());
    CHECK_STATUS(COGNITO_STATUS_INVALID_HANDLE, cognito_provider_cancel(NULL));
    CHECK(strcmp(before, cognito_last_error()) == 0);
    return check_result();
}
