#include "common/crypto/digest.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "common/crypto/openssl.h"

namespace shiming::crypto {
namespace {

constexpr size_t kDigestBytes = 32;

// Fetched once: a fetch by name per call costs more than the hash itself.
const EVP_MD* FetchDigest(const char* name) {
  const EVP_MD* digest = EVP_MD_fetch(nullptr, name, nullptr);
  OPENSSL_CHECK(digest != nullptr);
  return digest;
}

const EVP_MD* Sha256Method() {
  static const EVP_MD* const method = FetchDigest("SHA256");
  return method;
}

const EVP_MD* Sm3Method() {
  static const EVP_MD* const method = FetchDigest("SM3");
  return method;
}

void HashTo(const EVP_MD* method, std::string_view data,
            unsigned char* digest) {
  thread_local const UniqueDigestContext context(EVP_MD_CTX_new());
  OPENSSL_CHECK(context != nullptr);
  unsigned int size = 0;
  OPENSSL_CHECK(EVP_DigestInit_ex2(context.get(), method, nullptr) == 1);
  OPENSSL_CHECK(EVP_DigestUpdate(context.get(), data.data(), data.size()) == 1);
  OPENSSL_CHECK(EVP_DigestFinal_ex(context.get(), digest, &size) == 1);
}

Digest Hash(const EVP_MD* method, std::string_view data) {
  Digest digest(kDigestBytes, '\0');
  HashTo(method, data, Bytes(digest));
  return digest;
}

using UniqueMacContext =
    std::unique_ptr<EVP_MAC_CTX, OpensslFree<EVP_MAC_CTX_free>>;

Digest Hmac(const char* digest_name, std::string_view key,
            std::string_view data) {
  static EVP_MAC* const method = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
  OPENSSL_CHECK(method != nullptr);
  const UniqueMacContext context(EVP_MAC_CTX_new(method));
  OPENSSL_CHECK(context != nullptr);
  const OSSL_PARAM params[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST,
                                       const_cast<char*>(digest_name), 0),
      OSSL_PARAM_construct_end()};
  // A null pointer would mean "keep the old key": an empty key needs an
  // address.
  const unsigned char* key_bytes = key.empty() ? Bytes("") : Bytes(key);
  Digest digest(kDigestBytes, '\0');
  size_t size = 0;
  OPENSSL_CHECK(EVP_MAC_init(context.get(), key_bytes, key.size(), params) ==
                1);
  OPENSSL_CHECK(EVP_MAC_update(context.get(), Bytes(data), data.size()) == 1);
  OPENSSL_CHECK(
      EVP_MAC_final(context.get(), Bytes(digest), &size, digest.size()) == 1);
  return digest;
}

}  // namespace

Digest Sha256(std::string_view data) { return Hash(Sha256Method(), data); }

void Sha256To(std::string_view data, char* digest) {
  HashTo(Sha256Method(), data, reinterpret_cast<unsigned char*>(digest));
}

Digest Sm3(std::string_view data) { return Hash(Sm3Method(), data); }

void Sm3To(std::string_view data, char* digest) {
  HashTo(Sm3Method(), data, reinterpret_cast<unsigned char*>(digest));
}

Digest HmacSha256(std::string_view key, std::string_view data) {
  return Hmac("SHA256", key, data);
}

Digest HmacSm3(std::string_view key, std::string_view data) {
  return Hmac("SM3", key, data);
}

bool ConstantTimeEquals(std::string_view a, std::string_view b) {
  return a.size() == b.size() &&
         CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

Sha256Hasher::Sha256Hasher() : context_(EVP_MD_CTX_new()) {
  OPENSSL_CHECK(context_ != nullptr);
  Start();
}

Sha256Hasher::~Sha256Hasher() { EVP_MD_CTX_free(context_); }

void Sha256Hasher::Start() {
  OPENSSL_CHECK(EVP_DigestInit_ex2(context_, Sha256Method(), nullptr) == 1);
}

Sha256Hasher& Sha256Hasher::Update(std::string_view data) {
  OPENSSL_CHECK(EVP_DigestUpdate(context_, data.data(), data.size()) == 1);
  return *this;
}

Digest Sha256Hasher::Finish() {
  Digest digest(kDigestBytes, '\0');
  unsigned int size = 0;
  OPENSSL_CHECK(EVP_DigestFinal_ex(context_, Bytes(digest), &size) == 1);
  Start();
  return digest;
}

}  // namespace shiming::crypto
