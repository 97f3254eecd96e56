// Statements on erasures. Private to the package.
#ifndef SHIMING_SERVICES_IDENTITY_VERIFICATION_STORE_ERASURE_ROWS_H_
#define SHIMING_SERVICES_IDENTITY_VERIFICATION_STORE_ERASURE_ROWS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "services/identity_verification/core/erasure_records.h"
#include "storage/sql/database.h"

namespace shiming::identity_verification {

// An erasure and the version of its row; 0: not stored yet.
struct StoredErasure {
  ErasureRecord record;
  int64_t version = 0;
};

absl::StatusOr<std::optional<StoredErasure>> SelectErasure(
    sql::Snapshot& snapshot, const std::string& person_id);

// The one that waits or did, by what was proposed.
absl::StatusOr<std::optional<StoredErasure>> SelectErasureByDigest(
    sql::Snapshot& snapshot, const std::string& digest);

absl::StatusOr<std::optional<StoredErasure>> SelectErasureByTask(
    sql::Snapshot& snapshot, int64_t number);

absl::StatusOr<std::vector<ErasureRecord>> SelectErasures(
    sql::Snapshot& snapshot, const std::string& after_person, int64_t limit);

// APPROVED, DESTROYING and ERASED ones.
absl::StatusOr<std::vector<ErasureRecord>> SelectTasks(sql::Snapshot& snapshot,
                                                       int64_t after,
                                                       int64_t limit);

absl::StatusOr<int64_t> CountErasuresUnderWay(sql::Snapshot& snapshot);

// Stores `erasure.record` in place of the version that was read; runs the
// transaction again when another was faster.
absl::Status StoreErasure(sql::Transaction& tx, const StoredErasure& erasure);

// The next task number, 1 at first.
absl::StatusOr<int64_t> NextTaskNumber(sql::Transaction& tx);

// Closes the person to verifications, unless one of `open_since` or later can
// still be used: false then. The person is there.
absl::StatusOr<bool> ClosePerson(sql::Transaction& tx,
                                 const std::string& person_id, int64_t now_us,
                                 int64_t open_since_us);

// Takes that back.
absl::Status OpenPersonAgain(sql::Transaction& tx,
                             const std::string& person_id);

// When the person was verified last; nullopt: there is no such person.
absl::StatusOr<std::optional<int64_t>> LastVerifiedOf(
    sql::Snapshot& snapshot, const std::string& person_id);

// IDENTITY_VERIFIED events of the person, newest first.
absl::StatusOr<std::vector<ledger::v1::EventId>> VerifiedEventsOf(
    sql::Snapshot& snapshot, const std::string& person_id, int64_t limit);

// Alias, record and sealed cases of the person go.
absl::Status RemovePerson(sql::Transaction& tx, const std::string& person_id);

}  // namespace shiming::identity_verification

#endif  // SHIMING_SERVICES_IDENTITY_VERIFICATION_STORE_ERASURE_ROWS_H_
