#include "common/ids/eid.h"

#include "common/ids/digits.h"
#include "common/status/reason.h"
#include "common/status/status_macros.h"

namespace shiming {
namespace {

constexpr size_t kEidDigits = 32;

// 32 digits do not fit 64 bits: folded digit by digit.
int Mod97(std::string_view digits) {
  int remainder = 0;
  for (const char c : digits) remainder = (remainder * 10 + (c - '0')) % 97;
  return remainder;
}

}  // namespace

absl::StatusOr<Eid> Eid::Parse(std::string_view text) {
  RETURN_IF_ERROR(ids::CheckDigits(text, kEidDigits, kEidDigits));
  if (Mod97(text) != 1) {
    return MakeError(Reason::BAD_CHECK_DIGIT, "EID modulo 97 is not 1");
  }
  return Eid(std::string(text));
}

}  // namespace shiming
