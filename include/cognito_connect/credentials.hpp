/* What a provider gives: credentials, and signed URLs. */

#ifndef COGNITO_CONNECT_CREDENTIALS_HPP
#define COGNITO_CONNECT_CREDENTIALS_HPP

#include <cognito_connect/error.hpp>

namespace cognito {

/** Temporary AWS credentials: a snapshot that never changes. Any threads may read it at once, and
 * nothing here blocks. Its texts are secrets, live as long as this, are zeroed then, and end with a
 * NUL, so that data() may go to C. */
class credentials {
  public:
    /** None: its texts are empty. */
    credentials() noexcept = default;
    /** Takes over those that were made in C. */
    explicit credentials(cognito_credentials *handle) noexcept : handle_(handle) {}

    /** Whether there are any. */
    explicit operator bool() const noexcept { return get() != nullptr; }
    std::string_view access_key_id() const noexcept {
        return text(cognito_credentials_access_key_id);
    }
    std::string_view secret_access_key() const noexcept {
        return text(cognito_credentials_secret_access_key);
    }
    /** Of any length. */
    std::string_view session_token() const noexcept {
        return text(cognito_credentials_session_token);
    }
    /** In Unix seconds of server time; 0 when there are none. */
    std::int64_t expires_at() const noexcept {
        return get() != nullptr ? cognito_credentials_expires_at(get()) : 0;
    }
    cognito_credentials *get() const noexcept { return handle_.get(); }

  private:
    std::string_view text(const char *(*part)(const cognito_credentials *)) const noexcept {
        return get() != nullptr ? detail::view(part(get())) : std::string_view();
    }

    detail::owned<cognito_credentials, cognito_credentials_free> handle_;
};

/** A presigned URL of an MQTT session over WebSocket: a snapshot, as credentials are, and as
 * secret. See cognito_signed_url for what the request has to look like. */
class signed_url {
  public:
    /** None: its texts are empty. */
    signed_url() noexcept = default;
    /** Takes over one that was made in C. */
    explicit signed_url(cognito_signed_url *handle) noexcept : handle_(handle) {}

    /** Whether there is one. */
    explicit operator bool() const noexcept { return get() != nullptr; }
    /** The whole. Of any length. */
    std::string_view text() const noexcept { return part(cognito_signed_url_text); }
    /** To connect to; an IPv6 address without brackets. */
    std::string_view host() const noexcept { return part(cognito_signed_url_host); }
    std::int32_t port() const noexcept {
        return get() != nullptr ? cognito_signed_url_port(get()) : 0;
    }
    /** Path and query, as they go into the request line. */
    std::string_view path() const noexcept { return part(cognito_signed_url_path); }
    /** To be sent byte for byte. */
    std::string_view host_header() const noexcept { return part(cognito_signed_url_host_header); }
    /** In Unix seconds of server time; 0 when there is none. */
    std::int64_t expires_at() const noexcept {
        return get() != nullptr ? cognito_signed_url_expires_at(get()) : 0;
    }
    cognito_signed_url *get() const noexcept { return handle_.get(); }

  private:
    std::string_view part(const char *(*getter)(const cognito_signed_url *)) const noexcept {
        return get() != nullptr ? detail::view(getter(get())) : std::string_view();
    }

    detail::owned<cognito_signed_url, cognito_signed_url_free> handle_;
};

} // namespace cognito

#endif
