#include "services/terminal_session/core/shift_token.h"

#include <utility>

#include "common/crypto/digest.h"
#include "common/crypto/encoding.h"
#include "common/ids/ids.h"
#include "common/status/check.h"

namespace shiming::terminal_session {
namespace {

constexpr size_t kIdDigits = 32;
constexpr size_t kMacDigits = 64;
constexpr size_t kMinSecretBytes = 32;

}  // namespace

ShiftTokens::ShiftTokens(crypto::Secret secret) : secret_(std::move(secret)) {
  SHIMING_CHECK(secret_.size() >= kMinSecretBytes, "shift token secret");
}

std::string ShiftTokens::Make(std::string_view shift_id,
                              std::string_view terminal_key_sha256) const {
  std::string data(shift_id);
  data += terminal_key_sha256;
  std::string token(shift_id);
  token += '.';
  token += crypto::ToHex(crypto::HmacSha256(secret_.Reveal(), data));
  return token;
}

std::optional<std::string> ShiftTokens::ShiftIdOf(std::string_view token) {
  if (token.size() != kIdDigits + 1 + kMacDigits || token[kIdDigits] != '.') {
    return std::nullopt;
  }
  const std::string_view shift_id = token.substr(0, kIdDigits);
  const std::string_view mac = token.substr(kIdDigits + 1);
  // The MAC has the form of two ids side by side: lower-case hexadecimal.
  if (!IsId(shift_id) || !IsId(mac.substr(0, kIdDigits)) ||
      !IsId(mac.substr(kIdDigits))) {
    return std::nullopt;
  }
  return std::string(shift_id);
}

bool ShiftTokens::IsFor(std::string_view token,
                        std::string_view terminal_key_sha256) const {
  const std::optional<std::string> shift_id = ShiftIdOf(token);
  if (!shift_id.has_value()) return false;
  return crypto::ConstantTimeEquals(token,
                                    Make(*shift_id, terminal_key_sha256));
}

}  // namespace shiming::terminal_session
