#include "common/crypto/secret.h"

#include <string.h>

#include <utility>

#include "common/crypto/digest.h"

namespace shiming::crypto {

void WipeString(std::string& bytes) {
  // Up to the capacity: a string that was longer once leaves a tail behind.
  bytes.resize(bytes.capacity());
  explicit_bzero(bytes.data(), bytes.size());
  bytes.clear();
}

Secret::Secret(std::string bytes)
    : bytes_(std::make_unique<char[]>(bytes.size())), size_(bytes.size()) {
  if (size_ > 0) memcpy(bytes_.get(), bytes.data(), size_);
  WipeString(bytes);
}

Secret::~Secret() { Wipe(); }

Secret::Secret(Secret&& other) noexcept
    : bytes_(std::move(other.bytes_)), size_(std::exchange(other.size_, 0)) {}

Secret& Secret::operator=(Secret&& other) noexcept {
  if (this != &other) {
    Wipe();
    bytes_ = std::move(other.bytes_);
    size_ = std::exchange(other.size_, 0);
  }
  return *this;
}

Secret Secret::Copy() const { return Secret(std::string(Reveal())); }

bool Secret::Equals(const Secret& other) const {
  return ConstantTimeEquals(Reveal(), other.Reveal());
}

void Secret::Wipe() {
  if (bytes_ != nullptr) explicit_bzero(bytes_.get(), size_);
}

}  // namespace shiming::crypto
