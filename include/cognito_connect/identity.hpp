/* Functions of the application that say who the device is: logins, and where its identity is kept.
 */

#ifndef COGNITO_CONNECT_IDENTITY_HPP
#define COGNITO_CONNECT_IDENTITY_HPP

#include <cognito_connect/error.hpp>

#include <functional>
#include <memory>

namespace cognito {

/** Takes the logins in a login function. Valid during that call only. */
class login_sink {
  public:
    explicit login_sink(cognito_login_sink *handle) noexcept : handle_(handle) {}
    /** Copies the token of a login provider; a second one of the same provider replaces the first.
     * See cognito_login_sink_set() for the limits. */
    [[nodiscard]] std::error_code set(std::string_view provider, std::string_view token) {
        return make_error_code(
            cognito_login_sink_set(handle_, detail::c_text(provider), detail::c_text(token)));
    }

  private:
    cognito_login_sink *handle_;
};

/** Takes the identity in a load function. Valid during that call only. */
class identity_sink {
  public:
    explicit identity_sink(cognito_identity_sink *handle) noexcept : handle_(handle) {}
    /** Copies an identity, as it was given to the save function. */
    [[nodiscard]] std::error_code set(std::string_view identity) {
        return make_error_code(cognito_identity_sink_set(handle_, detail::c_text(identity)));
    }

  private:
    cognito_identity_sink *handle_;
};

/*
 * These three are called in the middle of a call of this library, on its thread, while no deadline
 * and no cancel takes effect: they should only hand over what is there. In them every call of this
 * library but a sink's and a cancel fails with COGNITO_STATUS_REENTRANT; what is destroyed in them
 * is freed when the call around them has returned. So a client must not be destroyed in one on the
 * thread of its start(), which would go on. Calls of several threads may be in one at once.
 *
 * They live until the config and every provider, transport and client that was made with them is
 * gone, and until the call around them has returned when the last of these is destroyed in one.
 */

/** Gives the logins for one fetch of credentials; with an error the fetch is given up. Called for
 * every fetch. See cognito_login_fn. */
using on_login_t = std::function<std::error_code(login_sink &)>;

/** Loads the identity that was saved for an identity pool; sets nothing when there is none, and
 * returns an error when the store cannot be read. See cognito_identity_load_fn. */
using on_identity_load_t =
    std::function<std::error_code(std::string_view identity_pool, identity_sink &)>;

/** Saves an identity; returns an error when it could not. See cognito_identity_save_fn. */
using on_identity_save_t =
    std::function<std::error_code(std::string_view identity_pool, std::string_view identity)>;

namespace detail {

struct login {
    on_login_t function;

    static std::int32_t asked(cognito_login_sink *sink, void *data) noexcept {
        const in_callback here(in_callback::midway_through_a_call);
        login_sink logins(sink);
        return static_cast<const login *>(data)->function(logins).value();
    }
};

struct identity_store {
    on_identity_load_t load;
    on_identity_save_t save;

    static std::int32_t loads(const char *pool, cognito_identity_sink *sink, void *data) noexcept {
        const in_callback here(in_callback::midway_through_a_call);
        identity_sink identity(sink);
        return static_cast<const identity_store *>(data)->load(view(pool), identity).value();
    }
    static std::int32_t saves(const char *pool, const char *identity, void *data) noexcept {
        const in_callback here(in_callback::midway_through_a_call);
        return static_cast<const identity_store *>(data)->save(view(pool), view(identity)).value();
    }
};

/** What a config, and whatever was made of it, may call. */
struct functions {
    std::shared_ptr<const struct login> login;
    std::shared_ptr<const identity_store> store;
};

} // namespace detail

} // namespace cognito

#endif
