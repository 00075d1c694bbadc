/* Every function refuses a handle that is NULL, was freed, is of another type or never was one. */

#include "handle_calls.h"

static void make(void *handles[MADE_COUNT]) {
    cognito_config *config = NULL;
    cognito_provider *provider = NULL;
    cognito_client *client = NULL;
    cognito_transport *transport = NULL;
    cognito_failure *failure = NULL;
    cognito_trace *trace = NULL;
    cognito_properties *properties = NULL;
    REQUIRE(cognito_config_new(&config) == COGNITO_STATUS_OK);
    REQUIRE(endpoint(config) == COGNITO_STATUS_OK && identity(config) == COGNITO_STATUS_OK);
    REQUIRE(client_id(config) == COGNITO_STATUS_OK);
    REQUIRE(cognito_provider_new(config, &provider) == COGNITO_STATUS_OK);
    REQUIRE(cognito_client_new(config, provider, NULL, NULL, &client) == COGNITO_STATUS_OK);
    REQUIRE(cognito_transport_new(config, provider, &transport) == COGNITO_STATUS_OK);
    REQUIRE(cognito_client_failure(client, &failure) == COGNITO_STATUS_OK);
    CHECK_INT(COGNITO_STATUS_OK, cognito_failure_status(failure));
    REQUIRE(cognito_client_trace(client, &trace) == COGNITO_STATUS_OK);
    REQUIRE(cognito_properties_new(&properties) == COGNITO_STATUS_OK);
    void *made[MADE_COUNT] = {config, provider, client, transport, failure, trace, properties};
    memcpy(handles, made, sizeof made);
}

static void free_all(void *const handles[MADE_COUNT]) {
    cognito_properties_free(handles[PROPERTIES]);
    cognito_trace_free(handles[TRACE]);
    cognito_failure_free(handles[FAILURE]);
    cognito_transport_free(handles[TRANSPORT]);
    cognito_client_free(handles[CLIENT]);
    cognito_provider_free(handles[PROVIDER]);
    cognito_config_free(handles[CONFIG]);
}

int main(void) {
    void *freed[MADE_COUNT], *live[MADE_COUNT];
    long stranger = 0;
    make(freed);
    free_all(freed);
    free_all(freed); /* again, which changes nothing */
    make(live);
    good_config = live[CONFIG];
    free_all((void *[MADE_COUNT]){live[PROVIDER], live[CLIENT], live[TRANSPORT], live[FAILURE],
                                  live[TRACE], live[PROPERTIES], live[CONFIG]});
    free_all((void *[MADE_COUNT]){NULL});
    void *const *const all[] = {freed, live};
    for (size_t i = 0; i < 2 * MADE_COUNT; i++) { /* what has no live handle here */
        cognito_credentials_free(all[i / MADE_COUNT][i % MADE_COUNT]);
        cognito_signed_url_free(all[i / MADE_COUNT][i % MADE_COUNT]);
    }

    for (int type = CONFIG; type < TYPE_COUNT; type++) {
        void *wrong[2 * MADE_COUNT + 4] = {&stranger, (void *)1, (void *)UINTPTR_MAX, NULL};
        memcpy(wrong + 4, freed, sizeof freed);
        memcpy(wrong + 4 + MADE_COUNT, live, sizeof live);
        check_row = type_names[type];
        for (size_t w = 0; w < sizeof wrong / sizeof wrong[0]; w++) {
            bool is_right = type < MADE_COUNT && wrong[w] == live[type];
            for (size_t i = 0; !is_right && calls[type][i] != NULL; i++) {
                if (wrong[w] == NULL && takes_null(calls[type][i])) {
                    continue;
                }
                CHECK_STATUS(COGNITO_STATUS_INVALID_HANDLE, calls[type][i](wrong[w]));
                if (!says_nothing(calls[type][i])) {
                    CHECK_CONTAINS(type_names[type], cognito_last_error());
                }
            }
        }
    }
    free_all(live);
    return check_result();
}
