/* cognito_connect.hpp: callbacks as functions, errors as std::error_code, a client that is
 * destroyed in its own callback, and texts that C would cut. */

#include <cognito_connect.hpp>

extern "C" {
#include "local_aws.h"
}

#include <string>
#include <vector>

static cognito::config settings() { return cognito::config(local_aws_config()); }

static void tells_what_comes() {
    check_row = "callbacks";
    std::string kinds, received;
    int granted = -1, acknowledged = 0;
    cognito::client made, client;
    CHECK(!cognito::client::make(settings(), made, [&](const cognito::event &event) {
        kinds += std::to_string(event.kind);
    }));
    client = std::move(made);
    CHECK(made.get() == nullptr);
    CHECK_INT(COGNITO_STATUS_INVALID_HANDLE, made.connect(0).value());
    CHECK(!client.connect(COGNITO_WAIT_FOREVER));
    CHECK(!client.subscribe(
        "cpp/#", 1, [&](const cognito::message &) { received += "old"; }, COGNITO_WAIT_FOREVER));
    CHECK(!client.subscribe(
        "cpp/#", 1, [&](const cognito::message &message) { received += message.payload.text(); },
        [&](const cognito::completion &done) { granted = done.granted_qos; }));
    const std::vector<unsigned char> bytes = {'b', '\0', 'c'};
    for (int i = 0; i < 2; i++) {
        CHECK(!client.publish("cpp/a", bytes, 1, false, [&](const cognito::completion &done) {
            acknowledged += !done.code;
        }));
    }
    for (int i = 0; i < 100 && (acknowledged < 2 || received.size() < 6); i++) {
        CHECK(!client.process(100));
    }
    CHECK_INT(1, granted);
    CHECK_INT(2, acknowledged);
    CHECK(received == std::string("b\0cb\0c", 6));
    CHECK(!client.disconnect(COGNITO_WAIT_FOREVER));
    CHECK(kinds == "124");
}

static void explains_errors() {
    check_row = "errors";
    cognito::config config = settings();
    const std::error_code error = config.client_id(std::string_view("a\0b", 3));
    CHECK_INT(COGNITO_STATUS_INVALID_ARGUMENT, error.value());
    CHECK(error.category() == cognito::category() && !error.message().empty());
    CHECK(cognito::last_error().find("client_id") != std::string_view::npos);
    CHECK(cognito::failure::last().code() == error);

    local_aws_fault("iot.upgrade=refuse");
    cognito::client client;
    CHECK(!cognito::client::make(config, client));
    CHECK(!client.failure());
    CHECK_INT(COGNITO_STATUS_UPGRADE_REFUSED, client.connect(COGNITO_WAIT_FOREVER).value());
    CHECK_INT(403, client.failure().http_status());
    CHECK(!client.failure().aws_message().empty());
    local_aws_reset();

    bool was_told = false;
    CHECK_INT(
        COGNITO_STATUS_INVALID_STATE,
        client.publish("a", "b", 1, false, [&](const cognito::completion &) { was_told = true; })
            .value());
    CHECK(!was_told);
}

static void is_destroyed_in_its_callback() {
    check_row = "destroyed in a callback";
    int messages = 0, ends = 0, completions = 0;
    auto kept = std::make_shared<int>(0);
    {
        cognito::client client;
        CHECK(!cognito::client::make(settings(), client, [&, kept](const cognito::event &event) {
            ends += event.kind == COGNITO_EVENT_KIND_DISCONNECTED;
        }));
        CHECK(!client.connect(COGNITO_WAIT_FOREVER));
        const auto destroy = [&, kept](const cognito::message &message) {
            client = cognito::client();
            messages += message.topic == "cpp/a"; /* is still valid */
        };
        CHECK(!client.subscribe("cpp/#", 1, destroy, COGNITO_WAIT_FOREVER));
        CHECK(!client.subscribe("cpp/+", 1, destroy, COGNITO_WAIT_FOREVER));
        for (int i = 0; i < 3; i++) {
            CHECK(!client.publish("cpp/a", "b", 1, false,
                                  [&, kept](const cognito::completion &) { completions++; }));
        }
        for (int i = 0; i < 100 && messages == 0; i++) {
            const std::error_code ignored = client.process(100);
            (void)ignored;
        }
        CHECK(messages >= 1 && client.get() == nullptr);
        CHECK(ends <= 1);
        CHECK_INT(3, completions);
    }
    CHECK_INT(1, kept.use_count());
}

int main() {
    tells_what_comes();
    explains_errors();
    is_destroyed_in_its_callback();
    return check_result();
}
