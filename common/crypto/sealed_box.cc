#include "common/crypto/sealed_box.h"

#include <utility>

#include "common/crypto/sodium.h"
#include "common/status/check.h"

namespace shiming::crypto {
namespace {

static_assert(kBoxKeyBytes == crypto_box_PUBLICKEYBYTES);
static_assert(kBoxKeyBytes == crypto_box_SECRETKEYBYTES);
static_assert(kBoxOverheadBytes == crypto_box_SEALBYTES);

absl::Status BadKey() {
  return absl::InvalidArgumentError("this is no X25519 key of 32 bytes");
}

}  // namespace

BoxKeyPair MakeBoxKeyPair() {
  InitSodium();
  std::string public_key(kBoxKeyBytes, '\0');
  std::string secret_key(kBoxKeyBytes, '\0');
  SHIMING_CHECK(
      crypto_box_keypair(SodiumBytes(public_key), SodiumBytes(secret_key)) == 0,
      "libsodium");
  return {.public_key = std::move(public_key),
          .secret_key = Secret(std::move(secret_key))};
}

absl::StatusOr<std::string> BoxPublicKeyOf(const Secret& secret_key) {
  if (secret_key.size() != kBoxKeyBytes) return BadKey();
  InitSodium();
  std::string public_key(kBoxKeyBytes, '\0');
  if (crypto_scalarmult_base(SodiumBytes(public_key),
                             SodiumBytes(secret_key.Reveal())) != 0) {
    return BadKey();
  }
  return public_key;
}

absl::StatusOr<std::string> SealToBox(std::string_view public_key,
                                      const Secret& content) {
  if (public_key.size() != kBoxKeyBytes) return BadKey();
  if (content.size() > kMostBoxBytes) {
    return absl::InvalidArgumentError("too much for a sealed box");
  }
  InitSodium();
  std::string sealed(content.size() + kBoxOverheadBytes, '\0');
  if (crypto_box_seal(SodiumBytes(sealed), SodiumBytes(content.Reveal()),
                      content.size(), SodiumBytes(public_key)) != 0) {
    return BadKey();
  }
  return sealed;
}

absl::StatusOr<Secret> OpenBox(const Secret& secret_key,
                               std::string_view sealed) {
  InitSodium();
  const auto public_key = BoxPublicKeyOf(secret_key);
  if (!public_key.ok()) return public_key.status();
  const bool has_a_length = sealed.size() >= kBoxOverheadBytes &&
                            sealed.size() <= kMostBoxBytes + kBoxOverheadBytes;
  std::string content(has_a_length ? sealed.size() - kBoxOverheadBytes : 0,
                      '\0');
  if (!has_a_length ||
      crypto_box_seal_open(SodiumBytes(content), SodiumBytes(sealed),
                           sealed.size(), SodiumBytes(*public_key),
                           SodiumBytes(secret_key.Reveal())) != 0) {
    WipeString(content);
    return absl::PermissionDeniedError("the box is not for this key");
  }
  return Secret(std::move(content));
}

}  // namespace shiming::crypto
