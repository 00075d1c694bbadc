/*
 * Cognito Connect for C++17: cognito_connect.h with handles that free themselves, std::string_view,
 * std::function and std::error_code. Header-only; units, blocking and threads are those of the C
 * functions, which these call.
 *
 * Nothing here throws but what memory and the application's own functions throw, and it compiles
 * with -fno-exceptions and -fno-rtti. An exception that leaves a callback ends the process
 * (std::terminate), because the library is entered and left through C.
 */

#ifndef COGNITO_CONNECT_HPP
#define COGNITO_CONNECT_HPP

#include <cognito_connect.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <utility>
#include <vector>

namespace cognito {

/** The category of every std::error_code here; its values are those of cognito_status. */
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

/** Bytes of others, as std::span<const std::byte> is in C++20. Valid as long as what it was made
 * of. */
class bytes_view {
  public:
    constexpr bytes_view() noexcept = default;
    constexpr bytes_view(const void *data, std::size_t size) noexcept : data_(data), size_(size) {}
    constexpr bytes_view(std::string_view text) noexcept : data_(text.data()), size_(text.size()) {}
    constexpr bytes_view(const char *text) noexcept : bytes_view(std::string_view(text)) {}
    /** Whatever has data() and size(): std::string, std::vector, std::array, std::span. */
    template <typename T,
              typename E = std::remove_pointer_t<decltype(std::declval<const T &>().data())>,
              typename = std::enable_if_t<std::is_trivially_copyable_v<E>>>
    constexpr bytes_view(const T &container) noexcept
        : data_(container.data()), size_(container.size() * sizeof(E)) {}

    constexpr const void *data() const noexcept { return data_; }
    constexpr std::size_t size() const noexcept { return size_; }
    constexpr bool empty() const noexcept { return size_ == 0; }
    std::string_view text() const noexcept { return {static_cast<const char *>(data_), size_}; }

  private:
    const void *data_ = nullptr;
    std::size_t size_ = 0;
};

namespace detail {

/** A text for C. A NUL inside becomes a control character, which is refused and not cut off. */
class c_text {
  public:
    explicit c_text(std::string_view text) : text_(text) {
        for (char &c : text_) {
            c = c == '\0' ? '\1' : c;
        }
    }
    /** It may be a password. */
    ~c_text() {
        volatile char *bytes = text_.data();
        for (std::size_t i = 0; i < text_.size(); i++) {
            bytes[i] = '\0';
        }
    }
    c_text(const c_text &) = delete;
    c_text &operator=(const c_text &) = delete;
    operator const char *() const noexcept { return text_.c_str(); }

  private:
    std::string text_;
};

inline std::string_view view(const char *text) noexcept {
    return text != nullptr ? std::string_view(text) : std::string_view();
}

template <typename T, void (*Free)(T *)> struct deleter {
    void operator()(T *handle) const noexcept { Free(handle); }
};

template <typename T, void (*Free)(T *)> using owned = std::unique_ptr<T, deleter<T, Free>>;

} // namespace detail

/** Why something failed, of a callback. Valid during that callback; texts that are not known are
 * empty. */
class failure_view {
  public:
    explicit failure_view(const cognito_failure *handle) noexcept : handle_(handle) {}

    /** Whether there is one. */
    explicit operator bool() const noexcept { return static_cast<bool>(code()); }
    std::error_code code() const noexcept {
        return make_error_code(handle_ ? cognito_failure_status(handle_)
                                       : static_cast<cognito_status>(COGNITO_STATUS_OK));
    }
    cognito_stage stage() const noexcept { return cognito_failure_stage(handle_); }
    std::string_view message() const noexcept {
        return detail::view(cognito_failure_message(handle_));
    }
    std::string_view hint() const noexcept { return detail::view(cognito_failure_hint(handle_)); }
    std::int32_t http_status() const noexcept { return cognito_failure_http_status(handle_); }
    /** MQTT's own code; -1 when the server gave none. */
    std::int32_t reason_code() const noexcept { return cognito_failure_reason_code(handle_); }
    std::string_view reason_string() const noexcept {
        return detail::view(cognito_failure_reason_string(handle_));
    }
    std::string_view aws_error_type() const noexcept {
        return detail::view(cognito_failure_aws_error_type(handle_));
    }
    std::string_view aws_message() const noexcept {
        return detail::view(cognito_failure_aws_message(handle_));
    }
    std::string_view aws_request_id() const noexcept {
        return detail::view(cognito_failure_aws_request_id(handle_));
    }
    std::string_view identity() const noexcept {
        return detail::view(cognito_failure_identity(handle_));
    }
    const cognito_failure *get() const noexcept { return handle_; }

