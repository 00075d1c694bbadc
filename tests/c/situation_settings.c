/* The settings of a situation: words like "port=closed", apart by spaces. */

#include "situations.h"

/* Settings whose value is handed over as it is; "none" is NULL. */
static const struct {
    const char *name;
    cognito_status (*set)(cognito_config *config, const char *value);
} texts[] = {
    {"identity", cognito_config_set_identity},
    {"identity_pool", cognito_config_set_identity_pool},
    {"custom_role_arn", cognito_config_set_custom_role_arn},
    {"cognito_region", cognito_config_set_cognito_region},
    {"cognito_endpoint", cognito_config_set_cognito_endpoint},
    {"signing_region", cognito_config_set_signing_region},
    {"endpoint", cognito_config_set_endpoint},
    {"client_id", cognito_config_set_client_id},
    {"ca_file", cognito_config_set_ca_file},
    {"ca_pem", cognito_config_set_ca_pem},
};

static const struct {
    const char *name;
    cognito_status (*set)(cognito_config *config, uint32_t value);
} numbers[] = {
    {"port", cognito_config_set_port},
    {"tries", cognito_config_set_cognito_tries},
    {"keep_alive_s", cognito_config_set_keep_alive_s},
    {"clock_correction_max_s", cognito_config_set_clock_correction_max_s},
};

/* proxy=good, no-password, wrong-password, dead or unknown; direct is none. */
static cognito_status set_proxy(cognito_config *config, const char *value) {
    if (strcmp(value, "dead") == 0) {
        return cognito_config_set_proxy(config, "localhost", 1);
    }
    if (strcmp(value, "unknown") == 0) {
        return cognito_config_set_proxy(config, "no-such-proxy.invalid", 3128);
    }
    local_aws_through_proxy(config);
    if (strcmp(value, "good") == 0) {
        return cognito_config_set_proxy_credentials(config, "user", "secret-word");
    }
    if (strcmp(value, "wrong-password") == 0) {
        return cognito_config_set_proxy_credentials(config, "user", "wrong-word");
    }
    return strcmp(value, "no-password") == 0 ? COGNITO_STATUS_OK : COGNITO_STATUS_INVALID_ARGUMENT;
}

static cognito_status set(struct setup *setup, const char *name, const char *value) {
    cognito_config *config = setup->config;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        if (strcmp(name, texts[i].name) == 0) {
            return texts[i].set(config, strcmp(value, "none") == 0 ? NULL : value);
        }
    }
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        if (strcmp(name, numbers[i].name) == 0) {
            return numbers[i].set(config, (uint32_t)strtoul(value, NULL, 10));
        }
    }
    if (strcmp(name, "connect_timeout_ms") == 0) {
        return cognito_config_set_connect_timeout_ms(config, (uint32_t)allowed_ms(atof(value)));
    }
    if (strcmp(name, "clock_correction") == 0) {
        return cognito_config_set_clock_correction(config, strcmp(value, "on") == 0);
    }
    if (strcmp(name, "without_clock") == 0) {
        return cognito_config_set_without_clock(config, strcmp(value, "yes") == 0);
    }
    if (strcmp(name, "login") == 0) {
        return situation_set_login(config, value);
    }
    if (strcmp(name, "proxy") == 0) {
        return set_proxy(config, value);
    }
    return COGNITO_STATUS_INVALID_ARGUMENT; /* not of the vocabulary */
}

void situation_prepare(const struct situation *situation, struct setup *setup) {
    static char words[1024], client_id[64], then[64];
    static int made;
    snprintf(client_id, sizeof client_id, "test-situation-%d", made++);
    local_aws_reset();
    *setup = (struct setup){.config = local_aws_config(), .client_id = client_id};
    REQUIRE(cognito_config_set_client_id(setup->config, client_id) == COGNITO_STATUS_OK);
    /* Only what is about trying again tries again. */
    REQUIRE(cognito_config_set_cognito_tries(setup->config, 1) == COGNITO_STATUS_OK);

    snprintf(words, sizeof words, "%s", situation_expand(situation->settings, setup, ""));
    for (char *word = strtok(words, " "); word != NULL; word = strtok(NULL, " ")) {
        char *value = strchr(word, '=');
        REQUIRE(value != NULL);
        *value++ = '\0';
        if (strcmp(word, "then") == 0) {
            snprintf(then, sizeof then, "service=iot&how=%s", value);
            setup->then = then;
            continue;
        }
        cognito_status status = set(setup, word, value);
        if (status != COGNITO_STATUS_OK) {
            check_failed(__FILE__, __LINE__, "%s=%s: %s", word, value, cognito_status_name(status));
        }
        if (strcmp(word, "client_id") == 0) {
            snprintf(client_id, sizeof client_id, "%s", value);
        }
    }
    if (situation->faults[0] != '\0') {
        local_aws_fault(situation->faults);
    }
}
