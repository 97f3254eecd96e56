#include "common/crypto/totp.h"

#include <openssl/hmac.h>

#include "absl/strings/str_format.h"
#include "common/crypto/openssl.h"

namespace shiming::crypto {
namespace {

// RFC 6238 section 5.2.
constexpr int64_t kStepSeconds = 30;
constexpr uint32_t kSixDigits = 1'000'000;

}  // namespace

int64_t TotpStep(absl::Time time) {
  return absl::ToUnixSeconds(time) / kStepSeconds;
}

std::string Totp(const Secret& seed, int64_t step) {
  unsigned char counter[8];
  for (int i = 0; i < 8; ++i) {
    counter[i] =
        static_cast<unsigned char>(static_cast<uint64_t>(step) >> (56 - 8 * i));
  }
  unsigned char mac[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  const std::string_view key = seed.Reveal();
  OPENSSL_CHECK(HMAC(EVP_sha1(), key.empty() ? "" : key.data(),
                     static_cast<int>(key.size()), counter, sizeof(counter),
                     mac, &size) != nullptr);
  // Dynamic truncation, RFC 4226 section 5.3.
  const int offset = mac[size - 1] & 15;
  const uint32_t number = (mac[offset] & 0x7fu) << 24 | mac[offset + 1] << 16 |
                          mac[offset + 2] << 8 | mac[offset + 3];
  return absl::StrFormat("%06d", number % kSixDigits);
}

}  // namespace shiming::crypto
