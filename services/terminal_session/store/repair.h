// Brings an older copy of terminal_session's database up to the record: what
// of the record must hold, holds; nobody gets a right by it.
#ifndef SHIMING_SERVICES_TERMINAL_SESSION_STORE_REPAIR_H_
#define SHIMING_SERVICES_TERMINAL_SESSION_STORE_REPAIR_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "services/terminal_session/core/clerk_guard.h"
#include "storage/outbox/outbox.h"
#include "storage/outbox/record_gap.h"
#include "storage/sql/database.h"

namespace shiming::terminal_session {

struct RepairContext {
  // Its clock must tell a later time at each call, so that events of different
  // aggregates have the order in which they are added. Must outlive the call.
  const outbox::Outbox& outbox;
  const ClerkGuards& guards;
  // How long CLERK_LOCKED locks.
  absl::Duration lock_time;
  absl::Time now;
  // "/admin/<id>": who takes back what was approved in the gap.
  std::string admin;
  // DATABASE_REPAIRED events of this service on the record.
  int64_t earlier_repairs = 0;
};

// In the transaction in which the gap's versions were adopted, before this
// call. Ends all shifts and sessions, those that only the record knows as
// events; lets revocations and locks hold; revokes what was approved in the
// gap; keeps the permits. Gives a line for each change, for the plan: the same
// for the same database and gap, whenever it runs. Statements' errors;
// INTERNAL_ERROR for events that are not this service's.
absl::StatusOr<std::vector<std::string>> RepairDatabase(
    sql::Transaction& tx, const outbox::RecordGap& gap,
    const RepairContext& context);

}  // namespace shiming::terminal_session

#endif  // SHIMING_SERVICES_TERMINAL_SESSION_STORE_REPAIR_H_
