#include "services/terminal_session/core/credential_box.h"

#include <utility>

#include "common/crypto/cipher.h"
#include "common/status/reason.h"

namespace shiming::terminal_session {
namespace {

std::string BindTo(std::string_view clerk_id) {
  return "shiming/totp-seed/v1/" + std::string(clerk_id);
}

}  // namespace

CredentialBox::CredentialBox(crypto::Secret key, crypto::Random& random)
    : key_(std::move(key)), random_(random) {}

absl::StatusOr<std::string> CredentialBox::Seal(
    std::string_view clerk_id, std::string_view totp_seed) const {
  return crypto::Seal(crypto::Suite::kInternational, key_, totp_seed,
                      BindTo(clerk_id), random_);
}

absl::StatusOr<crypto::Secret> CredentialBox::Open(
    std::string_view clerk_id, std::string_view sealed) const {
  absl::StatusOr<crypto::Secret> seed =
      crypto::Open(key_, sealed, BindTo(clerk_id));
  if (!seed.ok()) {
    return MakeError(Reason::INTERNAL_ERROR,
                     "a stored TOTP seed does not open under this key");
  }
  return seed;
}

}  // namespace shiming::terminal_session
