// Entries whose person was erased: what an erasure takes out of the indexes
// (docs/erasure.md).
#ifndef SHIMING_SERVICES_ISSUANCE_LEDGER_STORE_REDACTION_ROWS_H_
#define SHIMING_SERVICES_ISSUANCE_LEDGER_STORE_REDACTION_ROWS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "services/issuance_ledger/core/ledger_store.h"
#include "storage/sql/database.h"

namespace shiming::issuance_ledger {

// Deletes the terms of EID, ICCID and number of the person's entries in the log
// and remembers the entries; those that have none of the three are left alone.
absl::Status RedactPersonIn(sql::Transaction& tx, int64_t log,
                            const std::string& person_id);

// LedgerTransaction::FinishRedactions.
absl::Status FinishRedactions(sql::Transaction& tx, int64_t log,
                              const std::vector<int64_t>& indexes);

// All of them.
absl::StatusOr<int64_t> CountRedactions(sql::Snapshot& db, int64_t log);

// See LedgerSnapshot.
absl::StatusOr<std::vector<StoredEntry>> RedactedEntries(sql::Snapshot& db,
                                                         int64_t log,
                                                         int64_t begin,
                                                         int64_t end);
absl::StatusOr<std::vector<int64_t>> UnfinishedRedactions(sql::Snapshot& db,
                                                          int64_t log,
                                                          int limit);

}  // namespace shiming::issuance_ledger

#endif  // SHIMING_SERVICES_ISSUANCE_LEDGER_STORE_REDACTION_ROWS_H_
