// How sessions and shifts end: the one place for all causes.
#ifndef SHIMING_SERVICES_TERMINAL_SESSION_STORE_ENDINGS_H_
#define SHIMING_SERVICES_TERMINAL_SESSION_STORE_ENDINGS_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "services/terminal_session/core/records.h"
#include "storage/outbox/outbox.h"
#include "storage/sql/database.h"

namespace shiming::terminal_session {

// Why something ends.
struct EndCause {
  SessionEnd end = SessionEnd::SESSION_END_UNSPECIFIED;
  absl::Time now;
  std::string_view trace_id;
  // The event that ended it, such as TERMINAL_REVOKED: it stands before.
  std::optional<EventId> because;
};

// Each function belongs to the transaction that it gets: row, event and the
// row for WatchEnds commit together. Thread-safe.
class Endings {
 public:
  // `outbox` must outlive this.
  explicit Endings(const outbox::Outbox& outbox) : outbox_(outbox) {}

  // Ends a session that was read as open in this transaction.
  absl::Status EndSession(sql::Transaction& tx, const SessionRecord& session,
                          const EndCause& cause) const;

  // Ends a shift that was read as open in this transaction, its session first.
  absl::Status EndShift(sql::Transaction& tx, const ShiftRecord& shift,
                        const EndCause& cause) const;

  absl::Status EndShifts(sql::Transaction& tx,
                         const std::vector<ShiftRecord>& shifts,
                         const EndCause& cause) const;

  // A row for WatchEnds: `kind` is a terminal::v1::EndKind.
  absl::Status Tell(sql::Transaction& tx, int kind, const std::string& id,
                    SessionEnd end, absl::Time now) const;

 private:
  const outbox::Outbox& outbox_;
};

}  // namespace shiming::terminal_session

#endif  // SHIMING_SERVICES_TERMINAL_SESSION_STORE_ENDINGS_H_
