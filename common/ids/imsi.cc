#include "common/ids/imsi.h"

#include "common/ids/digits.h"
#include "common/status/status_macros.h"

namespace shiming {
namespace {

constexpr size_t kLeastDigits = 6;
constexpr size_t kMostDigits = 15;

}  // namespace

absl::StatusOr<Imsi> Imsi::Parse(std::string_view text) {
  RETURN_IF_ERROR(ids::CheckDigits(text, kLeastDigits, kMostDigits));
  return Imsi(std::string(text));
}

}  // namespace shiming
