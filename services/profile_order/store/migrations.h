// The tables of profile_order.
#ifndef SHIMING_SERVICES_PROFILE_ORDER_STORE_MIGRATIONS_H_
#define SHIMING_SERVICES_PROFILE_ORDER_STORE_MIGRATIONS_H_

#include <span>

#include "absl/status/status.h"
#include "storage/sql/database.h"
#include "storage/sql/migration.h"

namespace shiming::profile_order {

std::span<const sql::Migration> Migrations();

// Brings all tables up to date: ours, the outbox's, the idempotency keys'.
// Blocks; before the server listens.
absl::Status MigrateAll(sql::Database& database);

}  // namespace shiming::profile_order

#endif  // SHIMING_SERVICES_PROFILE_ORDER_STORE_MIGRATIONS_H_
