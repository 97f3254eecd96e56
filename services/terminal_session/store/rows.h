// Reading the rows of terminal_session, one function for each question.
#ifndef SHIMING_SERVICES_TERMINAL_SESSION_STORE_ROWS_H_
#define SHIMING_SERVICES_TERMINAL_SESSION_STORE_ROWS_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "services/terminal_session/core/failure_window.h"
#include "services/terminal_session/core/records.h"
#include "storage/sql/database.h"

namespace shiming::terminal_session {

template <class T>
using Found = absl::StatusOr<std::optional<T>>;

Found<ShopRecord> FindShop(sql::Snapshot& snapshot, const std::string& shop_id);
Found<TerminalRecord> FindTerminal(sql::Snapshot& snapshot, const DeviceId& id);
Found<DisplayRecord> FindDisplay(sql::Snapshot& snapshot, const DeviceId& id);
// The display that is paired with the terminal.
Found<DisplayRecord> FindDisplayOf(sql::Snapshot& snapshot,
                                   const DeviceId& terminal);
Found<ClerkRecord> FindClerk(sql::Snapshot& snapshot,
                             const std::string& clerk_id);

Found<ShiftRecord> FindShift(sql::Snapshot& snapshot,
                             const std::string& shop_id,
                             const std::string& shift_id);
// Of any shop.
Found<ShiftRecord> FindShiftById(sql::Snapshot& snapshot,
                                 const std::string& shift_id);
Found<ShiftRecord> FindOpenShiftAt(sql::Snapshot& snapshot,
                                   const DeviceId& terminal);
absl::StatusOr<std::vector<ShiftRecord>> OpenShiftsOfShop(
    sql::Snapshot& snapshot, const std::string& shop_id);
absl::StatusOr<std::vector<ShiftRecord>> OpenShiftsOfClerk(
    sql::Snapshot& snapshot, const std::string& clerk_id);

Found<SessionRecord> FindSession(sql::Snapshot& snapshot,
                                 const std::string& shop_id,
                                 const std::string& session_id);
// Of any shop.
Found<SessionRecord> FindSessionById(sql::Snapshot& snapshot,
                                     const std::string& session_id);
Found<SessionRecord> FindOpenSessionAt(sql::Snapshot& snapshot,
                                       const DeviceId& terminal);
Found<SessionRecord> FindOpenSessionOfDisplay(sql::Snapshot& snapshot,
                                              const DeviceId& display);

// The guard's failures and lock; none when there is no row. `version` is 0
// then, else that of the row.
struct GuardRow {
  FailureWindow failures;
  int64_t version = 0;
};
absl::StatusOr<GuardRow> FindGuard(sql::Snapshot& snapshot,
                                   const std::string& guard);

// Runs a compare-and-swap that must change one row; when it does not, another
// transaction was faster: the whole of this one runs again.
absl::Status ExecuteOneOrAgain(sql::Transaction& tx, std::string_view sql,
                               sql::Params params);

}  // namespace shiming::terminal_session

#endif  // SHIMING_SERVICES_TERMINAL_SESSION_STORE_ROWS_H_
