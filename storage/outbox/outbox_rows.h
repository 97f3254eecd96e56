// The rows of the outbox's tables, and the SQL on them.
#ifndef SHIMING_STORAGE_OUTBOX_OUTBOX_ROWS_H_
#define SHIMING_STORAGE_OUTBOX_OUTBOX_ROWS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/sql/database.h"

namespace shiming::outbox {

// Stored in outbox_events.state.
enum class EventState : int64_t {
  kUnsent = 0,   // not acknowledged yet
  kAcked = 1,    // acknowledged; here only because it is kept
  kBlocked = 2,  // it or an earlier one of its aggregate was rejected
};

struct EventRow {
  std::string aggregate;
  int64_t version = 0;
  int64_t event_us = 0;
  EventState state = EventState::kUnsent;
  std::string entry;
};

struct AggregateHead {
  int64_t version = 0;   // of its last event; 0: none yet
  int64_t event_us = 0;  // time of its last event
  bool kept = false;
  bool stopped = false;  // an event was rejected
};

absl::StatusOr<std::optional<AggregateHead>> ReadHead(
    sql::Snapshot& snapshot, std::string_view aggregate);

// The head of a new aggregate. Runs the transaction again when it is there.
absl::Status InsertHead(sql::Transaction& tx, std::string_view aggregate,
                        const AggregateHead& head);

// Moves the head from `last_version` on. Runs the transaction again when
// another one was faster.
absl::Status MoveHead(sql::Transaction& tx, std::string_view aggregate,
                      int64_t last_version, const AggregateHead& head);

absl::Status InsertEvent(sql::Transaction& tx, const EventRow& row, bool kept);

absl::StatusOr<std::optional<EventRow>> ReadEvent(sql::Snapshot& snapshot,
                                                  std::string_view aggregate,
                                                  int64_t version);

// Where a page of unsent events begins: after this one.
struct UnsentPosition {
  int64_t event_us = -1;
  std::string aggregate = "-";  // not empty: '' is not portable
};

// Unsent events in order of time, so those of an aggregate in order of
// version.
absl::StatusOr<std::vector<EventRow>> ReadUnsent(sql::Snapshot& snapshot,
                                                 const UnsentPosition& after,
                                                 int64_t limit);

// Unsent events of one aggregate with at most this version, lowest first.
absl::StatusOr<std::vector<EventRow>> ReadUnsentOf(sql::Snapshot& snapshot,
                                                   std::string_view aggregate,
                                                   int64_t last_version,
                                                   int64_t limit);

// The ledger has acknowledged it: deleted, or kept with its index. Repeating
// it changes nothing.
absl::Status MarkAcked(sql::Transaction& tx, std::string_view aggregate,
                       int64_t version, int64_t ledger_index);

// The ledger has rejected an event: nothing of the aggregate is sent any more.
absl::Status StopAggregate(sql::Transaction& tx, std::string_view aggregate);

struct OutboxCounts {
  int64_t unsent = 0;
  int64_t oldest_unsent_us = 0;  // 0: none
  int64_t blocked = 0;
};

absl::StatusOr<OutboxCounts> ReadCounts(sql::Snapshot& snapshot);

// Up to which ledger index own entries were checked; -1: none.
absl::StatusOr<int64_t> ReadCheckedIndex(sql::Snapshot& snapshot,
                                         std::string_view source);
// Moves it on, never back.
absl::Status WriteCheckedIndex(sql::Transaction& tx, std::string_view source,
                               int64_t index);

}  // namespace shiming::outbox

#endif  // SHIMING_STORAGE_OUTBOX_OUTBOX_ROWS_H_
