#include "services/identity_verification/store/testing/row_count.h"

#include "common/status/check.h"

namespace shiming::identity_verification {

int64_t RowCount(sql::Database& database, const std::string& table) {
  int64_t count = -1;
  const absl::Status status =
      database.ReadBlocking([&](sql::Snapshot& snapshot) {
        absl::StatusOr<sql::Rows> rows =
            snapshot.Query("SELECT COUNT(*) FROM " + table, {});
        if (rows.ok()) count = (*rows)[0].Int(0);
        return rows.status();
      });
  SHIMING_CHECK(status.ok(), "the table is there");
  return count;
}

void LoseAllKeys(sql::Database& keys) {
  SHIMING_CHECK(keys.WriteBlocking([](sql::Transaction& tx) {
                      return tx.Execute("DELETE FROM person_keys", {}).status();
                    })
                    .ok(),
                "deletes");
}

}  // namespace shiming::identity_verification
