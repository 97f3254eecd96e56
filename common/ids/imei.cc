#include "common/ids/imei.h"

#include "common/ids/digits.h"
#include "common/status/reason.h"
#include "common/status/status_macros.h"

namespace shiming {
namespace {

constexpr size_t kImeiDigits = 15;

}  // namespace

absl::StatusOr<Imei> Imei::Parse(std::string_view text) {
  RETURN_IF_ERROR(ids::CheckDigits(text, kImeiDigits, kImeiDigits));
  if (!ids::LuhnHolds(text)) {
    return MakeError(Reason::BAD_CHECK_DIGIT, "Luhn check of IMEI failed");
  }
  return Imei(std::string(text));
}

}  // namespace shiming
