#include "ledger/entry_order.h"

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "common/status/reason.h"
#include "common/status/status_macros.h"
#include "ledger/entry.h"

namespace shiming::ledger {
namespace {

absl::Status At(uint64_t index, Reason reason, std::string_view what) {
  return MakeError(reason,
                   absl::StrCat("entry ", index, ": ", std::string(what)));
}

constexpr std::string_view kOwnEvents = "issuance_ledger:";

std::string AggregateKey(const v1::EventId& id) {
  return absl::StrCat(id.source(), ":", id.aggregate());
}

}  // namespace

absl::Status EntryOrderChecker::Visit(uint64_t index, std::string_view entry) {
  if (index != next_index_) {
    return At(index, Reason::LEDGER_PROOF_INVALID, "is not the next one");
  }
  const absl::StatusOr<v1::Event> event = ParseEntry(entry);
  if (!event.ok()) {
    return At(index, Reason::LEDGER_MALFORMED_ENTRY, "is malformed");
  }
  if (!MayWrite(event->id().source(), event->kind())) {
    return At(index, Reason::LEDGER_WRONG_SOURCE, "has a kind of another");
  }
  RETURN_IF_ERROR(CheckOrder(index, *event));
  ++next_index_;
  return absl::OkStatus();
}

absl::Status EntryOrderChecker::BeginNextLog(const Checkpoint& last) {
  if (!is_frozen_) {
    return MakeError(Reason::LEDGER_PROOF_INVALID,
                     absl::StrCat(last.origin, " is not frozen"));
  }
  is_frozen_ = false;
  next_index_ = 0;
  last_ = last;
  // Our ledger's own events begin anew.
  std::erase_if(last_versions_, [](const auto& aggregate) {
    return aggregate.first.starts_with(kOwnEvents);
  });
  return absl::OkStatus();
}

absl::Status EntryOrderChecker::CheckOpened(uint64_t index,
                                            const v1::Event& event) {
  if ((event.kind() == v1::EVENT_KIND_LOG_OPENED) != (index == 0)) {
    return At(index, Reason::LEDGER_PROOF_INVALID,
              "LOG_OPENED stands first and nowhere else");
  }
  if (index > 0) return absl::OkStatus();
  const v1::PredecessorDetails& named = event.predecessor();
  if (!last_.has_value()) {
    unseen_origin_ = named.origin();
    return absl::OkStatus();
  }
  if (named.origin() != last_->origin ||
      named.size() != static_cast<int64_t>(last_->size) ||
      named.root() != last_->root) {
    return At(index, Reason::LEDGER_PROOF_INVALID,
              "does not continue the log before it");
  }
  return absl::OkStatus();
}

absl::Status EntryOrderChecker::CheckOrder(uint64_t index,
                                           const v1::Event& event) {
  RETURN_IF_ERROR(CheckOpened(index, event));
  if (is_frozen_) {
    return At(index, Reason::LEDGER_PROOF_INVALID, "stands behind LOG_FROZEN");
  }
  is_frozen_ = event.kind() == v1::EVENT_KIND_LOG_FROZEN;
  const bool saw_all = unseen_origin_.empty();
  for (const v1::EventId& before : event.after()) {
    const auto found = last_versions_.find(AggregateKey(before));
    if (!saw_all && found == last_versions_.end()) continue;
    if (found == last_versions_.end() || found->second < before.version()) {
      return At(index, Reason::LEDGER_PROOF_INVALID,
                "stands before an event that it must follow");
    }
  }
  int64_t& last_version = last_versions_[AggregateKey(event.id())];
  const bool continues_unseen = !saw_all && last_version == 0;
  if (event.id().version() != last_version + 1 && !continues_unseen) {
    return At(index, Reason::LEDGER_PROOF_INVALID,
              "is not the next version of its aggregate");
  }
  last_version = event.id().version();
  if (!event.once_key().empty() &&
      !once_keys_.insert(event.once_key()).second) {
    return At(index, Reason::LEDGER_PROOF_INVALID, "repeats a once_key");
  }
  return absl::OkStatus();
}

}  // namespace shiming::ledger