  private:
    const cognito_failure *handle_;
};

/** Why something failed, kept as long as this. */
class failure : public failure_view {
  public:
    explicit failure(cognito_failure *handle) noexcept : failure_view(handle), owned_(handle) {}

    /** The last one of this thread; empty when there is none. */
    static failure last() noexcept {
        cognito_failure *handle = nullptr;
        return failure(cognito_last_failure(&handle) == COGNITO_STATUS_OK ? handle : nullptr);
    }

  private:
    detail::owned<cognito_failure, cognito_failure_free> owned_;
};

/** The message of the last call of this thread that failed. Valid until its next call that fails.
 */
inline std::string_view last_error() noexcept { return detail::view(cognito_last_error()); }

/** What MQTT 5 says about a message beside it. That of a message is valid during its callback. */
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

/** What MQTT 5 shall say about a message or a will beside it. A message or config copies it. */
class properties {
  public:
    /** Empty only when there is no memory: every call says so then. */
    properties() noexcept {
        cognito_properties *handle = nullptr;
        if (cognito_properties_new(&handle) == COGNITO_STATUS_OK) {
            handle_.reset(handle);
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

/** Settings. A move leaves one that no call accepts. For settings without a method here, take
 * get(). */
class config {
  public:
    /** Empty only when there is no memory: every call says so then. */
    config() noexcept {
        cognito_config *handle = nullptr;
        if (cognito_config_new(&handle) == COGNITO_STATUS_OK) {
            handle_.reset(handle);
        }
    }

    /** Takes over one that was made in C. */
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
    [[nodiscard]] std::error_code identity_file(std::string_view v) {
        return text(cognito_config_set_identity_file, v);
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
    [[nodiscard]] std::error_code trust(std::int32_t v) noexcept {
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

    detail::owned<cognito_config, cognito_config_free> handle_;
};

/** A message of a subscription. Valid during the callback only. */
struct message {
    std::string_view topic;
    bytes_view payload;
    int qos;
    bool retain, duplicate;
    properties_view properties; /**< Empty when MQTT 5 says nothing beside it. */
};

/** What becomes of a session. Valid during the callback only. */
struct event {
    cognito_event_kind kind;
    std::error_code code;
    failure_view failure;
    std::uint32_t attempt;
    bool session_present;
    std::int64_t next_delay_ms; /**< -1 when there is no next dial. */
};

/** What came of a request. Valid during the callback only. */
struct completion {
    std::error_code code;
    failure_view failure;
    int granted_qos; /**< Of a subscription; else -1. */
};

/**
 * An MQTT session. It may be moved at any time: callbacks do not point to it. It may be destroyed
 * in a callback too; the functions are kept until this thread destroys another one outside of
 * callbacks, or ends.
 */
class client {
  public:
    using on_event_t = std::function<void(const event &)>;
    using on_message_t = std::function<void(const message &)>;
    using on_complete_t = std::function<void(const completion &)>;

    /** None; its calls return COGNITO_STATUS_INVALID_HANDLE. */
    client() noexcept = default;
    client(client &&) noexcept = default;
    client &operator=(client &&other) noexcept {
        std::swap(state_, other.state_);
        std::swap(handle_, other.handle_);
        other.free();
        return *this;
    }
    ~client() { free(); }

    /** Makes one of a config, which is copied. A provider is shared when it is given. */
    [[nodiscard]] static std::error_code make(const config &config, client &out,
                                              on_event_t on_event = {},
                                              const cognito_provider *provider = nullptr) {
        auto state = std::make_unique<struct state>();
        state->on_event = std::move(on_event);
        cognito_client *handle = nullptr;
        const cognito_status status = cognito_client_new(
            config.get(), provider, state->on_event ? told : nullptr, state.get(), &handle);
        if (status == COGNITO_STATUS_OK) {
            client made;
            made.state_ = std::move(state);
            made.handle_.reset(handle);
            out = std::move(made);
        }
        return make_error_code(status);
    }

    cognito_client *get() const noexcept { return handle_.get(); }

    [[nodiscard]] std::error_code connect(std::int32_t wait_ms) noexcept {
        return make_error_code(cognito_client_connect(get(), wait_ms));
    }
    [[nodiscard]] std::error_code process(std::int32_t timeout_ms) noexcept {
        return make_error_code(cognito_client_process(get(), timeout_ms));
    }
    [[nodiscard]] std::error_code start() noexcept {
        return make_error_code(cognito_client_start(get()));
    }
    [[nodiscard]] std::error_code stop() noexcept {
        return make_error_code(cognito_client_stop(get()));
    }
    [[nodiscard]] std::error_code disconnect(std::int32_t wait_ms) noexcept {
        return make_error_code(cognito_client_disconnect(get(), wait_ms));
    }
    /** From any thread, and from a signal handler. */
    std::error_code cancel() noexcept { return make_error_code(cognito_client_cancel(get())); }
    bool is_connected() const noexcept { return cognito_client_is_connected(get()); }
    int fd() noexcept { return cognito_client_fd(get()); }
    std::int32_t next_timeout_ms() const noexcept { return cognito_client_next_timeout_ms(get()); }

    /** Waits until it is written (QoS 0) or acknowledged (QoS 1); with 0 it is taken over, and
     * nobody told. */
    [[nodiscard]] std::error_code publish(std::string_view topic, bytes_view payload, int qos,
                                          bool retain, std::int32_t wait_ms,
                                          properties_view beside = {}) {
        return make_error_code(cognito_client_publish(get(), detail::c_text(topic), payload.data(),
                                                      payload.size(), qos, retain, beside.get(),
                                                      wait_ms, nullptr, nullptr));
    }
    /** Does not wait; on_complete is told once what came of it, unless an error is returned. */
    [[nodiscard]] std::error_code publish(std::string_view topic, bytes_view payload, int qos,
                                          bool retain, on_complete_t on_complete,
                                          properties_view beside = {}) {
        return with(std::move(on_complete), [&](cognito_completion_fn function, void *data) {
            return cognito_client_publish(get(), detail::c_text(topic), payload.data(),
                                          payload.size(), qos, retain, beside.get(), 0, function,
                                          data);
        });
    }
    /** on_message takes the place of an earlier one of this filter, and lives as long as the
     * client. */
    [[nodiscard]] std::error_code subscribe(std::string_view filter, int qos,
                                            on_message_t on_message, std::int32_t wait_ms) {
        void *slot = state_ ? state_->slot(filter, std::move(on_message)) : nullptr;
        return make_error_code(cognito_client_subscribe(get(), detail::c_text(filter), qos, given,
                                                        slot, wait_ms, nullptr, nullptr));
    }
    [[nodiscard]] std::error_code subscribe(std::string_view filter, int qos,
                                            on_message_t on_message, on_complete_t on_complete) {
        void *slot = state_ ? state_->slot(filter, std::move(on_message)) : nullptr;
        return with(std::move(on_complete), [&](cognito_completion_fn function, void *data) {
            return cognito_client_subscribe(get(), detail::c_text(filter), qos, given, slot, 0,
                                            function, data);
        });
    }
    [[nodiscard]] std::error_code unsubscribe(std::string_view filter, std::int32_t wait_ms) {
        return make_error_code(
            cognito_client_unsubscribe(get(), detail::c_text(filter), wait_ms, nullptr, nullptr));
    }
    [[nodiscard]] std::error_code unsubscribe(std::string_view filter, on_complete_t on_complete) {
        return with(std::move(on_complete), [&](cognito_completion_fn function, void *data) {
            return cognito_client_unsubscribe(get(), detail::c_text(filter), 0, function, data);
        });
    }
    /** The last failure of a connect or a session; empty when there is none. */
    class failure failure() const noexcept {
        cognito_failure *handle = nullptr;
        return cognito::failure(
            cognito_client_failure(get(), &handle) == COGNITO_STATUS_OK ? handle : nullptr);
    }

  private:
    using shared_on_message = std::shared_ptr<const on_message_t>;

    /** The function of a filter. It stays where it is, and a call of it outlives its replacement.
     */
    struct slot_t {
        std::mutex lock;
        shared_on_message function;
    };

    struct state {
        on_event_t on_event;
        std::mutex lock;
        std::map<std::string, slot_t> slots;

        void *slot(std::string_view filter, on_message_t function) {
            auto shared = std::make_shared<const on_message_t>(std::move(function));
            std::lock_guard<std::mutex> hold(lock);
            slot_t &slot = slots[std::string(filter)];
            std::lock_guard<std::mutex> hold_slot(slot.lock);
            slot.function.swap(shared);
            return &slot;
        }
    };

    static void told(cognito_client *, const cognito_event *e, void *data) noexcept {
        const in_callback here;
        static_cast<state *>(data)->on_event({e->kind, make_error_code(e->status),
                                              failure_view(e->failure), e->attempt,
                                              e->session_present, e->next_delay_ms});
    }
    static void given(cognito_client *, const cognito_message *m, void *data) noexcept {
        const in_callback here;
        shared_on_message function;
        {
            auto *slot = static_cast<slot_t *>(data);
            std::lock_guard<std::mutex> hold(slot->lock);
            function = slot->function;
        }
        if (*function) {
            (*function)({detail::view(m->topic),
                         {m->payload, m->payload_len},
                         m->qos,
                         m->retain,
                         m->duplicate,
                         properties_view(m->properties)});
        }
    }
    static void completed(cognito_client *, const cognito_completion *c, void *data) noexcept {
        const in_callback here;
        const std::unique_ptr<on_complete_t> function(static_cast<on_complete_t *>(data));
        (*function)({make_error_code(c->status), failure_view(c->failure), c->granted_qos});
    }
    template <typename Call> static std::error_code with(on_complete_t on_complete, Call call) {
        if (!on_complete) {
            return make_error_code(call(nullptr, nullptr));
        }
        auto kept = std::make_unique<on_complete_t>(std::move(on_complete));
        const cognito_status status = call(completed, kept.get());
        if (status == COGNITO_STATUS_OK) {
            /* Taken over: the callback frees it, or has. */
            static_cast<void>(kept.release());
        }
        return make_error_code(status);
    }
    /** Counts the callbacks that this thread is in. */
    struct in_callback {
        in_callback() noexcept { depth()++; }
        ~in_callback() { depth()--; }
        in_callback(const in_callback &) = delete;
        in_callback &operator=(const in_callback &) = delete;

        static int &depth() noexcept {
            static thread_local int depth = 0;
            return depth;
        }
        /** What clients that were destroyed in a callback leave: it may be called until that
         * returns. */
        static std::vector<std::unique_ptr<state>> &left() noexcept {
            static thread_local std::vector<std::unique_ptr<state>> left;
            return left;
        }
    };

    void free() noexcept {
        if (in_callback::depth() == 0) {
            handle_.reset(); /* no callback runs after this */
            in_callback::left().clear();
        } else if (state_) {
            in_callback::left().push_back(std::move(state_));
            handle_.reset();
        }
        state_.reset();
    }

    std::unique_ptr<state> state_;
    detail::owned<cognito_client, cognito_client_free> handle_;
};

} // namespace cognito

#endif
