// Hashes and message authentication codes. All functions are thread-safe and
// cannot fail.
#ifndef SHIMING_COMMON_CRYPTO_DIGEST_H_
#define SHIMING_COMMON_CRYPTO_DIGEST_H_

#include <string>
#include <string_view>

struct evp_md_ctx_st;

namespace shiming::crypto {

// 32 raw bytes.
using Digest = std::string;

// SHA-256 (FIPS 180-4).
Digest Sha256(std::string_view data);

// The same, to `digest`, which has room for 32 bytes and may be part of `data`:
// for who hashes so much that a string for each would cost as much again.
void Sha256To(std::string_view data, char* digest);

// HMAC-SHA-256 (RFC 2104) under a key of any length.
Digest HmacSha256(std::string_view key, std::string_view data);

// SM3 (GB/T 32905-2016), the hash of the commercial suite.
Digest Sm3(std::string_view data);
// As Sha256To.
void Sm3To(std::string_view data, char* digest);

// HMAC with SM3 (GB/T 15852.2) under a key of any length.
Digest HmacSm3(std::string_view key, std::string_view data);

// True when both are the same bytes; the time depends on the lengths only.
bool ConstantTimeEquals(std::string_view a, std::string_view b);

// SHA-256 of data that comes in pieces. Not thread-safe.
class Sha256Hasher {
 public:
  Sha256Hasher();
  ~Sha256Hasher();
  Sha256Hasher(const Sha256Hasher&) = delete;
  Sha256Hasher& operator=(const Sha256Hasher&) = delete;

  // Appends `data`; returns itself, so that calls chain.
  Sha256Hasher& Update(std::string_view data);

  // The digest of all data since construction or the last Finish, and a fresh
  // start.
  Digest Finish();

 private:
  void Start();

  evp_md_ctx_st* context_;  // owned
};

}  // namespace shiming::crypto

#endif  // SHIMING_COMMON_CRYPTO_DIGEST_H_
