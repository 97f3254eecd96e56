#include "common/crypto/cipher.h"

#include <cstdint>
#include <utility>

#include "common/crypto/digest.h"
#include "common/crypto/openssl.h"
#include "common/status/status_macros.h"

namespace shiming::crypto {
namespace {

constexpr size_t kGcmNonceBytes = 12;
constexpr size_t kGcmTagBytes = 16;
constexpr size_t kSm4IvBytes = 16;
constexpr size_t kSm4KeyBytes = 16;
constexpr size_t kSm3TagBytes = 32;
// OpenSSL counts in int.
constexpr size_t kMostBytes = size_t{1} << 30;

const EVP_CIPHER* FetchCipher(const char* name) {
  const EVP_CIPHER* cipher = EVP_CIPHER_fetch(nullptr, name, nullptr);
  OPENSSL_CHECK(cipher != nullptr);
  return cipher;
}

const EVP_CIPHER* Aes256Gcm() {
  static const EVP_CIPHER* const cipher = FetchCipher("AES-256-GCM");
  return cipher;
}

const EVP_CIPHER* Sm4Ctr() {
  static const EVP_CIPHER* const cipher = FetchCipher("SM4-CTR");
  return cipher;
}

absl::Status CheckInput(const Secret& key, std::string_view text,
                        std::string_view aad) {
  if (key.size() != kSealingKeyBytes) {
    return absl::InvalidArgumentError("a sealing key has 32 bytes");
  }
  if (text.size() > kMostBytes || aad.size() > kMostBytes) {
    return absl::InvalidArgumentError("more than 1 GiB to seal");
  }
  return absl::OkStatus();
}

absl::Status DoesNotOpen() {
  return absl::DataLossError("sealed value does not open");
}

UniqueCipherContext NewCipherContext() {
  UniqueCipherContext context(EVP_CIPHER_CTX_new());
  OPENSSL_CHECK(context != nullptr);
  return context;
}

// Runs `in` through the cipher into `out`, which is as long.
void Update(EVP_CIPHER_CTX* context, unsigned char* out, std::string_view in) {
  int size = 0;
  OPENSSL_CHECK(EVP_CipherUpdate(context, out, &size, Bytes(in),
                                 static_cast<int>(in.size())) == 1);
}

// SM4-CTR is its own reverse.
std::string Sm4CtrOf(std::string_view key, std::string_view iv,
                     std::string_view text) {
  const UniqueCipherContext context = NewCipherContext();
  OPENSSL_CHECK(EVP_CipherInit_ex2(context.get(), Sm4Ctr(), Bytes(key),
                                   Bytes(iv), 1, nullptr) == 1);
  std::string out(text.size(), '\0');
  Update(context.get(), Bytes(out), text);
  return out;
}

Secret Sm4Key(const Secret& key) {
  return Secret(
      HmacSm3(key.Reveal(), "shiming/sm4-ctr/v1").substr(0, kSm4KeyBytes));
}

std::string Sm3Tag(const Secret& key, std::string_view aad,
                   std::string_view iv_and_ciphertext) {
  const Secret mac_key(HmacSm3(key.Reveal(), "shiming/hmac-sm3/v1"));
  std::string message;
  message.reserve(8 + aad.size() + iv_and_ciphertext.size());
  const uint64_t size = aad.size();
  for (int shift = 56; shift >= 0; shift -= 8) {
    message.push_back(static_cast<char>(size >> shift & 0xff));
  }
  message.append(aad).append(iv_and_ciphertext);
  return HmacSm3(mac_key.Reveal(), message);
}

// The suite byte is covered too: a value cannot be declared to be of another
// suite.
std::string AadWithSuite(Suite suite, std::string_view aad) {
  return std::string(1, static_cast<char>(suite)).append(aad);
}

}  // namespace

absl::StatusOr<std::string> AesGcmSeal(const Secret& key32,
                                       std::string_view plaintext,
                                       std::string_view aad, Random& random) {
  RETURN_IF_ERROR(CheckInput(key32, plaintext, aad));
  std::string sealed = random.Bytes(kGcmNonceBytes);
  const UniqueCipherContext context = NewCipherContext();
  OPENSSL_CHECK(EVP_CipherInit_ex2(context.get(), Aes256Gcm(),
                                   Bytes(key32.Reveal()), Bytes(sealed), 1,
                                   nullptr) == 1);
  sealed.resize(kGcmNonceBytes + plaintext.size() + kGcmTagBytes);
  unsigned char* const out = Bytes(sealed) + kGcmNonceBytes;
  Update(context.get(), nullptr, aad);
  Update(context.get(), out, plaintext);
  int size = 0;
  OPENSSL_CHECK(
      EVP_CipherFinal_ex(context.get(), out + plaintext.size(), &size) == 1);
  OPENSSL_CHECK(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG,
                                    kGcmTagBytes, out + plaintext.size()) == 1);
  return sealed;
}

