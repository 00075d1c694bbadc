/* cognito_connect.hpp: functions live as long as anything may call them, whatever is destroyed
 * first and wherever. valgrind sees the rest. */

#include <cognito_connect.hpp>

extern "C" {
#include "local_aws.h"
}

#include <string>
#include <thread>
#include <vector>

static cognito::config settings() { return cognito::config(local_aws_config()); }

static void outlives_its_config() {
    auto kept = std::make_shared<int>(0), replaced = std::make_shared<int>(0);
    const auto login = [](std::shared_ptr<int> count) {
        return [count](cognito::login_sink &sink) {
            (*count)++;
            return sink.set("example.com", "token");
        };
    };
    cognito::provider provider;
    cognito::transport transport;
    cognito::client client;
    check_row = "replaced";
    {
        cognito::config config = settings();
        CHECK(!config.login(login(replaced)));
        CHECK(!cognito::provider::make(config, provider));
        CHECK(!config.login(login(kept)));
        CHECK_INT(2, replaced.use_count()); /* the provider's */
        provider = cognito::provider();
        CHECK_INT(1, replaced.use_count());
        cognito::config moved = std::move(config);
        CHECK(!cognito::provider::make(moved, provider));
        CHECK(!cognito::transport::make(moved, transport));
        CHECK(!cognito::client::make(moved, provider, client));
    }
    check_row = "after the config";
    CHECK_INT(2, kept.use_count());
    cognito::credentials credentials;
    CHECK(!transport.open(COGNITO_WAIT_FOREVER));
    transport = cognito::transport();
    CHECK_INT(1, *kept);

    check_row = "after the provider";
    provider = cognito::provider();
    CHECK(!client.connect(COGNITO_WAIT_FOREVER));
    CHECK_INT(2, *kept);
    client = cognito::client();
    CHECK_INT(1, kept.use_count());
}

static void is_destroyed_in_a_login() {
    check_row = "destroyed in a login";
    auto kept = std::make_shared<int>(0);
    {
        cognito::provider provider;
        cognito::config config = settings();
        cognito::credentials credentials, result;
        CHECK(!cognito::provider::make(config, provider));
        CHECK(!provider.fetch(COGNITO_WAIT_FOREVER, credentials));
        CHECK(!config.login([&, kept](cognito::login_sink &sink) {
            provider = cognito::provider(); /* the one whose function this is */
            credentials = cognito::credentials();
            (*kept)++;
            return sink.set("example.com", "token");
        }));
        CHECK(!cognito::provider::make(config, provider));
        config = cognito::config();
        CHECK(!provider.fetch(COGNITO_WAIT_FOREVER, result));
        CHECK(result && provider.get() == nullptr);
    }
    CHECK_INT(1, *kept);
    CHECK_INT(1, kept.use_count());
}

static std::vector<std::string> *lines;

static void logs_to_a_function() {
    check_row = "log";
    std::vector<std::string> seen;
    lines = &seen;
    CHECK_INT(COGNITO_STATUS_INVALID_ARGUMENT,
              cognito::log(static_cast<cognito_log_level>(7), nullptr).value());
    CHECK(!cognito::log(COGNITO_LOG_LEVEL_INFO, [](cognito_log_level level, std::string_view stage,
                                                   std::string_view message) {
        CHECK(level <= COGNITO_LOG_LEVEL_INFO && !stage.empty());
        lines->emplace_back(message);
        CHECK_INT(COGNITO_STATUS_REENTRANT, cognito::log(COGNITO_LOG_LEVEL_INFO, nullptr).value());
    }));
    cognito::client client;
    CHECK(!cognito::client::make(settings(), client));
    CHECK(!client.connect(COGNITO_WAIT_FOREVER));
    CHECK(!seen.empty());
    CHECK(!cognito::log(COGNITO_LOG_LEVEL_INFO, nullptr));
    const std::size_t before = seen.size();
    CHECK(!client.disconnect(COGNITO_WAIT_FOREVER));
    CHECK_INT(before, seen.size());
}

/* On the thread of the client, beside a thread that waits in it. */
static void is_destroyed_beside_its_thread() {
    check_row = "destroyed beside its thread";
    auto kept = std::make_shared<int>(0);
    for (int i = 0; i < 20; i++) {
        cognito::client client;
        CHECK(!cognito::client::make(settings(), client, [kept](const cognito::event &) {}));
        CHECK(!client.connect(COGNITO_WAIT_FOREVER));
        CHECK(!client.subscribe(
            "cpp/#", 0, [&, kept](const cognito::message &) { client = cognito::client(); },
            COGNITO_WAIT_FOREVER));
        CHECK(!client.start());
        std::thread waits([handle = client.get()] {
            const cognito_status ignored = cognito_client_process(handle, COGNITO_WAIT_FOREVER);
            (void)ignored;
        });
        const std::error_code ignored = client.publish("cpp/a", "b", 0, false, 0);
        (void)ignored;
        waits.join();
    }
    for (double end = now_ms() + allowed_ms(5000); kept.use_count() > 1 && now_ms() < end;) {
        std::this_thread::yield(); /* the client's thread ends by itself */
    }
    CHECK_INT(1, kept.use_count());
}

/* Static objects are destroyed when the thread's own are gone. */
static cognito::client the_last;

static void is_destroyed_at_the_end() {
    check_row = "destroyed at the end";
    CHECK(!cognito::client::make(settings(), the_last, [](const cognito::event &event) {
        if (event.kind == COGNITO_EVENT_KIND_DISCONNECTED) {
            the_last = cognito::client(); /* no more than it is already */
        }
    }));
    CHECK(!the_last.connect(COGNITO_WAIT_FOREVER));
}

int main() {
    outlives_its_config();
    is_destroyed_in_a_login();
    logs_to_a_function();
    is_destroyed_beside_its_thread();
    is_destroyed_at_the_end();
    return check_result();
}
