/* The archive in a shared object, as a plugin has it, which is loaded and unloaded again and again:
 * each time a thread of its own connects, publishes and frees everything. Left behind is no mapping
 * of it, no descriptor, no thread, and no more memory than the header says. At last the main thread
 * does the same, which has not ended by the unload. Argument: the shared object. */

#define _POSIX_C_SOURCE 200809L

#include "local_aws.h"
#include "proc.h"

#include <dlfcn.h>
#include <malloc.h>
#include <pthread.h>

enum { ROUNDS = 100, WARM = 5, LEFT_BEHIND_MAX = 16 * 1024 };

static const char *plugin;
static int rounds_passed;

/* The functions of the plugin have the types of those that this program has itself. */
#define FUNCTION(name) __typeof__(name) *name##_there = (__typeof__(name) *)dlsym(object, #name)

static void *use(void *object) {
    FUNCTION(cognito_config_new);
    FUNCTION(cognito_config_set_endpoint);
    FUNCTION(cognito_config_set_port);
    FUNCTION(cognito_config_set_signing_region);
    FUNCTION(cognito_config_set_identity);
    FUNCTION(cognito_config_set_cognito_endpoint);
    FUNCTION(cognito_config_set_ca_file);
    FUNCTION(cognito_config_set_client_id);
    FUNCTION(cognito_config_free);
    FUNCTION(cognito_client_new);
    FUNCTION(cognito_client_connect);
    FUNCTION(cognito_client_start);
    FUNCTION(cognito_client_publish);
    FUNCTION(cognito_client_disconnect);
    FUNCTION(cognito_client_free);
    FUNCTION(cognito_last_error);
    cognito_config *config = NULL;
    cognito_client *client = NULL;
    REQUIRE(cognito_config_new_there != NULL && cognito_config_new_there != cognito_config_new);
    REQUIRE(
        cognito_config_new_there(&config) == COGNITO_STATUS_OK &&
        cognito_config_set_endpoint_there(config, local_aws("HOST")) == COGNITO_STATUS_OK &&
        cognito_config_set_port_there(config, local_aws_port("IOT_PORT")) == COGNITO_STATUS_OK &&
        cognito_config_set_signing_region_there(config, local_aws("REGION")) == COGNITO_STATUS_OK &&
        cognito_config_set_identity_there(config, local_aws("IDENTITY")) == COGNITO_STATUS_OK &&
        cognito_config_set_cognito_endpoint_there(config, local_aws("COGNITO_ENDPOINT")) ==
            COGNITO_STATUS_OK &&
        cognito_config_set_ca_file_there(config, local_aws("CA_FILE")) == COGNITO_STATUS_OK &&
        cognito_config_set_client_id_there(config, "test-plugin") == COGNITO_STATUS_OK);
    CHECK_STATUS(COGNITO_STATUS_INVALID_ARGUMENT, cognito_config_set_port_there(config, 0));
    CHECK_CONTAINS("port", cognito_last_error_there());
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_new_there(config, NULL, NULL, NULL, &client));
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_connect_there(client, COGNITO_WAIT_FOREVER));
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_start_there(client));
    CHECK_STATUS(COGNITO_STATUS_OK,
                 cognito_client_publish_there(client, "test", "x", 1, 1, false, NULL,
                                              COGNITO_WAIT_FOREVER, NULL, NULL));
    CHECK_STATUS(COGNITO_STATUS_OK, cognito_client_disconnect_there(client, COGNITO_WAIT_FOREVER));
    cognito_client_free_there(client);
    cognito_config_free_there(config);
    return NULL;
}

/* Whether a file is mapped into this process. */
static bool is_mapped(const char *path) {
    char line[4096];
    bool found = false;
    FILE *maps = fopen("/proc/self/maps", "r");
    REQUIRE(maps != NULL);
    while (fgets(line, sizeof line, maps) != NULL) {
        found |= strstr(line, path) != NULL;
    }
    fclose(maps);
    return found;
}

static void one_round(int own_threads) {
    pthread_t thread;
    int before = check_failures();
    void *object = dlopen(plugin, RTLD_NOW | RTLD_LOCAL);
    if (object == NULL) {
        fprintf(stderr, "%s\n", dlerror());
    }
    REQUIRE(object != NULL);
    CHECK(is_mapped(plugin));
    REQUIRE(pthread_create(&thread, NULL, use, object) == 0 && pthread_join(thread, NULL) == 0);
    CHECK(proc_threads_fall_to(own_threads));
    CHECK(dlclose(object) == 0);
    CHECK(!is_mapped(plugin));
    rounds_passed += check_failures() == before;
}

int main(int argc, char **argv) {
    REQUIRE(argc == 2);
    plugin = argv[1];
    int own_threads = proc_own_threads();
    size_t heap = 0;
    int descriptors = 0;
    long size = 0;
    for (int round = 0; round < ROUNDS; round++) {
        if (round == WARM) {
            heap = mallinfo2().uordblks;
            descriptors = proc_count(0, "fd");
            size = proc_status(0, "VmData");
        }
        one_round(own_threads);
    }
    long grown = (long)(mallinfo2().uordblks - heap);
    size = proc_status(0, "VmData") - size;
    printf("%ld bytes more on the heap, %ld KiB of data, after %d rounds\n", grown, size,
           ROUNDS - WARM);
    CHECK_INT(descriptors, proc_count(0, "fd"));
    CHECK(grown <= LEFT_BEHIND_MAX * (ROUNDS - WARM) / 4);
    CHECK(size <= LEFT_BEHIND_MAX / 1024 * (ROUNDS - WARM));

    check_row = "in the main thread";
    for (int round = 0; round < 3; round++) {
        void *object = dlopen(plugin, RTLD_NOW | RTLD_LOCAL);
        REQUIRE(object != NULL);
        use(object);
        CHECK(dlclose(object) == 0);
    }
    check_row = "";
    printf("%d of %d\n", rounds_passed, ROUNDS);
    return check_result();
}
