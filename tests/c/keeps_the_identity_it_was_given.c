/* An identity that a pool has made is kept, whatever becomes of the connect that asked for it, and
 * no other takes its place unasked. */

#include "local_aws.h"

static struct {
    char identity[64];
    int saves;
} store;

static int32_t load(const char *pool, cognito_identity_sink *sink, void *user_data) {
    (void)pool;
    (void)user_data;
    return store.identity[0] == '\0' ? COGNITO_STATUS_OK
                                     : cognito_identity_sink_set(sink, store.identity);
}

static int32_t save(const char *pool, const char *identity, void *user_data) {
    (void)pool;
    (void)user_data;
    store.saves++;
    snprintf(store.identity, sizeof store.identity, "%s", identity);
    return COGNITO_STATUS_OK;
}

static cognito_config *config_with_a_pool(void) {
    cognito_config *config = local_aws_config();
    store.identity[0] = '\0';
    store.saves = 0;
    REQUIRE(cognito_config_set_identity(config, NULL) == COGNITO_STATUS_OK &&
            cognito_config_set_identity_pool(config, local_aws("IDENTITY_POOL")) ==
                COGNITO_STATUS_OK &&
            cognito_config_set_identity_store(config, load, save, NULL) == COGNITO_STATUS_OK);
    return config;
}

/* A connect that fails after GetId; the next one has its identity. */
static void though_the_connect_fails(const char *fault, cognito_status status) {
    cognito_config *config = config_with_a_pool();
    check_row = fault;
    uint32_t short_ms = (uint32_t)allowed_ms(1000);
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_config_set_connect_timeout_ms(config, short_ms));
    local_aws_reset();
    local_aws_fault(fault);
    CHECK_STATUS(status, attempt_connect(config).status);
    CHECK_INT(1, store.saves);
    local_aws_reset();
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_config_set_connect_timeout_ms(config, 30000));
    CHECK_STATUS(COGNITO_STATUS_OK, attempt_connect(config).status);
    CHECK_INT(0, local_aws_counter("cognito_get_id"));
    CHECK_INT(1, store.saves);
    cognito_config_free(config);
}

/* An identity that was deleted is replaced once, though every connect fails elsewhere. */
static void though_it_replaces_another(void) {
    cognito_config *config = config_with_a_pool();
    check_row = "replacement";
    snprintf(store.identity, sizeof store.identity,
             "us-east-1:00000000-1111-2222-3333-444444444444");
    local_aws_reset();
    local_aws_fault("iot.certificate=untrusted&iot.delay_ms=0&cognito.get_id=drip:1");
    for (int i = 0; i < 3; i++) {
        CHECK_STATUS(COGNITO_STATUS_CERTIFICATE_UNTRUSTED, attempt_connect(config).status);
    }
    long asked = local_aws_counter("cognito_get_id");
    CHECK(asked <= 1);
    CHECK_INT(asked, store.saves);
    cognito_config_free(config);
}

/* Client 0 asks the pool and is not processed; client 1 takes over, and has another identity. Then
 * client 0 reads the answer that it was given. */
static void though_another_comes_late(void) {
    cognito_config *config = config_with_a_pool();
    cognito_provider *provider = NULL;
    cognito_client *clients[2] = {NULL, NULL};
    check_row = "late answer";
    REQUIRE(cognito_provider_new(config, &provider) == COGNITO_STATUS_OK);
    REQUIRE(cognito_client_new(config, provider, NULL, NULL, &clients[0]) == COGNITO_STATUS_OK);
    REQUIRE(cognito_config_set_client_id(config, "test-second") == COGNITO_STATUS_OK);
    REQUIRE(cognito_client_new(config, provider, NULL, NULL, &clients[1]) == COGNITO_STATUS_OK);
    local_aws_reset();
    local_aws_fault("cognito.delay_ms=700*1");
    CHECK_STATUS(COGNITO_STATUS_IN_PROGRESS, cognito_client_connect(clients[0], 300));
    REQUIRE(local_aws_wait("cognito_get_id=1"));
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_connect(clients[1], COGNITO_WAIT_FOREVER));
    char identity[64];
    snprintf(identity, sizeof identity, "%s", cognito_provider_identity(provider));
    CHECK(strcmp(identity, store.identity) == 0);

    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_connect(clients[0], COGNITO_WAIT_FOREVER));
    CHECK_INT(2, local_aws_counter("cognito_get_id"));
    CHECK(strcmp(identity, cognito_provider_identity(provider)) == 0);
    CHECK(strcmp(identity, store.identity) == 0);
    CHECK_INT(1, store.saves);
    for (int i = 0; i < 2; i++) {
        CHECK_STATUS(COGNITO_STATUS_OK,
                     cognito_client_disconnect(clients[i], COGNITO_WAIT_FOREVER));
        cognito_client_free(clients[i]);
    }
    cognito_provider_free(provider);
    cognito_config_free(config);
}

/* A path that leads to somebody else's file. */
static void leaves_other_files_alone(const char *path) {
    cognito_config *config = config_with_a_pool();
    char content[64] = "";
    check_row = "somebody else's file";
    FILE *file = fopen(path, "w");
    REQUIRE(file != NULL && fputs("important\n", file) >= 0 && fclose(file) == 0);
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_config_set_identity_file(config, path));
    CHECK_STATUS(COGNITO_STATUS_OK, attempt_connect(config).status);
    file = fopen(path, "r");
    REQUIRE(file != NULL && fgets(content, sizeof content, file) != NULL && fclose(file) == 0);
    CHECK(strcmp(content, "important\n") == 0);
    remove(path);
    cognito_config_free(config);
}

int main(int argc, char **argv) {
    REQUIRE(argc == 2); /* the path of a file that may be written */
    though_the_connect_fails("cognito.get_credentials=stall-mid-body*1", COGNITO_STATUS_TIMED_OUT);
    though_the_connect_fails("cognito.get_credentials=not-authorized*1",
                             COGNITO_STATUS_COGNITO_NOT_AUTHORIZED);
    though_the_connect_fails("iot.certificate=untrusted*1&cognito.delay_ms=200",
                             COGNITO_STATUS_CERTIFICATE_UNTRUSTED);
    though_it_replaces_another();
    though_another_comes_late();
    leaves_other_files_alone(argv[1]);
    return check_result();
}
