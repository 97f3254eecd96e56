// A random source that a test can repeat. Never in production: its bytes are
// known to whoever knows the seed.
#ifndef SHIMING_COMMON_CRYPTO_FAKE_RANDOM_H_
#define SHIMING_COMMON_CRYPTO_FAKE_RANDOM_H_

#include <cstdint>
#include <mutex>
#include <string>

#include "common/crypto/random.h"

namespace shiming::crypto {

// The same seed gives the same bytes in the same order of calls. Thread-safe.
class FakeRandom final : public Random {
 public:
  explicit FakeRandom(uint64_t seed) : seed_(seed) {}

  void Fill(char* out, size_t size) override;

 private:
  const uint64_t seed_;
  std::mutex mutex_;
  uint64_t block_ = 0;  // number of the next 32-byte block
  std::string left_;    // of the last block
};

}  // namespace shiming::crypto

#endif  // SHIMING_COMMON_CRYPTO_FAKE_RANDOM_H_
