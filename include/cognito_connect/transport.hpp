/* The byte stream, for an application with an MQTT library of its own. */

#ifndef COGNITO_CONNECT_TRANSPORT_HPP
#define COGNITO_CONNECT_TRANSPORT_HPP

#include <cognito_connect/config.hpp>
#include <cognito_connect/provider.hpp>
#include <cognito_connect/trace.hpp>

#include <sys/uio.h>

namespace cognito {

/**
 * An authenticated byte stream to AWS IoT Core that carries MQTT. Any threads may call it at once;
 * one may receive while another sends; who destroys or moves it must be the only one. Destroying it
 * does not wait for the network: close() it before for an orderly end. See cognito_transport for
 * how packets are cut.
 */
class transport {
  public:
    /** None; its calls return COGNITO_STATUS_INVALID_HANDLE. */
    transport() noexcept = default;
    /** Takes over one that was made in C. */
    explicit transport(cognito_transport *handle) noexcept : handle_(handle) {}

    /** Makes one of a config, which is copied. Does not touch the network. out stays as it is when
     * this fails. See cognito_transport_new(). */
    [[nodiscard]] static std::error_code make(const config &config, transport &out) {
        return make(config, nullptr, config.functions(), out);
    }
    /** The same with the credentials of a provider, which is shared. */
    [[nodiscard]] static std::error_code make(const config &config, const provider &provider,
                                              transport &out) {
        const cognito_status status = provider.check();
        return status != COGNITO_STATUS_OK
                   ? make_error_code(status)
                   : make(config, provider.get(), provider.functions(), out);
    }

    /** Opens the stream, also again after a loss. Blocks for at most wait_ms milliseconds and at
     * most the connect timeout; COGNITO_STATUS_IN_PROGRESS is to be called again. See
     * cognito_transport_open(). */
    [[nodiscard]] std::error_code open(std::int32_t wait_ms) noexcept {
        return detail::after_callbacks(cognito_transport_open(get(), wait_ms));
    }
    /** Ends the stream in order; MQTT's DISCONNECT is the application's. Blocks for at most wait_ms
     * milliseconds and at most 5 seconds. See cognito_transport_close(). */
    [[nodiscard]] std::error_code close(std::int32_t wait_ms) noexcept {
        return detail::after_callbacks(cognito_transport_close(get(), wait_ms));
    }
    /** Ends open and close where they wait, or else the next open. From any thread, and from a
     * signal handler. */
    cognito_status cancel() noexcept { return cognito_transport_cancel(get()); }
    /** As far as the last call that worked on it knows. */
    bool is_open() const noexcept { return cognito_transport_is_open(get()); }

    /** Receives bytes of whole MQTT packets that are there, up to size. Never blocks. Without an
     * error received is 0 when there is nothing now; the end of the stream is an error, and stays
     * one until open(). See cognito_transport_recv(). */
    [[nodiscard]] std::error_code recv(void *buffer, std::size_t size,
                                       std::size_t &received) noexcept {
        return counted(cognito_transport_recv(get(), buffer, size), received);
    }
    /** Takes bytes of MQTT packets, however they are cut. Never blocks. Without an error taken may
     * be less than was given, and is 0 when the socket is full: the rest is to be sent again. See
     * cognito_transport_send(). */
    [[nodiscard]] std::error_code send(bytes_view bytes, std::size_t &taken) noexcept {
        return counted(cognito_transport_send(get(), bytes.data(), bytes.size()), taken);
    }
    /** The same for bytes in several places, as writev(2). See cognito_transport_writev(). */
    [[nodiscard]] std::error_code writev(const iovec *iov, std::size_t count,
                                         std::size_t &taken) noexcept {
        return counted(cognito_transport_writev(get(), iov, count), taken);
    }
    /** For poll(), to wait for input only: the transport's, the same as long as that lives. A
     * negative cognito_status when there is none. After it is readable, recv() until it receives 0.
     * See cognito_transport_fd(). */
    int fd() noexcept { return cognito_transport_fd(get()); }

    /** What coreMQTT's TransportInterface_t has as its pNetworkContext, beside
     * cognito_coremqtt_recv, cognito_coremqtt_send and cognito_coremqtt_writev. */
    NetworkContext *coremqtt_context() noexcept { return cognito_coremqtt_context(get()); }

    /** The last failure of an open or a stream; empty when there is none. Does not block. */
    class failure failure() const noexcept {
        cognito_failure *handle = nullptr;
        return cognito::failure(
            cognito_transport_failure(get(), &handle) == COGNITO_STATUS_OK ? handle : nullptr);
    }
    /** What the last open did, or that under way. Does not block. */
    class trace trace() const noexcept {
        cognito_trace *handle = nullptr;
        return cognito::trace(
            cognito_transport_trace(get(), &handle) == COGNITO_STATUS_OK ? handle : nullptr);
    }

    cognito_transport *get() const noexcept { return handle_.get(); }

  private:
    using owned = detail::owned<cognito_transport, cognito_transport_free>;

    static std::error_code make(const config &config, const cognito_provider *provider,
                                std::shared_ptr<void> functions, transport &out) {
        cognito_transport *handle = nullptr;
        const cognito_status status = cognito_transport_new(config.get(), provider, &handle);
        if (status == COGNITO_STATUS_OK) {
            out.handle_ = owned(handle, std::move(functions));
        }
        return make_error_code(status);
    }
    static std::error_code counted(std::int32_t result, std::size_t &count) noexcept {
        count = result > 0 ? static_cast<std::size_t>(result) : 0;
        return detail::after_callbacks(
            static_cast<cognito_status>(result < 0 ? result : COGNITO_STATUS_OK));
    }

    owned handle_;
};

} // namespace cognito

#endif
