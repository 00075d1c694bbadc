/*
 * Connects to AWS IoT Core with an Amazon Cognito identity, and disconnects.
 *
 *   cognito_connect --endpoint ENDPOINT --cognito_identity IDENTITY
 *
 * Exit code: 0 connected and disconnected, 1 it failed, 2 the command line is wrong.
 */

#define _POSIX_C_SOURCE 200809L

#include <cognito_connect.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

enum { EXIT_USAGE = 2 };

static const char usage[] =
    "usage: cognito_connect --endpoint ENDPOINT --cognito_identity IDENTITY [OPTIONS]\n"
    "\n"
    "Connects to AWS IoT Core with a Cognito identity, and disconnects.\n"
    "Options are written --name value or --name=value.\n"
    "\n"
    "  --endpoint HOST            AWS IoT data endpoint, without scheme and port\n"
    "  --cognito_identity ID      Cognito identity id, REGION:UUID (not the id of its pool)\n"
    "  --signing_region REGION    region of the endpoint (read from the endpoint or the identity)\n"
    "  --region REGION            the same\n"
    "  --client_id ID             MQTT client id (test- and a random UUID)\n"
    "  --ca_file FILE             trust these PEM certificates in place of the built-in roots\n"
    "  --proxy_host HOST          reach both servers through this HTTP proxy\n"
    "  --proxy_port PORT          port of the proxy (8080)\n"
    "  --port PORT                port of the endpoint (443)\n"
    "  --cognito_endpoint HOST[:PORT]\n"
    "                             another host for Cognito\n"
    "  --connect_timeout_ms MS    deadline for the whole connect (30000)\n"
    "  --verbosity LEVEL          NoLogs Fatal Error Warn Info Debug Trace, to stderr (NoLogs)\n"
    "  --is_ci                    leave the endpoint and the client id out of the output\n"
    "  --help                     this text\n";

static const char *const levels[] = {"NoLogs", "Fatal", "Error", "Warn", "Info", "Debug", "Trace"};

/* ---- The command line ---- */

/* clang-format off */
enum option {
    ENDPOINT, SIGNING_REGION, COGNITO_IDENTITY, CLIENT_ID, CA_FILE, PROXY_HOST, PROXY_PORT, PORT,
    COGNITO_ENDPOINT, CONNECT_TIMEOUT_MS, VERBOSITY, OPTION_COUNT
};
/* clang-format on */

static const struct {
    const char *name;
    enum option option;
} names[] = {
    {"--endpoint", ENDPOINT},
    {"--signing_region", SIGNING_REGION},
    {"--region", SIGNING_REGION},
    {"--cognito_identity", COGNITO_IDENTITY},
    {"--client_id", CLIENT_ID},
    {"--ca_file", CA_FILE},
    {"--proxy_host", PROXY_HOST},
    {"--proxy_port", PROXY_PORT},
    {"--port", PORT},
    {"--cognito_endpoint", COGNITO_ENDPOINT},
    {"--connect_timeout_ms", CONNECT_TIMEOUT_MS},
    {"--verbosity", VERBOSITY},
};

enum { NAME_COUNT = sizeof names / sizeof names[0] };

struct options {
    const char *value[OPTION_COUNT]; /* NULL when it was not given */
    bool is_ci;
    bool help;
};

/* Says what is wrong with the command line. Always false, to be returned. */
static bool wrong_usage(const char *what, const char *detail) {
    fprintf(stderr, "%s\ncognito_connect: %s %s\n", usage, what, detail);
    return false;
}

/* The index in names, or NAME_COUNT when there is no such option. */
static size_t find_option(const char *name, size_t name_len) {
    size_t n = 0;
    while (n < NAME_COUNT &&
           (strlen(names[n].name) != name_len || strncmp(names[n].name, name, name_len) != 0)) {
        n++;
    }
    return n;
}

static bool parse_options(int argc, char **argv, struct options *options) {
    for (int i = 1; i < argc; i++) {
        const char *argument = argv[i];
        size_t name_len = strcspn(argument, "=");
        size_t n = find_option(argument, name_len);
        if (strcmp(argument, "--is_ci") == 0) {
            options->is_ci = true;
        } else if (strcmp(argument, "--help") == 0) {
            options->help = true;
            return true;
        } else if (n == NAME_COUNT) {
            return wrong_usage("unknown option", argument);
        } else if (argument[name_len] == '=') {
            options->value[names[n].option] = argument + name_len + 1;
        } else if (i + 1 < argc) {
            options->value[names[n].option] = argv[++i];
        } else {
            return wrong_usage("no value after", argument);
        }
    }
    if (options->value[ENDPOINT] == NULL) {
        return wrong_usage("missing option", "--endpoint");
    }
    if (options->value[COGNITO_IDENTITY] == NULL) {
        return wrong_usage("missing option", "--cognito_identity");
    }
    return true;
}

/* Reads a decimal number, if one was given; the library checks the range. */
static bool parse_number(const char *option, const char *text, uint32_t *number) {
    if (text == NULL) {
        return true;
    }
    char *end = NULL;
    errno = 0;
    unsigned long value = strtoul(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 || value > UINT32_MAX) {
        return wrong_usage(option, "takes a number");
    }
    *number = (uint32_t)value;
    return true;
}

static bool parse_level(const char *text, int32_t *level) {
    for (int32_t i = 0; text != NULL && i <= COGNITO_LOG_LEVEL_TRACE; i++) {
        if (strcmp(levels[i], text) == 0) {
            *level = i;
            return true;
        }
    }
    return text == NULL || wrong_usage("--verbosity cannot be", text);
}