absl::StatusOr<Secret> AesGcmOpen(const Secret& key32, std::string_view sealed,
                                  std::string_view aad) {
  RETURN_IF_ERROR(CheckInput(key32, sealed, aad));
  if (sealed.size() < kGcmNonceBytes + kGcmTagBytes) return DoesNotOpen();
  const std::string_view nonce = sealed.substr(0, kGcmNonceBytes);
  const std::string_view ciphertext = sealed.substr(
      kGcmNonceBytes, sealed.size() - kGcmNonceBytes - kGcmTagBytes);
  std::string tag(sealed.substr(sealed.size() - kGcmTagBytes));
  const UniqueCipherContext context = NewCipherContext();
  OPENSSL_CHECK(EVP_CipherInit_ex2(context.get(), Aes256Gcm(),
                                   Bytes(key32.Reveal()), Bytes(nonce), 0,
                                   nullptr) == 1);
  std::string plaintext(ciphertext.size(), '\0');
  Update(context.get(), nullptr, aad);
  Update(context.get(), Bytes(plaintext), ciphertext);
  OPENSSL_CHECK(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG,
                                    kGcmTagBytes, tag.data()) == 1);
  int size = 0;
  unsigned char none[1];
  if (EVP_CipherFinal_ex(context.get(), none, &size) != 1) {
    ERR_clear_error();
    WipeString(plaintext);
    return DoesNotOpen();
  }
  return Secret(std::move(plaintext));
}

absl::StatusOr<std::string> Sm4HmacSm3Seal(const Secret& key32,
                                           std::string_view plaintext,
                                           std::string_view aad,
                                           Random& random) {
  RETURN_IF_ERROR(CheckInput(key32, plaintext, aad));
  std::string sealed = random.Bytes(kSm4IvBytes);
  sealed += Sm4CtrOf(Sm4Key(key32).Reveal(), sealed, plaintext);
  sealed += Sm3Tag(key32, aad, sealed);
  return sealed;
}

absl::StatusOr<Secret> Sm4HmacSm3Open(const Secret& key32,
                                      std::string_view sealed,
                                      std::string_view aad) {
  RETURN_IF_ERROR(CheckInput(key32, sealed, aad));
  if (sealed.size() < kSm4IvBytes + kSm3TagBytes) return DoesNotOpen();
  const std::string_view body = sealed.substr(0, sealed.size() - kSm3TagBytes);
  if (!ConstantTimeEquals(Sm3Tag(key32, aad, body),
                          sealed.substr(body.size()))) {
    return DoesNotOpen();
  }
  return Secret(Sm4CtrOf(Sm4Key(key32).Reveal(), body.substr(0, kSm4IvBytes),
                         body.substr(kSm4IvBytes)));
}

absl::StatusOr<std::string> Seal(Suite suite, const Secret& key,
                                 std::string_view plaintext,
                                 std::string_view aad, Random& random) {
  const std::string full_aad = AadWithSuite(suite, aad);
  std::string sealed;
  switch (suite) {
    case Suite::kInternational: {
      ASSIGN_OR_RETURN(sealed, AesGcmSeal(key, plaintext, full_aad, random));
      break;
    }
    case Suite::kCommercial: {
      ASSIGN_OR_RETURN(sealed,
                       Sm4HmacSm3Seal(key, plaintext, full_aad, random));
      break;
    }
    default:
      return absl::InvalidArgumentError("unknown suite");
  }
  sealed.insert(sealed.begin(), static_cast<char>(suite));
  return sealed;
}

absl::StatusOr<Secret> Open(const Secret& key, std::string_view sealed,
                            std::string_view aad) {
  if (sealed.empty()) return DoesNotOpen();
  const Suite suite = static_cast<Suite>(sealed[0]);
  const std::string full_aad = AadWithSuite(suite, aad);
  switch (suite) {
    case Suite::kInternational:
      return AesGcmOpen(key, sealed.substr(1), full_aad);
    case Suite::kCommercial:
      return Sm4HmacSm3Open(key, sealed.substr(1), full_aad);
  }
  return DoesNotOpen();
}

}  // namespace shiming::crypto
