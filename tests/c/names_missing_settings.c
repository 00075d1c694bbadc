/* What is missing in a config, or contradicts itself, is named when a provider or a client is made
 * of it. */

#include "way.h"

#define IDENTITY "us-east-1:01234567-89ab-cdef-0123-456789abcdef"

static void made_of(const cognito_config *config, cognito_status expected, const char *reason) {
    void *handle = NULL;
    check_row = reason;
    CHECK_STATUS(expected, way->make(config, NULL, &handle));
    if (expected != COGNITO_STATUS_OK) {
        CHECK(handle == NULL);
        CHECK_CONTAINS(reason, cognito_last_error());
    }
    way->free(handle);
}

static void write_file(const char *path, const char *content) {
    FILE *file = fopen(path, "w");
    REQUIRE(file != NULL && fputs(content, file) >= 0 && fclose(file) == 0);
}

static int32_t login(cognito_login_sink *sink, void *user_data) {
    (void)sink;
    (void)user_data;
    return COGNITO_STATUS_OK;
}

static int32_t load(const char *pool, cognito_identity_sink *sink, void *user_data) {
    (void)pool;
    return login((cognito_login_sink *)sink, user_data);
}

static int32_t save(const char *pool, const char *identity, void *user_data) {
    (void)identity;
    return load(pool, NULL, user_data);
}

/* Settings about the identity and the clock that do not go together. c is complete before and
 * after. */
static void contradictions(cognito_config *c) {
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_config_set_identity_pool(c, IDENTITY));
    made_of(c, COGNITO_STATUS_INVALID_CONFIG, "identity and identity_pool are both set");
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_config_set_identity(c, NULL));
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_config_set_identity_store(c, load, save, NULL));
    made_of(c, COGNITO_STATUS_OK, "");
    CHECK_STATUS(COGNITO_STATUS_INVALID_ARGUMENT,
                 cognito_config_set_identity_store(c, load, NULL, NULL));
    CHECK_CONTAINS("save", cognito_last_error());
    CHECK_STATUS(COGNITO_STATUS_INVALID_ARGUMENT,
                 cognito_config_set_identity_store(c, NULL, save, NULL));
    CHECK_CONTAINS("load", cognito_last_error());
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_config_set_identity_pool(c, NULL));
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_config_set_identity(c, IDENTITY));
    made_of(c, COGNITO_STATUS_INVALID_CONFIG, "identity_store or identity_file is set");
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_config_set_identity_file(c, NULL));

    CHECK_STATUS(COGNITO_STATUS_OK,
                 cognito_config_set_custom_role_arn(c, "arn:aws:iam::123456789012:role/device"));
    made_of(c, COGNITO_STATUS_INVALID_CONFIG, "cognito_config_set_login");
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_config_set_login(c, login, NULL));
    made_of(c, COGNITO_STATUS_OK, "");
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_config_set_custom_role_arn(c, NULL));
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_config_set_login(c, NULL, NULL));

    CHECK_STATUS(COGNITO_STATUS_OK, cognito_config_set_fips(c, true));
    made_of(c, COGNITO_STATUS_OK, "");
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_config_set_cognito_endpoint(c, "localhost"));
    made_of(c, COGNITO_STATUS_INVALID_CONFIG, "fips");
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_config_set_fips(c, false));
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_config_set_cognito_endpoint(c, NULL));

    CHECK_STATUS(COGNITO_STATUS_OK, cognito_config_set_without_clock(c, true));
    made_of(c, COGNITO_STATUS_OK, "");
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_config_set_clock_correction_max_s(c, 60));
    made_of(c, COGNITO_STATUS_INVALID_CONFIG, "without_clock");
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_config_set_clock_correction_max_s(c, 0));
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_config_set_clock_correction(c, false));
    made_of(c, COGNITO_STATUS_INVALID_CONFIG, "without_clock");
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_config_set_without_clock(c, false));
    made_of(c, COGNITO_STATUS_OK, "");
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_config_set_clock_correction(c, true));
}

int main(int argc, char **argv) {
    REQUIRE(argc == 2); /* the path of a file that may be written */
    cognito_config *c = NULL;
    cognito_provider *provider = NULL;
    REQUIRE(cognito_config_new(&c) == COGNITO_STATUS_OK);
    CHECK_STATUS(COGNITO_STATUS_INVALID_CONFIG, cognito_provider_new(c, &provider));
    CHECK_CONTAINS("cognito_config_set_identity", cognito_last_error());
    CHECK(provider == NULL);

    made_of(c, COGNITO_STATUS_INVALID_CONFIG, "cognito_config_set_identity");
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_config_set_identity(c, IDENTITY));
    made_of(c, COGNITO_STATUS_INVALID_CONFIG, "cognito_config_set_endpoint");
    way = &the_transport;
    made_of(c, COGNITO_STATUS_INVALID_CONFIG, "cognito_config_set_endpoint");
    way = &the_client;
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_config_set_endpoint(c, "localhost"));
    made_of(c, COGNITO_STATUS_INVALID_CONFIG, "cognito_config_set_client_id");
    way = &the_transport;
    made_of(c, COGNITO_STATUS_OK, ""); /* it is the application that sends CONNECT */
    way = &the_client;
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_config_set_client_id(c, "test-1"));
    made_of(c, COGNITO_STATUS_OK, "");

    contradictions(c);

    CHECK_STATUS(COGNITO_STATUS_OK, cognito_config_set_trust(c, COGNITO_TRUST_ONLY_GIVEN));
    made_of(c, COGNITO_STATUS_INVALID_CONFIG, "cognito_config_set_ca_file");
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_config_set_ca_file(c, "/nowhere/ca.pem"));
    made_of(c, COGNITO_STATUS_TRUST_STORE, "/nowhere/ca.pem");

    const char *const contents[] = {
        "",
        "no certificate\n",
        "-----BEGIN CERTIFICATE-----\nno base64!\n-----END CERTIFICATE-----\n",
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        "-----BEGIN CERTIFICATE-----\nAAAA\n",
    };
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_config_set_ca_file(c, argv[1]));
    for (size_t i = 0; i < sizeof contents / sizeof contents[0]; i++) {
        write_file(argv[1], contents[i]);
        made_of(c, COGNITO_STATUS_TRUST_STORE, argv[1]);
    }
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_config_set_ca_file(c, NULL));
    for (size_t i = 0; i < sizeof contents / sizeof contents[0]; i++) {
        CHECK_STATUS(COGNITO_STATUS_OK, cognito_config_set_ca_pem(c, contents[i]));
        made_of(c, COGNITO_STATUS_TRUST_STORE, "ca_pem");
    }
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_config_set_ca_pem(c, NULL));
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_config_set_trust(c, COGNITO_TRUST_AMAZON));
    made_of(c, COGNITO_STATUS_OK, "");
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_config_set_trust(c, COGNITO_TRUST_SYSTEM));
    made_of(c, COGNITO_STATUS_OK, "");
    cognito_config_free(c);
    remove(argv[1]);
    return check_result();
}
