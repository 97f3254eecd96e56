#include "common/crypto/random.h"

#include <openssl/rand.h>

#include <algorithm>

#include "common/crypto/openssl.h"

namespace shiming::crypto {
namespace {

class OpensslRandom final : public Random {
 public:
  void Fill(char* out, size_t size) override {
    // RAND_bytes takes an int.
    constexpr size_t kMaxPieceBytes = 1 << 20;
    while (size > 0) {
      const size_t piece = std::min(size, kMaxPieceBytes);
      OPENSSL_CHECK(RAND_bytes(MutableBytes(out), static_cast<int>(piece)) ==
                    1);
      out += piece;
      size -= piece;
    }
  }
};

}  // namespace

std::string Random::Bytes(size_t size) {
  std::string bytes(size, '\0');
  Fill(bytes.data(), size);
  return bytes;
}

Random& SystemRandom() {
  static Random& random = *new OpensslRandom;
  return random;
}

}  // namespace shiming::crypto
