/* cognito_connect.hpp: callbacks as functions, errors as std::error_code, a client that is
 * destroyed in its own callback, and texts that C would cut. */

#include <cognito_connect.hpp>

extern "C" {
#include "local_aws.h"
}

#include <string>
#include <vector>

static cognito::config settings() { return cognito::config(local_aws_config()); }

static void carries_properties() {
    check_row = "MQTT 5";
    cognito::client client;
    cognito::config config = settings();
    CHECK(!config.mqtt_version(COGNITO_MQTT_VERSION_V5) && !config.session_expiry_s(60));
    CHECK(!config.receive_maximum(100) && !config.topic_alias_maximum(0));
    CHECK(!cognito::client::make(config, client, [](const cognito::event &) {}));
    CHECK(!client.connect(COGNITO_WAIT_FOREVER));
    cognito::properties beside;
    CHECK(!beside.content_type("text/plain") && !beside.response_topic("cpp/answer"));
    CHECK(!beside.correlation_data("42") && !beside.add_user_property("k", "v"));
    CHECK(!beside.message_expiry_s(60) && !beside.payload_is_utf8(true) &&
          !beside.will_delay_s(-1));
    CHECK(beside.response_topic("#"));
    int seen = 0, plain = 0;
    CHECK(!client.subscribe(
        "cpp/5", 1,
        [&](const cognito::message &message) {
            const cognito::properties_view properties = message.properties;
            if (!properties) {
                CHECK(properties.message_expiry_s() == -1 && properties.user_property_count() == 0);
                plain++;
                return;
            }
            CHECK(properties.content_type() == "text/plain");
            CHECK(properties.response_topic() == "cpp/answer");
            CHECK(properties.correlation_data().text() == "42");
            CHECK(properties.payload_is_utf8() && properties.message_expiry_s() > 0);
            CHECK(properties.user_property_count() == 1);
            CHECK(properties.user_property(0).first == "k" &&
                  properties.user_property(0).second == "v");
            CHECK(properties.user_property(1).first.empty());
            seen++;
        },
        COGNITO_WAIT_FOREVER));
    CHECK(!client.publish("cpp/5", "x", 1, false, COGNITO_WAIT_FOREVER, beside));
    CHECK(!client.publish("cpp/5", "x", 1, false, COGNITO_WAIT_FOREVER));
    for (int i = 0; i < 100 && seen + plain < 2; i++) {
        CHECK(!client.process(100));
    }
    CHECK_INT(1, seen);
    CHECK_INT(1, plain);
    CHECK(!client.disconnect(COGNITO_WAIT_FOREVER));
}

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
    carries_properties();
    explains_errors();
    is_destroyed_in_its_callback();
    return check_result();
}
