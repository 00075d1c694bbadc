/* Bytes and texts on their way to C and back. */

#ifndef COGNITO_CONNECT_BYTES_HPP
#define COGNITO_CONNECT_BYTES_HPP

#include <cstddef>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace cognito {

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
    explicit c_text(std::string_view text) : is_null_(text.data() == nullptr), text_(text) {
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
    operator const char *() const noexcept { return is_null_ ? nullptr : text_.c_str(); }

  private:
    bool is_null_;
    std::string text_;
};

inline std::string_view view(const char *text) noexcept {
    return text != nullptr ? std::string_view(text) : std::string_view();
}

} // namespace detail

} // namespace cognito

#endif
