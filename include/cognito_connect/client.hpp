/* An MQTT session. */

#ifndef COGNITO_CONNECT_CLIENT_HPP
#define COGNITO_CONNECT_CLIENT_HPP

#include <cognito_connect/config.hpp>
#include <cognito_connect/provider.hpp>
#include <cognito_connect/trace.hpp>

#include <functional>
#include <map>
#include <mutex>

namespace cognito {

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
 * An MQTT session that stays up. Any threads may call it at once; who destroys or moves it must be
 * the only one. It may be moved at any time: callbacks do not point to it.
 *
 * It may be destroyed in a callback too, its own or another one. The functions that it was given
 * live until the call around that callback has returned, because the end and what came of its
 * requests may be told until then; so must what they refer to. See cognito_client_free().
 */
class client {
  public:
    using on_event_t = std::function<void(const event &)>;
    using on_message_t = std::function<void(const message &)>;
    using on_complete_t = std::function<void(const completion &)>;

    /** None; its calls return COGNITO_STATUS_INVALID_HANDLE. */
    client() noexcept = default;

    /** Makes one of a config, which is copied; on_event is told what becomes of the session. Does
     * not touch the network. out stays as it is when this fails. See cognito_client_new(). */
    [[nodiscard]] static std::error_code make(const config &config, client &out,
                                              on_event_t on_event = {}) {
        return make(config, nullptr, config.functions(), out, std::move(on_event));
    }
    /** The same with the credentials of a provider, which is shared. */
    [[nodiscard]] static std::error_code make(const config &config, const provider &provider,
                                              client &out, on_event_t on_event = {}) {
        const cognito_status status = provider.check();
        return status != COGNITO_STATUS_OK
                   ? make_error_code(status)
                   : make(config, provider.get(), provider.functions(), out, std::move(on_event));
    }

    cognito_client *get() const noexcept { return handle_.get(); }

    /*
     * wait_ms and timeout_ms are milliseconds, or COGNITO_WAIT_FOREVER; with 0 nothing waits. What
     * waits runs callbacks, and in a callback it fails with COGNITO_STATUS_IN_CALLBACK.
     */

    /** Connects, for at most the connect timeout. See cognito_client_connect(). */
    [[nodiscard]] std::error_code connect(std::int32_t wait_ms) noexcept {
        return detail::after_callbacks(cognito_client_connect(get(), wait_ms));
    }
    /** Works on the session, which has to be done as long as it is to stay open. See
     * cognito_client_process(). */
    [[nodiscard]] std::error_code process(std::int32_t timeout_ms) noexcept {
        return detail::after_callbacks(cognito_client_process(get(), timeout_ms));
    }
    /** Starts a thread that does so, on which the callbacks run then. See cognito_client_start().
     */
    [[nodiscard]] std::error_code start() noexcept {
        return make_error_code(cognito_client_start(get()));
    }
    /** Ends it, and waits for it unless this is a callback on it. See cognito_client_stop(). */
    [[nodiscard]] std::error_code stop() noexcept {
        return make_error_code(cognito_client_stop(get()));
    }
    /** Ends the session in order, for at most 5 seconds. See cognito_client_disconnect(). */
    [[nodiscard]] std::error_code disconnect(std::int32_t wait_ms) noexcept {
        return detail::after_callbacks(cognito_client_disconnect(get(), wait_ms));
    }
    /** Ends the calls that wait, or else the next one. From any thread, and from a signal handler.
     */
    cognito_status cancel() noexcept { return cognito_client_cancel(get()); }
    /** As far as the last call that worked on it knows. */
    bool is_connected() const noexcept { return cognito_client_is_connected(get()); }
    /** For poll(), to wait for input only: the client's, the same as long as that lives. A negative
     * cognito_status when there is none. See cognito_client_fd(). */
    int fd() noexcept { return cognito_client_fd(get()); }
    /** How long poll() may wait, in milliseconds; -1 for ever. See
     * cognito_client_next_timeout_ms(). */
    std::int32_t next_timeout_ms() const noexcept { return cognito_client_next_timeout_ms(get()); }

    /*
     * publish, subscribe and unsubscribe come in two forms, which differ in one argument only:
     *
     *  - with wait_ms, a number, they wait, and what they return is what came of it. With 0 the
     *    request is taken over, and nobody is told;
     *  - with on_complete, a function, they do not wait. What they return is whether the request
     *    was taken over; if it was, on_complete is told once what came of it, and else never.
     */

