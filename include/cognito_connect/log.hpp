/* The version of the library, and its log. */

#ifndef COGNITO_CONNECT_LOG_HPP
#define COGNITO_CONNECT_LOG_HPP

#include <cognito_connect/error.hpp>

namespace cognito {

/** The version of the library, which COGNITO_VERSION_STRING is that of the header of. */
inline std::string_view version() noexcept { return detail::view(cognito_version()); }

/** As a number, to compare with COGNITO_VERSION_NUMBER. */
inline std::uint32_t version_number() noexcept { return cognito_version_number(); }

/**
 * Receives one log line, whose texts are valid during the call only. It may be called by several
 * threads at once, in the middle of a call: in it every call of this library but a cancel fails
 * with COGNITO_STATUS_REENTRANT. See cognito_log_fn.
 *
 * A plain function, or a lambda without captures: the log is that of the process, so that there is
 * no object whose life would bound that of what a std::function has captured, and it may be called
 * until the last thread ends, when static objects are gone.
 */
using on_log_t = void (*)(cognito_log_level level, std::string_view stage,
                          std::string_view message);

/** Sets the log of the whole process, or removes it with nullptr. When it returns, the former one
 * is not running, which it waits for. See cognito_log_set(). */
[[nodiscard]] inline std::error_code log(cognito_log_level max_level, on_log_t on_log) noexcept {
    struct line {
        static void told(std::int32_t level, const char *stage, const char *message,
                         void *data) noexcept {
            const detail::in_callback here(detail::in_callback::midway_through_a_call);
            reinterpret_cast<on_log_t>(data)(static_cast<cognito_log_level>(level),
                                             detail::view(stage), detail::view(message));
        }
    };
    return make_error_code(cognito_log_set(max_level, on_log != nullptr ? line::told : nullptr,
                                           reinterpret_cast<void *>(on_log)));
}

} // namespace cognito

#endif
