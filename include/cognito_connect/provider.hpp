/* The source of credentials. */

#ifndef COGNITO_CONNECT_PROVIDER_HPP
#define COGNITO_CONNECT_PROVIDER_HPP

#include <cognito_connect/config.hpp>
#include <cognito_connect/credentials.hpp>

namespace cognito {

/**
 * Fetches the credentials of one Cognito identity and keeps them while they are valid; clients and
 * transports can share it. They keep what they need of it, so it may be destroyed before them. Any
 * threads may call it at once; who destroys or moves it must be the only one. Destroying it does
 * not wait for the network, and ends the calls that wait on other threads.
 */
class provider {
  public:
    /** None; its calls return COGNITO_STATUS_INVALID_HANDLE. */
    provider() noexcept = default;
    /** Takes over one that was made in C. */
    explicit provider(cognito_provider *handle) noexcept : handle_(handle) {}

    /** Makes one of a config, which is copied. Reads the CA file, and does not touch the network.
     * out stays as it is when this fails. See cognito_provider_new(). */
    [[nodiscard]] static std::error_code make(const config &config, provider &out) {
        auto functions = config.functions();
        cognito_provider *handle = nullptr;
        const cognito_status status = cognito_provider_new(config.get(), &handle);
        if (status == COGNITO_STATUS_OK) {
            out.handle_ = owned(handle, std::move(functions));
        }
        return make_error_code(status);
    }

    /** Gives valid credentials: those at hand, or fresh ones from Cognito. Blocks for at most
     * wait_ms milliseconds and at most the connect timeout; 0 never blocks. out stays as it is when
     * this fails. See cognito_provider_fetch(). */
    [[nodiscard]] std::error_code fetch(std::int32_t wait_ms, credentials &out) noexcept {
        cognito_credentials *handle = nullptr;
        const cognito_status status = cognito_provider_fetch(get(), wait_ms, &handle);
        if (status == COGNITO_STATUS_OK) {
            out = credentials(handle);
        }
        return detail::after_callbacks(status);
    }
    /** Signs a URL for the endpoint of the config, with credentials as fetch() gives them and
     * blocking as it does. See cognito_provider_sign(). */
    [[nodiscard]] std::error_code sign(cognito_host_header host_header, std::int32_t wait_ms,
                                       signed_url &out) noexcept {
        cognito_signed_url *handle = nullptr;
        const cognito_status status = cognito_provider_sign(get(), host_header, wait_ms, &handle);
        if (status == COGNITO_STATUS_OK) {
            out = signed_url(handle);
        }
        return detail::after_callbacks(status);
    }
    /** Ends the calls that wait, or else the next one. From any thread, and from a signal handler.
     */
    cognito_status cancel() noexcept { return cognito_provider_cancel(get()); }
    /** Empty while it is not known. Valid as long as the provider. Whoever knows the id of a guest
     * can get that guest's credentials. */
    std::string_view identity() const noexcept {
        return detail::view(cognito_provider_identity(get()));
    }
    /** How far server time is ahead of the device's clock, in milliseconds;
     * COGNITO_CLOCK_OFFSET_UNKNOWN while that is not known. */
    std::int64_t clock_offset_ms() const noexcept {
        return cognito_provider_clock_offset_ms(get());
    }

    cognito_provider *get() const noexcept { return handle_.get(); }

  private:
    friend class transport;
    friend class client;
    using owned = detail::owned<cognito_provider, cognito_provider_free>;

    /** COGNITO_STATUS_INVALID_HANDLE for none: with NULL, C would make one of the config, which is
     * not what was asked for. */
    cognito_status check() const noexcept {
        if (get() != nullptr) {
            return COGNITO_STATUS_OK;
        }
        cognito_credentials *none = nullptr;
        return cognito_provider_fetch(nullptr, 0, &none);
    }
    /** What has to live as long as whatever is made with this. */
    const std::shared_ptr<void> &functions() const noexcept { return handle_.needed(); }

    owned handle_;
};

} // namespace cognito

#endif
