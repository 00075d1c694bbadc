/* Credentials and URLs are zeroed when they are freed, and with the provider all copies of them: no
 * memory that this process can write holds a secret any more. */

#define _POSIX_C_SOURCE 200809L /* fseeko() */

#include "local_aws.h"

#include <inttypes.h>

enum { HIDE = 0x55, LOOKED_FOR = 20, MOST = 4096, OVERLAP = LOOKED_FOR - 1 };

/* What was secret, so that a search does not find this. */
struct hidden {
    const char *name;
    unsigned char bytes[LOOKED_FOR];
};

static unsigned char block[1 << 16]; /* of the memory that is searched */

static struct hidden hide(const char *name, const char *secret) {
    struct hidden hidden = {.name = name};
    REQUIRE(strlen(secret) >= LOOKED_FOR);
    for (size_t i = 0; i < LOOKED_FOR; i++) {
        hidden.bytes[i] = (unsigned char)(secret[i] ^ HIDE);
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

int main(void) {
    cognito_config *config = local_aws_config();
    cognito_provider *provider = NULL;
    cognito_credentials *credentials = NULL;
    cognito_signed_url *url = NULL;
    cognito_transport *transport = NULL;
    REQUIRE(cognito_provider_new(config, &provider) == COGNITO_STATUS_OK);
    REQUIRE(cognito_transport_new(config, provider, &transport) == COGNITO_STATUS_OK);
    REQUIRE(cognito_transport_open(transport, COGNITO_WAIT_FOREVER) == COGNITO_STATUS_OK);
    REQUIRE(cognito_provider_fetch(provider, COGNITO_WAIT_FOREVER, &credentials) ==
            COGNITO_STATUS_OK);
    REQUIRE(cognito_provider_sign(provider, COGNITO_HOST_HEADER_STANDARD, 0, &url) ==
            COGNITO_STATUS_OK);
    const char *signature = strstr(cognito_signed_url_text(url), "&X-Amz-Signature=");
    REQUIRE(signature != NULL);
    struct hidden keys[] = {
        hide("secret access key", cognito_credentials_secret_access_key(credentials)),
        hide("session token", cognito_credentials_session_token(credentials)),
    };
    struct hidden signed_url = hide("signature", signature + strlen("&X-Amz-Signature="));

    CHECK(copies(&signed_url) > 0);
    cognito_signed_url_free(url);
    CHECK_INT(0, copies(&signed_url));
    int live[2] = {copies(&keys[0]), copies(&keys[1])};
    cognito_credentials_free(credentials);
    for (int i = 0; i < 2; i++) {
        check_row = keys[i].name;
        int left = copies(&keys[i]);
        printf("%s: %d copies, then %d\n", keys[i].name, live[i], left);
        CHECK(left == live[i] - 1);
    }
    cognito_transport_free(transport);
    cognito_provider_free(provider);
    for (int i = 0; i < 2; i++) {
        check_row = keys[i].name;
        CHECK_INT(0, copies(&keys[i]));
    }
    cognito_config_free(config);
    /* The URL's, two of the credentials', and two of the provider's. */
    printf("%d of 5\n", 5 - check_failures());
    return check_result();
}
