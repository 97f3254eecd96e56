// What the files of this package share about OpenSSL. Private to the package.
#ifndef SHIMING_COMMON_CRYPTO_OPENSSL_H_
#define SHIMING_COMMON_CRYPTO_OPENSSL_H_

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include <memory>
#include <string>
#include <string_view>

#include "common/status/check.h"

// A failure that only a broken OpenSSL installation or lack of memory can
// cause: the process cannot go on safely.
#define OPENSSL_CHECK(expr) SHIMING_CHECK((expr), "OpenSSL")

namespace shiming::crypto {

// Frees an OpenSSL object with its own function.
template <auto kFree>
struct OpensslFree {
  template <typename T>
  void operator()(T* object) const {
    kFree(object);
  }
};

using UniqueBio = std::unique_ptr<BIO, OpensslFree<BIO_free_all>>;
using UniqueCipherContext =
    std::unique_ptr<EVP_CIPHER_CTX, OpensslFree<EVP_CIPHER_CTX_free>>;
using UniqueDigestContext =
    std::unique_ptr<EVP_MD_CTX, OpensslFree<EVP_MD_CTX_free>>;
using UniqueKey = std::unique_ptr<EVP_PKEY, OpensslFree<EVP_PKEY_free>>;
using UniqueKeyContext =
    std::unique_ptr<EVP_PKEY_CTX, OpensslFree<EVP_PKEY_CTX_free>>;
using UniqueCertificate = std::unique_ptr<X509, OpensslFree<X509_free>>;

inline const unsigned char* Bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
inline unsigned char* Bytes(std::string& text) {
  return reinterpret_cast<unsigned char*>(text.data());
}
inline unsigned char* MutableBytes(char* text) {
  return reinterpret_cast<unsigned char*>(text);
}

// A BIO that reads `text`, which must outlive it.
inline UniqueBio ReadBio(std::string_view text) {
  UniqueBio bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  OPENSSL_CHECK(bio != nullptr);
  return bio;
}

// What was written to a BIO_s_mem.
inline std::string ContentOf(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return std::string(data, static_cast<size_t>(size));
}

}  // namespace shiming::crypto

#endif  // SHIMING_COMMON_CRYPTO_OPENSSL_H_
