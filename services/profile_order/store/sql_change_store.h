// ChangeStore on storage/sql.
#ifndef SHIMING_SERVICES_PROFILE_ORDER_STORE_SQL_CHANGE_STORE_H_
#define SHIMING_SERVICES_PROFILE_ORDER_STORE_SQL_CHANGE_STORE_H_

#include "services/profile_order/core/change_store.h"
#include "storage/sql/database.h"

namespace shiming::profile_order {

// Finds the changes that SqlOrderStore numbers on a shared database. A look
// reads one row per route, then by index the orders of the routes that have
// moved, sixteen routes at a time. Thread-safe. The database must outlive it.
class SqlChangeStore final : public ChangeStore {
 public:
  explicit SqlChangeStore(sql::Database& database) : database_(database) {}

  Awaitable<absl::StatusOr<ChangeLook>> Look(ChangeMarks after,
                                             int64_t limit) override;

 private:
  sql::Database& database_;
};

}  // namespace shiming::profile_order

#endif  // SHIMING_SERVICES_PROFILE_ORDER_STORE_SQL_CHANGE_STORE_H_
