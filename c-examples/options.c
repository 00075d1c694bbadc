/* See options.h. */

#define _POSIX_C_SOURCE 200809L

#include "options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

/* Every option, for which programs it is, and its lines of the usage. */
static const struct {
    const char *name;
    enum option option;
    enum needs for_needs; /* for programs that need this or more */
    const char *usage;
} names[] = {
    {"--endpoint", ENDPOINT, NEEDS_ENDPOINT,
     "  --endpoint HOST            AWS IoT data endpoint, without scheme and port\n"},
    {"--cognito_identity", COGNITO_IDENTITY, NEEDS_IDENTITY,
     "  --cognito_identity ID      Cognito identity id, REGION:UUID (not the id of its pool)\n"},
    {"--identity_pool", IDENTITY_POOL, NEEDS_IDENTITY,
     "  --identity_pool ID         in place of it: the pool to get an identity from, "
     "REGION:UUID\n"},
    {"--identity_file", IDENTITY_FILE, NEEDS_IDENTITY,
     "  --identity_file FILE       keeps the identity that the pool gave (or each run makes "
     "another)\n"},
    {"--signing_region", SIGNING_REGION, NEEDS_ENDPOINT,
     "  --signing_region REGION    region of the endpoint (read from the endpoint or the "
     "identity)\n"},
    {"--region", SIGNING_REGION, NEEDS_ENDPOINT, "  --region REGION            the same\n"},
    {"--cognito_region", COGNITO_REGION, NEEDS_IDENTITY,
     "  --cognito_region REGION    region of Cognito (the one that the identity or pool begins "
     "with)\n"},
    {"--client_id", CLIENT_ID, NEEDS_CLIENT_ID,
     "  --client_id ID             MQTT client id (test- and a random UUID)\n"},
    {"--mqtt_version", MQTT_VERSION, NEEDS_SESSION,
     "  --mqtt_version VERSION     4 for MQTT 3.1.1 (the default) or 5\n"},
    {"--ca_file", CA_FILE, NEEDS_IDENTITY,
     "  --ca_file FILE             trust these PEM certificates in place of the built-in roots\n"},
    {"--trust", TRUST, NEEDS_IDENTITY,
     "  --trust ROOTS              amazon (built in) or system; --ca_file adds to these then\n"},
    {"--proxy_host", PROXY_HOST, NEEDS_IDENTITY,
     "  --proxy_host HOST          reach the servers through this HTTP proxy\n"},
    {"--proxy_port", PROXY_PORT, NEEDS_IDENTITY,
     "  --proxy_port PORT          port of the proxy (8080)\n"},
    {"--port", PORT, NEEDS_ENDPOINT, "  --port PORT                port of the endpoint (443)\n"},
    {"--cognito_endpoint", COGNITO_ENDPOINT, NEEDS_IDENTITY,
     "  --cognito_endpoint HOST[:PORT]\n"
     "                             another host for Cognito\n"},
    {"--connect_timeout_ms", CONNECT_TIMEOUT_MS, NEEDS_IDENTITY,
     "  --connect_timeout_ms MS    deadline for the whole connect (30000)\n"},
};

enum { NAME_COUNT = sizeof names / sizeof names[0] };

static const struct program *running;

static void print_usage(FILE *out) {
    fprintf(out, "%sOptions are written --name value or --name=value.\n\n", running->usage);
    for (size_t i = 0; i < NAME_COUNT; i++) {
        if (running->needs >= names[i].for_needs) {
            fputs(names[i].usage, out);
        }
    }
    fprintf(out, "%s  --help                     this text\n", running->own_usage);
}

bool options_wrong(const char *what, const char *detail) {
    print_usage(stderr);
    fprintf(stderr, "\n%s %s\n", what, detail);
    return false;
}

/* ---- The command line ---- */

static bool is_option(const char *name, const char *argument, size_t name_len) {
    return strlen(name) == name_len && strncmp(name, argument, name_len) == 0;
}

