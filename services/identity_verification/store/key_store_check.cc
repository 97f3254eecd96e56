#include "services/identity_verification/store/key_store_check.h"

#include <set>
#include <string>
#include <vector>

#include "common/status/reason.h"
#include "common/status/status_macros.h"
#include "services/identity_verification/store/migrations.h"
#include "shiming/identity/v1/erasure_resources.pb.h"

namespace shiming::identity_verification {
namespace {

using sql::Value;

// More than are ever verified at the same moment: keys and persons need not
// have come in the same order.
constexpr int64_t kNewestCount = 256;

absl::StatusOr<std::vector<std::string>> NewestPersons(
    sql::Database& database) {
  std::vector<std::string> ids;
  RETURN_IF_ERROR(database.ReadBlocking([&ids](sql::Snapshot& snapshot) {
    ids.clear();
    ASSIGN_OR_RETURN(
        const sql::Rows rows,
        snapshot.Query("SELECT p.person_id FROM persons p "
                       "WHERE p.lost_us IS NULL AND NOT EXISTS "
                       "(SELECT 1 FROM erasures e WHERE e.route = p.route "
                       "AND e.person_id = p.person_id AND e.state = $1) "
                       "ORDER BY p.create_us DESC LIMIT $2",
                       {Value::Int(identity::v1::ERASURE_STATE_DESTROYING),
                        Value::Int(kNewestCount)}));
    for (const sql::Row& row : rows) ids.push_back(row.Text(0));
    return absl::OkStatus();
  }));
  return ids;
}

// Those of the newest persons whose key is missing.
absl::StatusOr<std::set<std::string>> WithoutKey(sql::Database& database,
                                                 sql::Database& keys) {
  ASSIGN_OR_RETURN(const std::vector<std::string> ids, NewestPersons(database));
  std::set<std::string> missing;
  RETURN_IF_ERROR(keys.ReadBlocking([&ids, &missing](sql::Snapshot& snapshot) {
    missing.clear();
    for (const std::string& id : ids) {
      ASSIGN_OR_RETURN(
          const sql::Rows rows,
          snapshot.Query("SELECT create_us FROM person_keys "
                         "WHERE route = $1 AND person_id = $2",
                         {Value::Int(RouteOfId(id)), Value::Text(id)}));
      if (rows.empty()) missing.insert(id);
    }
    return absl::OkStatus();
  }));
  return missing;
}

}  // namespace

absl::Status CheckKeysNotBehind(sql::Database& database, sql::Database& keys) {
  ASSIGN_OR_RETURN(const std::set<std::string> missing,
                   WithoutKey(database, keys));
  if (missing.empty()) return absl::OkStatus();
  // Another instance may have begun to erase a person between the two reads:
  // then that person is no longer among those who need a key.
  ASSIGN_OR_RETURN(const std::set<std::string> still,
                   WithoutKey(database, keys));
  for (const std::string& id : still) {
    if (!missing.contains(id)) continue;
    return MakeError(Reason::DATABASE_BEHIND_LEDGER,
                     "the key store is older than the database: a known "
                     "person's data key is missing");
  }
  return absl::OkStatus();
}

}  // namespace shiming::identity_verification