/* ---- The library's settings ---- */

/* A setter that refuses its value leaves the reason in the last error. */
static bool accepted(const char *option, cognito_status status) {
    return status == COGNITO_STATUS_OK || wrong_usage(option, cognito_last_error());
}

static bool configure(cognito_config *config, const struct options *options) {
    const char *const *value = options->value;
    uint32_t port = 443, proxy_port = 8080, timeout_ms = 30000;
    /* Where a setting may be NULL, NULL is its default. */
    return parse_number("--port", value[PORT], &port) &&
           parse_number("--proxy_port", value[PROXY_PORT], &proxy_port) &&
           parse_number("--connect_timeout_ms", value[CONNECT_TIMEOUT_MS], &timeout_ms) &&
           accepted("--endpoint:", cognito_config_set_endpoint(config, value[ENDPOINT])) &&
           accepted("--port:", cognito_config_set_port(config, port)) &&
           accepted("--signing_region:",
                    cognito_config_set_signing_region(config, value[SIGNING_REGION])) &&
           accepted("--cognito_identity:",
                    cognito_config_set_identity(config, value[COGNITO_IDENTITY])) &&
           accepted("--cognito_endpoint:",
                    cognito_config_set_cognito_endpoint(config, value[COGNITO_ENDPOINT])) &&
           accepted("--client_id:", cognito_config_set_client_id(config, value[CLIENT_ID])) &&
           accepted("--ca_file:", cognito_config_set_ca_file(config, value[CA_FILE])) &&
           accepted("--proxy_host, --proxy_port:",
                    cognito_config_set_proxy(config, value[PROXY_HOST], proxy_port)) &&
           accepted("--connect_timeout_ms:",
                    cognito_config_set_connect_timeout_ms(config, timeout_ms));
}

/* Writes "test-" and a random UUID; the policy of the README allows client ids that begin so. */
static bool random_client_id(char id[sizeof "test-" + 36]) {
    unsigned char b[16];
    if (getrandom(b, sizeof b, 0) != (ssize_t)sizeof b) {
        perror("cognito_connect: no random numbers");
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

/* ---- Log, failures, Ctrl-C ---- */

static void print_log(int32_t level, const char *stage, const char *message, void *user_data) {
    (void)user_data;
    fprintf(stderr, "[%s] %s: %s\n", levels[level], stage, message);
}

/* The status name, the reason, and what to do. */
static void print_failure(const cognito_client *client, cognito_status status) {
    cognito_failure *failure = NULL;
    if (client != NULL && cognito_client_failure(client, &failure) == COGNITO_STATUS_OK &&
        cognito_failure_status(failure) == status) {
        fprintf(stderr, "%s: %s\n", cognito_status_name(status), cognito_failure_message(failure));
        const char *hint = cognito_failure_hint(failure);
        fprintf(stderr, "%s%s", hint, hint[0] != '\0' ? "\n" : "");
    } else {
        fprintf(stderr, "%s: %s\n", cognito_status_name(status), cognito_last_error());
    }
    cognito_failure_free(failure);
}

static cognito_client *volatile interrupted_client;

static void interrupt(int signal_number) {
    (void)signal_number;
    cognito_client_cancel(interrupted_client); /* async-signal-safe */
}

static void say(const char *line) {
    puts(line);
    fflush(stdout); /* also when stdout is a pipe */
}

/* ---- Connect and disconnect ---- */

int main(int argc, char **argv) {
    struct options options = {0};
    char client_id[sizeof "test-" + 36];
    int32_t level = COGNITO_LOG_LEVEL_NONE;
    cognito_config *config = NULL;
    cognito_client *client = NULL;
    cognito_status status;
    int exit_code = EXIT_USAGE;

    if (!parse_options(argc, argv, &options) || !parse_level(options.value[VERBOSITY], &level)) {
        goto end;
    }
    if (options.help) {
        fputs(usage, stdout);
        exit_code = EXIT_SUCCESS;
        goto end;
    }
    exit_code = EXIT_FAILURE;
    if (options.value[CLIENT_ID] == NULL) {
        if (!random_client_id(client_id)) {
            goto end;
        }
        options.value[CLIENT_ID] = client_id;
    }
    if ((status = cognito_log_set(level, print_log, NULL)) != COGNITO_STATUS_OK ||
        (status = cognito_config_new(&config)) != COGNITO_STATUS_OK) {
        goto failed;
    }
    if (!configure(config, &options)) {
        exit_code = EXIT_USAGE;
        goto end;
    }
    if ((status = cognito_client_new(config, NULL, &client)) != COGNITO_STATUS_OK) {
        goto failed;
    }

    interrupted_client = client;
    struct sigaction action = {.sa_handler = interrupt};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);

    if (options.is_ci) {
        say("Connecting to endpoint with client ID...");
    } else {
        printf("Connecting to %s with client ID '%s'...\n", options.value[ENDPOINT],
               options.value[CLIENT_ID]);
        fflush(stdout);
    }
    if ((status = cognito_client_connect(client, COGNITO_WAIT_FOREVER)) != COGNITO_STATUS_OK) {
        goto failed;
    }
    say("Connected!");
    say("Disconnecting...");
    if ((status = cognito_client_disconnect(client, COGNITO_WAIT_FOREVER)) != COGNITO_STATUS_OK) {
        goto failed;
    }
    say("Disconnected!");
    exit_code = EXIT_SUCCESS;
    goto end;

failed:
    print_failure(client, status);
end:
    cognito_client_free(client);
    cognito_config_free(config);
    return exit_code;
}
