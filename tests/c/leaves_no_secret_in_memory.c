/* Credentials and URLs are zeroed when they are freed, and with the provider all copies of them,
 * with the config what it was given, and what went over the connections: no memory that this
 * process can write holds a secret any more. Needs --proxy-user user --proxy-password PASSWORD. */

#define _POSIX_C_SOURCE 200809L /* fseeko() */

#include "local_aws.h"

#include <inttypes.h>

/* Only in memory that cannot be written. */
#define PASSWORD "a-password-of-a-proxy-that-is-long"
#define OF_BASE64 "LXBhc3N3b3JkLW9mLWEtcHJveHktdGhhdC1pcy1sb25n" /* a part of it */
#define LOGIN_TOKEN "a-token-of-a-login-that-is-long-too"

enum { HIDE = 0x55, LOOKED_FOR = 20, MOST = 4096, OVERLAP = LOOKED_FOR - 1 };
enum { SECRETS_MAX = 16 };

/* What was secret, so that a search does not find this. */
struct hidden {
    const char *name;
    unsigned char bytes[LOOKED_FOR];
    int live; /* copies, while it was needed */
};

static unsigned char block[1 << 16]; /* of the memory that is searched */

static struct hidden secrets[SECRETS_MAX];
static int secret_count;

/* Looked for by a part of it that begins at an offset, or ends with it where that is negative. */
static struct hidden *hide(const char *name, const char *secret, int offset) {
    struct hidden *hidden = &secrets[secret_count++];
    const char *from = offset < 0 ? secret + strlen(secret) - LOOKED_FOR : secret + offset;
    REQUIRE(secret_count <= SECRETS_MAX && strlen(from) >= LOOKED_FOR);
    hidden->name = name;
    for (size_t i = 0; i < LOOKED_FOR; i++) {
        hidden->bytes[i] = (unsigned char)(from[i] ^ HIDE);
    }
    return hidden;
}

static bool is_hidden(const struct hidden *hidden, const unsigned char *at) {
    size_t i = 0;
    while (i < LOOKED_FOR && (at[i] ^ HIDE) == hidden->bytes[i]) {
        i++;
    }
    return i == LOOKED_FOR;
}

static int copies_from(const struct hidden *hidden, FILE *memory, uintptr_t begin, uintptr_t end) {
    int copies = 0;
    uintptr_t own = (uintptr_t)block;
    for (uintptr_t at = begin; at < end; at += sizeof block - OVERLAP) {
        size_t len = end - at < sizeof block ? end - at : sizeof block;
        if (at < own + sizeof block && own < at + len) {
            continue;
        }
        /* What cannot be read, such as a page of the kernel's, holds nothing of ours. */
        len = fseeko(memory, (off_t)at, SEEK_SET) == 0 ? fread(block, 1, len, memory) : 0;
        for (size_t i = 0; i + LOOKED_FOR <= len; i++) {
            copies += is_hidden(hidden, block + i);
        }
    }
    memset(block, 0, sizeof block);
    return copies;
}

/* How many copies there are in all memory that can be written: heaps, stacks and data. */
static int copies(const struct hidden *hidden) {
    char line[MOST], rights[8];
    uintptr_t begin, end;
    int count = 0;
    FILE *maps = fopen("/proc/self/maps", "r"), *memory = fopen("/proc/self/mem", "r");
    REQUIRE(maps != NULL && memory != NULL && setvbuf(memory, NULL, _IONBF, 0) == 0);
    while (fgets(line, sizeof line, maps) != NULL) {
        REQUIRE(sscanf(line, "%" SCNxPTR "-%" SCNxPTR " %7s", &begin, &end, rights) == 3);
        if (rights[1] == 'w') {
            count += copies_from(hidden, memory, begin, end);
        }
    }
    fclose(maps);
    fclose(memory);
    return count;
}

static int32_t login(cognito_login_sink *sink, void *user_data) {
    (void)user_data;
    return cognito_login_sink_set(sink, "accounts.example.com", LOGIN_TOKEN);
}