/* Where the value of an option goes, or NULL when there is no such option with a value. */
static const char **find_value(struct options *options, const char *argument, size_t name_len) {
    for (size_t i = 0; i < NAME_COUNT; i++) {
        if (running->needs >= names[i].for_needs && is_option(names[i].name, argument, name_len)) {
            return &options->value[names[i].option];
        }
    }
    for (const struct own_option *own = running->own; own->name != NULL; own++) {
        if (is_option(own->name, argument, name_len)) {
            return own->value;
        }
    }
    return NULL;
}

/* Sets a flag. False, and stderr says why, when there is no such option, or it takes no value. */
static bool set_flag(struct options *options, const char *argument, size_t name_len) {
    bool *flag = is_option("--help", argument, name_len) ? &options->help : NULL;
    for (const struct own_option *own = running->own; own->name != NULL; own++) {
        if (is_option(own->name, argument, name_len)) {
            flag = own->flag;
        }
    }
    if (flag == NULL || argument[name_len] == '=') {
        /* What is not understood may hold an identity: only its beginning is shown. */
        char beginning[64];
        snprintf(beginning, sizeof beginning, "%.*s", (int)strcspn(argument, "=:"), argument);
        return flag == NULL ? options_wrong("unknown option", beginning)
                            : options_wrong(beginning, "takes no value");
    }
    *flag = true;
    return true;
}

/* Writes "test-" and a random UUID; the policy of the README allows client ids that begin so. */
static bool random_client_id(char id[sizeof "test-" + 36]) {
    unsigned char b[16];
    if (getrandom(b, sizeof b, 0) != (ssize_t)sizeof b) {
        perror("no random numbers");
        return false;
    }
    b[6] = (unsigned char)((b[6] & 0x0f) | 0x40); /* version 4 */
    b[8] = (unsigned char)((b[8] & 0x3f) | 0x80); /* RFC 4122 */
    char *end = id + sprintf(id, "test-");
    for (size_t i = 0; i < sizeof b; i++) {
        bool dash = i == 4 || i == 6 || i == 8 || i == 10;
        end += sprintf(end, dash ? "-%02x" : "%02x", (unsigned)b[i]);
    }
    return true;
}

static bool complete(struct options *options) {
    const char **value = options->value;
    if (running->needs >= NEEDS_ENDPOINT && value[ENDPOINT] == NULL) {
        return options_wrong("missing option", "--endpoint");
    }
    if (value[COGNITO_IDENTITY] == NULL && value[IDENTITY_POOL] == NULL) {
        return options_wrong("missing option", "--cognito_identity or --identity_pool");
    }
    if (value[COGNITO_IDENTITY] != NULL && value[IDENTITY_POOL] != NULL) {
        return options_wrong("--cognito_identity and --identity_pool:", "only one can be given");
    }
    if (value[IDENTITY_FILE] != NULL && value[IDENTITY_POOL] == NULL) {
        return options_wrong("--identity_file", "needs --identity_pool");
    }
    if (running->needs >= NEEDS_CLIENT_ID && value[CLIENT_ID] == NULL) {
        value[CLIENT_ID] = options->random_client_id;
        return random_client_id(options->random_client_id);
    }
    return true;
}

static bool parse(struct options *options, const struct program *program, int argc, char **argv) {
    *options = (struct options){0};
    running = program;
    for (int i = 1; i < argc && !options->help; i++) {
        size_t name_len = strcspn(argv[i], "=");
        const char **value = find_value(options, argv[i], name_len);
        if (value == NULL) {
            if (!set_flag(options, argv[i], name_len)) {
                return false;
            }
        } else if (argv[i][name_len] == '=') {
            *value = argv[i] + name_len + 1;
        } else if (i + 1 < argc) {
            *value = argv[++i];
        } else {
            return options_wrong("no value after", argv[i]);
        }
    }
    return options->help || complete(options);
}

/* ---- The library's settings ---- */

