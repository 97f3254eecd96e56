// Bytes that must not leak: keys, seeds, passwords, activation codes.
#ifndef SHIMING_COMMON_CRYPTO_SECRET_H_
#define SHIMING_COMMON_CRYPTO_SECRET_H_

#include <cstddef>
#include <iosfwd>
#include <memory>
#include <string>
#include <string_view>

namespace shiming::crypto {

// Owns secret bytes and overwrites them before giving the memory back. It
// cannot be printed, streamed, logged or copied by accident. A const Secret may
// be read by several threads at once.
class Secret {
 public:
  // An empty secret.
  Secret() = default;
  // Takes over `bytes`, of any length; the argument's memory is overwritten.
  explicit Secret(std::string bytes);
  ~Secret();

  Secret(Secret&& other) noexcept;
  Secret& operator=(Secret&& other) noexcept;
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;

  // A second owner of the same bytes; spelled out so that a search finds it.
  Secret Copy() const;

  // The bytes, valid while this Secret lives and is not moved from. The one
  // way to read them: search for it in reviews.
  std::string_view Reveal() const { return {bytes_.get(), size_}; }

  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

  // Compares in a time that depends on the lengths only.
  bool Equals(const Secret& other) const;

  friend std::ostream& operator<<(std::ostream&, const Secret&) = delete;
  template <typename Sink>
  friend void AbslStringify(Sink&, const Secret&) = delete;

 private:
  void Wipe();

  std::unique_ptr<char[]> bytes_;
  size_t size_ = 0;
};

// Overwrites and empties `bytes`; the compiler may not leave it out.
void WipeString(std::string& bytes);

}  // namespace shiming::crypto

#endif  // SHIMING_COMMON_CRYPTO_SECRET_H_
