// Random bytes behind an interface, so that tests can repeat a run.
#ifndef SHIMING_COMMON_CRYPTO_RANDOM_H_
#define SHIMING_COMMON_CRYPTO_RANDOM_H_

#include <cstddef>
#include <string>

namespace shiming::crypto {

// A source of random bytes. Implementations are thread-safe and cannot fail: a
// system without randomness ends the process.
class Random {
 public:
  virtual ~Random() = default;

  // Writes `size` random bytes to `out`.
  virtual void Fill(char* out, size_t size) = 0;

  // `size` random bytes.
  std::string Bytes(size_t size);
};

// The cryptographically secure generator of the system; lives for ever.
Random& SystemRandom();

}  // namespace shiming::crypto

#endif  // SHIMING_COMMON_CRYPTO_RANDOM_H_
