// What the record holds of a service and an older copy of its database does
// not, and how the copy's aggregates are brought up to it.
#ifndef SHIMING_STORAGE_OUTBOX_RECORD_GAP_H_
#define SHIMING_STORAGE_OUTBOX_RECORD_GAP_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "shiming/ledger/v1/ledger_resources.pb.h"
#include "storage/outbox/event_sink.h"
#include "storage/sql/database.h"

namespace shiming::outbox {

// An own entry that the ledger has and the database has not made.
struct GapEntry {
  int64_t index = 0;
  std::string sha256;  // of the entry's bytes, 32 bytes
  ledger::v1::Event event;
};

// In order of index.
using RecordGap = std::vector<GapEntry>;

// When the event happened, by its source's clock.
absl::Time TimeOf(const GapEntry& entry);

// Those of `entries` that CheckOwnEntry does not find, in their order: indexes
// into it.
absl::StatusOr<std::vector<size_t>> FindUnknown(
    sql::Snapshot& snapshot, const std::vector<OwnEntry>& entries);

// Moves the head of each aggregate of the gap to its last version and time, so
// that OwnEntryCheck finds the entries and the aggregate's next event gets the
// next version. Rows of the gap's events are not made: the ledger has them.
//
// DATABASE_BEHIND_LEDGER, and nothing may be repaired, when the gap does not
// begin right behind a head (entries between are missing: those of an earlier
// log) or begins at or before it (this database has made other events than the
// record holds: it is no older copy, but one that somebody went on with).
absl::Status AdoptVersions(sql::Transaction& tx, const RecordGap& gap);

}  // namespace shiming::outbox

#endif  // SHIMING_STORAGE_OUTBOX_RECORD_GAP_H_
