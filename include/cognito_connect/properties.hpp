/* What MQTT 5 says about a message or a will beside topic and payload. */

#ifndef COGNITO_CONNECT_PROPERTIES_HPP
#define COGNITO_CONNECT_PROPERTIES_HPP

#include <cognito_connect/error.hpp>

namespace cognito {

/** What MQTT 5 says about a message beside it. That of a message is valid during its callback.
 * Nothing here blocks. */
class properties_view {
  public:
    properties_view() noexcept = default;
    explicit properties_view(const cognito_properties *handle) noexcept : handle_(handle) {}

    /** Whether there are any. */
    explicit operator bool() const noexcept { return handle_ != nullptr; }
    const cognito_properties *get() const noexcept { return handle_; }

    bool payload_is_utf8() const noexcept {
        return handle_ != nullptr && cognito_properties_payload_is_utf8(handle_);
    }
    /** -1 when that is not said. */
    std::int64_t message_expiry_s() const noexcept {
        return handle_ != nullptr ? cognito_properties_message_expiry_s(handle_) : -1;
    }
    std::string_view content_type() const noexcept { return text(cognito_properties_content_type); }
    std::string_view response_topic() const noexcept {
        return text(cognito_properties_response_topic);
    }
    bytes_view correlation_data() const noexcept {
        std::size_t size = 0;
        const void *data =
            handle_ != nullptr ? cognito_properties_correlation_data(handle_, &size) : nullptr;
        return {data, size};
    }
    std::size_t user_property_count() const noexcept {
        return handle_ != nullptr ? cognito_properties_user_property_count(handle_) : 0;
    }
    /** Name and value; empty when there is none. */
    std::pair<std::string_view, std::string_view> user_property(std::size_t index) const noexcept {
        if (handle_ == nullptr) {
            return {};
        }
        return {detail::view(cognito_properties_user_property_name(handle_, index)),
                detail::view(cognito_properties_user_property_value(handle_, index))};
    }

  private:
    std::string_view text(const char *(*part)(const cognito_properties *)) const noexcept {
        return handle_ != nullptr ? detail::view(part(handle_)) : std::string_view();
    }

    const cognito_properties *handle_ = nullptr;
};

/** What MQTT 5 shall say about a message or a will beside it. A message or config copies it. Only
 * one thread may use it at a time; nothing here blocks. A text without data, std::string_view(), is
 * NULL in C, which stands for none. The limits are those of cognito_properties_set_*(). */
class properties {
  public:
    /** Empty only when there is no memory: every call says so then. */
    properties() noexcept {
        cognito_properties *handle = nullptr;
        if (cognito_properties_new(&handle) == COGNITO_STATUS_OK) {
            handle_ = detail::owned<cognito_properties, cognito_properties_free>(handle);
        }
    }

    operator properties_view() const noexcept { return properties_view(get()); }
    cognito_properties *get() const noexcept { return handle_.get(); }

    [[nodiscard]] std::error_code payload_is_utf8(bool v) noexcept {
        return make_error_code(cognito_properties_set_payload_is_utf8(get(), v));
    }
    [[nodiscard]] std::error_code message_expiry_s(std::int64_t v) noexcept {
        return make_error_code(cognito_properties_set_message_expiry_s(get(), v));
    }
    [[nodiscard]] std::error_code content_type(std::string_view v) {
        return make_error_code(cognito_properties_set_content_type(get(), detail::c_text(v)));
    }
    [[nodiscard]] std::error_code response_topic(std::string_view v) {
        return make_error_code(cognito_properties_set_response_topic(get(), detail::c_text(v)));
    }
    [[nodiscard]] std::error_code correlation_data(bytes_view v) noexcept {
        return make_error_code(cognito_properties_set_correlation_data(get(), v.data(), v.size()));
    }
    [[nodiscard]] std::error_code add_user_property(std::string_view name, std::string_view value) {
        return make_error_code(cognito_properties_add_user_property(get(), detail::c_text(name),
                                                                    detail::c_text(value)));
    }
    [[nodiscard]] std::error_code will_delay_s(std::int64_t v) noexcept {
        return make_error_code(cognito_properties_set_will_delay_s(get(), v));
    }

  private:
    detail::owned<cognito_properties, cognito_properties_free> handle_;
};

} // namespace cognito

#endif
