/* The settings of a connection. */

#ifndef COGNITO_CONNECT_CONFIG_HPP
#define COGNITO_CONNECT_CONFIG_HPP

#include <cognito_connect/identity.hpp>
#include <cognito_connect/properties.hpp>

namespace cognito {

/**
 * Settings: a method for each cognito_config_set_*(), which says what it means, its unit, its range
 * and its default. A value that is refused leaves the former one in place. A text without data,
 * std::string_view(), is NULL in C, which restores the default; a text that is empty is refused
 * where none may be.
 *
 * Only one thread may use it at a time; nothing here blocks. Providers, transports and clients copy
 * what they need, and share the functions. A move leaves one that no call accepts.
 */
class config {
  public:
    /** Empty only when there is no memory: every call says so then. */
    config() noexcept {
        cognito_config *handle = nullptr;
        if (cognito_config_new(&handle) == COGNITO_STATUS_OK) {
            handle_ = detail::owned<cognito_config, cognito_config_free>(handle);
        }
    }

    /** Takes over one that was made in C. What is the application's of callbacks that were set in C
     * lives as long as cognito_config_set_login() says. */
    explicit config(cognito_config *handle) noexcept : handle_(handle) {}

    cognito_config *get() const noexcept { return handle_.get(); }

    [[nodiscard]] std::error_code endpoint(std::string_view v) {
        return text(cognito_config_set_endpoint, v);
    }
    [[nodiscard]] std::error_code port(std::uint32_t v) noexcept {
        return number(cognito_config_set_port, v);
    }
    [[nodiscard]] std::error_code signing_region(std::string_view v) {
        return text(cognito_config_set_signing_region, v);
    }
    [[nodiscard]] std::error_code cognito_region(std::string_view v) {
        return text(cognito_config_set_cognito_region, v);
    }
    [[nodiscard]] std::error_code cognito_endpoint(std::string_view v) {
        return text(cognito_config_set_cognito_endpoint, v);
    }
    [[nodiscard]] std::error_code identity(std::string_view v) {
        return text(cognito_config_set_identity, v);
    }
    [[nodiscard]] std::error_code identity_pool(std::string_view v) {
        return text(cognito_config_set_identity_pool, v);
    }
    /** In place of an identity store. */
    [[nodiscard]] std::error_code identity_file(std::string_view v) {
        const std::error_code error = text(cognito_config_set_identity_file, v);
        if (!error) {
            functions_.store.reset();
        }
        return error;
    }
    /** In place of an identity file. Both functions, or none. */
    [[nodiscard]] std::error_code identity_store(on_identity_load_t load, on_identity_save_t save) {
        auto store = std::make_shared<detail::identity_store>();
        store->load = std::move(load);
        store->save = std::move(save);
        const cognito_status status = cognito_config_set_identity_store(
            get(), store->load ? detail::identity_store::loads : nullptr,
            store->save ? detail::identity_store::saves : nullptr, store.get());
        if (status == COGNITO_STATUS_OK) {
            functions_.store = std::move(store);
        }
        return make_error_code(status);
    }
    /** The function that gives the logins of an authenticated identity; none for a guest. */
    [[nodiscard]] std::error_code login(on_login_t on_login) {
        auto login = std::make_shared<detail::login>();
        login->function = std::move(on_login);
        const cognito_status status = cognito_config_set_login(
            get(), login->function ? detail::login::asked : nullptr, login.get());
        if (status == COGNITO_STATUS_OK) {
            functions_.login = std::move(login);
        }
        return make_error_code(status);
    }
    [[nodiscard]] std::error_code ca_file(std::string_view v) {
        return text(cognito_config_set_ca_file, v);
    }
    [[nodiscard]] std::error_code ca_pem(std::string_view v) {
        return text(cognito_config_set_ca_pem, v);
    }
    [[nodiscard]] std::error_code connect_timeout_ms(std::uint32_t v) noexcept {
        return number(cognito_config_set_connect_timeout_ms, v);
    }
    [[nodiscard]] std::error_code proxy(std::string_view host, std::uint32_t port) {
        return make_error_code(cognito_config_set_proxy(get(), detail::c_text(host), port));
    }
    [[nodiscard]] std::error_code proxy_credentials(std::string_view user,
                                                    std::string_view password) {
        return make_error_code(cognito_config_set_proxy_credentials(get(), detail::c_text(user),
                                                                    detail::c_text(password)));
    }
    [[nodiscard]] std::error_code trust(cognito_trust v) noexcept {
        return make_error_code(cognito_config_set_trust(get(), v));
    }
    [[nodiscard]] std::error_code custom_role_arn(std::string_view v) {
        return text(cognito_config_set_custom_role_arn, v);
    }
    [[nodiscard]] std::error_code fips(bool v) noexcept { return flag(cognito_config_set_fips, v); }
    [[nodiscard]] std::error_code cognito_tries(std::uint32_t v) noexcept {
        return number(cognito_config_set_cognito_tries, v);
    }
    [[nodiscard]] std::error_code clock_correction(bool v) noexcept {
        return flag(cognito_config_set_clock_correction, v);
    }
    [[nodiscard]] std::error_code clock_correction_max_s(std::uint32_t v) noexcept {
        return number(cognito_config_set_clock_correction_max_s, v);
    }
    [[nodiscard]] std::error_code without_clock(bool v) noexcept {
        return flag(cognito_config_set_without_clock, v);
    }
    [[nodiscard]] std::error_code client_id(std::string_view v) {
        return text(cognito_config_set_client_id, v);
    }
    [[nodiscard]] std::error_code user_name(std::string_view v) {
        return text(cognito_config_set_user_name, v);
    }
    [[nodiscard]] std::error_code keep_alive_s(std::uint32_t v) noexcept {
        return number(cognito_config_set_keep_alive_s, v);
    }
    [[nodiscard]] std::error_code ping_timeout_ms(std::uint32_t v) noexcept {
        return number(cognito_config_set_ping_timeout_ms, v);
    }
    [[nodiscard]] std::error_code clean_session(bool v) noexcept {
        return flag(cognito_config_set_clean_session, v);
    }
    [[nodiscard]] std::error_code reconnect_ms(std::uint32_t min, std::uint32_t max) noexcept {
        return make_error_code(cognito_config_set_reconnect_ms(get(), min, max));
    }
    [[nodiscard]] std::error_code queue_max(std::uint32_t messages, std::size_t bytes) noexcept {
        return make_error_code(cognito_config_set_queue_max(get(), messages, bytes));
    }
    [[nodiscard]] std::error_code mqtt_version(cognito_mqtt_version version) noexcept {
        return make_error_code(cognito_config_set_mqtt_version(get(), version));
    }
    [[nodiscard]] std::error_code session_expiry_s(std::uint32_t v) noexcept {
        return number(cognito_config_set_session_expiry_s, v);
    }
    [[nodiscard]] std::error_code receive_maximum(std::uint32_t v) noexcept {
        return number(cognito_config_set_receive_maximum, v);
    }
    [[nodiscard]] std::error_code topic_alias_maximum(std::uint32_t v) noexcept {
        return number(cognito_config_set_topic_alias_maximum, v);
    }
    [[nodiscard]] std::error_code will(std::string_view topic, bytes_view payload, int qos,
                                       bool retain, properties_view beside = {}) {
        return make_error_code(cognito_config_set_will(get(), detail::c_text(topic), payload.data(),
                                                       payload.size(), qos, retain, beside.get()));
    }

  private:
    friend class provider;
    friend class transport;
    friend class client;

    /** What has to live as long as whatever is made of this. */
    std::shared_ptr<void> functions() const {
        return std::make_shared<detail::functions>(functions_);
    }
    [[nodiscard]] std::error_code text(cognito_status (*set)(cognito_config *, const char *),
                                       std::string_view value) {
        return make_error_code(set(get(), detail::c_text(value)));
    }
    [[nodiscard]] std::error_code number(cognito_status (*set)(cognito_config *, std::uint32_t),
                                         std::uint32_t value) noexcept {
        return make_error_code(set(get(), value));
    }

    [[nodiscard]] std::error_code flag(cognito_status (*set)(cognito_config *, bool),
                                       bool value) noexcept {
        return make_error_code(set(get(), value));
    }

    detail::functions functions_;
    detail::owned<cognito_config, cognito_config_free> handle_;
};

} // namespace cognito

#endif
