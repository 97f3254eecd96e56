#include "common/ids/msisdn.h"

#include "common/ids/digits.h"
#include "common/status/reason.h"
#include "common/status/status_macros.h"

namespace shiming {
namespace {

constexpr std::string_view kCountryCode = "86";
constexpr size_t kNationalDigits = 11;

// What follows +86 or 86. Eleven characters are the number itself, whatever
// they begin with.
std::string_view WithoutCountryCode(std::string_view text) {
  if (text.substr(0, 1) == "+") {
    return text.substr(1, 2) == kCountryCode ? text.substr(3) : text;
  }
  if (text.substr(0, 2) == kCountryCode &&
      ids::CharacterCount(text) != kNationalDigits) {
    return text.substr(2);
  }
  return text;
}

}  // namespace

absl::StatusOr<Msisdn> Msisdn::Parse(std::string_view text) {
  if (text.empty()) return MakeError(Reason::EMPTY, "no text");
  const std::string_view national = WithoutCountryCode(text);
  // The country code alone is not an empty text but a short one.
  if (national.empty()) return MakeError(Reason::BAD_LENGTH, "no number");
  RETURN_IF_ERROR(ids::CheckDigits(national, kNationalDigits, kNationalDigits));
  if (national[0] != '1' || national[1] < '3') {
    return MakeError(Reason::BAD_PREFIX, "not a mainland mobile number");
  }
  return Msisdn(std::string(kCountryCode) + std::string(national));
}

}  // namespace shiming
