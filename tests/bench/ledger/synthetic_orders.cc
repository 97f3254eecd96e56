#include "tests/bench/ledger/synthetic_orders.h"

#include "absl/strings/str_cat.h"
#include "common/crypto/digest.h"
#include "common/crypto/encoding.h"
#include "ledger/entry.h"

namespace shiming::bench {
namespace {

using ledger::v1::Event;

// Visits that go on at once.
constexpr int64_t kParallel = 32;

constexpr ledger::v1::EventKind kKinds[kEventsOfOrder] = {
    ledger::v1::EVENT_KIND_ORDER_PLACED,
    ledger::v1::EVENT_KIND_ORDER_READY,
    ledger::v1::EVENT_KIND_CODE_REVEALED,
    ledger::v1::EVENT_KIND_DOWNLOAD_PROGRESS,
    ledger::v1::EVENT_KIND_DOWNLOAD_PROGRESS,
    ledger::v1::EVENT_KIND_PROFILE_INSTALLED,
    ledger::v1::EVENT_KIND_ORDER_CLOSED};

std::string Digest(const char* what, int64_t number) {
  return crypto::Sha256(absl::StrCat(what, "/", number));
}

std::string Id(const char* what, int64_t number) {
  return crypto::ToHex(Digest(what, number).substr(0, 16));
}

void AddPseudonym(Event& event, ledger::v1::PseudonymField field,
                  std::string value) {
  ledger::v1::Pseudonym& pseudonym = *event.add_pseudonyms();
  pseudonym.set_field(field);
  pseudonym.set_value(std::move(value));
}

void AddCommitment(Event& event, ledger::v1::CommitmentField field,
                   std::string value) {
  ledger::v1::Commitment& commitment = *event.add_commitments();
  commitment.set_field(field);
  commitment.set_sha256(std::move(value));
}

}  // namespace

Event SyntheticEvent(int64_t number) {
  // A block of parallel orders goes through its events in step.
  const int64_t block = number / (kParallel * kEventsOfOrder);
  const int64_t in_block = number % (kParallel * kEventsOfOrder);
  const int64_t order = block * kParallel + in_block % kParallel;
  const int step = static_cast<int>(in_block / kParallel);
  const std::string order_id = Id("order", order);
  // Cheap noise that depends on the number alone.
  const uint64_t noise =
      static_cast<uint64_t>(order) * 0x9E3779B97F4A7C15u >> 33;

  Event event;
  event.set_format(ledger::kEntryFormat);
  event.mutable_id()->set_source("profile_order");
  event.mutable_id()->set_aggregate("order/" + order_id);
  event.mutable_id()->set_version(step + 1);
  event.set_kind(kKinds[step]);
  event.mutable_time()->set_seconds(
      kFirstSecond + number / kEventsOfSecond +
      static_cast<int64_t>(static_cast<uint64_t>(number) * 2654435761u % 5));
  const std::string shop = absl::StrCat("shop-", noise % kShops);
  const uint64_t place = noise / kShops;
  event.set_shop(shop);
  event.set_terminal(absl::StrCat(shop, "/t", place % kTerminalsOfShop));
  event.set_display(absl::StrCat(shop, "/d", place % kTerminalsOfShop));
  event.set_clerk(absl::StrCat("clerk-", noise % kShops, "-",
                               place / kTerminalsOfShop % kClerksOfShop));
  event.set_shift(Id("shift", order / 500));
  event.set_session(Id("session", order));
  event.set_order(order_id);
  event.set_verification(Id("verification", order));
  event.set_policy_version("bench-1");
  // A person has one order or a few, an EID one or two.
  event.set_person_id(Id("person", order - order % 3));
  AddPseudonym(event, ledger::v1::PSEUDONYM_FIELD_EID,
               Digest("eid", order - order % 2));
  AddPseudonym(event, ledger::v1::PSEUDONYM_FIELD_ICCID,
               Digest("iccid", order));
  AddPseudonym(event, ledger::v1::PSEUDONYM_FIELD_MSISDN,
               Digest("msisdn", order));
  ledger::v1::OrderDetails& details = *event.mutable_order_details();
  details.set_smdp_peer("smdp-1");
  if (step == 0) {
    event.set_once_key("attestation/" + order_id);
    details.set_attestation_id(order_id);
    details.set_profile_type("consumer");
    AddCommitment(event, ledger::v1::COMMITMENT_FIELD_DEVICE,
                  Digest("device", order));
    AddCommitment(event, ledger::v1::COMMITMENT_FIELD_CONSENT,
                  Digest("consent", order));
  }
  if (step == 2) {
    event.set_once_key("reveal/" + order_id);
    details.set_permit_id(order_id);
    AddCommitment(event, ledger::v1::COMMITMENT_FIELD_ACTIVATION_CODE,
                  Digest("code", order));
  }
  return event;
}

std::vector<std::string> SyntheticEntries(int64_t first, int64_t count) {
  std::vector<std::string> entries;
  entries.reserve(static_cast<size_t>(count));
  for (int64_t i = 0; i < count; ++i) {
    entries.push_back(ledger::SerializeEvent(SyntheticEvent(first + i)));
  }
  return entries;
}

}  // namespace shiming::bench
