/* cognito_connect.hpp: MQTT by hand over a transport, its descriptor, its trace, and its end. */

#include <cognito_connect.hpp>

extern "C" {
#include "local_aws.h"
}

#include <poll.h>
#include <string>

static cognito::config settings() { return cognito::config(local_aws_config()); }

static const std::string connect_packet("\x10\x12\0\4MQTT\4\2\0\x3c\0\6test-h", 20);
static const std::string connack("\x20\2\0\0", 4), pingreq("\xc0\0", 2), pingresp("\xd0\0", 2);

/* So many bytes, for which it waits on the descriptor. */
static std::string receive(cognito::transport &transport, std::size_t size) {
    std::string bytes;
    while (bytes.size() < size) {
        char buffer[16];
        std::size_t received = 1;
        const std::error_code error =
            transport.recv(buffer, std::min(sizeof buffer, size - bytes.size()), received);
        CHECK(!error || received == 0);
        if (error) {
            break;
        }
        bytes.append(buffer, received);
        if (received == 0) {
            pollfd waiting = {transport.fd(), POLLIN, 0};
            REQUIRE(poll(&waiting, 1, static_cast<int>(allowed_ms(10000))) == 1);
        }
    }
    return bytes;
}

static void checks_trace(const cognito::trace &trace) {
    check_row = "trace";
    bool has_upgrade = false;
    for (std::size_t i = 0; i < trace.size(); i++) {
        const cognito::trace_step step = trace[i];
        CHECK(step.service == "IoT Core" || step.service == "Cognito");
        CHECK(!step.code && !step.peer.empty() && step.began_us >= 0 && step.took_us >= 0);
        has_upgrade = has_upgrade || (step.stage == COGNITO_STAGE_UPGRADE &&
                                      step.finding.find("101") != std::string_view::npos);
    }
    CHECK(has_upgrade);
    CHECK_INT(COGNITO_STATUS_INVALID_ARGUMENT, trace[trace.size()].code.value());
}

static void carries_mqtt() {
    check_row = "not yet open";
    std::size_t count = 1;
    char byte;
    cognito::transport made, transport;
    CHECK_INT(COGNITO_STATUS_INVALID_HANDLE, made.open(0).value());
    CHECK(!cognito::transport::make(settings(), made));
    transport = std::move(made);
    CHECK(made.get() == nullptr && transport.get() != nullptr);
    CHECK(!transport.is_open() && transport.trace().empty() && !transport.failure());
    CHECK_INT(COGNITO_STATUS_INVALID_STATE, transport.recv(&byte, 1, count).value());
    CHECK_INT(0, count);

    check_row = "open";
    CHECK(!transport.open(COGNITO_WAIT_FOREVER));
    CHECK(transport.is_open() && transport.coremqtt_context() != nullptr);
    CHECK(!transport.recv(&byte, 1, count) && count == 0);
    CHECK(!transport.send(cognito::bytes_view(connect_packet).text().substr(0, 7), count));
    CHECK_INT(7, count);
    CHECK(!transport.send(connect_packet.substr(7), count));
    CHECK_INT(connect_packet.size() - 7, count);
    CHECK(receive(transport, connack.size()) == connack);
    const iovec pieces[] = {{const_cast<char *>(pingreq.data()), 1},
                            {const_cast<char *>(pingreq.data()) + 1, 1}};
    CHECK(!transport.writev(pieces, 2, count));
    CHECK_INT(2, count);
    CHECK(receive(transport, pingresp.size()) == pingresp);
    CHECK_INT(1, local_aws_counter("connacks"));
    CHECK_INT(0, local_aws_counter("split_packets"));
    checks_trace(transport.trace());

    check_row = "lost";
    local_aws_drop("service=iot&how=rst");
    CHECK(receive(transport, 1).empty());
    CHECK(!transport.is_open() && transport.failure().code().value() != 0);
    CHECK(transport.send(pingreq, count) && count == 0);

    check_row = "open again, and closed";
    CHECK(!transport.open(COGNITO_WAIT_FOREVER));
    CHECK(!transport.close(COGNITO_WAIT_FOREVER));
    CHECK(!transport.is_open());
}

static void shares_a_provider() {
    check_row = "shared";
    local_aws_reset();
    cognito::config config = settings();
    cognito::provider provider;
    cognito::transport transport;
    CHECK_INT(COGNITO_STATUS_INVALID_HANDLE,
              cognito::transport::make(config, provider, transport).value());
    CHECK(!cognito::provider::make(config, provider));
    cognito::credentials credentials;
    CHECK(!provider.fetch(COGNITO_WAIT_FOREVER, credentials));
    CHECK(!cognito::transport::make(config, provider, transport));
    provider = cognito::provider();
    CHECK(!transport.open(COGNITO_WAIT_FOREVER));
    CHECK_INT(1, local_aws_counter("cognito_requests"));

    check_row = "cancelled";
    CHECK(!transport.close(COGNITO_WAIT_FOREVER));
    CHECK(!transport.cancel());
    CHECK_INT(COGNITO_STATUS_CANCELLED, transport.open(COGNITO_WAIT_FOREVER).value());

    check_row = "refused";
    local_aws_fault("iot.upgrade=refuse");
    CHECK_INT(COGNITO_STATUS_UPGRADE_REFUSED, transport.open(COGNITO_WAIT_FOREVER).value());
    CHECK_INT(403, transport.failure().http_status());
    local_aws_reset();
}

int main() {
    CHECK(cognito::version() == COGNITO_VERSION_STRING);
    CHECK_INT(COGNITO_VERSION_NUMBER, cognito::version_number());
    carries_mqtt();
    shares_a_provider();
    return check_result();
}
