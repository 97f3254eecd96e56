#include "ledger/index/seal_audit.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status/reason.h"
#include "common/status/status_macros.h"
#include "ledger/entry.h"

namespace shiming::ledger {

absl::Status SealCollector::Add(uint64_t index, const std::string& entry) {
  ASSIGN_OR_RETURN(const v1::Event event, ParseEntry(entry));
  if (event.kind() != v1::EVENT_KIND_INDEX_SEALED) return absl::OkStatus();
  absl::StatusOr<PeriodSeal> seal = ReadSealEvent(event, index);
  absl::Status status = seal.status();
  if (seal.ok()) {
    status = CheckFollows(seals_.empty() ? nullptr : &seals_.back(), *seal);
  }
  if (!status.ok()) {
    return MakeError(
        Reason::LEDGER_SEAL_FALSE,
        absl::StrCat("entry ", index, ": ", std::string(status.message())));
  }
  seals_.push_back(*std::move(seal));
  return absl::OkStatus();
}

absl::Status SealAudit::Add(uint64_t index, const std::string& entry) {
  if (at_ == seals_.size()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const v1::Event event, ParseEntry(entry));
  tokens_.Add(index, event);
  if (index + 1 != seals_[at_].end_index) return absl::OkStatus();
  RETURN_IF_ERROR(CheckPeriod(seals_[at_]));
  ++at_;
  return absl::OkStatus();
}

absl::Status SealAudit::CheckPeriod(const PeriodSeal& seal) {
  for (const auto& [field, sealed] : seal.fields) {
    ASSIGN_OR_RETURN(const SealedIndex index, tokens_.TakeIndex(field));
    if (index.leaf_count() == sealed.leaf_count &&
        index.Root() == sealed.root) {
      continue;
    }
    return MakeError(
        Reason::LEDGER_SEAL_FALSE,
        absl::StrCat("seal ", seal.number, ": the index of ",
                     IndexFieldName(field), " is not that of entries ",
                     seal.first_index, " to ", seal.end_index - 1));
  }
  return absl::OkStatus();
}

}  // namespace shiming::ledger
