#include "common/ids/iccid.h"

#include "common/ids/digits.h"
#include "common/status/reason.h"
#include "common/status/status_macros.h"

namespace shiming {
namespace {

constexpr size_t kLeastDigits = 19;
constexpr size_t kMostDigits = 20;
// ITU-T E.118: 89 is the industry identifier of telecommunication.
constexpr std::string_view kPrefix = "89";

}  // namespace

absl::StatusOr<Iccid> Iccid::ParseFromSmdp(std::string_view text) {
  if (text.empty()) return MakeError(Reason::EMPTY, "no text");
  if (text.back() == 'F' || text.back() == 'f') text.remove_suffix(1);
  // The pad alone is not an empty text but a short one.
  if (text.empty()) return MakeError(Reason::BAD_LENGTH, "no digits");
  RETURN_IF_ERROR(ids::CheckDigits(text, kLeastDigits, kMostDigits));
  if (text.substr(0, kPrefix.size()) != kPrefix) {
    return MakeError(Reason::BAD_PREFIX, "ICCID does not begin with 89");
  }
  return Iccid(std::string(text));
}

absl::StatusOr<Iccid> Iccid::Parse(std::string_view text) {
  ASSIGN_OR_RETURN(Iccid iccid, ParseFromSmdp(text));
  if (!iccid.CheckDigitHolds()) {
    return MakeError(Reason::BAD_CHECK_DIGIT, "Luhn check of ICCID failed");
  }
  return iccid;
}

bool Iccid::CheckDigitHolds() const { return ids::LuhnHolds(digits_); }

}  // namespace shiming
