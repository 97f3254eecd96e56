// Finds out whether this database is older than the record.
#ifndef SHIMING_STORAGE_OUTBOX_OWN_ENTRY_CHECK_H_
#define SHIMING_STORAGE_OUTBOX_OWN_ENTRY_CHECK_H_

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/outbox/event_sink.h"
#include "storage/sql/database.h"

namespace shiming::outbox {

// OK when this database has made the entry: its aggregate is known and has
// reached its version, and bytes that are still here are the same. Else
// DATABASE_BEHIND_LEDGER; errors of the database as they are.
absl::Status CheckOwnEntry(sql::Snapshot& snapshot, const OwnEntry& entry);

// Reads the service's own entries in the ledger past the stored mark. Each
// must have been made by this database: its aggregate is known and has reached
// its version, and bytes that are still here are the same. So a database that
// was restored to an older copy, or a second instance on a copy, is found.
// Thread-safe.
class OwnEntryCheck {
 public:
  // Both must outlive this.
  OwnEntryCheck(sql::Database& database, EventSink& sink, std::string source)
      : database_(database), sink_(sink), source_(std::move(source)) {}

  // OK when all entries are known; the mark moves on. Unknown ones:
  // DATABASE_BEHIND_LEDGER. Errors of sink and database as they are.
  boost::asio::awaitable<absl::Status> Run();

 private:
  boost::asio::awaitable<absl::StatusOr<int64_t>> ReadMark();
  boost::asio::awaitable<absl::Status> CheckPage(std::vector<OwnEntry> page);

  sql::Database& database_;
  EventSink& sink_;
  const std::string source_;
};

}  // namespace shiming::outbox

#endif  // SHIMING_STORAGE_OUTBOX_OWN_ENTRY_CHECK_H_
