// `shimingctl audit query --prove true`: all entries that match, with proof
// that nothing was left out.
#ifndef SHIMING_TOOLS_SHIMINGCTL_AUDIT_PROOF_H_
#define SHIMING_TOOLS_SHIMINGCTL_AUDIT_PROOF_H_

#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ledger/index/complete_answer.h"
#include "ledger/policy.h"
#include "shiming/ledger/v1/ledger_service.pb.h"
#include "tools/shimingctl/audit_filter.h"

namespace shiming::shimingctl {

// What the ledger is asked in order to prove the filter: questions about the
// one field that narrows it down most. Whatever matches the filter matches one
// of them. INVALID_ARGUMENT for a filter that names nothing, or an event id.
absl::StatusOr<std::vector<ledger::v1::IndexQuestion>> QuestionsOf(
    const ledger::v1::EntryFilter& filter);

// Whether the filter finds this event.
bool MatchesFilter(const ledger::v1::EntryFilter& filter,
                   const ledger::v1::Event& event);

// Lines in NDJSON on stdout as the entries are proven, each with how it was
// found: "sealed", or "scan" behind the last seal. On stderr what is proven.
// PSEUDONYM_KEY_MISMATCH when K is not the log's; LEDGER_TOKEN_REDACTED when
// tokens in the range were redacted; errors of ledger::CompleteAnswer. After an
// error the lines prove nothing but themselves.
absl::Status ProveQuery(ledger::AnswerSource& source,
                        const ledger::TrustPolicy& policy,
                        const AuditFilter& filter);

}  // namespace shiming::shimingctl

#endif  // SHIMING_TOOLS_SHIMINGCTL_AUDIT_PROOF_H_
