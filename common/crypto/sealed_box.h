// Encryption to somebody who is not there and whose secret is not here: the
// key of a backup file is sealed so. libsodium's sealed boxes
// (crypto_box_seal): X25519 with a fresh key per box, XSalsa20-Poly1305.
#ifndef SHIMING_COMMON_CRYPTO_SEALED_BOX_H_
#define SHIMING_COMMON_CRYPTO_SEALED_BOX_H_

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "common/crypto/secret.h"

namespace shiming::crypto {

// Length of a public and of a secret key (X25519, RFC 7748).
inline constexpr size_t kBoxKeyBytes = 32;
// What a box adds to its content: the fresh public key and the tag.
inline constexpr size_t kBoxOverheadBytes = 48;
// Most bytes of a box: keys, not data.
inline constexpr size_t kMostBoxBytes = 65536;

struct BoxKeyPair {
  std::string public_key;  // kBoxKeyBytes
  Secret secret_key;       // kBoxKeyBytes
};

// A new pair from the system's generator. Thread-safe.
BoxKeyPair MakeBoxKeyPair();

// The public key that belongs to a secret one. INVALID_ARGUMENT for another
// length. Thread-safe.
absl::StatusOr<std::string> BoxPublicKeyOf(const Secret& secret_key);

// Seals `content` (at most kMostBoxBytes) so that only who holds the secret of
// `public_key` can read it: not even the sender. It does not say who sealed
// it: sign what the box is part of. INVALID_ARGUMENT for a key of another
// length or one with which no secret could be shared. Thread-safe.
absl::StatusOr<std::string> SealToBox(std::string_view public_key,
                                      const Secret& content);

// Opens what SealToBox wrote for this key. PERMISSION_DENIED when it was
// sealed for another key or a byte is not the same; INVALID_ARGUMENT for a key
// of another length. Thread-safe.
absl::StatusOr<Secret> OpenBox(const Secret& secret_key,
                               std::string_view sealed);

}  // namespace shiming::crypto

#endif  // SHIMING_COMMON_CRYPTO_SEALED_BOX_H_
