// How far what another service tells us has been worked off, by name.
#ifndef SHIMING_SERVICES_PROFILE_ORDER_STORE_CURSOR_ROWS_H_
#define SHIMING_SERVICES_PROFILE_ORDER_STORE_CURSOR_ROWS_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/sql/database.h"

namespace shiming::profile_order {

// 0 before the first move.
absl::StatusOr<int64_t> ReadCursor(sql::Snapshot& snapshot,
                                   const std::string& name);

// Never back; where it stands already nothing changes.
absl::Status MoveCursor(sql::Transaction& tx, const std::string& name,
                        int64_t position);

}  // namespace shiming::profile_order

#endif  // SHIMING_SERVICES_PROFILE_ORDER_STORE_CURSOR_ROWS_H_
