// Storage form of passwords.
#ifndef SHIMING_COMMON_CRYPTO_PASSWORD_H_
#define SHIMING_COMMON_CRYPTO_PASSWORD_H_

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"
#include "common/crypto/secret.h"

namespace shiming::crypto {

// Longest password taken: bounds the work of one sign-in.
inline constexpr size_t kMostPasswordBytes = 1024;

// "$argon2id$..." with a random salt, by libsodium's interactive limits (64
// MiB, 2 passes; about 60 ms of CPU): call it from a pool of its own, never
// from a handler's thread. INVALID_ARGUMENT if the password is empty or too
// long, RESOURCE_EXHAUSTED if there is no memory. Thread-safe.
absl::StatusOr<std::string> HashPassword(const Secret& password);

// Whether `hash` was made of `password`; false for a malformed hash, too. As
// slow as HashPassword. Thread-safe.
bool VerifyPassword(const std::string& hash, const Secret& password);

}  // namespace shiming::crypto

#endif  // SHIMING_COMMON_CRYPTO_PASSWORD_H_
