#include "tools/shiming_terminal/synthetic_customer.h"

#include "absl/strings/str_format.h"
#include "common/status/check.h"
#include "identity/document/card_block_builder.h"
#include "tools/shiming_terminal/check_digits.h"

namespace shiming::shiming_terminal {
namespace {

// Begins like an EID of the ICCID-like layout with China's country code; no
// maker has 0099.
constexpr char kEidPrefix[] = "89860099";

}  // namespace

SyntheticCustomer MakeSyntheticCustomer(int64_t person_counter,
                                        int64_t phone_counter) {
  SyntheticCustomer customer;
  absl::StatusOr<std::string> block =
      identity::BuildResidentCard(identity::SyntheticPersonOf(person_counter));
  SHIMING_CHECK(block.ok(), "synthetic persons fit a card");
  customer.card_block = *std::move(block);
  customer.eid =
      WithMod97Digits(absl::StrFormat("%s%022d", kEidPrefix, phone_counter));
  customer.imei = WithLuhnDigit(
      absl::StrFormat("%s%06d", kSyntheticTac, phone_counter % 1'000'000));
  return customer;
}

}  // namespace shiming::shiming_terminal
