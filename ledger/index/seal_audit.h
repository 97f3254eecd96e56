// Holds sealed indexes against the entries that they stand for. A proof of a
// complete answer is only as good as the seals in the log: this is how an
// auditor knows that they are true. Pure.
#ifndef SHIMING_LEDGER_INDEX_SEAL_AUDIT_H_
#define SHIMING_LEDGER_INDEX_SEAL_AUDIT_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "ledger/index/index_seal.h"

namespace shiming::ledger {

// Collects the seals of a log in a first pass over its verified entries.
class SealCollector {
 public:
  // The entries in order of index. LEDGER_SEAL_FALSE naming the entry when a
  // seal is malformed or does not follow the one before; errors of ParseEntry.
  absl::Status Add(uint64_t index, const std::string& entry);

  // In order of number.
  const std::vector<PeriodSeal>& seals() const { return seals_; }

 private:
  std::vector<PeriodSeal> seals_;
};

// Makes the indexes again in a second pass. Holds one period's tokens.
class SealAudit {
 public:
  explicit SealAudit(std::vector<PeriodSeal> seals)
      : seals_(std::move(seals)) {}

  // The entries in order of index. LEDGER_SEAL_FALSE naming the seal and the
  // field whose index is another one; errors of ParseEntry.
  absl::Status Add(uint64_t index, const std::string& entry);

  // Seals that were found to be true.
  uint64_t checked_count() const { return at_; }

 private:
  absl::Status CheckPeriod(const PeriodSeal& seal);

  std::vector<PeriodSeal> seals_;
  size_t at_ = 0;
  PeriodTokens tokens_;
};

}  // namespace shiming::ledger

#endif  // SHIMING_LEDGER_INDEX_SEAL_AUDIT_H_
