/*
 * The same as pubsub.c in C++17, with cognito_connect.hpp.
 *
 *   pubsub_cpp --endpoint ENDPOINT --cognito_identity IDENTITY --topic test/topic --count 10
 *
 * Exit code: 0 all was received, 1 it failed or was interrupted, 2 the command line is wrong.
 */

#include <cognito_connect.hpp>

extern "C" {
#include "messages.h"
}

#include <csignal>
#include <cstdio>
#include <cstdlib>

namespace {

cognito::client *volatile interrupted_client;
volatile std::sig_atomic_t is_interrupted;

extern "C" void interrupt(int) {
    is_interrupted = 1;
    if (interrupted_client != nullptr) {
        interrupted_client->cancel(); /* async-signal-safe */
    }
}

int length(std::string_view text) { return static_cast<int>(text.size()); }

void say(std::error_code error) {
    const std::string_view name = cognito::status_name(error.value()), why = cognito::last_error();
    std::fprintf(stderr, "%.*s: %.*s\n", length(name), name.data(), length(why), why.data());
}

void on_event(const cognito::event &event) {
    if (event.kind == COGNITO_EVENT_KIND_CONNECTED) {
        std::puts("Connected");
    } else if (event.kind != COGNITO_EVENT_KIND_CONNECTING) {
        const std::string_view why = event.failure ? event.failure.message() : "as ordered";
        std::printf("Disconnected: %.*s\n", length(why), why.data());
    }
}

std::error_code run(cognito::client &client, const messages &messages, long &received) {
    const auto on_message = [&received](const cognito::message &message) {
        const std::string_view text = message.payload.text();
        received++;
        std::printf("Received on %.*s: %.*s\n", length(message.topic), message.topic.data(),
                    length(text), text.data());
    };
    if (auto error = client.connect(COGNITO_WAIT_FOREVER)) {
        return error;
    }
    if (auto error = client.subscribe(messages.topic, 1, on_message, COGNITO_WAIT_FOREVER)) {
        return error;
    }
    for (long i = 0; i < messages.count && !is_interrupted; i++) {
        char payload[512];
        const std::size_t size = messages_payload(payload, sizeof payload, i + 1);
        if (auto error =
                client.publish(messages.topic, {payload, size}, 1, false, COGNITO_WAIT_FOREVER)) {
            return error;
        }
    }
    while (received < messages.count && !is_interrupted) {
        if (auto error = client.process(1000)) {
            return error;
        }
    }
    if (!is_interrupted) {
        std::printf("%ld messages received\n", received);
    }
    return {};
}

const program the_program = {
    NEEDS_SESSION,
    "usage: pubsub_cpp --endpoint ENDPOINT --cognito_identity IDENTITY [OPTIONS]\n"
    "\n"
    "Subscribes to a topic, publishes messages to it, and receives them.\n",
    MESSAGES_USAGE,
    messages_options,
};

} // namespace

int main(int argc, char **argv) {
    struct options options;
    struct messages messages;
    int exit_code;
    cognito_config *const config = options_begin(&options, &the_program, argc, argv, &exit_code);
    if (config == nullptr) {
        return exit_code;
    }
    cognito::config settings(config);
    if (!messages_from_options(&messages)) {
        return EXIT_USAGE;
    }
    long received = 0; /* outlives the client, whose callbacks count it */
    cognito::client client;
    std::error_code error = cognito::client::make(settings, client, on_event);
    if (!error) {
        interrupted_client = &client;
        std::signal(SIGINT, interrupt);
        std::signal(SIGTERM, interrupt);
        error = run(client, messages, received);
        if (error) {
            say(error);
        }
        if (client.is_connected()) {
            const std::error_code end = client.disconnect(COGNITO_WAIT_FOREVER);
            error = error ? error : end;
        }
        interrupted_client = nullptr;
    } else {
        say(error);
    }
    return error || is_interrupted ? EXIT_FAILURE : EXIT_SUCCESS;
}
