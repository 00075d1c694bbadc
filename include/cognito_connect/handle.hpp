/* Handles that free themselves, and what callbacks need of them. For the other headers, and not for
 * applications. */

#ifndef COGNITO_CONNECT_HANDLE_HPP
#define COGNITO_CONNECT_HANDLE_HPP

#include <memory>
#include <utility>

namespace cognito {
namespace detail {

/** What cannot be given back inside a callback: a handle that C does not free there, and the
 * functions that may be called until the callback has returned. */
struct left_behind {
    void (*give_back)(left_behind *) noexcept;
    left_behind *next;
};

/** What this thread is in. Without a destructor, so that it may be used whenever a handle is freed:
 * by static objects too, when the thread's own are gone. */
struct this_thread {
    int inside; /**< Callbacks of any kind. */
    int midway; /**< Callbacks for logs, logins and stores, in which C refuses every call. */
    left_behind *first;

    static this_thread &state() noexcept {
        static thread_local this_thread state{0, 0, nullptr};
        return state;
    }

    /** Gives back what was left behind in callbacks, once the call around them has returned. */
    static void give_back() noexcept {
        this_thread &here = state();
        while (here.inside == 0 && here.first != nullptr) {
            left_behind *const first = here.first;
            here.first = first->next;
            first->give_back(first);
        }
    }

    static void leave(left_behind *item) noexcept {
        /* A thread that ends in the call around the callback has no other occasion. */
        struct at_its_end {
            ~at_its_end() { give_back(); }
        };
        static thread_local at_its_end end;
        static_cast<void>(&end);
        item->next = state().first;
        state().first = item;
    }
};

/** A callback that this thread is in. */
class in_callback {
  public:
    enum kind_t { between_calls, midway_through_a_call };

    explicit in_callback(kind_t kind) noexcept : midway_(kind == midway_through_a_call ? 1 : 0) {
        this_thread::state().inside++;
        this_thread::state().midway += midway_;
    }
    ~in_callback() {
        this_thread::state().inside--;
        this_thread::state().midway -= midway_;
    }
    in_callback(const in_callback &) = delete;
    in_callback &operator=(const in_callback &) = delete;

  private:
    int midway_;
};

/** A handle, and what the callbacks of it need, which outlives it. */
template <typename T, void (*Free)(T *)> class owned {
  public:
    owned() noexcept = default;
    explicit owned(T *handle, std::shared_ptr<void> needed = {}) noexcept
        : handle_(handle), needed_(std::move(needed)) {}
    owned(owned &&other) noexcept
        : handle_(std::exchange(other.handle_, nullptr)), needed_(std::move(other.needed_)) {}
    /** The former one is freed last: its callbacks find the new one in place. */
    owned &operator=(owned &&other) noexcept {
        owned former(std::move(other));
        std::swap(handle_, former.handle_);
        std::swap(needed_, former.needed_);
        return *this;
    }
    ~owned() {
        if (handle_ == nullptr) {
            return;
        }
        if (this_thread::state().midway != 0) {
            left::behind(handle_, std::move(needed_));
            return;
        }
        Free(handle_);
        if (this_thread::state().inside != 0 && needed_) {
            left::behind(nullptr, std::move(needed_));
        }
        needed_.reset();
        this_thread::give_back();
    }

    T *get() const noexcept { return handle_; }
    const std::shared_ptr<void> &needed() const noexcept { return needed_; }

  private:
    struct left : left_behind {
        T *handle;
        std::shared_ptr<void> needed;

        static void behind(T *handle, std::shared_ptr<void> needed) {
            auto item = std::make_unique<left>();
            item->give_back = given_back;
            item->handle = handle;
            item->needed = std::move(needed);
            this_thread::leave(item.release());
        }
        static void given_back(left_behind *item) noexcept {
            const std::unique_ptr<left> owned(static_cast<left *>(item));
            Free(owned->handle);
        }
    };

    T *handle_ = nullptr;
    std::shared_ptr<void> needed_;
};

} // namespace detail
} // namespace cognito

#endif