/* Reads a decimal number, if one was given; the library checks the range. */
static bool parse_number(const char *option, const char *text, uint32_t *number) {
    if (text == NULL) {
        return true;
    }
    char *end = NULL;
    errno = 0;
    unsigned long value = strtoul(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 || value > UINT32_MAX) {
        return options_wrong(option, "takes a number");
    }
    *number = (uint32_t)value;
    return true;
}

static bool parse_trust(const char *text, int32_t *trust) {
    if (text != NULL && strcmp(text, "system") == 0) {
        *trust = COGNITO_TRUST_SYSTEM;
    } else if (text != NULL && strcmp(text, "amazon") != 0) {
        return options_wrong("--trust is amazon or system, and not", text);
    }
    return true;
}

/* A setter that refuses its value leaves the reason in the last error. */
static bool accepted(const char *option, cognito_status status) {
    return status == COGNITO_STATUS_OK || options_wrong(option, cognito_last_error());
}

static bool configure(const struct options *options, cognito_config *config) {
    const char *const *value = options->value;
    uint32_t port = 443, proxy_port = 8080, timeout_ms = 30000;
    uint32_t mqtt_version = COGNITO_MQTT_VERSION_V3_1_1;
    int32_t trust = COGNITO_TRUST_AMAZON;
    /* Where a setting may be NULL, NULL is its default. */
    return parse_number("--port", value[PORT], &port) &&
           parse_number("--proxy_port", value[PROXY_PORT], &proxy_port) &&
           parse_number("--connect_timeout_ms", value[CONNECT_TIMEOUT_MS], &timeout_ms) &&
           parse_number("--mqtt_version", value[MQTT_VERSION], &mqtt_version) &&
           parse_trust(value[TRUST], &trust) &&
           accepted("--mqtt_version:",
                    cognito_config_set_mqtt_version(config, (int32_t)mqtt_version)) &&
           (value[ENDPOINT] == NULL ||
            accepted("--endpoint:", cognito_config_set_endpoint(config, value[ENDPOINT]))) &&
           accepted("--port:", cognito_config_set_port(config, port)) &&
           accepted("--signing_region:",
                    cognito_config_set_signing_region(config, value[SIGNING_REGION])) &&
           accepted("--cognito_region:",
                    cognito_config_set_cognito_region(config, value[COGNITO_REGION])) &&
           accepted("--cognito_identity:",
                    cognito_config_set_identity(config, value[COGNITO_IDENTITY])) &&
           accepted("--identity_pool:",
                    cognito_config_set_identity_pool(config, value[IDENTITY_POOL])) &&
           accepted("--identity_file:",
                    cognito_config_set_identity_file(config, value[IDENTITY_FILE])) &&
           accepted("--cognito_endpoint:",
                    cognito_config_set_cognito_endpoint(config, value[COGNITO_ENDPOINT])) &&
           (value[CLIENT_ID] == NULL ||
            accepted("--client_id:", cognito_config_set_client_id(config, value[CLIENT_ID]))) &&
           accepted("--ca_file:", cognito_config_set_ca_file(config, value[CA_FILE])) &&
           (value[TRUST] == NULL ||
            accepted("--trust:", cognito_config_set_trust(config, trust))) &&
           accepted("--proxy_host, --proxy_port:",
                    cognito_config_set_proxy(config, value[PROXY_HOST], proxy_port)) &&
           accepted("--connect_timeout_ms:",
                    cognito_config_set_connect_timeout_ms(config, timeout_ms));
}

cognito_config *options_begin(struct options *options, const struct program *program, int argc,
                              char **argv, int *exit_code) {
    cognito_config *config = NULL;
    *exit_code = EXIT_USAGE;
    if (!parse(options, program, argc, argv)) {
        return NULL;
    }
    if (options->help) {
        print_usage(stdout);
        *exit_code = EXIT_SUCCESS;
        return NULL;
    }
    if (cognito_config_new(&config) != COGNITO_STATUS_OK) {
        fprintf(stderr, "%s\n", cognito_last_error());
        *exit_code = EXIT_FAILURE;
        return NULL;
    }
    if (!configure(options, config)) {
        cognito_config_free(config);
        return NULL;
    }
    return config;
}
