#include "tools/shiming_terminal/synthetic_customer.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/status/check.h"
#include "identity/document/card_block_builder.h"

namespace shiming::shiming_terminal {
namespace {

// Begins like an EID of the ICCID-like layout with China's country code; no
// maker has 0099.
constexpr char kEidPrefix[] = "89860099";

// ISO 7064 MOD 97-10 over 30 digits.
std::string WithEidCheckDigits(const std::string& digits) {
  int remainder = 0;
  for (char c : digits) remainder = (remainder * 10 + (c - '0')) % 97;
  remainder = remainder * 100 % 97;
  return absl::StrFormat("%s%02d", digits, 98 - remainder);
}

// Luhn over 14 digits (3GPP TS 23.003 annex B).
std::string WithLuhnDigit(const std::string& digits) {
  int sum = 0;
  bool doubled = true;
  for (auto c = digits.rbegin(); c != digits.rend(); ++c) {
    int digit = *c - '0';
    if (doubled) digit = digit * 2 > 9 ? digit * 2 - 9 : digit * 2;
    sum += digit;
    doubled = !doubled;
  }
  return absl::StrCat(digits, (10 - sum % 10) % 10);
}

}  // namespace

SyntheticCustomer MakeSyntheticCustomer(int64_t person_counter,
                                        int64_t phone_counter) {
  SyntheticCustomer customer;
  absl::StatusOr<std::string> block =
      identity::BuildResidentCard(identity::SyntheticPersonOf(person_counter));
  SHIMING_CHECK(block.ok(), "synthetic persons fit a card");
  customer.card_block = *std::move(block);
  customer.eid =
      WithEidCheckDigits(absl::StrFormat("%s%022d", kEidPrefix, phone_counter));
  customer.imei = WithLuhnDigit(
      absl::StrFormat("%s%06d", kSyntheticTac, phone_counter % 1'000'000));
  return customer;
}

}  // namespace shiming::shiming_terminal
