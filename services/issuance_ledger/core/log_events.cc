#include "services/issuance_ledger/core/log_events.h"

#include "absl/strings/str_cat.h"
#include "common/time/proto_time.h"
#include "ledger/entry.h"

namespace shiming::issuance_ledger {
namespace {

ledger::v1::Event MakeLogEvent(absl::Time time, const std::string& origin,
                               int64_t version, ledger::v1::EventKind kind) {
  ledger::v1::Event event;
  event.set_format(ledger::kEntryFormat);
  event.mutable_id()->set_source(kLedgerSource);
  event.mutable_id()->set_aggregate(LogAggregate(origin));
  event.mutable_id()->set_version(version);
  event.set_kind(kind);
  *event.mutable_time() = ToProto(time);
  return event;
}

}  // namespace

std::string LogAggregate(const std::string& origin) {
  return absl::StrCat("log/", origin);
}

ledger::v1::Event MakeLogOpened(absl::Time time, const std::string& origin,
                                const std::string& pseudonym_key_commitment,
                                const std::optional<FrozenLog>& predecessor) {
  ledger::v1::Event event =
      MakeLogEvent(time, origin, 1, ledger::v1::EVENT_KIND_LOG_OPENED);
  // once_keys hold on in the logs behind the first.
  event.set_once_key(predecessor.has_value()
                         ? absl::StrCat("log_opened/", origin)
                         : "log_opened");
  auto* commitment = event.add_commitments();
  commitment->set_field(ledger::v1::COMMITMENT_FIELD_PSEUDONYM_KEY);
  commitment->set_sha256(pseudonym_key_commitment);
  if (predecessor.has_value()) {
    auto* details = event.mutable_predecessor();
    details->set_origin(predecessor->origin);
    details->set_size(predecessor->size);
    details->set_root(predecessor->root);
  }
  return event;
}

ledger::v1::Event MakeLogFrozen(absl::Time time, const std::string& origin) {
  return MakeLogEvent(time, origin, kLogFrozenVersion,
                      ledger::v1::EVENT_KIND_LOG_FROZEN);
}

}  // namespace shiming::issuance_ledger
