/* cognito_connect.hpp: a provider with its credentials, signed URLs and clock, shared by a client,
 * and the functions for logins and for a store. */

#include <cognito_connect.hpp>

extern "C" {
#include "local_aws.h"
}

#include <string>

static const char *const user_pool = "cognito-idp.us-east-1.amazonaws.com/us-east-1_AbCdEf123";

static cognito::config settings() { return cognito::config(local_aws_config()); }

static void fetches_and_signs() {
    check_row = "credentials";
    cognito::config config = settings();
    cognito::provider provider;
    cognito::credentials credentials;
    CHECK(!credentials && credentials.session_token().empty() && credentials.expires_at() == 0);
    CHECK(!config.endpoint("example.com") && !config.port(8443));
    CHECK(!cognito::provider::make(config, provider));
    CHECK_INT(COGNITO_STATUS_TIMED_OUT, provider.fetch(0, credentials).value());
    CHECK(!credentials && provider.clock_offset_ms() == COGNITO_CLOCK_OFFSET_UNKNOWN);
    CHECK(!provider.cancel());
    CHECK_INT(COGNITO_STATUS_CANCELLED, provider.fetch(COGNITO_WAIT_FOREVER, credentials).value());
    CHECK(!provider.fetch(COGNITO_WAIT_FOREVER, credentials));
    CHECK(credentials && credentials.access_key_id().substr(0, 4) == "ASIA");
    CHECK_INT(40, credentials.secret_access_key().size());
    CHECK(credentials.session_token().size() > 1000 && credentials.expires_at() > 1000000000);
    CHECK(provider.identity() == local_aws("IDENTITY"));
    CHECK(provider.clock_offset_ms() != COGNITO_CLOCK_OFFSET_UNKNOWN);

    check_row = "signed URL";
    cognito::signed_url url;
    CHECK(!url && url.text().empty() && url.port() == 0 && url.expires_at() == 0);
    CHECK(!provider.sign(COGNITO_HOST_HEADER_WITH_PORT, 0, url));
    CHECK(url && url.host() == "example.com" && url.host_header() == "example.com:8443");
    CHECK_INT(8443, url.port());
    CHECK(url.path().substr(0, 6) == "/mqtt?");
    CHECK(url.text() == "wss://" + std::string(url.host_header()) + std::string(url.path()));
    CHECK(url.expires_at() <= credentials.expires_at());
    CHECK_INT(1, local_aws_counter("cognito_requests"));

    check_row = "none";
    cognito::provider moved = std::move(provider);
    CHECK(moved.get() != nullptr && provider.get() == nullptr);
    CHECK_INT(COGNITO_STATUS_INVALID_HANDLE, provider.fetch(0, credentials).value());
    CHECK(credentials); /* as it was */
}

static void is_shared() {
    check_row = "shared";
    local_aws_reset();
    cognito::config config = settings();
    cognito::provider provider;
    cognito::client client;
    CHECK_INT(COGNITO_STATUS_INVALID_HANDLE,
              cognito::client::make(config, provider, client).value());
    CHECK(client.get() == nullptr);
    CHECK(!cognito::provider::make(config, provider));
    CHECK(!cognito::client::make(config, provider, client));
    CHECK(client.trace().empty());
    CHECK(!client.connect(COGNITO_WAIT_FOREVER));
    CHECK(!client.trace().empty());
    cognito::credentials credentials;
    CHECK(!provider.fetch(0, credentials));
    provider = cognito::provider();
    CHECK(!client.disconnect(COGNITO_WAIT_FOREVER));
    CHECK_INT(1, local_aws_counter("cognito_requests"));
}

static void says_why() {
    check_row = "refused";
    local_aws_reset();
    local_aws_fault("cognito.response=not-authorized*1");
    cognito::provider provider;
    cognito::credentials credentials;
    CHECK(!cognito::provider::make(settings(), provider));
    const std::error_code error = provider.fetch(COGNITO_WAIT_FOREVER, credentials);
    const cognito::failure why = cognito::failure::last();
    CHECK_INT(COGNITO_STATUS_COGNITO_NOT_AUTHORIZED, error.value());
    CHECK(why && why.code() == error && why.stage() == COGNITO_STAGE_COGNITO);
    CHECK(why.aws_error_type() == "NotAuthorizedException" &&
          why.identity() == provider.identity());
    CHECK(why.clock_offset_ms() != COGNITO_CLOCK_OFFSET_UNKNOWN && !why.hint().empty());
    CHECK(cognito::status_name(error.value()) == "COGNITO_STATUS_COGNITO_NOT_AUTHORIZED");
    CHECK(cognito::stage_name(why.stage()) == "Cognito");
    const cognito::failure_view none(nullptr);
    CHECK(!none && none.clock_offset_ms() == COGNITO_CLOCK_OFFSET_UNKNOWN);
    CHECK(none.message().empty() && none.reason_code() == -1);
    CHECK(cognito::failure::last().code() == error); /* looking at none is no failure */
}

static void asks_the_application() {
    check_row = "login and store";
    local_aws_reset();
    std::string kept;
    int logins = 0, saves = 0;
    std::error_code answer;
    cognito::config config = settings();
    CHECK(!config.identity({}) && !config.identity_pool(local_aws("IDENTITY_POOL")));
    CHECK(!config.login([&](cognito::login_sink &sink) {
        logins++;
        CHECK_INT(COGNITO_STATUS_INVALID_ARGUMENT, sink.set(user_pool, "").value());
        return answer ? answer : sink.set(user_pool, "token");
    }));
    CHECK_INT(COGNITO_STATUS_INVALID_ARGUMENT,
              config.identity_store({}, [](auto, auto) { return std::error_code(); }).value());
    CHECK(!config.identity_store(
        [&](std::string_view pool, cognito::identity_sink &sink) {
            CHECK(pool == local_aws("IDENTITY_POOL"));
            return kept.empty() ? std::error_code() : sink.set(kept);
        },
        [&](std::string_view pool, std::string_view identity) {
            CHECK(pool == local_aws("IDENTITY_POOL"));
            kept = identity;
            saves++;
            return std::error_code();
        }));
    for (int i = 0; i < 2; i++) {
        cognito::provider provider;
        cognito::credentials credentials;
        CHECK(!cognito::provider::make(config, provider));
        CHECK(!provider.fetch(COGNITO_WAIT_FOREVER, credentials));
        CHECK(!kept.empty() && provider.identity() == kept);
    }
    CHECK_INT(1, saves);
    CHECK_INT(2, logins);
    CHECK_INT(1, local_aws_counter("cognito_get_id"));
    CHECK_INT(3, local_aws_counter("cognito_with_logins"));

    check_row = "login that fails";
    answer = cognito::make_error_code(COGNITO_STATUS_INVALID_STATE);
    cognito::client client;
    CHECK(!cognito::client::make(config, client));
    CHECK_INT(COGNITO_STATUS_LOGIN_FAILED, client.connect(COGNITO_WAIT_FOREVER).value());
    CHECK(client.failure().message().find("COGNITO_STATUS_INVALID_STATE") != std::string::npos);
}

int main() {
    fetches_and_signs();
    is_shared();
    says_why();
    asks_the_application();
    return check_result();
}