    /** Publishes a message; done when it is written (QoS 0) or acknowledged (QoS 1). Topic, payload
     * and properties are copied. See cognito_client_publish(). */
    [[nodiscard]] std::error_code publish(std::string_view topic, bytes_view payload, int qos,
                                          bool retain, std::int32_t wait_ms,
                                          properties_view beside = {}) {
        return detail::after_callbacks(
            cognito_client_publish(get(), detail::c_text(topic), payload.data(), payload.size(),
                                   qos, retain, beside.get(), wait_ms, nullptr, nullptr));
    }
    [[nodiscard]] std::error_code publish(std::string_view topic, bytes_view payload, int qos,
                                          bool retain, on_complete_t on_complete,
                                          properties_view beside = {}) {
        return with(std::move(on_complete), [&](cognito_completion_fn function, void *data) {
            return cognito_client_publish(get(), detail::c_text(topic), payload.data(),
                                          payload.size(), qos, retain, beside.get(), 0, function,
                                          data);
        });
    }
    /** Subscribes, for as long as the client lives; on_message takes the place of an earlier one of
     * this filter at once, and lives as long as the client. See cognito_client_subscribe(). */
    [[nodiscard]] std::error_code subscribe(std::string_view filter, int qos,
                                            on_message_t on_message, std::int32_t wait_ms) {
        void *slot = slot_of(filter, std::move(on_message));
        return detail::after_callbacks(cognito_client_subscribe(
            get(), detail::c_text(filter), qos, given, slot, wait_ms, nullptr, nullptr));
    }
    [[nodiscard]] std::error_code subscribe(std::string_view filter, int qos,
                                            on_message_t on_message, on_complete_t on_complete) {
        void *slot = slot_of(filter, std::move(on_message));
        return with(std::move(on_complete), [&](cognito_completion_fn function, void *data) {
            return cognito_client_subscribe(get(), detail::c_text(filter), qos, given, slot, 0,
                                            function, data);
        });
    }
    /** Ends a subscription; messages may come until that is done. See
     * cognito_client_unsubscribe(). */
    [[nodiscard]] std::error_code unsubscribe(std::string_view filter, std::int32_t wait_ms) {
        return detail::after_callbacks(
            cognito_client_unsubscribe(get(), detail::c_text(filter), wait_ms, nullptr, nullptr));
    }
    [[nodiscard]] std::error_code unsubscribe(std::string_view filter, on_complete_t on_complete) {
        return with(std::move(on_complete), [&](cognito_completion_fn function, void *data) {
            return cognito_client_unsubscribe(get(), detail::c_text(filter), 0, function, data);
        });
    }
    /** The last failure of a connect or a session; empty when there is none. Does not block. */
    class failure failure() const noexcept {
        cognito_failure *handle = nullptr;
        return cognito::failure(
            cognito_client_failure(get(), &handle) == COGNITO_STATUS_OK ? handle : nullptr);
    }
    /** What the last connect did, or that under way. Does not block. */
    class trace trace() const noexcept {
        cognito_trace *handle = nullptr;
        return cognito::trace(cognito_client_trace(get(), &handle) == COGNITO_STATUS_OK ? handle
                                                                                        : nullptr);
    }

  private:
    using owned = detail::owned<cognito_client, cognito_client_free>;
    using shared_on_message = std::shared_ptr<const on_message_t>;

    /** The function of a filter. It stays where it is, and a call of it outlives its replacement.
     */
    struct slot_t {
        std::mutex lock;
        shared_on_message function;
    };

    struct state {
        on_event_t on_event;
        std::shared_ptr<void> functions; /**< Of the config or the provider. */
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
        const detail::in_callback here(detail::in_callback::between_calls);
        static_cast<state *>(data)->on_event({e->kind, make_error_code(e->status),
                                              failure_view(e->failure), e->attempt,
                                              e->session_present, e->next_delay_ms});
    }
    static void given(cognito_client *, const cognito_message *m, void *data) noexcept {
        const detail::in_callback here(detail::in_callback::between_calls);
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
        const detail::in_callback here(detail::in_callback::between_calls);
        const std::unique_ptr<on_complete_t> function(static_cast<on_complete_t *>(data));
        (*function)({make_error_code(c->status), failure_view(c->failure), c->granted_qos});
    }
    template <typename Call> static std::error_code with(on_complete_t on_complete, Call call) {
        if (!on_complete) {
            return detail::after_callbacks(call(nullptr, nullptr));
        }
        auto kept = std::make_unique<on_complete_t>(std::move(on_complete));
        const cognito_status status = call(completed, kept.get());
        if (status == COGNITO_STATUS_OK) {
            /* Taken over: the callback frees it, or has. */
            static_cast<void>(kept.release());
        }
        return detail::after_callbacks(status);
    }

    static std::error_code make(const config &config, const cognito_provider *provider,
                                std::shared_ptr<void> functions, client &out, on_event_t on_event) {
        auto state = std::make_shared<struct state>();
        state->on_event = std::move(on_event);
        state->functions = std::move(functions);
        cognito_client *handle = nullptr;
        const cognito_status status = cognito_client_new(
            config.get(), provider, state->on_event ? told : nullptr, state.get(), &handle);
        if (status == COGNITO_STATUS_OK) {
            out.handle_ = owned(handle, std::move(state));
        }
        return make_error_code(status);
    }
    /** None when there is no client, which the call says then. */
    void *slot_of(std::string_view filter, on_message_t function) {
        auto *own = static_cast<state *>(handle_.needed().get());
        return own != nullptr ? own->slot(filter, std::move(function)) : nullptr;
    }

    owned handle_;
};

} // namespace cognito

#endif
