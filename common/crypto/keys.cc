#include "common/crypto/keys.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/pem.h>

#include <utility>

#include "common/crypto/digest.h"
#include "common/crypto/openssl.h"
#include "common/status/status_macros.h"

namespace shiming::crypto {
namespace {

constexpr size_t kEd25519Bytes = 32;

// Reads no pass phrase: PEM of ours is unencrypted, and OpenSSL would ask on
// the terminal.
int NoPassphrase(char*, int, int, void*) { return 0; }

absl::StatusOr<KeyAlgorithm> AlgorithmOf(const EVP_PKEY* key) {
  if (EVP_PKEY_is_a(key, "ED25519")) return KeyAlgorithm::kEd25519;
  char group[32] = "";
  size_t size = 0;
  if (EVP_PKEY_is_a(key, "EC") &&
      EVP_PKEY_get_group_name(key, group, sizeof(group), &size) == 1 &&
      std::string_view(group, size) == SN_X9_62_prime256v1) {
    return KeyAlgorithm::kEcdsaP256;
  }
  ERR_clear_error();
  return absl::InvalidArgumentError("key is neither Ed25519 nor P-256");
}

// OpenSSL writes a key back in the form in which it was read; one key shall
// have one form, whatever the form it came in.
void UseTheOneForm(EVP_PKEY* key, KeyAlgorithm algorithm) {
  if (algorithm != KeyAlgorithm::kEcdsaP256) return;
  OPENSSL_CHECK(EVP_PKEY_set_utf8_string_param(
                    key, OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT,
                    OSSL_PKEY_EC_POINT_CONVERSION_FORMAT_UNCOMPRESSED) == 1);
  OPENSSL_CHECK(EVP_PKEY_set_utf8_string_param(key, OSSL_PKEY_PARAM_EC_ENCODING,
                                               OSSL_PKEY_EC_ENCODING_GROUP) ==
                1);
}

std::string DerOf(const EVP_PKEY* key) {
  unsigned char* data = nullptr;
  const int size = i2d_PUBKEY(key, &data);
  OPENSSL_CHECK(size > 0);
  std::string der(reinterpret_cast<char*>(data), static_cast<size_t>(size));
  OPENSSL_free(data);
  return der;
}

// Ed25519 hashes by itself; ECDSA needs the digest named.
const EVP_MD* DigestFor(KeyAlgorithm algorithm) {
  return algorithm == KeyAlgorithm::kEd25519 ? nullptr : EVP_sha256();
}

std::shared_ptr<EVP_PKEY> Share(EVP_PKEY* owned) {
  return std::shared_ptr<EVP_PKEY>(owned, EVP_PKEY_free);
}

}  // namespace

VerifyKey::VerifyKey(std::shared_ptr<evp_pkey_st> key, KeyAlgorithm algorithm,
                     std::string der)
    : key_(std::move(key)), algorithm_(algorithm), der_(std::move(der)) {}

absl::StatusOr<VerifyKey> VerifyKey::Wrap(std::shared_ptr<evp_pkey_st> key) {
  if (key == nullptr) {
    ERR_clear_error();
    return absl::InvalidArgumentError("malformed public key");
  }
  ASSIGN_OR_RETURN(const KeyAlgorithm algorithm, AlgorithmOf(key.get()));
  UseTheOneForm(key.get(), algorithm);
  std::string der = DerOf(key.get());
  return VerifyKey(std::move(key), algorithm, std::move(der));
}

absl::StatusOr<VerifyKey> VerifyKey::FromDer(std::string_view spki) {
  const unsigned char* cursor = Bytes(spki);
  ASSIGN_OR_RETURN(VerifyKey key,
                   Wrap(Share(d2i_PUBKEY(nullptr, &cursor,
                                         static_cast<long>(spki.size())))));
  if (key.Der() != spki) {
    return absl::InvalidArgumentError("public key is not in its one DER form");
  }
  return key;
}

absl::StatusOr<VerifyKey> VerifyKey::FromPem(std::string_view pem) {
  const UniqueBio bio = ReadBio(pem);
  return Wrap(
      Share(PEM_read_bio_PUBKEY(bio.get(), nullptr, NoPassphrase, nullptr)));
}

absl::StatusOr<VerifyKey> VerifyKey::FromEd25519(std::string_view raw) {
  if (raw.size() != kEd25519Bytes) {
    return absl::InvalidArgumentError("an Ed25519 public key has 32 bytes");
  }
  return Wrap(Share(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr,
                                                Bytes(raw), raw.size())));
}

absl::Status VerifyKey::Verify(std::string_view message,
                               std::string_view signature) const {
  const UniqueDigestContext context(EVP_MD_CTX_new());
  OPENSSL_CHECK(context != nullptr);
  OPENSSL_CHECK(EVP_DigestVerifyInit(context.get(), nullptr,
                                     DigestFor(algorithm_), nullptr,
                                     key_.get()) == 1);
  if (EVP_DigestVerify(context.get(), Bytes(signature), signature.size(),
                       Bytes(message), message.size()) == 1) {
    return absl::OkStatus();
  }
  ERR_clear_error();
  return absl::PermissionDeniedError("bad signature");
}

