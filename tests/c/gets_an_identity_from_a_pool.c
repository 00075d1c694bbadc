/* GetId is asked once for a device, and what it gave is kept: by the provider, by a file, by the
 * application's callbacks. */

#include "local_aws.h"

#include <sys/stat.h>
#include <unistd.h>

static struct store {
    char pool[64];
    char identity[64];
    int loads, saves;
    int32_t load_answer, save_answer;
    cognito_provider *provider; /* to call the library with, which it must refuse */
} store;

static int32_t load(const char *pool, cognito_identity_sink *sink, void *user_data) {
    struct store *s = user_data;
    cognito_failure *failure = NULL;
    s->loads++;
    CHECK(strcmp(pool, local_aws("IDENTITY_POOL")) == 0);
    CHECK(cognito_provider_identity(s->provider)[0] == '\0');
    CHECK_STATUS(COGNITO_STATUS_REENTRANT, cognito_last_failure(&failure));
    CHECK_STATUS(COGNITO_STATUS_INVALID_ARGUMENT, cognito_identity_sink_set(sink, "nothing"));
    CHECK_STATUS(COGNITO_STATUS_INVALID_ARGUMENT, cognito_identity_sink_set(sink, NULL));
    if (s->identity[0] != '\0') {
        CHECK_STATUS(COGNITO_STATUS_OK, cognito_identity_sink_set(sink, s->identity));
    }
    return s->load_answer;
}

static int32_t save(const char *pool, const char *identity, void *user_data) {
    struct store *s = user_data;
    s->saves++;
    snprintf(s->pool, sizeof s->pool, "%s", pool);
    snprintf(s->identity, sizeof s->identity, "%s", identity);
    return s->save_answer;
}

/* Connects with a new provider, and gives the identity that it had. */
static void connect_anew(cognito_config *config, char identity[64]) {
    cognito_provider *provider = NULL;
    cognito_client *client = local_aws_handle_and_provider(config, &provider);
    store.provider = provider;
    for (int i = 0; i < 2; i++) { /* the second time with the credentials at hand */
        CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_connect(client, COGNITO_WAIT_FOREVER));
        CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_disconnect(client, COGNITO_WAIT_FOREVER));
    }
    snprintf(identity, 64, "%s", cognito_provider_identity(provider));
    CHECK(cognito_provider_identity(provider) == cognito_provider_identity(provider));
    cognito_client_free(client);
    cognito_provider_free(provider);
}

static void asked(long get_id, long get_credentials) {
    CHECK_INT(get_id, local_aws_counter("cognito_get_id"));
    CHECK_INT(get_credentials, local_aws_counter("cognito_get_credentials"));
    CHECK_INT(1, local_aws_counter("cognito_accepted")); /* one connection for all of it */
    local_aws_reset();
}

static void with_a_file(cognito_config *config, const char *path) {
    char first[64], second[64];
    struct stat status;
    check_row = "file";
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_config_set_identity_file(config, path));
    connect_anew(config, first);
    asked(1, 1);
    CHECK(stat(path, &status) == 0 && (status.st_mode & 0777) == 0600);
    connect_anew(config, second);
    asked(0, 1);
    CHECK(strcmp(first, second) == 0);

    check_row = "a file in a folder that is not there";
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_config_set_identity_file(config, "/nowhere/identity"));
    connect_anew(config, second);
    asked(1, 1);
    CHECK(strcmp(first, second) != 0);
}

static void with_callbacks(cognito_config *config) {
    char first[64], second[64];
    check_row = "callbacks";
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_config_set_identity_store(config, load, save, &store));
    connect_anew(config, first);
    asked(1, 1);
    CHECK_INT(1, store.loads);
    CHECK_INT(1, store.saves);
    CHECK(strcmp(store.identity, first) == 0 &&
          strcmp(store.pool, local_aws("IDENTITY_POOL")) == 0);
    connect_anew(config, second);
    asked(0, 1);
    CHECK_INT(2, store.loads);
    CHECK_INT(1, store.saves);
    CHECK(strcmp(first, second) == 0);

    check_row = "a stored identity that was deleted";
    snprintf(store.identity, sizeof store.identity,
             "us-east-1:00000000-1111-2222-3333-444444444444");
    connect_anew(config, second);
    asked(1, 2);
    CHECK_INT(2, store.saves);
    CHECK(strcmp(store.identity, second) == 0 && strcmp(first, second) != 0);

    check_row = "an identity that Cognito has merged with another";
    local_aws_fault("cognito.get_credentials=other-identity*1");
    snprintf(first, sizeof first, "%s", store.identity);
    connect_anew(config, second);
    asked(0, 1);
    CHECK_INT(3, store.saves);
    CHECK(strcmp(store.identity, second) == 0 && strcmp(first, second) != 0);

    check_row = "a store that cannot be read";
    store.load_answer = COGNITO_STATUS_OUT_OF_RESOURCES;
    connect_anew(config, second);
    asked(1, 1);
    store.load_answer = COGNITO_STATUS_OK;

    check_row = "a store that cannot be written";
    store.identity[0] = '\0';
    store.save_answer = 1;
    store.saves = 0;
    connect_anew(config, first);
    asked(1, 1);
    CHECK_INT(1, store.saves); /* again after the next fetch, of which there was none */
    store.save_answer = COGNITO_STATUS_OK;
}

int main(int argc, char **argv) {
    char identity[64];
    REQUIRE(argc == 2); /* the path of a file that may be written */
    remove(argv[1]);
    cognito_config *config = local_aws_config();
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_config_set_identity(config, NULL));
    CHECK_STATUS(COGNITO_STATUS_OK,
                 cognito_config_set_identity_pool(config, local_aws("IDENTITY_POOL")));
    check_row = "no store";
    connect_anew(config, identity);
    asked(1, 1);
    CHECK(strncmp(identity, "us-east-1:", 10) == 0);
    with_a_file(config, argv[1]);
    with_callbacks(config);
    cognito_config_free(config);
    remove(argv[1]);
    return check_result();
}