static cognito_config *config_with_secrets(void) {
    cognito_config *config = local_aws_config();
    local_aws_through_proxy(config);
    REQUIRE(cognito_config_set_proxy_credentials(config, "user", PASSWORD) == COGNITO_STATUS_OK &&
            cognito_config_set_identity(config, NULL) == COGNITO_STATUS_OK &&
            cognito_config_set_identity_pool(config, local_aws("IDENTITY_POOL")) ==
                COGNITO_STATUS_OK &&
            cognito_config_set_login(config, login, NULL) == COGNITO_STATUS_OK);
    return config;
}

static int good, all;

static void look(struct hidden *hidden, const char *when, bool is_gone) {
    int count = copies(hidden), failures = check_failures();
    printf("%s: %d copies %s\n", hidden->name, count, when);
    check_row = hidden->name;
    CHECK(!is_gone || count == 0);
    hidden->live = count;
    all += is_gone;
    good += is_gone && check_failures() == failures;
}

int main(void) {
    cognito_config *config = config_with_secrets();
    cognito_provider *provider = NULL;
    cognito_credentials *credentials = NULL;
    cognito_signed_url *url = NULL;
    cognito_transport *transport = NULL;
    cognito_client *client = NULL;
    REQUIRE(cognito_provider_new(config, &provider) == COGNITO_STATUS_OK &&
            cognito_transport_new(config, provider, &transport) == COGNITO_STATUS_OK &&
            cognito_client_new(config, provider, NULL, NULL, &client) == COGNITO_STATUS_OK);
    REQUIRE(cognito_transport_open(transport, COGNITO_WAIT_FOREVER) == COGNITO_STATUS_OK);
    REQUIRE(cognito_client_connect(client, COGNITO_WAIT_FOREVER) == COGNITO_STATUS_OK);
    REQUIRE(cognito_provider_fetch(provider, COGNITO_WAIT_FOREVER, &credentials) ==
            COGNITO_STATUS_OK);
    REQUIRE(cognito_provider_sign(provider, COGNITO_HOST_HEADER_STANDARD, 0, &url) ==
            COGNITO_STATUS_OK);
    const char *signature = strstr(cognito_signed_url_text(url), "&X-Amz-Signature=");
    REQUIRE(signature != NULL);
    signature += strlen("&X-Amz-Signature=");
    struct hidden *of_url[] = {hide("head of the signature", signature, 0),
                               hide("tail of the signature", signature, LOOKED_FOR)};
    const char *key = cognito_credentials_secret_access_key(credentials);
    const char *token = cognito_credentials_session_token(credentials);
    struct hidden *of_credentials[] = {
        hide("head of the secret access key", key, 0),
        hide("tail of the secret access key", key, -1),
        /* Every session token begins alike. */
        hide("head of the session token", token, 40),
        hide("tail of the session token", token, -1),
    };
    struct hidden *of_config[] = {hide("the proxy's password", PASSWORD, 0),
                                  hide("the proxy's password", PASSWORD, -1),
                                  hide("the proxy's password in base64", OF_BASE64, 0),
                                  hide("the token of the login", LOGIN_TOKEN, 0),
                                  hide("the token of the login", LOGIN_TOKEN, -1)};
    enum { OF_URL = 2, OF_CREDENTIALS = 4, OF_CONFIG = 5 };

    /* So that a search is known to find one. */
    for (int i = 0; i < OF_URL; i++) {
        CHECK(copies(of_url[i]) > 0);
    }
    CHECK(copies(of_config[0]) > 0);
    cognito_signed_url_free(url);
    for (int i = 0; i < OF_URL; i++) {
        look(of_url[i], "when the URL is freed", true);
    }
    for (int i = 0; i < OF_CREDENTIALS; i++) {
        look(of_credentials[i], "in use", false);
    }
    cognito_credentials_free(credentials);
    for (int i = 0; i < OF_CREDENTIALS; i++) {
        int live = of_credentials[i]->live;
        look(of_credentials[i], "when the credentials are freed", false);
        CHECK_INT(live - 1, of_credentials[i]->live);
    }
    cognito_client_free(client);
    cognito_transport_free(transport);
    cognito_provider_free(provider);
    for (int i = 0; i < OF_CREDENTIALS; i++) {
        look(of_credentials[i], "when the provider is freed", true);
    }
    cognito_config_free(config);
    for (int i = 0; i < OF_CONFIG; i++) {
        look(of_config[i], "when the config is freed", true);
    }
    printf("%d of %d\n", good, all);
    return check_result();
}
