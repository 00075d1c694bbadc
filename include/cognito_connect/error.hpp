/* What went wrong: std::error_code, and all that is known about a failure. */

#ifndef COGNITO_CONNECT_ERROR_HPP
#define COGNITO_CONNECT_ERROR_HPP

#include <cognito_connect.h>
#include <cognito_connect/bytes.hpp>
#include <cognito_connect/handle.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>

namespace cognito {

/** The name of a status's constant; never empty. See cognito_status_name(). */
inline std::string_view status_name(std::int32_t status) noexcept {
    return detail::view(cognito_status_name(status));
}

/** A short name for a stage, such as "TLS". See cognito_stage_name(). */
inline std::string_view stage_name(std::int32_t stage) noexcept {
    return detail::view(cognito_stage_name(stage));
}

/** The category of every std::error_code here; its values are those of cognito_status. Its message
 * is cognito_status_description(): what such a status means, and not what has happened. */
inline const std::error_category &category() noexcept {
    class of_status final : public std::error_category {
        const char *name() const noexcept override { return "cognito"; }
        std::string message(int status) const override {
            return cognito_status_description(status);
        }
    };
    static const of_status instance;
    return instance;
}

/** A cognito_status as a std::error_code; COGNITO_STATUS_OK is false. */
inline std::error_code make_error_code(cognito_status status) noexcept {
    return {static_cast<int>(status), category()};
}

/** The message of the last call of this thread that failed. Valid until its next call that fails.
 * See cognito_last_error(). */
inline std::string_view last_error() noexcept { return detail::view(cognito_last_error()); }

/** Why something failed, of a callback. Valid during that callback; texts that are not known are
 * empty. Any threads may read it at once. Nothing here blocks. */
class failure_view {
  public:
    explicit failure_view(const cognito_failure *handle) noexcept : handle_(handle) {}

    /** Whether there is one. */
    explicit operator bool() const noexcept { return static_cast<bool>(code()); }
    std::error_code code() const noexcept {
        return make_error_code(handle_ ? cognito_failure_status(handle_) : COGNITO_STATUS_OK);
    }
    cognito_stage stage() const noexcept {
        return handle_ ? cognito_failure_stage(handle_) : COGNITO_STAGE_NONE;
    }
    /** What happened, in one line. */
    std::string_view message() const noexcept { return text(cognito_failure_message); }
    /** What to do about it, in one line. */
    std::string_view hint() const noexcept { return text(cognito_failure_hint); }
    /** 0 when there was no HTTP answer. */
    std::int32_t http_status() const noexcept {
        return handle_ ? cognito_failure_http_status(handle_) : 0;
    }
    /** MQTT's own code; -1 when the server gave none. */
    std::int32_t reason_code() const noexcept {
        return handle_ ? cognito_failure_reason_code(handle_) : -1;
    }
    std::string_view reason_string() const noexcept { return text(cognito_failure_reason_string); }
    std::string_view aws_error_type() const noexcept {
        return text(cognito_failure_aws_error_type);
    }
    std::string_view aws_message() const noexcept { return text(cognito_failure_aws_message); }
    std::string_view aws_request_id() const noexcept {
        return text(cognito_failure_aws_request_id);
    }
    /** Whoever knows the id of a guest can get that guest's credentials. */
    std::string_view identity() const noexcept { return text(cognito_failure_identity); }
    /** How far server time was ahead of the device's clock, in milliseconds;
     * COGNITO_CLOCK_OFFSET_UNKNOWN when it was not known. */
    std::int64_t clock_offset_ms() const noexcept {
        return handle_ ? cognito_failure_clock_offset_ms(handle_) : COGNITO_CLOCK_OFFSET_UNKNOWN;
    }
    const cognito_failure *get() const noexcept { return handle_; }

  private:
    std::string_view text(const char *(*part)(const cognito_failure *)) const noexcept {
        return handle_ ? detail::view(part(handle_)) : std::string_view();
    }

    const cognito_failure *handle_;
};

/** Why something failed, kept as long as this. */
class failure : public failure_view {
  public:
    /** Takes over one that was made in C. */
    explicit failure(cognito_failure *handle) noexcept : failure_view(handle), owned_(handle) {}

    /** The last one of this thread; empty when there is none. See cognito_last_failure(). */
    static failure last() noexcept {
        cognito_failure *handle = nullptr;
        return failure(cognito_last_failure(&handle) == COGNITO_STATUS_OK ? handle : nullptr);
    }

  private:
    detail::owned<cognito_failure, cognito_failure_free> owned_;
};

namespace detail {

/** The end of a call that may have run callbacks. */
inline std::error_code after_callbacks(cognito_status status) noexcept {
    this_thread::give_back();
    return make_error_code(status);
}

} // namespace detail

} // namespace cognito

#endif
