// Signature keys: Ed25519 (RFC 8032) and ECDSA on P-256 with SHA-256.
#ifndef SHIMING_COMMON_CRYPTO_KEYS_H_
#define SHIMING_COMMON_CRYPTO_KEYS_H_

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/crypto/secret.h"

struct evp_pkey_st;

namespace shiming::crypto {

enum class KeyAlgorithm { kEd25519, kEcdsaP256 };

// A public key. Copies are cheap and share the key. Thread-safe.
class VerifyKey {
 public:
  // From a SubjectPublicKeyInfo in DER. Only the one DER form of a key is taken
  // (named curve, uncompressed point, nothing behind it), so that Hash() is the
  // key's identity. INVALID_ARGUMENT for anything else.
  static absl::StatusOr<VerifyKey> FromDer(std::string_view spki);
  // From "-----BEGIN PUBLIC KEY-----". INVALID_ARGUMENT for anything else.
  static absl::StatusOr<VerifyKey> FromPem(std::string_view pem);
  // From the 32 raw bytes of RFC 8032. INVALID_ARGUMENT for another length.
  static absl::StatusOr<VerifyKey> FromEd25519(std::string_view raw);

  // OK when `signature` (Ed25519: 64 bytes; ECDSA: DER) is this key's over
  // `message`, else PERMISSION_DENIED.
  absl::Status Verify(std::string_view message,
                      std::string_view signature) const;

  KeyAlgorithm algorithm() const { return algorithm_; }
  // SubjectPublicKeyInfo in DER.
  const std::string& Der() const { return der_; }
  std::string ToPem() const;
  // SHA-256 of Der(), 32 raw bytes: the identity by which keys are pinned.
  std::string Hash() const;
  // Ed25519: the 32 raw bytes. P-256: the 65 bytes of the uncompressed point.
  std::string Raw() const;

  friend bool operator==(const VerifyKey& a, const VerifyKey& b) {
    return a.der_ == b.der_;
  }

 private:
  friend class SigningKey;
  VerifyKey(std::shared_ptr<evp_pkey_st> key, KeyAlgorithm algorithm,
            std::string der);
  // Takes a key of any kind; refuses those that are not ours.
  static absl::StatusOr<VerifyKey> Wrap(std::shared_ptr<evp_pkey_st> key);

  std::shared_ptr<evp_pkey_st> key_;
  KeyAlgorithm algorithm_;
  std::string der_;
};

// A private key. Copies are cheap and share the key; OpenSSL wipes it with the
// last one. Cannot be printed. Thread-safe.
class SigningKey {
 public:
  // A new random key from the system's generator.
  static absl::StatusOr<SigningKey> GenerateEd25519();
  static absl::StatusOr<SigningKey> GenerateP256();
  // From unencrypted PEM (PKCS #8 or SEC 1). INVALID_ARGUMENT if it is none or
  // of another algorithm.
  static absl::StatusOr<SigningKey> FromPem(std::string_view pem);
  // From the 32-byte seed of RFC 8032. INVALID_ARGUMENT for another length.
  static absl::StatusOr<SigningKey> FromEd25519Seed(std::string_view seed);

  // PKCS #8, unencrypted.
  Secret ToPem() const;
  // The 32-byte seed of an Ed25519 key; FAILED_PRECONDITION for P-256.
  absl::StatusOr<Secret> Ed25519Seed() const;

  const VerifyKey& Public() const { return public_; }
  KeyAlgorithm algorithm() const { return public_.algorithm(); }
  // SubjectPublicKeyInfo in DER.
  const std::string& PublicDer() const { return public_.Der(); }
  // As VerifyKey::Raw.
  std::string RawPublic() const { return public_.Raw(); }

  // Ed25519: 64 bytes, the same for the same message. ECDSA: DER, random.
  // INTERNAL if OpenSSL fails.
  absl::StatusOr<std::string> Sign(std::string_view message) const;

 private:
  friend class CertificateAuthority;
  SigningKey(std::shared_ptr<evp_pkey_st> key, VerifyKey public_key);
  static absl::StatusOr<SigningKey> Wrap(evp_pkey_st* owned);

  std::shared_ptr<evp_pkey_st> key_;
  VerifyKey public_;
};

}  // namespace shiming::crypto

#endif  // SHIMING_COMMON_CRYPTO_KEYS_H_
