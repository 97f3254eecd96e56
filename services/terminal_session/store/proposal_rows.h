// Reading and writing the tables subjects and proposals.
#ifndef SHIMING_SERVICES_TERMINAL_SESSION_STORE_PROPOSAL_ROWS_H_
#define SHIMING_SERVICES_TERMINAL_SESSION_STORE_PROPOSAL_ROWS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "services/terminal_session/core/enrollment_store.h"
#include "services/terminal_session/core/records.h"
#include "storage/sql/database.h"

namespace shiming::terminal_session {

// proposals.state of a proposal that another one replaced or a revocation
// withdrew; the others are those of SubjectState.
inline constexpr int64_t kReplaced = 4;

// The head row of a subject; version 0: there is none yet.
struct SubjectHead {
  int64_t last_number = 0;
  std::optional<int64_t> in_force_number;
  std::optional<int64_t> waiting_number;
  int64_t version = 0;
};

absl::StatusOr<SubjectHead> FindHead(sql::Snapshot& snapshot, SubjectKind kind,
                                     const std::string& subject_id);

// Stores `head`, whose version is still the one that was read; runs the
// transaction again when it is not.
absl::Status MoveHead(sql::Transaction& tx, SubjectKind kind,
                      const std::string& subject_id, const SubjectHead& head);

// INTERNAL_ERROR when it is not there.
absl::StatusOr<SubjectRecord> GetProposal(sql::Snapshot& snapshot,
                                          SubjectKind kind,
                                          const std::string& subject_id,
                                          int64_t number);

// All with this digest, also replaced ones.
absl::StatusOr<std::vector<SubjectRecord>> ProposalsWithDigest(
    sql::Snapshot& snapshot, const std::string& digest);

absl::StatusOr<std::vector<SubjectRecord>> ListProposals(
    sql::Snapshot& snapshot, SubjectKind kind, const ListPosition& after,
    int limit);

absl::Status SetProposalState(sql::Transaction& tx, const SubjectRecord& record,
                              int64_t state);

// Earlier proposals in force or revoked become replaced: `number` takes their
// place in lists.
absl::Status ReplaceOlder(sql::Transaction& tx, const SubjectRecord& record);

}  // namespace shiming::terminal_session

#endif  // SHIMING_SERVICES_TERMINAL_SESSION_STORE_PROPOSAL_ROWS_H_
