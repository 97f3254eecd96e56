// Tables of identity_verification: one set in the main database, one in the
// key database.
#ifndef SHIMING_SERVICES_IDENTITY_VERIFICATION_STORE_MIGRATIONS_H_
#define SHIMING_SERVICES_IDENTITY_VERIFICATION_STORE_MIGRATIONS_H_

#include <cstdint>
#include <span>
#include <string_view>

#include "absl/status/status.h"
#include "storage/sql/database.h"
#include "storage/sql/migration.h"

namespace shiming::identity_verification {

// Names for sql::Migrate.
inline constexpr std::string_view kSchema = "identity_verification";
inline constexpr std::string_view kKeySchema = "identity_person_keys";

std::span<const sql::Migration> Migrations();
std::span<const sql::Migration> KeyMigrations();

// Brings everything in the main database up to date: our tables, the outbox's
// and the request ids'. Errors of sql::Migrate. Blocks.
absl::Status MigrateMain(sql::Database& database);

// The same for the key database.
absl::Status MigrateKeys(sql::Database& database);

// Distribution column of a row: the first byte of an id (32 hex digits) or of
// a hash. Of anything else 0.
int64_t RouteOfId(std::string_view id);
int64_t RouteOfHash(std::string_view hash);

}  // namespace shiming::identity_verification

#endif  // SHIMING_SERVICES_IDENTITY_VERIFICATION_STORE_MIGRATIONS_H_
