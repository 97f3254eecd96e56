#include "ledger/audit/findings.h"

#include <utility>

namespace shiming::ledger {

void Findings::Add(ViolationKind kind, std::vector<uint64_t> entries,
                   std::string subject, std::string_view detail) {
  const uint64_t first = entries.empty() ? 0 : entries[0];
  if (!seen_.emplace(static_cast<int>(kind), first).second) return;
  ++counts_[kind];
  if (violations_.size() >= kMaxKeptViolations) return;
  broken_.insert(first);
  violations_.push_back({.kind = kind,
                         .entries = std::move(entries),
                         .subject = std::move(subject),
                         .detail = std::string(detail),
                         .settled = !unsettled_});
}

uint64_t Findings::total() const {
  uint64_t total = 0;
  for (const auto& [kind, count] : counts_) total += count;
  return total;
}

void Findings::AddStored(Violation violation) {
  seen_.emplace(static_cast<int>(violation.kind), violation.entries[0]);
  broken_.insert(violation.entries[0]);
  violations_.push_back(std::move(violation));
}

}  // namespace shiming::ledger