std::string VerifyKey::ToPem() const {
  const UniqueBio bio(BIO_new(BIO_s_mem()));
  OPENSSL_CHECK(bio != nullptr);
  OPENSSL_CHECK(PEM_write_bio_PUBKEY(bio.get(), key_.get()) == 1);
  return ContentOf(bio.get());
}

std::string VerifyKey::Hash() const { return Sha256(der_); }

std::string VerifyKey::Raw() const {
  size_t size = 0;
  if (algorithm_ == KeyAlgorithm::kEd25519) {
    OPENSSL_CHECK(EVP_PKEY_get_raw_public_key(key_.get(), nullptr, &size) == 1);
    std::string raw(size, '\0');
    OPENSSL_CHECK(EVP_PKEY_get_raw_public_key(key_.get(), Bytes(raw), &size) ==
                  1);
    return raw;
  }
  unsigned char* data = nullptr;
  size = EVP_PKEY_get1_encoded_public_key(key_.get(), &data);
  OPENSSL_CHECK(size > 0);
  std::string raw(reinterpret_cast<char*>(data), size);
  OPENSSL_free(data);
  return raw;
}

SigningKey::SigningKey(std::shared_ptr<evp_pkey_st> key, VerifyKey public_key)
    : key_(std::move(key)), public_(std::move(public_key)) {}

absl::StatusOr<SigningKey> SigningKey::Wrap(evp_pkey_st* owned) {
  std::shared_ptr<EVP_PKEY> key = Share(owned);
  if (key == nullptr) {
    ERR_clear_error();
    return absl::InvalidArgumentError("malformed private key");
  }
  ASSIGN_OR_RETURN(const KeyAlgorithm algorithm, AlgorithmOf(key.get()));
  UseTheOneForm(key.get(), algorithm);
  // Its own object without the private part.
  ASSIGN_OR_RETURN(VerifyKey public_key, VerifyKey::FromDer(DerOf(key.get())));
  return SigningKey(std::move(key), std::move(public_key));
}

absl::StatusOr<SigningKey> SigningKey::GenerateEd25519() {
  return Wrap(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
}

absl::StatusOr<SigningKey> SigningKey::GenerateP256() {
  return Wrap(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"));
}

absl::StatusOr<SigningKey> SigningKey::FromPem(std::string_view pem) {
  const UniqueBio bio = ReadBio(pem);
  return Wrap(
      PEM_read_bio_PrivateKey(bio.get(), nullptr, NoPassphrase, nullptr));
}

absl::StatusOr<SigningKey> SigningKey::FromEd25519Seed(std::string_view seed) {
  if (seed.size() != kEd25519Bytes) {
    return absl::InvalidArgumentError("an Ed25519 seed has 32 bytes");
  }
  return Wrap(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr,
                                           Bytes(seed), seed.size()));
}

Secret SigningKey::ToPem() const {
  const UniqueBio bio(BIO_new(BIO_s_secmem()));
  OPENSSL_CHECK(bio != nullptr);
  OPENSSL_CHECK(PEM_write_bio_PKCS8PrivateKey(bio.get(), key_.get(), nullptr,
                                              nullptr, 0, nullptr,
                                              nullptr) == 1);
  return Secret(ContentOf(bio.get()));
}

absl::StatusOr<Secret> SigningKey::Ed25519Seed() const {
  if (algorithm() != KeyAlgorithm::kEd25519) {
    return absl::FailedPreconditionError("not an Ed25519 key");
  }
  std::string seed(kEd25519Bytes, '\0');
  size_t size = seed.size();
  OPENSSL_CHECK(EVP_PKEY_get_raw_private_key(key_.get(), Bytes(seed), &size) ==
                1);
  return Secret(std::move(seed));
}

absl::StatusOr<std::string> SigningKey::Sign(std::string_view message) const {
  const UniqueDigestContext context(EVP_MD_CTX_new());
  OPENSSL_CHECK(context != nullptr);
  size_t size = 0;
  if (EVP_DigestSignInit(context.get(), nullptr, DigestFor(algorithm()),
                         nullptr, key_.get()) != 1 ||
      EVP_DigestSign(context.get(), nullptr, &size, Bytes(message),
                     message.size()) != 1) {
    ERR_clear_error();
    return absl::InternalError("signing failed");
  }
  std::string signature(size, '\0');
  if (EVP_DigestSign(context.get(), Bytes(signature), &size, Bytes(message),
                     message.size()) != 1) {
    ERR_clear_error();
    return absl::InternalError("signing failed");
  }
  signature.resize(size);
  return signature;
}

}  // namespace shiming::crypto
