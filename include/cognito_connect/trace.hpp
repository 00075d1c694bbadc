/* What a connect or an open did, and when. */

#ifndef COGNITO_CONNECT_TRACE_HPP
#define COGNITO_CONNECT_TRACE_HPP

#include <cognito_connect/error.hpp>

namespace cognito {

/** One step of a trace. Valid as long as the trace. */
struct trace_step {
    cognito_stage stage;
    std::string_view service; /**< "Cognito" or "IoT Core". */
    std::string_view peer;    /**< "host:port" or "the proxy host:port". */
    std::int64_t began_us;    /**< Microseconds from the beginning of the connect. */
    std::int64_t took_us;     /**< Microseconds, up to the snapshot. */
    std::error_code code;     /**< As cognito_trace_status() has it. */
    std::string_view finding; /**< For people; may be empty. */
};

/** The steps of one connect, in the order in which they began: a snapshot that never changes. Any
 * threads may read it at once, and nothing here blocks. */
class trace {
  public:
    /** One without steps. */
    trace() noexcept = default;
    /** Takes over one that was made in C. */
    explicit trace(cognito_trace *handle) noexcept : handle_(handle) {}

    std::size_t size() const noexcept { return get() != nullptr ? cognito_trace_count(get()) : 0; }
    bool empty() const noexcept { return size() == 0; }
    /** One with empty texts and COGNITO_STATUS_INVALID_ARGUMENT where there is no such step. */
    trace_step operator[](std::size_t index) const noexcept {
        return {cognito_trace_stage(get(), index),
                detail::view(cognito_trace_service(get(), index)),
                detail::view(cognito_trace_peer(get(), index)),
                cognito_trace_began_us(get(), index),
                cognito_trace_took_us(get(), index),
                make_error_code(cognito_trace_status(get(), index)),
                detail::view(cognito_trace_finding(get(), index))};
    }
    cognito_trace *get() const noexcept { return handle_.get(); }

  private:
    detail::owned<cognito_trace, cognito_trace_free> handle_;
};

} // namespace cognito

#endif
