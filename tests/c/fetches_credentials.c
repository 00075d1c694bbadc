/* Credentials are fetched once, say when they end, and serve whoever shares the provider. */

#include "local_aws.h"

#include <time.h>

static cognito_provider *new_provider(void) {
    cognito_config *config = local_aws_config();
    cognito_provider *provider = NULL;
    REQUIRE(cognito_provider_new(config, &provider) == COGNITO_STATUS_OK);
    cognito_config_free(config);
    return provider;
}

static cognito_credentials *fetch(cognito_provider *provider, int32_t wait_ms) {
    cognito_credentials *credentials = NULL;
    REQUIRE(cognito_provider_fetch(provider, wait_ms, &credentials) == COGNITO_STATUS_OK);
    return credentials;
}

static void check_credentials(const cognito_credentials *credentials) {
    int64_t left_s = cognito_credentials_expires_at(credentials) - (int64_t)time(NULL);
    CHECK(strncmp(cognito_credentials_access_key_id(credentials), "ASIA", 4) == 0);
    CHECK_INT(20, strlen(cognito_credentials_access_key_id(credentials)));
    CHECK_INT(40, strlen(cognito_credentials_secret_access_key(credentials)));
    CHECK(strncmp(cognito_credentials_session_token(credentials), "IQoJb3JpZ2luX2Vj", 16) == 0);
    CHECK(strlen(cognito_credentials_session_token(credentials)) > 1000);
    CHECK(left_s > 3500 && left_s <= 3600);
}

static void once_and_from_then_on(void) {
    cognito_provider *provider = new_provider();
    cognito_credentials *none = (cognito_credentials *)&provider;
    check_row = "nothing at hand";
    CHECK_STATUS(COGNITO_STATUS_TIMED_OUT, cognito_provider_fetch(provider, 0, &none));
    CHECK(none == NULL);
    CHECK_CONTAINS("wait_ms", cognito_last_error());
    CHECK_INT(0, local_aws_counter("cognito_accepted"));

    check_row = "fetched";
    cognito_credentials *first = fetch(provider, COGNITO_WAIT_FOREVER);
    check_credentials(first);
    CHECK(cognito_provider_clock_offset_ms(provider) != COGNITO_CLOCK_OFFSET_UNKNOWN);
    check_row = "at hand";
    cognito_credentials *second = fetch(provider, 0);
    CHECK(first != second);
    CHECK(strcmp(cognito_credentials_session_token(first),
                 cognito_credentials_session_token(second)) == 0);
    CHECK_INT(1, local_aws_counter("cognito_requests"));

    check_row = "a snapshot";
    cognito_credentials_free(second);
    cognito_provider_free(provider);
    check_credentials(first);
    cognito_credentials_free(first);
}

/* A client and a transport take what was fetched, and a fetch takes what they have fetched. */
static void shared(const struct way *with, bool fetch_first) {
    cognito_config *config = local_aws_config();
    cognito_provider *provider = NULL;
    void *handle = NULL;
    check_row = with->name;
    local_aws_reset();
    REQUIRE(cognito_provider_new(config, &provider) == COGNITO_STATUS_OK);
    REQUIRE(with->make(config, provider, &handle) == COGNITO_STATUS_OK);
    if (fetch_first) {
        cognito_credentials_free(fetch(provider, COGNITO_WAIT_FOREVER));
    }
    CHECK_STATUS(COGNITO_STATUS_OK, with->open(handle, COGNITO_WAIT_FOREVER));
    cognito_credentials *credentials = fetch(provider, 0);
    check_credentials(credentials);
    cognito_credentials_free(credentials);
    CHECK_INT(1, local_aws_counter("cognito_requests"));
    CHECK_INT(1, local_aws_counter("upgrades"));

    /* The provider's end is not theirs. */
    cognito_provider_free(provider);
    CHECK_STATUS(COGNITO_STATUS_OK, with->close(handle, COGNITO_WAIT_FOREVER));
    CHECK_STATUS(COGNITO_STATUS_OK, with->open(handle, COGNITO_WAIT_FOREVER));
    CHECK_STATUS(COGNITO_STATUS_OK, with->close(handle, COGNITO_WAIT_FOREVER));
    CHECK_INT(1, local_aws_counter("cognito_requests"));
    with->free(handle);
    cognito_config_free(config);
}

/* What Cognito has refused is asked for again. */
static void after_a_refusal(void) {
    cognito_provider *provider = new_provider();
    cognito_credentials *credentials = NULL;
    cognito_failure *failure = NULL;
    check_row = "refused";
    local_aws_reset();
    local_aws_fault("cognito.response=not-authorized*1");
    CHECK_STATUS(COGNITO_STATUS_COGNITO_NOT_AUTHORIZED,
                 cognito_provider_fetch(provider, COGNITO_WAIT_FOREVER, &credentials));
    CHECK(credentials == NULL);
    REQUIRE(cognito_last_failure(&failure) == COGNITO_STATUS_OK);
    CHECK_INT(COGNITO_STAGE_COGNITO, cognito_failure_stage(failure));
    CHECK(strcmp("NotAuthorizedException", cognito_failure_aws_error_type(failure)) == 0);
    CHECK_INT(400, cognito_failure_http_status(failure));
    cognito_failure_free(failure);
    cognito_credentials_free(fetch(provider, COGNITO_WAIT_FOREVER));
    CHECK_INT(2, local_aws_counter("cognito_requests"));
    cognito_provider_free(provider);
}

static void wrong_arguments(void) {
    cognito_provider *provider = new_provider();
    cognito_credentials *credentials = NULL;
    check_row = "arguments";
    local_aws_reset();
    CHECK_STATUS(COGNITO_STATUS_INVALID_ARGUMENT,
                 cognito_provider_fetch(provider, -2, &credentials));
    CHECK_CONTAINS("wait_ms", cognito_last_error());
    CHECK_STATUS(COGNITO_STATUS_INVALID_ARGUMENT, cognito_provider_fetch(provider, 1000, NULL));
    CHECK_CONTAINS("out", cognito_last_error());
    CHECK_INT(0, local_aws_counter("cognito_accepted"));
    cognito_credentials_free(NULL);
    cognito_provider_free(provider);
}

int main(void) {
    const struct way *const ways[] = {&the_client, &the_transport};
    once_and_from_then_on();
    for (int i = 0; i < 4; i++) {
        shared(ways[i / 2], i % 2 == 0);
    }
    after_a_refusal();
    wrong_arguments();
    return check_result();
}
