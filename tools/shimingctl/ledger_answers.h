// A ledger that is running as the source of answers to be proven.
#ifndef SHIMING_TOOLS_SHIMINGCTL_LEDGER_ANSWERS_H_
#define SHIMING_TOOLS_SHIMINGCTL_LEDGER_ANSWERS_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ledger/index/complete_answer.h"
#include "shiming/ledger/v1/ledger_service.grpc.pb.h"

namespace shiming::shimingctl {

// Over LedgerAuditService. The stub must outlive it.
class LedgerAnswers final : public ledger::AnswerSource {
 public:
  explicit LedgerAnswers(ledger::v1::LedgerAuditService::Stub& stub)
      : stub_(stub) {}

  absl::StatusOr<std::string> Checkpoint() override;
  absl::StatusOr<ledger::ProofPage> Prove(
      const ledger::v1::IndexQuestion& question, int64_t tree_size,
      int64_t seal, int64_t leaf) override;
  absl::StatusOr<std::vector<ledger::Hash>> InclusionPath(
      uint64_t index, uint64_t tree_size) override;
  absl::Status Scan(uint64_t begin, uint64_t end, const Visit& visit) override;

 private:
  ledger::v1::LedgerAuditService::Stub& stub_;
};

}  // namespace shiming::shimingctl

#endif  // SHIMING_TOOLS_SHIMINGCTL_LEDGER_ANSWERS_H_
