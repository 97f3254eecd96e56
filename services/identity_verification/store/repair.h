// Brings an older copy of identity_verification's database up to the record:
// who is known stays the same person, who was erased stays erased.
#ifndef SHIMING_SERVICES_IDENTITY_VERIFICATION_STORE_REPAIR_H_
#define SHIMING_SERVICES_IDENTITY_VERIFICATION_STORE_REPAIR_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "storage/outbox/record_gap.h"
#include "storage/sql/database.h"

namespace shiming::identity_verification {

struct RepairContext {
  int64_t now_us = 0;
  // DATABASE_REPAIRED events of this service on the record.
  int64_t earlier_repairs = 0;
  // Repair although documents of some persons cannot be told from entries that
  // are older than person_alias: these come again as new persons.
  bool accept_unlinked = false;
};

// In the transaction in which the gap's versions were adopted, before this
// call. Documents of the gap lead to the persons of the record again, whose
// records and data keys are lost until they are verified again; readings of the
// gap are used up; who was erased is removed, and is in the list of erasures,
// by which the service destroys keys that came back at its start and
// profile_order erases again. Gives a line for each change, for the plan: the
// same for the same database and gap, whenever it runs. FAILED_PRECONDITION for
// persons that cannot be linked, unless accepted; statements' errors;
// INTERNAL_ERROR for events that do not fit together.
absl::StatusOr<std::vector<std::string>> RepairDatabase(
    sql::Transaction& tx, const outbox::RecordGap& gap,
    const RepairContext& context);

}  // namespace shiming::identity_verification

#endif  // SHIMING_SERVICES_IDENTITY_VERIFICATION_STORE_REPAIR_H_
