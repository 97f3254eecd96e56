#include "common/crypto/fake_random.h"

#include <algorithm>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "common/crypto/digest.h"

namespace shiming::crypto {

void FakeRandom::Fill(char* out, size_t size) {
  std::lock_guard lock(mutex_);
  while (size > 0) {
    if (left_.empty()) left_ = Sha256(absl::StrCat(seed_, "/", block_++));
    const size_t piece = std::min(size, left_.size());
    std::memcpy(out, left_.data(), piece);
    left_.erase(0, piece);
    out += piece;
    size -= piece;
  }
}

}  // namespace shiming::crypto
