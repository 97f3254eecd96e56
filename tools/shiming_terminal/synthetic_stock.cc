#include "tools/shiming_terminal/synthetic_stock.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "tools/shiming_terminal/check_digits.h"
#include "tools/shiming_terminal/synthetic_customer.h"

namespace shiming::shiming_terminal {
namespace {

// 89, country code 86, issuer 01: 18 digits with the account number.
constexpr char kIccidPrefix[] = "898601";

}  // namespace

std::string IccidsCsv(int64_t first, int64_t count) {
  std::string csv = "iccid,profile_type\n";
  for (int64_t i = first; i < first + count; ++i) {
    absl::StrAppend(&csv,
                    WithLuhnDigit(absl::StrFormat("%s%012d", kIccidPrefix, i)),
                    ",", kSyntheticProfileType, "\n");
  }
  return csv;
}

std::string NumbersCsv(int64_t first, int64_t count, std::string_view region) {
  std::string csv = "msisdn,region\n";
  const std::string region_text(region);
  for (int64_t i = first; i < first + count; ++i) {
    absl::StrAppend(&csv, 13'900'000'000 + i, ",", region_text, "\n");
  }
  return csv;
}

std::string DeviceModelsCsv() {
  return absl::StrCat("tac,model,eligible\n", kSyntheticTac,
                      ",Sample Phone 1,true\n86054321,Sample Phone 0,false\n");
}

}  // namespace shiming::shiming_terminal
