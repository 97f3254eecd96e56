// Collects the violations of one audit.
#ifndef SHIMING_LEDGER_AUDIT_FINDINGS_H_
#define SHIMING_LEDGER_AUDIT_FINDINGS_H_

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "ledger/audit/violation.h"

namespace shiming::ledger {

// More violations than this are counted, not kept: a log that is wrong
// throughout must not use up the auditor's memory.
inline constexpr size_t kMaxKeptViolations = 10'000;

// Not thread-safe.
class Findings {
 public:
  // One finding for a kind and the entry that broke the rule; further ones of
  // the same two are dropped.
  void Add(ViolationKind kind, std::vector<uint64_t> entries,
           std::string subject, std::string_view detail = "");

  // From now on findings count as unsettled: the log has ended.
  void BeginUnsettled() { unsettled_ = true; }

  // Whether the entry broke a rule (what merely contradicts it did not).
  bool IsBroken(uint64_t index) const { return broken_.contains(index); }

  const std::vector<Violation>& violations() const { return violations_; }
  // How many of each kind, those that were not kept included.
  const std::map<ViolationKind, uint64_t>& counts() const { return counts_; }
  uint64_t total() const;

  // Takes back a settled finding of an earlier run.
  void AddStored(Violation violation);
  void SetStoredCount(ViolationKind kind, uint64_t count) {
    counts_[kind] = count;
  }

 private:
  bool unsettled_ = false;
  std::vector<Violation> violations_;
  std::map<ViolationKind, uint64_t> counts_;
  absl::flat_hash_set<uint64_t> broken_;
  absl::flat_hash_set<std::pair<int, uint64_t>> seen_;
};

}  // namespace shiming::ledger

#endif  // SHIMING_LEDGER_AUDIT_FINDINGS_H_
