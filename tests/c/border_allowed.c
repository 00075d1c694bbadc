/* See border_allowed.h. Each entry is a sentence of include/cognito_connect.h. */

#include "border_allowed.h"

#define OK COGNITO_STATUS_OK
#define HANDLES                                                                                    \
    "NULL,freed,1,all bits,a pointer,an odd pointer,even,next slot,far slot,next generation,"      \
    "next type,of another type,"

static const struct allowed alloweds[] = {
    /* "NULL for none", "or NULL", "NULL to make one from the config". */
    {"cognito_client_new cognito_transport_new ", "provider ", "NULL,", OK, false},
    {"cognito_client_new ", "on_event ", "NULL,", OK, false},
    {"cognito_config_set_will cognito_client_publish ", "properties ", "NULL,", OK, false},
    {"cognito_client_publish cognito_client_subscribe cognito_client_unsubscribe ", "on_complete ",
     "NULL,", OK, false},
    {"cognito_config_set_ca_file cognito_config_set_ca_pem cognito_config_set_cognito_endpoint "
     "cognito_config_set_cognito_region cognito_config_set_custom_role_arn "
     "cognito_config_set_identity cognito_config_set_identity_file "
     "cognito_config_set_identity_pool cognito_config_set_login cognito_config_set_proxy "
     "cognito_config_set_signing_region cognito_config_set_user_name "
     "cognito_properties_set_content_type cognito_properties_set_response_topic "
     "cognito_log_set ",
     "path pem endpoint region arn identity identity_pool login host user_name content_type "
     "response_topic log ",
     "NULL,", OK, false},
    {"cognito_config_set_will ", "topic ", "NULL,", OK, false},
    {"cognito_config_set_proxy_credentials ", "password ", "NULL,empty,", OK, false},
    /* A path may be anything but empty, and is looked at later. So are certificates. */
    {"cognito_config_set_ca_file cognito_config_set_identity_file ", "path ",
     "1 MiB,control character,line end,DEL,", OK, false},
    {"cognito_config_set_ca_pem ", "pem ", "empty,1 MiB,control character,line end,DEL,", OK,
     false},
    /* Names and tokens of Cognito have a length, and proxies' users none. */
    {"cognito_login_sink_set ", NULL, "control character,line end,DEL,", OK, false},
    {"cognito_config_set_proxy_credentials ", "user ", "empty,1 MiB,", OK, false},
    {"cognito_config_set_proxy_credentials ", "password ", "1 MiB,", OK, false},
    {"cognito_properties_add_user_property cognito_properties_set_content_type ",
     "name value content_type ", "empty,", OK, false},
    /* Numbers without a bound, or with one at 0. */
    {"cognito_config_set_clock_correction_max_s cognito_config_set_session_expiry_s ", "seconds ",
     "0,INT32_MAX + 1,UINT32_MAX,", OK, false},
    {"cognito_config_set_queue_max ", "bytes ", "INT32_MAX + 1,SIZE_MAX / 2 + 1,SIZE_MAX,", OK,
     false},
    {"cognito_config_set_topic_alias_maximum ", "aliases ", "0,", OK, false},
    {"cognito_config_set_will cognito_client_publish cognito_properties_set_correlation_data ",
     "payload_len len ", "0,", OK, false},
    /* "Values above INT32_MAX count as INT32_MAX", "No more than 1024 are looked at". */
    {"cognito_transport_recv cognito_transport_send cognito_transport_writev cognito_coremqtt_recv "
     "cognito_coremqtt_send cognito_coremqtt_writev ",
     NULL, "0,INT32_MAX + 1,SIZE_MAX / 2 + 1,SIZE_MAX,", OK, false},
    /* The first of those that there are. */
    {"cognito_trace_status cognito_trace_stage cognito_trace_finding cognito_trace_peer "
     "cognito_trace_service cognito_trace_began_us cognito_trace_took_us "
     "cognito_properties_user_property_name cognito_properties_user_property_value ",
     "index ", "0,", OK, false},
    /* "Any number." */
    {"cognito_stage_name cognito_status_name cognito_status_description ", NULL,
     "-1,INT32_MIN,INT32_MAX,", OK, false},
    /* "NULL when there is none", to whoever looks for the end. */
    {"cognito_properties_user_property_name cognito_properties_user_property_value ", "index ",
     "INT32_MAX + 1,SIZE_MAX / 2 + 1,SIZE_MAX,", COGNITO_STATUS_INVALID_ARGUMENT, true},
    /* "or NULL", of what is freed. */
    {"*_free ", NULL, "NULL,", OK, false},
    /* "leaves the last error alone" */
    {"*_cancel ", NULL, HANDLES, COGNITO_STATUS_INVALID_HANDLE, true},
    /* It looks at nothing; what it gives is refused by the functions that take it. */
    {"cognito_coremqtt_context ", NULL, HANDLES, OK, false},
    /* They give the status of what they are asked about. */
    {"cognito_failure_status ", "all ", "good,", COGNITO_STATUS_INVALID_ARGUMENT, true},
    /* "With wait_ms 0 it begins." */
    {"cognito_client_disconnect cognito_transport_close ", "all ", "good,",
     COGNITO_STATUS_IN_PROGRESS, true},
};
enum { ALLOWED_COUNT = sizeof alloweds / sizeof alloweds[0] };
static bool is_used[ALLOWED_COUNT];

/* Whether a name ends with another one that has a space behind it. */
static bool ends_with_mark(const char *name, const char *end) {
    char with_mark[128];
    snprintf(with_mark, sizeof with_mark, "%s ", name);
    return ends_with(with_mark, end);
}

/* Whether a list has an item; each item has its mark behind it. */
static bool has(const char *list, const char *item, char end) {
    size_t len = strlen(item);
    if (list[0] == '*') {
        return ends_with_mark(item, list + 1);
    }
    for (const char *at = list; (at = strstr(at, item)) != NULL; at++) {
        if ((at == list || at[-1] == end) && at[len] == end) {
            return true;
        }
    }
    return false;
}

const struct allowed *allowed_of(const char *function, const char *parameter, const char *value) {
    for (int i = 0; i < ALLOWED_COUNT; i++) {
        const struct allowed *allowed = &alloweds[i];
        bool is_it = has(allowed->functions, function, ' ') &&
                     (allowed->parameters == NULL || has(allowed->parameters, parameter, ' ')) &&
                     has(allowed->values, value, ',');
        if (is_it) {
            is_used[i] = true;
            return allowed;
        }
    }
    return NULL;
}

void allowed_check_all_used(void) {
    for (int i = 0; i < ALLOWED_COUNT; i++) {
        check_row = alloweds[i].functions;
        CHECK(is_used[i]);
    }
}

int made_of(const struct function *function) {
    for (int i = 0; i < function->parameter_count; i++) {
        if (function->parameters[i].kind == OUT) {
            return i;
        }
    }
    return -1;
}
