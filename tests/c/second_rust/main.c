/* A program with four libraries that each bring cryptography or a Rust standard library. */

#include "../local_aws.h"

#include <curl/curl.h>
#include <openssl/evp.h>

int second_rust_answer(void);

int main(void) {
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned digest_len = 0;
    CHECK_INT(42, second_rust_answer());
    CHECK_INT(1, EVP_Digest("abc", 3, digest, &digest_len, EVP_sha256(), NULL));
    CHECK(digest_len == 32 && digest[0] == 0xba && digest[31] == 0xad);
    CHECK_INT(0, curl_global_init(CURL_GLOBAL_DEFAULT));

    cognito_config *config = local_aws_config();
    CHECK_STATUS(COGNITO_STATUS_OK, attempt_connect(config).status);
    CHECK_STATUS(COGNITO_STATUS_INVALID_ARGUMENT, cognito_config_set_port(config, 0));
    cognito_config_free(config);
    CHECK_INT(42, second_rust_answer());
    curl_global_cleanup();
    return check_result();
}
