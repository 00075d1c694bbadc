/* What is missing in a config, or contradicts itself, is named when a provider or a client is made
 * of it. */

#include "check.h"

#define IDENTITY "us-east-1:01234567-89ab-cdef-0123-456789abcdef"

static void made_of(const cognito_config *config, cognito_status expected, const char *reason) {
    cognito_client *client = NULL;
    check_row = reason;
    CHECK_STATUS(expected, cognito_client_new(config, NULL, &client));
    if (expected != COGNITO_STATUS_OK) {
        CHECK(client == NULL);
        CHECK_CONTAINS(reason, cognito_last_error());
    }
    cognito_client_free(client);
}

static void write_file(const char *path, const char *content) {
    FILE *file = fopen(path, "w");
    REQUIRE(file != NULL && fputs(content, file) >= 0 && fclose(file) == 0);
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
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_config_set_endpoint(c, "localhost"));
    made_of(c, COGNITO_STATUS_INVALID_CONFIG, "cognito_config_set_client_id");
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_config_set_client_id(c, "test-1"));
    made_of(c, COGNITO_STATUS_OK, "");

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
